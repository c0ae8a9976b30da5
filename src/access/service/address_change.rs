//! The two links that change where a person signs in: one confirms a new address at that address, the other, mailed to
//! the old one, takes it back.

use chrono::TimeDelta;

use crate::access::service::record::{self, Event};
use crate::access::service::{enrol, notify};
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::access::store::token::{Live, New, Purpose};
use crate::audit::{Actor, Values};
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::email::Email;
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::Token;
use crate::platform::db::Tx;
use crate::platform::state::App;

/// How long a change can be taken back.
pub(super) const REVERT_LIFE: TimeDelta = TimeDelta::days(7);

/// Which link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// From the new address.
    Confirm,
    /// From the old address.
    Revert,
}

impl Link {
    fn purpose(self) -> Purpose {
        match self {
            Self::Confirm => Purpose::ChangeEmail,
            Self::Revert => Purpose::RevertEmail,
        }
    }
}

/// What the link is for, while it can be used. One that was asked for in good time confirms nothing once the person's
/// first second factor needs a mailed code.
async fn usable(app: &App, link: Link, token: &Token) -> Result<Option<Live>> {
    let live = store::token::find(&app.db, &token.hash(), link.purpose(), app.clock.now()).await?;
    match live.as_ref().and_then(|live| live.who) {
        Some(who) if link == Link::Confirm && enrol::wants_mail(app, who).await? => Ok(None),
        _ => Ok(live),
    }
}

/// The address that using the link would set, while it can be used.
pub async fn leads_to(app: &App, link: Link, token: &Token) -> Result<Option<String>> {
    Ok(usable(app, link, token).await?.and_then(|live| live.new_email))
}

/// Uses the link; `false` if it is used up, too old, nothing to confirm with now or, meanwhile, somebody else's address.
pub async fn apply(app: &App, link: Link, token: &Token, address: ClientAddress, user_agent: &str) -> Result<bool> {
    let now = app.clock.now();
    let Some(Live { who: Some(who), .. }) = usable(app, link, token).await? else { return Ok(false) };
    let mut tx = app.db.platform().await?;
    // The person before the link, as a reset of their devices does, which ends the link.
    store::collaborator::hold(&mut tx, who).await?;
    let Some(Live { new_email: Some(new), since, .. }) =
        store::token::consume(&mut tx, &token.hash(), link.purpose(), now).await?
    else {
        return Ok(false);
    };
    let new: Email = new.parse().map_err(Error::internal)?;
    let account = store::collaborator::by_id_in(&mut tx, who).await?.ok_or_else(Error::not_found)?;
    match store::collaborator::set_email(&mut tx, who, &account.email_canonical, &new).await {
        Ok(true) => {}
        Ok(false) => return Ok(false),
        Err(error) if error.kind == Kind::Conflict => return Ok(false),
        Err(error) => return Err(error),
    }
    let (action, factors) = match link {
        Link::Confirm => {
            after_confirming(&mut tx, app, &account, &new, since).await?;
            ("email.changed", 0)
        }
        Link::Revert => ("email.reverted", after_reverting(&mut tx, app, &account, since).await?),
    };
    let actor = Actor::Stranger { email: Some(new.as_str().to_owned()), address, user_agent: user_agent.to_owned() };
    if factors > 0 {
        let values = Values::new().plain("reason", "set up since the change of the address").plain("devices", factors);
        let event = Event::new(actor.clone(), "second_factor.reset", who).values(None, Some(values));
        record::everywhere(&mut tx, app, Some(who), event).await?;
    }
    let event = Event::new(actor, action, who).values(
        Some(Values::new().personal("email", &account.email)),
        Some(Values::new().personal("email", new.as_str())),
    );
    record::everywhere(&mut tx, app, Some(who), event).await?;
    tx.commit().await?;
    Ok(true)
}

/// The old address gets the way back, good for a week whatever the address becomes meanwhile. It reaches back to when the
/// change was asked for.
async fn after_confirming(tx: &mut Tx, app: &App, account: &Account, new: &Email, asked_at: Timestamp) -> Result<()> {
    let now = app.clock.now();
    let revert = Token::random();
    let row = New {
        hash: revert.hash(),
        purpose: Purpose::RevertEmail,
        who: Some(account.id),
        email: Some(new.canonical()),
        new_email: Some(&account.email),
        now: asked_at,
        expires_at: now + REVERT_LIFE,
    };
    store::token::add(tx, row).await?;
    notify::address_changed(tx, app, account, new.as_str(), &revert, now).await
}

/// Whoever changed it loses everything: sessions, half-done sign-ins, known devices, links, and the second factors and
/// recovery codes that came with or after the change; how many factors those were. The password is the person's to reset.
async fn after_reverting(tx: &mut Tx, app: &App, account: &Account, since: Timestamp) -> Result<u64> {
    let (who, now) = (account.id, app.clock.now());
    for purpose in [Purpose::RevertEmail, Purpose::ChangeEmail, Purpose::ResetPassword] {
        store::token::end_all(tx, Some(who), purpose, now).await?;
    }
    let factors = store::factor::end_since(tx, who, since, now).await?;
    store::enrolment::abandon(tx, who, None, now).await?;
    store::recovery::forget_since(tx, who, since).await?;
    if !store::factor::has_active(tx, who).await? {
        store::recovery::forget(tx, who).await?;
    }
    store::session::revoke_others(tx, who, None, now).await?;
    store::member::end_half_sign_ins(tx, who, now).await?;
    store::device::end_all_but(tx, who, 0, now).await?;
    store::lockout::forget(tx, who, now).await?;
    store::collaborator::take_back(tx, who, now).await?;
    Ok(factors)
}
