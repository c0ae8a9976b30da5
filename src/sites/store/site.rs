//! Rows of `site`. It carries no row security: a request reads it to find out where it is.

use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::platform::db::{Db, Tx};
use crate::sites::Site;
use crate::sites::site::Settings;

struct Row {
    id: SiteId,
    handle: String,
    name: String,
    live: bool,
    company_name: Option<String>,
    support_email: Option<String>,
    currency: String,
    time_zone: String,
    idle_minutes: i32,
    policy_version: i32,
    settings_version: i32,
}

impl TryFrom<Row> for Site {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            handle: row.handle,
            name: row.name,
            live: row.live,
            company_name: row.company_name,
            support_email: row.support_email,
            currency: row.currency.parse().map_err(Error::internal)?,
            time_zone: row.time_zone.parse().map_err(Error::internal)?,
            idle_minutes: row.idle_minutes,
            policy_version: row.policy_version,
            settings_version: row.settings_version,
        })
    }
}

/// The site with this handle.
pub async fn by_handle(db: &Db, handle: &str) -> Result<Option<Site>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: SiteId", handle, name, live, company_name, support_email, currency, time_zone, idle_minutes,
                  policy_version, settings_version
           from site
           where handle = $1"#,
        handle,
    )
    .fetch_optional(db.pool())
    .await?;
    row.map(Site::try_from).transpose()
}

/// The site with this id.
pub async fn by_id(db: &Db, id: SiteId) -> Result<Option<Site>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: SiteId", handle, name, live, company_name, support_email, currency, time_zone, idle_minutes,
                  policy_version, settings_version
           from site
           where id = $1"#,
        id.0,
    )
    .fetch_optional(db.pool())
    .await?;
    row.map(Site::try_from).transpose()
}

/// Every site of the installation, by handle.
pub async fn all(db: &Db) -> Result<Vec<Site>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: SiteId", handle, name, live, company_name, support_email, currency, time_zone, idle_minutes,
                  policy_version, settings_version
           from site
           order by handle"#,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter().map(Site::try_from).collect()
}

/// The site, its row locked until the transaction ends.
pub async fn lock(tx: &mut Tx, id: SiteId) -> Result<Site> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: SiteId", handle, name, live, company_name, support_email, currency, time_zone, idle_minutes,
                  policy_version, settings_version
           from site
           where id = $1
           for update"#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    row.try_into()
}

/// Adds a site unless its handle is taken; tells whether it did.
pub async fn insert(
    tx: &mut Tx,
    id: SiteId,
    handle: &str,
    live: bool,
    settings: &Settings,
    by: Option<CollaboratorId>,
    now: Timestamp,
) -> Result<bool> {
    let done = sqlx::query!(
        "insert into site (id, handle, name, live, company_name, support_email, currency, time_zone, idle_minutes, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (handle) do nothing",
        id.0,
        handle,
        settings.name.as_str(),
        live,
        settings.company_name.as_ref().map(|n| n.as_str()),
        settings.support_email.as_ref().map(|e| e.as_str()),
        settings.currency.code(),
        settings.time_zone.name(),
        settings.idle.get(),
        now,
        by.map(|id| id.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// When a person made the sites that they made after `since`, the newest first.
pub async fn made_by(tx: &mut Tx, who: CollaboratorId, since: Timestamp) -> Result<Vec<Timestamp>> {
    let made = sqlx::query_scalar!(
        "select created_at
         from site
         where created_by = $1
           and created_at > $2
         order by created_at desc",
        who.0,
        since,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(made)
}

/// Writes the settings of a locked row.
pub async fn update(tx: &mut Tx, id: SiteId, settings: &Settings) -> Result<()> {
    sqlx::query!(
        "update site
         set name = $2, company_name = $3, support_email = $4, currency = $5, time_zone = $6, idle_minutes = $7,
             settings_version = settings_version + 1
         where id = $1",
        id.0,
        settings.name.as_str(),
        settings.company_name.as_ref().map(|n| n.as_str()),
        settings.support_email.as_ref().map(|e| e.as_str()),
        settings.currency.code(),
        settings.time_zone.name(),
        settings.idle.get(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A site of a collaborator.
pub struct MineRow {
    pub id: SiteId,
    pub handle: String,
    pub name: String,
    pub live: bool,
    pub role: String,
}

pub async fn of(db: &Db, who: CollaboratorId) -> Result<Vec<MineRow>> {
    let rows = sqlx::query_as!(
        MineRow,
        r#"select s.id as "id: SiteId", s.handle, s.name, s.live, m.role
           from membership m
           join site s on s.id = m.site_id
           where m.collaborator_id = $1
             and m.disabled_at is null
           order by lower(s.name), s.handle"#,
        who.0,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows)
}
