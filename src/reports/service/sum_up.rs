//! Sums of the quarters that are over, so that a report does not read a month of decisions.

use chrono::TimeDelta;

use crate::error::Result;
use crate::kernel::id::SiteId;
use crate::platform::state::App;
use crate::reports::period::{BUCKET_S, quarter};
use crate::reports::store;
use crate::reports::tally::SETTLES;
use crate::sites;

/// Reports look back 35 days at most.
const KEPT: TimeDelta = TimeDelta::days(36);

/// Quarters that are summed in one transaction: a day of them.
const AT_ONCE: i64 = 24 * 3_600 / BUCKET_S;

/// Adds what is over since the last time, for every site. Called hourly.
pub async fn sum_up(app: &App) -> Result<()> {
    for site in sites::all(&app.db).await? {
        while sum_some(app, site.id).await? {}
    }
    Ok(())
}

/// Adds a day at most; whether there is more.
async fn sum_some(app: &App, site: SiteId) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.db.site(site).await?;
    store::one_at_a_time(&mut tx, site).await?;
    let Some(first) = store::first(&mut tx, site).await? else { return Ok(false) };
    let (oldest, over) = (quarter(first.max(now - KEPT)), quarter(now - SETTLES));
    store::forget_before(&mut tx, site, oldest).await?;
    // What ended before the oldest quarter that is kept begins anew.
    let tallied = store::tallied(&mut tx, site).await?.filter(|t| t.end >= oldest).unwrap_or(oldest..oldest);
    let end = over.min(tallied.end + AT_ONCE);
    if tallied.end < end {
        store::sum_up(&mut tx, site, tallied.clone(), tallied.end..end).await?;
    }
    tx.commit().await?;
    Ok(end < over)
}

/// Forgets the sums of a site, because decisions of the past were written (simulation of history).
pub async fn forget(app: &App, site: SiteId) -> Result<()> {
    let mut tx = app.db.site(site).await?;
    store::one_at_a_time(&mut tx, site).await?;
    store::forget(&mut tx, site).await?;
    tx.commit().await?;
    Ok(())
}
