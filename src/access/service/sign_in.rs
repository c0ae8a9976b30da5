//! Signs a collaborator in.

use http::HeaderValue;

use crate::access::address_limit::refusal;
use crate::access::hashing::{Caller, Password};
use crate::access::service::prove::{Claim, Proof, prove};
use crate::access::service::record::{self, Event};
use crate::access::{device, session, store};
use crate::audit::Actor;
use crate::error::{Error, Kind, Result};
use crate::kernel::email::Email;
use crate::kernel::fold::fold;
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::{Purpose, Token};
use crate::platform::state::App;

/// What somebody typed, and where.
pub struct Attempt {
    /// The address as typed.
    pub email: String,
    /// The password as typed.
    pub password: Password,
    /// The cookie of a known device, if the browser sent one.
    pub device: Option<String>,
    /// The session the browser had, which ends.
    pub session: Option<String>,
    /// Where from.
    pub address: ClientAddress,
    /// The browser's own words.
    pub user_agent: String,
}

/// What came of it.
pub enum Outcome {
    /// Signed in.
    SignedIn {
        /// The new session's cookie.
        session: Token,
        /// The known device's cookie, as a header.
        device: HeaderValue,
    },
    /// Wrong, unknown or locked: the same for outsiders.
    Refused,
}

/// Tries the password. Errors: 429 for a network that failed too often, 503 when the queue is full.
pub async fn sign_in(app: &App, attempt: Attempt) -> Result<Outcome> {
    let now = app.clock.now();
    let canonical = match attempt.email.parse::<Email>() {
        Ok(email) => email.canonical().to_owned(),
        Err(_) => format!(
            "not an address: {}",
            hex::encode(&app.keys.stable_digest(Purpose::Lockout, fold(&attempt.email).as_bytes())[..8])
        ),
    };
    let account = store::collaborator::by_email(&app.db, &canonical).await?;
    let known = match &account {
        Some(account) => device::recognise(app, attempt.device.as_deref(), account.id).await?,
        None => None,
    };
    if known.is_none() {
        refuse_network(app, attempt.address, &canonical).await?;
    }
    let claim = Claim {
        account,
        canonical: canonical.clone(),
        device: known,
        caller: if known.is_some() { Caller::Known } else { Caller::Stranger },
        address: attempt.address,
        user_agent: attempt.user_agent.clone(),
    };
    let Proof::Right(proved) = prove(app, claim, attempt.password).await? else {
        if known.is_none() {
            count_against_network(app, attempt.address, &canonical).await?;
        }
        return Ok(Outcome::Refused);
    };

    let who = proved.account.id;
    let mut tx = app.db.platform().await?;
    if !proved.settle(&mut tx).await? {
        return Ok(Outcome::Refused);
    }
    if let Some(old) = &attempt.session {
        store::session::revoke(&mut tx, &Token::presented(old).hash(), who, now).await?;
    }
    let session = session::start(&mut tx, who, attempt.address, &attempt.user_agent, now).await?;
    let device = device::remember(&mut tx, app, who, known, now).await?;
    let actor = Actor::Collaborator {
        id: who,
        name: proved.account.name.clone(),
        email: proved.account.email.clone(),
        address: attempt.address,
        user_agent: attempt.user_agent,
    };
    record::everywhere(&mut tx, app, Some(who), Event::new(actor, "sign_in.succeeded", who.to_string())).await?;
    tx.commit().await?;
    Ok(Outcome::SignedIn { session, device })
}

/// 429 while the network is refused. What it tries meanwhile counts, so who goes on is refused for longer.
pub(super) async fn refuse_network(app: &App, address: ClientAddress, canonical: &str) -> Result<()> {
    let now = app.clock.now();
    let Some(until) = store::address::blocked_until(&app.db, address.network(), now).await? else { return Ok(()) };
    if until - now <= chrono::TimeDelta::minutes(15) {
        count(app, address, canonical, true).await?;
    }
    let seconds = u32::try_from((until - now).num_seconds()).unwrap_or(900).max(1);
    Err(Error::new(Kind::TooMany, "Too many tries came from your network. Wait before you try again.")
        .retry_after(seconds))
}

/// Counts a failure of the network and refuses it if it was one too many.
pub(super) async fn count_against_network(app: &App, address: ClientAddress, canonical: &str) -> Result<()> {
    count(app, address, canonical, false).await
}

/// `refused`: the network is refused already; going on does not prolong the quarter of an hour, but leads to the day.
async fn count(app: &App, address: ClientAddress, canonical: &str, refused: bool) -> Result<()> {
    let now = app.clock.now();
    let account = &app.keys.stable_digest(Purpose::Lockout, format!("address {canonical}").as_bytes())[..16];
    let mut tx = app.db.platform().await?;
    let failures = store::address::fail(&mut tx, address.network(), account, now).await?;
    if let Some(period) = refusal(failures).filter(|period| !refused || period.num_hours() >= 24) {
        store::address::block(&mut tx, address.network(), now + period).await?;
        // One row for each step, not one for each of its failures.
        if matches!(failures.total, 20 | 100) {
            let values =
                serde_json::json!({ "failures": failures.total, "accounts": failures.accounts, "until": now + period });
            let actor = Actor::Stranger { email: None, address, user_agent: String::new() };
            let event = Event::new(actor, "network.refused", address.network().to_string()).values(None, Some(values));
            record::everywhere(&mut tx, app, None, event).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
