//! What the installation does for itself: partitions ahead of time, and deleting what need not be kept.

mod store;

use chrono::TimeDelta;
use tracing::info;

use crate::decision::lists::service::matches;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::platform::jobs::Failure;
use crate::platform::state::App;
use crate::sites;

pub use store::{Partitions, partitions};

/// Makes the missing monthly partitions: one month back, a year ahead.
pub async fn ensure_partitions(app: &App) -> Result<(), Failure> {
    let made = store::ensure_partitions(&app.db, app.clock.now()).await?;
    if made > 0 {
        info!(made, "made {made} partitions");
    }
    Ok(())
}

/// When each kind of row is old enough to go.
pub(in crate::platform::upkeep) struct Limits {
    /// Answers under an Idempotency-Key: [`crate::api::idempotency::HOURS`].
    pub idempotency: Timestamp,
    /// Matches of list entries: [`matches::KEPT`].
    pub list_match: Timestamp,
    /// Failed sign-ins by network: a day.
    pub network_tally: Timestamp,
    /// Sessions that ended: 30 days after, so that people can still see them.
    pub session: Timestamp,
    /// Mailed tokens that were used or ran out: 7 days after.
    pub token: Timestamp,
    /// Known devices that ended, and their buckets: 30 days after.
    pub device: Timestamp,
    /// Pending sign-ins, codes and what was counted of them, asks for help, second factors whose set-up was begun and left:
    /// a day after.
    pub second_step: Timestamp,
    /// What people see of their own account: 90 days.
    pub account_event: Timestamp,
    /// Dead letters, with what they carry: 30 days.
    pub dead_letter: Timestamp,
    /// What was texted, never the text: 30 days.
    pub text_message: Timestamp,
    /// Mails with invitations: two days, twice as long as they count.
    pub invitation_mail: Timestamp,
    /// Mails and texts of the demo: 30 days.
    pub outbox: Timestamp,
    /// When a second factor had become required of somebody who was removed: [`crate::access::requirement::MEMORY`].
    pub past_requirement: Timestamp,
    /// Key uses: two days, twice the longest window, so that clocks may differ. A replay counts from the attempts.
    pub key_use: Timestamp,
    /// The present: challenges of passkeys that nobody answered in time are worth nothing.
    pub now: Timestamp,
}

/// Deletes what need not be kept.
pub async fn clean_up(app: &App) -> Result<(), Failure> {
    let now = app.clock.now();
    let limits = Limits {
        idempotency: now - TimeDelta::hours(crate::api::idempotency::HOURS),
        list_match: now - matches::KEPT,
        network_tally: now - TimeDelta::hours(24),
        session: now - TimeDelta::days(30),
        token: now - TimeDelta::days(7),
        device: now - TimeDelta::days(30),
        second_step: now - TimeDelta::days(1),
        account_event: now - TimeDelta::days(90),
        dead_letter: now - TimeDelta::days(30),
        text_message: now - TimeDelta::days(30),
        invitation_mail: now - TimeDelta::days(2),
        outbox: now - TimeDelta::days(30),
        past_requirement: now - crate::access::requirement::MEMORY,
        key_use: now - crate::decision::verdict::WINDOW * 2,
        now,
    };
    let mut gone = store::delete_old(&app.db, &limits).await?;
    let mut failed = None;
    for site in sites::all(&app.db).await? {
        let of_site = async {
            let few = store::delete_old_of_site(&app.db, site.id, &limits).await?;
            Ok::<_, Error>(few + store::delete_old_by_the_many(&app.db, site.id, &limits).await?)
        };
        // What fails at one site must not let the others' tables grow.
        match of_site.await {
            Ok(deleted) => gone += deleted,
            Err(error) => failed = Some(error),
        }
    }
    if gone > 0 {
        info!(gone, "deleted {gone} rows that need not be kept");
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}
