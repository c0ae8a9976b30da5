//! A new password by mail. Asking answers the same for known, unknown and locked, and takes the same time: it only counts
//! the ask for the network and orders a job, which then looks whether somebody signs in with the address. So no ask waits
//! for another, none that was counted is lost, and the few workers are all that ever waits for an account. What is no
//! address, and what a network asks beyond its share, is answered alike and orders nothing. The link works once, for an
//! hour, for the address it was sent to, and only the newest does. It signs nobody in.

use std::net::IpAddr;

use chrono::TimeDelta;
use http::HeaderValue;
use serde::{Deserialize, Serialize};

use crate::access::device;
use crate::access::hashing::{Caller, Password};
use crate::access::password::{Rule, Weakness};
use crate::access::service::record::{self, Event};
use crate::access::service::{network, notify, strength};
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::access::store::token::{New, Purpose};
use crate::audit::{Actor, Values};
use crate::error::Result;
use crate::kernel::email::Email;
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::Token;
use crate::platform::jobs::{self, Job};
use crate::platform::state::App;

/// How long a link lives.
const LIFE: TimeDelta = TimeDelta::minutes(60);

/// Links that one person is sent in an hour; more asks are answered alike and send nothing.
const AN_HOUR: i64 = 3;

/// An ask as its job carries it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ask {
    /// The canonical address.
    email: String,
    /// Where from; none where that is not known.
    address: Option<IpAddr>,
    /// The browser's own words.
    user_agent: String,
}

/// Orders a link for whoever signs in with this address. 429 for a network that fails too often.
pub async fn ask(app: &App, typed: &str, address: ClientAddress, user_agent: &str) -> Result<()> {
    let Ok(email) = typed.parse::<Email>() else { return Ok(()) };
    let mut tx = app.db.platform().await?;
    if !network::count_ask(&mut tx, app, address, email.canonical()).await? {
        return Ok(());
    }
    let ask = Ask { email: email.canonical().to_owned(), address: address.ip(), user_agent: user_agent.to_owned() };
    jobs::push(&mut tx, app, Job::ResetAsked(ask)).await?;
    tx.commit().await?;
    Ok(())
}

/// Sends the link that was asked for, if somebody signs in with the address.
pub(crate) async fn send(app: &App, ask: &Ask) -> Result<()> {
    let address = ask.address.map_or(ClientAddress::Unknown, ClientAddress::from_ip);
    let Some(account) = store::collaborator::by_email(&app.db, &ask.email).await? else { return Ok(()) };
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
    let actor = Actor::Stranger { email: Some(ask.email.clone()), address, user_agent: ask.user_agent.clone() };
    record::everywhere(&mut tx, app, Some(account.id), Event::new(actor, "password.reset_asked", account.id)).await?;
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
    Set {
        /// Makes the browser known that held the link: its first sign-in is no stranger's.
        device: HeaderValue,
    },
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
    let weak = strength::weaknesses_for(app, &account, &password, Caller::Stranger).await?;
    if !weak.is_empty() {
        return Ok(Chosen::Weak(weak));
    }
    let hash = app.hasher().hash(app.hasher().place(Caller::Stranger)?, password).await?;

    let mut tx = app.db.platform().await?;
    store::collaborator::hold(&mut tx, account.id).await?;
    if store::token::consume(&mut tx, &token.hash(), Purpose::ResetPassword, now).await?.is_none() {
        return Ok(Chosen::Gone);
    }
    store::collaborator::set_password(&mut tx, account.id, &hash, now).await?;
    let sessions = store::session::revoke_others(&mut tx, account.id, None, now).await?;
    store::pending::end_all(&mut tx, account.id, now).await?;
    store::device::end_all_but(&mut tx, account.id, 0, now).await?;
    store::token::end_all(&mut tx, Some(account.id), Purpose::ChangeEmail, now).await?;
    let was_shut = store::lockout::forget(&mut tx, account.id, now).await?;
    let device = device::remember(&mut tx, app, account.id, None, now).await?;
    notify::password_changed(&mut tx, app, &account, address, now).await?;
    let actor =
        Actor::Stranger { email: Some(account.email_canonical.clone()), address, user_agent: user_agent.to_owned() };
    let values = Values::new().plain("sessions_ended", sessions).plain("was_locked", was_shut);
    let event = Event::new(actor, "password.reset", account.id).values(None, Some(values));
    record::everywhere(&mut tx, app, Some(account.id), event).await?;
    tx.commit().await?;
    Ok(Chosen::Set { device })
}

async fn person(app: &App, found: Option<store::token::Live>) -> Result<Option<Account>> {
    match found.and_then(|live| live.who) {
        Some(who) => store::collaborator::by_id(&app.db, who).await,
        None => Ok(None),
    }
}
