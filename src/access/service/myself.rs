//! What a signed-in person does with their own account. Whatever asks for the password goes through
//! [`super::prove`], and so shares the counters of sign-in.

use chrono::TimeDelta;
use http::HeaderValue;

use crate::access::hashing::{Caller, Password};
use crate::access::password::{Rule, Weakness};
use crate::access::service::prove::{Claim, Proof, Proved, prove};
use crate::access::service::record::{self, Event};
use crate::access::service::{collaborator, enrol, notify, strength};
use crate::access::session::JustProved;
use crate::access::store::token::{New, Purpose};
use crate::access::{Visitor, device, session, store};
use crate::audit::{Actor, Values};
use crate::error::{Error, Result};
use crate::kernel::email::Email;
use crate::kernel::phone::Phone;
use crate::kernel::secret::Token;
use crate::platform::state::App;

/// Addresses that one person may ask for in an hour: each gets a mail of ours.
const ADDRESSES_AN_HOUR: i64 = 3;

/// How long the link that confirms a new address works.
const ADDRESS_LIFE: TimeDelta = TimeDelta::minutes(60);

/// Compares the visitor's password. `device` is the cookie of a known device, if the browser sent one: that, and not the
/// session, uses the places that are kept in the queue.
pub(super) async fn prove_again(
    app: &App,
    visitor: &Visitor,
    device: Option<&str>,
    password: Password,
) -> Result<Option<Proved>> {
    let account = store::collaborator::by_id(&app.db, visitor.id).await?.ok_or_else(Error::not_found)?;
    let known = device::recognise(app, device, visitor.id).await?;
    let claim = Claim {
        device: known,
        canonical: account.email_canonical.clone(),
        account: Some(account),
        caller: Caller::of(known),
        address: visitor.address,
        user_agent: visitor.user_agent.clone(),
        counted: None,
        tried: None,
    };
    match prove(app, claim, password).await? {
        Proof::Right(proved) => Ok(Some(proved)),
        Proof::Refused => Ok(None),
    }
}

/// What is asked of somebody's next password.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The rule.
    pub rule: Rule,
    /// Names and addresses that others would guess of them.
    pub own: Vec<String>,
}

/// What is asked of the visitor's next password.
pub async fn asked(app: &App, visitor: &Visitor) -> Result<Asked> {
    let account = store::collaborator::by_id(&app.db, visitor.id).await?.ok_or_else(Error::not_found)?;
    Ok(Asked { rule: strength::rule_of(app, visitor.id).await?, own: strength::known_of(app, &account).await? })
}

/// What came of a new password.
pub enum NewPassword {
    /// It is set. The browser goes on under these; all others are signed out and no other device is known.
    Set {
        /// The session's cookie.
        session: Token,
        /// The known device's cookie, as a header.
        device: HeaderValue,
    },
    /// The present password was refused.
    Refused,
    /// Not with this one.
    Weak(Vec<Weakness>),
}

/// Changes the password. The present one is compared first, so that a weak new one does not spare the count.
pub async fn change_password(
    app: &App,
    visitor: &Visitor,
    device: Option<&str>,
    present: Password,
    new: Password,
) -> Result<NewPassword> {
    let Some(proved) = prove_again(app, visitor, device, present).await? else { return Ok(NewPassword::Refused) };
    let account = proved.account.clone();
    let caller = Caller::of(device::recognise(app, device, visitor.id).await?);
    let weak = strength::weaknesses_for(app, &account, &new, caller).await?;
    if !weak.is_empty() {
        return Ok(NewPassword::Weak(weak));
    }
    let hash = app.hasher().hash(app.hasher().place_of(account.id, caller)?, new).await?;
    let now = app.clock.now();
    let mut tx = app.db.platform().await?;
    if !proved.settle(&mut tx).await? {
        return Ok(NewPassword::Refused);
    }
    let Some(session) = session::renew(&mut tx, &visitor.session, Some(JustProved::PASSWORD), now).await? else {
        return Ok(NewPassword::Refused);
    };
    store::collaborator::set_password(&mut tx, account.id, &hash, now).await?;
    let ended = store::session::revoke_others(&mut tx, account.id, Some(&session.hash()), now).await?;
    store::pending::end_all(&mut tx, account.id, now).await?;
    store::device::end_all_but(&mut tx, account.id, 0, now).await?;
    let device = device::remember(&mut tx, app, account.id, None, now).await?;
    store::token::end_all(&mut tx, Some(account.id), Purpose::ResetPassword, now).await?;
    store::token::end_all(&mut tx, Some(account.id), Purpose::ChangeEmail, now).await?;
    notify::password_changed(&mut tx, app, &account, visitor.address, now).await?;
    let event = Event::new(Actor::of(visitor), "password.changed", account.id)
        .values(None, Some(Values::new().plain("sessions_ended", ended)));
    record::everywhere(&mut tx, app, Some(account.id), event).await?;
    tx.commit().await?;
    Ok(NewPassword::Set { session, device })
}

