//! What reports read: decisions by the quarter of an hour, and sums by period and by the check that settled.

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{SiteId, uuid_at};
use crate::platform::db::Tx;
use crate::reports::period::BUCKET_S;

/// Decisions of one quarter of an hour with one thing that settled them.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Quarters since 1970.
    pub number: i64,
    /// The check; none for approvals.
    pub settled_by: Option<String>,
    /// Let through.
    pub approved: i64,
    /// Challenged.
    pub challenged: i64,
    /// Refused.
    pub refused: i64,
    /// A check in shadow would have been stronger.
    pub shadow: i64,
}

/// The quarters `from` to `until` (exclusive) in which anything was decided, in order.
pub async fn cells(tx: &mut Tx, site: SiteId, from: i64, until: i64) -> Result<Vec<Cell>> {
    let begins = |quarter: i64| Timestamp::from_timestamp(quarter * BUCKET_S, 0).map(uuid_at);
    let rows = sqlx::query_as!(
        Cell,
        r#"select (extract(epoch from at)::bigint / $4) as "number!",
                  settled_by,
                  count(*) filter (where outcome = 'approve') as "approved!",
                  count(*) filter (where outcome = 'challenge') as "challenged!",
                  count(*) filter (where outcome = 'reject') as "refused!",
                  count(*) filter (where shadow) as "shadow!"
           from decision
           where site_id = $1 and id >= $2 and id < $3
           group by 1, 2
           order by 1"#,
        site.0,
        begins(from),
        begins(until),
        BUCKET_S,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// When the site's first decision was made.
pub async fn first(tx: &mut Tx, site: SiteId) -> Result<Option<Timestamp>> {
    let at = sqlx::query_scalar!("select at from decision where site_id = $1 order by id limit 1", site.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(at)
}

/// Which first steps have been taken.
pub struct Steps {
    /// A key that works.
    pub key: bool,
    /// A service.
    pub service: bool,
    /// A list.
    pub list: bool,
}

/// The first steps of a site.
pub async fn steps(tx: &mut Tx, site: SiteId) -> Result<Steps> {
    let row = sqlx::query_as!(
        Steps,
        r#"select exists (select from api_key where site_id = $1 and revoked_at is null) as "key!",
                  exists (select from service where site_id = $1) as "service!",
                  exists (select from list where site_id = $1 and removed_at is null) as "list!""#,
        site.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}
