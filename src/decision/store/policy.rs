//! Rows of `policy`, and the snapshot that deciding reads.

use serde::Deserialize;
use sqlx::postgres::PgListener;
use sqlx::types::Json;
use uuid::Uuid;

use crate::decision::policy::{Policy, Versioned};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, ServiceId, SiteId};
use crate::kernel::money::Currency;
use crate::platform::db::{Db, Tx};

/// The channel on which processes tell each other that a site's policy has changed.
const CHANNEL: &str = "gatehouse_policy";

#[derive(Debug, Deserialize)]
struct ServiceRow {
    id: Uuid,
    currency: Currency,
    archived: bool,
}

/// A service as deciding sees it.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    pub id: ServiceId,
    pub currency: Currency,
    pub archived: bool,
}

/// The policy in force and the services of a site; `None` if there is no such site.
pub async fn snapshot(db: &Db, site: SiteId) -> Result<Option<(Versioned, Vec<Service>)>> {
    let row = sqlx::query!(
        r#"select version, document as "document: Json<Policy>", created_at, created_by as "created_by: CollaboratorId", note,
                  services as "services!: Json<Vec<ServiceRow>>"
           from site_snapshot($1)"#,
        site.0,
    )
    .fetch_one(db.pool())
    .await?;
    let Some(version) = row.version else { return Ok(None) };
    let services = row
        .services
        .0
        .into_iter()
        .map(|s| Service { id: ServiceId(s.id), currency: s.currency, archived: s.archived })
        .collect();
    let versioned = match (row.document, row.created_at) {
        (Some(Json(policy)), Some(created_at)) => Versioned {
            site,
            version,
            policy,
            created_at,
            created_by: row.created_by,
            note: row.note.unwrap_or_default(),
        },
        // A site before its first policy is guarded by the defaults.
        _ if version == 0 => Versioned {
            site,
            version,
            policy: Policy::default(),
            created_at: Timestamp::UNIX_EPOCH,
            created_by: None,
            note: "Defaults".into(),
        },
        _ => return Err(Error::internal(anyhow::anyhow!("policy {version} of {site} is missing"))),
    };
    Ok(Some((versioned, services)))
}

/// Makes `base + 1` the version in force; false if `base` is no longer the one.
pub async fn bump(tx: &mut Tx, site: SiteId, base: i32) -> Result<bool> {
    let done = sqlx::query!(
        "update site
         set policy_version = policy_version + 1
         where id = $1
           and policy_version = $2",
        site.0,
        base,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn insert(tx: &mut Tx, row: &Versioned) -> Result<()> {
    sqlx::query!(
        "insert into policy (site_id, version, document, created_at, created_by, note)
         values ($1, $2, $3, $4, $5, $6)",
        row.site.0,
        row.version,
        Json(&row.policy) as _,
        row.created_at,
        row.created_by.map(|c| c.0),
        row.note,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Tells every process, when the transaction commits.
pub async fn notify(tx: &mut Tx, site: SiteId) -> Result<()> {
    sqlx::query!("select pg_notify($1, $2)", CHANNEL, site.0.to_string()).fetch_one(&mut **tx).await?;
    Ok(())
}

/// A connection that hears of changes.
pub async fn listen(db: &Db) -> Result<PgListener> {
    let mut listener = PgListener::connect_with(db.pool()).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// A version with who saved it.
pub struct Row {
    pub versioned: Versioned,
    pub by: Option<String>,
}

pub async fn version(tx: &mut Tx, site: SiteId, version: i32) -> Result<Option<Row>> {
    Ok(versions(tx, site, version, 1).await?.into_iter().find(|row| row.versioned.version == version))
}

/// Versions from `from` downwards.
pub async fn versions(tx: &mut Tx, site: SiteId, from: i32, most: i64) -> Result<Vec<Row>> {
    let rows = sqlx::query!(
        r#"select p.version, p.document as "document: Json<Policy>", p.created_at, p.created_by as "created_by: CollaboratorId", p.note,
                  c.name as "by?"
           from policy p
           left join collaborator c on c.id = p.created_by
           where p.site_id = $1
             and p.version <= $2
           order by p.version desc
           limit $3"#,
        site.0,
        from,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Row {
            versioned: Versioned {
                site,
                version: row.version,
                policy: row.document.0,
                created_at: row.created_at,
                created_by: row.created_by,
                note: row.note,
            },
            by: row.by,
        })
        .collect())
}