/// Changes the name.
pub async fn rename(app: &App, visitor: &Visitor, name: &str) -> Result<()> {
    let name = collaborator::person_name(name)?;
    let mut tx = app.db.platform().await?;
    store::collaborator::set_name(&mut tx, visitor.id, &name).await?;
    let event = Event::new(Actor::of(visitor), "profile.renamed", visitor.id);
    record::everywhere(
        &mut tx,
        app,
        Some(visitor.id),
        event.values(Some(Values::new().personal("name", &visitor.name)), Some(Values::new().personal("name", name))),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// The number in the visitor's profile, E.164: filled in when they set up text messages, and used for nothing else.
pub async fn phone(app: &App, visitor: &Visitor) -> Result<Option<String>> {
    store::collaborator::phone(&app.db, visitor.id).await
}

/// Changes that number, or takes it out; `false` if it is that already. The log says whether there is one, not which.
pub async fn set_phone(app: &App, visitor: &Visitor, new: Option<&Phone>) -> Result<bool> {
    let (old, new) = (phone(app, visitor).await?, new.map(Phone::as_str));
    if old.as_deref() == new {
        return Ok(false);
    }
    let mut tx = app.db.platform().await?;
    store::collaborator::set_phone(&mut tx, visitor.id, new).await?;
    let event = Event::new(Actor::of(visitor), "profile.phone_changed", visitor.id)
        .values(Some(Values::new().plain("phone", old.is_some())), Some(Values::new().plain("phone", new.is_some())));
    record::everywhere(&mut tx, app, Some(visitor.id), event).await?;
    tx.commit().await?;
    Ok(true)
}

/// Sends a link to a new address, which counts only once it is confirmed there. An address that has an account already
/// gets the same answer, and its owner a mail. `false` if the password is refused. A field's error where it cannot be
/// changed now.
pub async fn ask_for_address(
    app: &App,
    visitor: &Visitor,
    device: Option<&str>,
    new: &Email,
    password: Password,
) -> Result<bool> {
    if enrol::wants_mail(app, visitor.id).await? {
        let words = "Set up your second factor first. It asks for a code that is mailed to your present address.";
        return Err(Error::field("email", "second_factor_first", words));
    }
    let Some(proved) = prove_again(app, visitor, device, password).await? else { return Ok(false) };
    let now = app.clock.now();
    let taken = store::collaborator::by_email(&app.db, new.canonical()).await?.filter(|other| other.id != visitor.id);
    let mut tx = app.db.platform().await?;
    if !proved.settle(&mut tx).await? {
        return Ok(false);
    }
    let asked =
        store::token::issued_since(&mut tx, visitor.id, Purpose::ChangeEmail, now - TimeDelta::hours(1)).await?;
    if asked >= ADDRESSES_AN_HOUR {
        tx.commit().await?; // the password was right
        let words = "You have asked for three addresses within an hour. Wait a while before you ask for another.";
        return Err(Error::field("email", "too_many", words));
    }
    // Also for an address that is taken, where nobody is told the token: what is counted and answered is the same.
    let token = Token::random();
    let row = New {
        hash: token.hash(),
        purpose: Purpose::ChangeEmail,
        who: Some(visitor.id),
        email: Some(&proved.account.email_canonical),
        new_email: Some(new.as_str()),
        now,
        expires_at: now + ADDRESS_LIFE,
    };
    store::token::insert(&mut tx, row).await?;
    match taken {
        Some(owner) => notify::address_wanted(&mut tx, app, &owner).await?,
        None => notify::verify_address(&mut tx, app, &proved.account, new.as_str(), &token).await?,
    }
    let event = Event::new(Actor::of(visitor), "email.change_asked", visitor.id)
        .values(None, Some(Values::new().personal("email", new.as_str())));
    record::everywhere(&mut tx, app, Some(visitor.id), event).await?;
    tx.commit().await?;
    Ok(true)
}
