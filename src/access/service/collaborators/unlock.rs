//! Opens the account of somebody whom wrong passwords have locked out. The account is one for all sites of a person, so an
//! owner or admin of one of them ends a lock and forgives nothing: failures go on counting towards the hundred that close
//! it. What is closed is opened by who reaches the person everywhere (or the operator), and nobody opens more than three
//! times a day: between two unlocks lie ten guesses. A reset by mail and a passkey work meanwhile.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::{Hand, places, refused};
use crate::access::authority::{Deed, Refusal, may_reset_everywhere};
use crate::access::grant::ManageCollaborators;
use crate::access::password_settings;
use crate::access::permit::{Permit, Visitor};
use crate::access::service::notify;
use crate::access::service::record::{self, Event};
use crate::access::store;
use crate::audit::Actor;
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CollaboratorId;
use crate::platform::db::Tx;
use crate::platform::state::App;

const DAY: TimeDelta = TimeDelta::days(1);

/// Unlocks of one person in a day.
const A_DAY: i64 = 3;

const ACTION: &str = "account.unlocked";

/// Opens it; whether it was shut.
pub async fn unlock(app: &App, permit: &Permit<ManageCollaborators>, who: CollaboratorId) -> Result<bool> {
    let limits = password_settings::limits_of(&store::access_settings::of_person(&app.db, who).await?);
    let mut hand = Hand::take(app, permit, who).await?;
    hand.allow(Deed::Unlock)?;
    let now = hand.now;
    let mut shut = store::lockout::lock_all(&mut hand.tx, who).await?;
    shut.retain(|one| one.bucket.is_shut(now));
    if shut.is_empty() {
        return Ok(false);
    }
    let door = Door { who, closed: shut.iter().any(|one| one.bucket.closed) };
    if let Some(refusal) = refusals(&mut hand.tx, permit.visitor(), &[door], now).await?.remove(&who) {
        return Err(refusal);
    }
    for one in shut {
        store::lockout::save(&mut hand.tx, &one.key, &one.bucket.unlocked(limits)).await?;
    }
    notify::collaborators::unlocked(&mut hand.tx, app, permit, &hand.member).await?;
    let event = Event::new(Actor::of(permit.visitor()), ACTION, who).at(permit.site_id());
    record::everywhere(&mut hand.tx, app, Some(who), event).await?;
    hand.tx.commit().await?;
    Ok(true)
}

/// Somebody whose door is shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::access) struct Door {
    pub who: CollaboratorId,
    /// Until a reset, a passkey or an unlock.
    pub closed: bool,
}

/// Why the visitor would open some of these doors in vain, though they reach the people here.
pub(in crate::access) async fn refusals(
    tx: &mut Tx,
    visitor: &Visitor,
    doors: &[Door],
    now: Timestamp,
) -> Result<HashMap<CollaboratorId, Error>> {
    let mut found = HashMap::new();
    let whom: Vec<CollaboratorId> = doors.iter().map(|door| door.who).collect();
    for (who, oldest) in store::account_event::oldest_of(tx, &whom, ACTION, now - DAY, A_DAY).await? {
        let words = "This account was unlocked three times within a day. The person can set a new password by mail.";
        let seconds = u32::try_from((oldest + DAY - now).num_seconds()).unwrap_or_default().max(1);
        found.insert(who, Error::new(Kind::TooMany, words).retry_after(seconds));
    }
    for door in doors.iter().filter(|door| door.closed) {
        if may_reset_everywhere(&places(tx, door.who, visitor, now).await?).is_err() {
            found.insert(door.who, refused(Refusal::ClosedElsewhere));
        }
    }
    Ok(found)
}
