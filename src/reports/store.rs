//! What reports read: decisions by the quarter of an hour and by the check that settled them, from their sums where there
//! are any.

use std::ops::Range;

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{SiteId, uuid_at};
use crate::platform::db::Tx;
use crate::reports::period::{self, BUCKET_S};

/// Decisions of one quarter of an hour, or of a part of it, with one thing that settled them.
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

impl Cell {
    /// Adds another part of the same.
    pub fn add(&mut self, part: &Self) {
        self.approved += part.approved;
        self.challenged += part.challenged;
        self.refused += part.refused;
        self.shadow += part.shadow;
    }
}

/// The quarters `from` to `until` (exclusive) in which anything was decided, in order: from the sums, and what they do not
/// hold from the decisions.
pub async fn cells(tx: &mut Tx, site: SiteId, from: i64, until: i64) -> Result<Vec<Cell>> {
    let summed = tallied(tx, site).await?.unwrap_or(from..from);
    let (begins, ends) = (summed.start.clamp(from, until), summed.end.clamp(from, until));
    let mut cells = counted(tx, site, period::begins(from), period::begins(begins)).await?;
    cells.extend(sums(tx, site, begins, ends).await?);
    cells.extend(counted(tx, site, period::begins(ends), period::begins(until)).await?);
    Ok(cells)
}

/// What was decided from an instant to another (exclusive), decision by decision.
pub async fn counted(tx: &mut Tx, site: SiteId, from: Timestamp, until: Timestamp) -> Result<Vec<Cell>> {
    if from >= until {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as!(
        Cell,
        r#"select (floor(extract(epoch from at))::bigint / $4) as "number!",
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
        uuid_at(from),
        uuid_at(until),
        BUCKET_S,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// The same, from the sums alone.
async fn sums(tx: &mut Tx, site: SiteId, from: i64, until: i64) -> Result<Vec<Cell>> {
    if from >= until {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as!(
        Cell,
        r#"select quarter as number, nullif(settled_by, '') as settled_by, approved, challenged, refused, shadow
           from decision_tally
           where site_id = $1
             and quarter >= $2
             and quarter < $3
           order by quarter"#,
        site.0,
        from,
        until,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Which quarters of a site are summed up.
pub async fn tallied(tx: &mut Tx, site: SiteId) -> Result<Option<Range<i64>>> {
    let row = sqlx::query!("select begins, ends from decision_tallied where site_id = $1", site.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(|row| row.begins..row.ends))
}

/// Sums the quarters `more` up, which are over and follow those of `tallied`.
pub async fn sum_up(tx: &mut Tx, site: SiteId, tallied: Range<i64>, more: Range<i64>) -> Result<()> {
    sqlx::query!(
        "insert into decision_tally (site_id, quarter, settled_by, approved, challenged, refused, shadow)
         select $1, floor(extract(epoch from at))::bigint / $4, coalesce(settled_by, ''),
                count(*) filter (where outcome = 'approve'),
                count(*) filter (where outcome = 'challenge'),
                count(*) filter (where outcome = 'reject'),
                count(*) filter (where shadow)
         from decision
         where site_id = $1
           and id >= $2
           and id < $3
         group by 2, 3",
        site.0,
        uuid_at(period::begins(more.start)),
        uuid_at(period::begins(more.end)),
        BUCKET_S,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into decision_tallied (site_id, begins, ends)
         values ($1, $2, $3)
         on conflict (site_id) do update set begins = excluded.begins, ends = excluded.ends",
        site.0,
        tallied.start,
        more.end,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes the sums of quarters before one.
pub async fn forget_before(tx: &mut Tx, site: SiteId, quarter: i64) -> Result<()> {
    sqlx::query!("delete from decision_tally where site_id = $1 and quarter < $2", site.0, quarter)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "update decision_tallied set begins = $2 where site_id = $1 and begins < $2 and ends >= $2",
        site.0,
        quarter
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes all sums of a site.
pub async fn forget(tx: &mut Tx, site: SiteId) -> Result<()> {
    sqlx::query!("delete from decision_tally where site_id = $1", site.0).execute(&mut **tx).await?;
    sqlx::query!("delete from decision_tallied where site_id = $1", site.0).execute(&mut **tx).await?;
    Ok(())
}

/// One process at a time sums a site up, until its transaction ends.
pub async fn one_at_a_time(tx: &mut Tx, site: SiteId) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('decision_tally ' || $1, 0))", site.0.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
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
