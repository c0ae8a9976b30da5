//! Opens the account of somebody whom wrong passwords have locked out. The account is one for all sites of a person, so an
//! owner or admin of one of them ends a lock and forgives nothing: failures go on counting towards the hundred that close
//! it. What is closed is opened by who reaches the person everywhere (or the operator), and nobody opens more than three
//! times a day: between two unlocks lie ten guesses. A reset by mail and a passkey work meanwhile.

use chrono::TimeDelta;

use super::{Hand, refused};
use crate::access::authority::{Deed, Refusal, may_reset_everywhere};
use crate::access::grant::ManageCollaborators;
use crate::access::lockout::Unlock;
use crate::access::password_settings;
use crate::access::permit::Permit;
use crate::access::service::notify;
use crate::access::service::record::{self, Event};
use crate::access::store;
use crate::audit::Actor;
use crate::error::{Error, Kind, Result};
use crate::kernel::id::CollaboratorId;
use crate::platform::state::App;

/// Unlocks of one person in a day.
const A_DAY: i64 = 3;

const ACTION: &str = "account.unlocked";

/// Opens it; whether it was shut.
pub async fn unlock(app: &App, permit: &Permit<ManageCollaborators>, who: CollaboratorId) -> Result<bool> {
    let limits = password_settings::limits_of(&store::access_settings::of_person(&app.db, who).await?);
    let mut hand = Hand::take(app, permit, who).await?;
    hand.allow(Deed::Unlock)?;
    let now = hand.now;
    let places = hand.places(permit.visitor().id).await?;
    let unlock = if may_reset_everywhere(&places).is_ok() { Unlock::Everything } else { Unlock::Locks };
    let mut shut = store::lockout::lock_all(&mut hand.tx, who).await?;
    shut.retain(|one| one.bucket.is_shut(now));
    if shut.is_empty() {
        return Ok(false);
    }
    if store::account_event::times(&mut hand.tx, who, ACTION, now - TimeDelta::days(1)).await? >= A_DAY {
        let words = "This account was unlocked three times within a day. The person can set a new password by mail.";
        return Err(Error::new(Kind::TooMany, words));
    }
    for one in shut {
        let bucket = one.bucket.unlocked(limits, unlock);
        if bucket.is_shut(now) {
            return Err(refused(Refusal::ClosedElsewhere));
        }
        store::lockout::save(&mut hand.tx, &one.key, &bucket).await?;
    }
    notify::collaborators::unlocked(&mut hand.tx, app, permit, &hand.member).await?;
    let event = Event::new(Actor::of(permit.visitor()), ACTION, who).at(permit.site_id());
    record::everywhere(&mut hand.tx, app, Some(who), event).await?;
    hand.tx.commit().await?;
    Ok(true)
}
