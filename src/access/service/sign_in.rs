//! Signs a collaborator in.

use std::time::Instant;

use http::HeaderValue;

use crate::access::hashing::{Caller, Password};
use crate::access::service::decided::{self, Tried};
use crate::access::service::network::{Counted, With};
use crate::access::service::prove::{Claim, Proof, prove};
use crate::access::service::record::{self, Event};
use crate::access::service::second_step;
use crate::access::service::ways::Came;
use crate::access::session::JustProved;
use crate::access::{device, session, store};
use crate::audit::Actor;
use crate::decision::service::sign_in::SignIn;
use crate::decision::sign_in as trace;
use crate::decision::sign_in::Door;
use crate::error::Result;
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
    /// The password was right; the second step is still to come, and nobody is signed in.
    SecondStep {
        /// The pending sign-in's cookie.
        cookie: Token,
    },
    /// Wrong, unknown or locked: the same for outsiders.
    Refused,
}

/// Tries the password. Errors: 429 for a network or strangers that failed too often, 503 when the queue is full.
#[tracing::instrument(name = "access.sign_in", skip_all, fields(collaborator.id = tracing::field::Empty))]
pub async fn sign_in(app: &App, attempt: Attempt) -> Result<Outcome> {
    let (now, began) = (app.clock.now(), Instant::now());
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
    if let Some(account) = &account {
        tracing::Span::current().record("collaborator.id", tracing::field::display(account.id));
    }
    let sign_in = SignIn {
        email: canonical.clone(),
        address: attempt.address,
        user_agent: attempt.user_agent.clone(),
        known_device: known.is_some(),
        began,
    };
    let counted = match known {
        Some(_) => None,
        None => {
            match Counted::enter(app, attempt.address, &canonical, With::Password { of_somebody: account.is_some() })
                .await?
            {
                Ok(counted) => Some(counted),
                Err(too_many) => {
                    let tried = Tried { sign_in, networks: Some(too_many.networks) };
                    decided::alone(app, account.map(|account| account.id), &tried, None).await?;
                    return Err(too_many.error);
                }
            }
        }
    };
    let tried = Tried { sign_in, networks: counted.as_ref().map(|counted| counted.networks.clone()) };
    let claim = Claim {
        account,
        canonical,
        device: known,
        caller: if known.is_some() { Caller::Known } else { Caller::Stranger },
        address: attempt.address,
        user_agent: attempt.user_agent.clone(),
        counted,
        tried: Some(tried.clone()),
    };
    let Proof::Right(proved) = prove(app, claim, attempt.password).await? else { return Ok(Outcome::Refused) };

    let who = proved.account.id;
    let mut tx = app.db.platform().await?;
    if !proved.settle(&mut tx).await? {
        return Ok(Outcome::Refused);
    }
    let step_due = store::factor::has_active(&mut tx, who).await?;
    let said = if step_due { trace::Password::RightWithStepDue } else { trace::Password::Right };
    let door = Door::Compared(said, proved.lock.clone());
    if step_due {
        let came = Came { address: attempt.address, user_agent: attempt.user_agent };
        let cookie = second_step::begin(&mut tx, who, known, now).await?;
        decided::everywhere(&mut tx, app, Some(who), &tried, Some(door)).await?;
        let event = Event::new(second_step::half(&proved.account, &came), "sign_in.password_accepted", who);
        record::everywhere(&mut tx, app, Some(who), event).await?;
        tx.commit().await?;
        return Ok(Outcome::SecondStep { cookie });
    }
    if let Some(old) = &attempt.session {
        store::session::leave(&mut tx, &Token::presented(old).hash(), now).await?;
    }
    let session = session::start(&mut tx, who, JustProved::PASSWORD, attempt.address, &attempt.user_agent, now).await?;
    let device = device::remember(&mut tx, app, who, known, now).await?;
    let actor = Actor::Collaborator {
        id: who,
        name: proved.account.name.clone(),
        email: proved.account.email.clone(),
        address: attempt.address,
        user_agent: attempt.user_agent,
    };
    decided::everywhere(&mut tx, app, Some(who), &tried, Some(door)).await?;
    record::signed_in(&mut tx, app, who, actor, None).await?;
    tx.commit().await?;
    Ok(Outcome::SignedIn { session, device })
}
