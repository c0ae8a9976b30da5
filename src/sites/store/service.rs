//! Rows of `service`.

use crate::error::{Error, Result, violated};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{ServiceId, SiteId, uuid_at};
use crate::platform::db::Tx;
use crate::sites::payment_service::{Service, ServiceSettings};

struct Row {
    id: ServiceId,
    name: String,
    currency: String,
    created_at: Timestamp,
    archived_at: Option<Timestamp>,
    version: i32,
}

impl TryFrom<Row> for Service {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            name: row.name,
            currency: row.currency.parse().map_err(Error::internal)?,
            created_at: row.created_at,
            archived_at: row.archived_at,
            version: row.version,
        })
    }
}

/// All services of a site, open ones first, by name.
pub async fn all(tx: &mut Tx, site: SiteId) -> Result<Vec<Service>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: ServiceId", name, currency, created_at, archived_at, version
           from service
           where site_id = $1
           order by archived_at is not null, lower(name)"#,
        site.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Service::try_from).collect()
}

pub async fn find(tx: &mut Tx, site: SiteId, id: ServiceId) -> Result<Option<Service>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: ServiceId", name, currency, created_at, archived_at, version
           from service
           where site_id = $1
             and id = $2"#,
        site.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(Service::try_from).transpose()
}

/// The service, its row locked until the transaction ends.
pub async fn lock(tx: &mut Tx, site: SiteId, id: ServiceId) -> Result<Option<Service>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: ServiceId", name, currency, created_at, archived_at, version
           from service
           where site_id = $1
             and id = $2
           for update"#,
        site.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(Service::try_from).transpose()
}

/// What stands in the way of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Another service of the site has the name.
    Name,
}

/// Runs a write; the name's constraint is an answer, everything else an error.
fn name_or(error: sqlx::Error) -> Result<Taken> {
    if violated(&error) == Some("service_name_key") { Ok(Taken::Name) } else { Err(error.into()) }
}

pub async fn insert(
    tx: &mut Tx,
    site: SiteId,
    id: ServiceId,
    settings: &ServiceSettings,
    now: Timestamp,
) -> Result<std::result::Result<(), Taken>> {
    let done = sqlx::query!(
        "insert into service (site_id, id, name, currency, created_at)
         values ($1, $2, $3, $4, $5)",
        site.0,
        id.0,
        settings.name.as_str(),
        settings.currency.code(),
        now,
    )
    .execute(&mut **tx)
    .await;
    done.map_or_else(|e| name_or(e).map(Err), |_| Ok(Ok(())))
}

pub async fn update(
    tx: &mut Tx,
    site: SiteId,
    id: ServiceId,
    settings: &ServiceSettings,
) -> Result<std::result::Result<(), Taken>> {
    let done = sqlx::query!(
        "update service
         set name = $3, currency = $4, version = version + 1
         where site_id = $1
           and id = $2",
        site.0,
        id.0,
        settings.name.as_str(),
        settings.currency.code(),
    )
    .execute(&mut **tx)
    .await;
    done.map_or_else(|e| name_or(e).map(Err), |_| Ok(Ok(())))
}

pub async fn set_archived(tx: &mut Tx, site: SiteId, id: ServiceId, at: Option<Timestamp>) -> Result<()> {
    sqlx::query!(
        "update service
         set archived_at = $3, version = version + 1
         where site_id = $1
           and id = $2",
        site.0,
        id.0,
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many attempts named the service since then.
pub async fn attempts_since(tx: &mut Tx, site: SiteId, id: ServiceId, since: Timestamp) -> Result<i64> {
    // A bound on the id, not on `at`: the id is the partition key.
    let found = sqlx::query_scalar!(
        r#"select count(*) as "found!" from attempt where site_id = $1 and service_id = $2 and id >= $3"#,
        site.0,
        id.0,
        uuid_at(since),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// Whether the service was ever named in an attempt.
pub async fn has_attempts(tx: &mut Tx, site: SiteId, id: ServiceId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from attempt where site_id = $1 and service_id = $2) as "found!""#,
        site.0,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}
