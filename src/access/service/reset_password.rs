//! A new password by mail. Asking answers the same for known, unknown and locked; the link works once, for an hour, for
//! the address it was sent to, and only the newest does. It signs nobody in.

use chrono::TimeDelta;
use serde_json::json;

use crate::access::hashing::{Caller, Password};
use crate::access::password::{Rule, Weakness};
use crate::access::service::record::{self, Event};
use crate::access::service::{network, notify, strength};
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::access::store::token::{New, Purpose};
use crate::audit::Actor;
use crate::error::Result;
use crate::kernel::email::Email;
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::Token;
use crate::platform::state::App;

/// How long a link lives.
const LIFE: TimeDelta = TimeDelta::minutes(60);

/// Links that one person is sent in an hour; more asks are answered alike and send nothing.
const AN_HOUR: i64 = 3;

/// Sends a link if somebody signs in with this address.
pub async fn ask(app: &App, typed: &str, address: ClientAddress, user_agent: &str) -> Result<()> {
    let canonical = typed.parse::<Email>().map(|email| email.canonical().to_owned()).unwrap_or_default();
    network::refuse(app, address, &canonical).await?;
    let Some(account) = store::collaborator::by_email(&app.db, &canonical).await? else { return Ok(()) };
    if account.disabled_at.is_some() {
        return Ok(());
    }
    let now = app.clock.now();
    let mut tx = app.db.platform().await?;
    // One at a time for a person: the cap is exact, and only the newest link works.
    store::collaborator::hold(&mut tx, account.id).await?;
    if store::token::issued_since(&mut tx, account.id, Purpose::ResetPassword, now - TimeDelta::hours(1)).await?
        >= AN_HOUR
    {
        return Ok(());
    }
    let token = Token::random();
    let new = New {
        hash: token.hash(),
        purpose: Purpose::ResetPassword,
        who: Some(account.id),
        email: Some(&account.email_canonical),
        new_email: None,
        now,
        expires_at: now + LIFE,
    };
    store::token::insert(&mut tx, new).await?;
    notify::reset(&mut tx, app, &account, &token, address, now).await?;
    let actor = Actor::Stranger { email: Some(canonical), address, user_agent: user_agent.to_owned() };
    record::everywhere(
        &mut tx,
        app,
        Some(account.id),
        Event::new(actor, "password.reset_asked", account.id.to_string()),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// What is asked of the new password, while the link can still be used.
pub async fn asked(app: &App, token: &Token) -> Result<Option<Rule>> {
    let found = store::token::find(&app.db, &token.hash(), Purpose::ResetPassword, app.clock.now()).await?;
    match found.and_then(|live| live.who) {
        Some(who) => strength::rule_of(app, who).await.map(Some),
        None => Ok(None),
    }
}

/// What came of choosing a password.
pub enum Chosen {
    /// It is set; all sessions and known devices have ended, the door is open again.
    Set,
    /// Not with this password; the link still works.
    Weak(Vec<Weakness>),
    /// The link is used up, too old, or not for this address any more.
    Gone,
}

/// Sets the password of the link's person.
pub async fn choose(
    app: &App,
    token: &Token,
    password: Password,
    address: ClientAddress,
    user_agent: &str,
) -> Result<Chosen> {
    let now = app.clock.now();
    let found = store::token::find(&app.db, &token.hash(), Purpose::ResetPassword, now).await?;
    let Some(account) = person(app, found).await? else { return Ok(Chosen::Gone) };
    let weak = strength::weaknesses_for(app, &account, &password).await?;
    if !weak.is_empty() {
        return Ok(Chosen::Weak(weak));
    }
    let hash = app.hasher().hash(app.hasher().place(Caller::Stranger)?, password).await?;

    let mut tx = app.db.platform().await?;
    if store::token::consume(&mut tx, &token.hash(), Purpose::ResetPassword, now).await?.is_none() {
        return Ok(Chosen::Gone);
    }
    store::collaborator::set_password(&mut tx, account.id, &hash, now).await?;
    let sessions = store::session::revoke_others(&mut tx, account.id, None, now).await?;
    store::pending::end_all(&mut tx, account.id, now).await?;
    store::device::end_all_but(&mut tx, account.id, 0, now).await?;
    store::token::end_all(&mut tx, Some(account.id), Purpose::ChangeEmail, now).await?;
    let was_shut = store::lockout::forget(&mut tx, account.id, now).await?;
    notify::password_changed(&mut tx, app, &account, address, now).await?;
    let actor =
        Actor::Stranger { email: Some(account.email_canonical.clone()), address, user_agent: user_agent.to_owned() };
    let values = json!({ "sessions_ended": sessions, "was_locked": was_shut });
    let event = Event::new(actor, "password.reset", account.id.to_string()).values(None, Some(values));
    record::everywhere(&mut tx, app, Some(account.id), event).await?;
    tx.commit().await?;
    Ok(Chosen::Set)
}

async fn person(app: &App, found: Option<store::token::Live>) -> Result<Option<Account>> {
    match found.and_then(|live| live.who) {
        Some(who) => store::collaborator::by_id(&app.db, who).await,
        None => Ok(None),
    }
}
