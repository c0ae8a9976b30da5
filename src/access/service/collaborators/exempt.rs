//! An exemption from the second factor: with a reason, for at most 30 days, and never one's own.

use chrono::TimeDelta;

use super::{Changed, Hand, reason};
use crate::access::authority::Deed;
use crate::access::grant::ManageCollaborators;
use crate::access::permit::Permit;
use crate::access::service::notify;
use crate::access::store;
use crate::audit::Values;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CollaboratorId;
use crate::platform::state::App;

/// The longest exemption, in days.
pub const MOST_DAYS: i64 = 30;

/// Exempts somebody for `days` from now, or ends their exemption (`None`), if it still ends when it was `seen` to.
pub async fn exempt(
    app: &App,
    permit: &Permit<ManageCollaborators>,
    who: CollaboratorId,
    seen: Option<Timestamp>,
    wanted: Option<(i64, &str)>,
) -> Result<Changed> {
    let wanted = match wanted {
        Some((days, _)) if !(1..=MOST_DAYS).contains(&days) => {
            return Err(Error::field("days", "out_of_range", "Write whole days from 1 to 30."));
        }
        Some((days, why)) => Some((days, reason(why)?)),
        None => None,
    };
    let mut hand = Hand::take(app, permit, who).await?;
    hand.allow(Deed::Exempt)?;
    if wanted.is_none() && hand.member.exempt_until.is_none() {
        return Ok(Changed::Unchanged);
    }
    if hand.member.exempt_until != seen {
        return Ok(Changed::Stale);
    }
    let until = wanted.as_ref().map(|(days, why)| (hand.now + TimeDelta::days(*days), why.as_str()));
    let row = until.map(|(until, why)| (until, why, permit.visitor().id));
    store::member::set_exemption(&mut hand.tx, permit.site_id(), who, row).await?;
    notify::collaborators::exempted(&mut hand.tx, app, permit, &hand.member, until).await?;
    if until.is_some() {
        hand.tell_owners(app, permit, "is exempt from the second factor for a while").await?;
    }
    let exempt =
        |until: Timestamp, why: Option<&str>| Values::new().plain("exempt_until", until).personal("reason", why);
    let old = hand.member.exempt_until.map(|at| exempt(at, hand.member.exempt_reason.as_deref()));
    let new = until.map(|(until, why)| exempt(until, Some(why)));
    let action = if new.is_some() { "collaborator.exempted" } else { "collaborator.exemption_ended" };
    hand.record(app, permit, action, old, new).await?;
    Ok(Changed::Done)
}
