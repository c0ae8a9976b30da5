//! What somebody who is not signed in can bring about as often as they like is recorded so many times a day for the person
//! it concerns: rows of the audit log stay for good, and each locks the head of a site's chain. A metric counts them all.

use chrono::TimeDelta;

use crate::access::store;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CollaboratorId;
use crate::platform::db::Tx;

/// Whether this may be recorded once more for the person, who is told of it then too. Holds them, so that the count is
/// exact.
pub async fn may_record(
    tx: &mut Tx,
    who: CollaboratorId,
    action: &'static str,
    a_day: i64,
    now: Timestamp,
) -> Result<bool> {
    count(action);
    store::collaborator::hold(tx, who).await?;
    Ok(store::account_event::times(tx, who, action, now - TimeDelta::days(1)).await? < a_day)
}

/// Counts one, recorded or not.
pub fn count(action: &'static str) {
    metrics::counter!("gatehouse_refusals_total", "what" => action).increment(1);
}
