//! Every SQL statement of the slice.

use uuid::Uuid;

use crate::error::Result;
use crate::kernel::id::SiteId;
use crate::platform::db::Db;

/// What Postgres says of itself.
pub struct Server {
    pub version: Option<String>,
    pub schema: Option<i64>,
}

pub async fn server(db: &Db) -> Result<Server> {
    let found =
        sqlx::query_as!(Server, "select current_setting('server_version') as version, schema_version() as schema")
            .fetch_one(db.pool())
            .await?;
    Ok(found)
}

/// The oldest and newest ids of the site's decisions and the newest of its audit rows: their times are in them.
pub struct Ends {
    pub oldest_decision: Option<Uuid>,
    pub newest_decision: Option<Uuid>,
    pub newest_audit: Option<Uuid>,
}

pub async fn ends(db: &Db, site: SiteId) -> Result<Ends> {
    let mut tx = db.site(site).await?;
    let found = sqlx::query_as!(
        Ends,
        "select (select id from decision where site_id = $1 order by id limit 1) as oldest_decision,
                (select id from decision where site_id = $1 order by id desc limit 1) as newest_decision,
                (select id from audit where site_id = $1 order by id desc limit 1) as newest_audit",
        site.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(found)
}
