//! Every SQL statement of the slice.

use crate::error::{Error, Result};
use crate::kernel::id::SiteId;
use crate::platform::db::Db;
use crate::sites::Site;

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
        })
    }
}

/// The site with this handle.
pub async fn by_handle(db: &Db, handle: &str) -> Result<Option<Site>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: SiteId", handle, name, live, company_name, support_email, currency, time_zone, idle_minutes, policy_version
           from site
           where handle = $1"#,
        handle,
    )
    .fetch_optional(db.pool())
    .await?;
    row.map(Site::try_from).transpose()
}

/// Every site of the installation, by handle.
pub async fn all(db: &Db) -> Result<Vec<Site>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: SiteId", handle, name, live, company_name, support_email, currency, time_zone, idle_minutes, policy_version
           from site
           order by handle"#,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter().map(Site::try_from).collect()
}
