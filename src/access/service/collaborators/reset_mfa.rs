//! Lost devices: a person's second factors and recovery codes are dropped, all their sessions end, all sides are told, and
//! a fresh grace starts, of a day at least if it is the operator's word. By an owner or admin who reaches the person at every
//! site they belong to, or by the operator. Nobody gets a password by it, and nobody is signed in.

use super::{Hand, reason, refused};
use crate::access::authority::{Deed, may_reset_everywhere};
use crate::access::factor::EndReason;
use crate::access::grant::ManageCollaborators;
use crate::access::permit::Permit;
use crate::access::service::notify;
use crate::access::service::record::{self, Event};
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::access::store::member::ResetBy;
use crate::access::store::token::Purpose;
use crate::audit::{Actor, Values};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::email::Email;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::platform::db::Tx;
use crate::platform::state::App;

/// Resets somebody at the word of an owner or admin.
pub async fn by_colleague(
    app: &App,
    permit: &Permit<ManageCollaborators>,
    who: CollaboratorId,
    why: &str,
) -> Result<()> {
    let why = reason(why)?;
    let mut hand = Hand::take(app, permit, who).await?;
    hand.allow(Deed::ResetMfa)?;
    let visitor = permit.visitor();
    let places = hand.places(visitor).await?;
    may_reset_everywhere(&places).map_err(refused)?;
    let account = store::collaborator::by_id_in(&mut hand.tx, who).await?.ok_or_else(Error::not_found)?;
    let words = format!("{}, {}", visitor.name, visitor.email);
    let by = By { actor: Actor::of(visitor), at: Some(permit.site_id()), words, why };
    reset(hand.tx, app, &account, by, hand.now).await?;
    Ok(())
}

/// Resets somebody at the word of the operator; how many devices there were.
pub async fn by_operator(app: &App, email: &Email, why: &str) -> Result<u64> {
    let why = reason(why)?;
    let account = store::collaborator::by_email(&app.db, email.canonical())
        .await?
        .ok_or_else(|| Error::field("email", "unknown", format!("Nobody signs in with {email}.")))?;
    let tx = app.db.platform().await?;
    let by = By { actor: Actor::CommandLine, at: None, words: "the operator, at the server".into(), why };
    reset(tx, app, &account, by, app.clock.now()).await
}

/// At whose word.
struct By {
    actor: Actor,
    /// The site at which it is done; none at the server.
    at: Option<SiteId>,
    /// The same as the mails say it.
    words: String,
    why: String,
}

async fn reset(mut tx: Tx, app: &App, account: &Account, by: By, now: Timestamp) -> Result<u64> {
    let who = account.id;
    store::collaborator::hold(&mut tx, who).await?;
    // What was asked for before would lead the mailed code of the next enrolment elsewhere.
    store::token::end_all(&mut tx, Some(who), Purpose::ChangeEmail, now).await?;
    let numbers = store::enrolment::numbers(&mut tx, who).await?;
    let devices = store::factor::end_all(&mut tx, who, EndReason::Reset, now).await?;
    store::recovery::forget(&mut tx, who).await?;
    store::member::end_half_sign_ins(&mut tx, who, now).await?;
    let sessions = store::session::revoke_others(&mut tx, who, None, now).await?;
    store::device::end_all_but(&mut tx, who, 0, now).await?;
    let reset_by = if by.at.is_some() { ResetBy::Colleague } else { ResetBy::Operator };
    store::member::restart_grace(&mut tx, who, reset_by, now).await?;
    let owners = store::member::owners_beside(&mut tx, who).await?;
    notify::collaborators::mfa_reset(&mut tx, app, account, &owners, &by.words, &by.why).await?;
    let words = "Gatehouse: the devices for the second step of your account were reset, this number too. If you did not ask for it, tell the people who run your console.";
    notify::text_numbers(&mut tx, app, who, &numbers, words).await?;
    let new = Values::new().personal("reason", by.why).plain("devices", devices).plain("sessions_ended", sessions);
    let event = Event::new(by.actor, "second_factor.reset", who).values(None, Some(new));
    record::everywhere(&mut tx, app, Some(who), Event { at: by.at, ..event }).await?;
    tx.commit().await?;
    Ok(devices)
}
