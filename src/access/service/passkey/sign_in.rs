//! Signs in with nothing but a passkey: it proves a device and, by the device's own check, the person. Works while the
//! password is locked, since nobody else can take part in it.

use std::time::Instant;

use http::HeaderValue;

use crate::access::passkey::{Answer, Refusal};
use crate::access::service::decided::{self, Tried};
use crate::access::service::network::{self, Counted, With};
use crate::access::service::passkey::{
    Bound, Challenge, PASSKEY, Presented, claimed, open, party, refused, settle, take,
};
use crate::access::service::prove::clear_strangers;
use crate::access::service::record;
use crate::access::session;
use crate::access::store::passkey::{Held, Purpose};
use crate::access::{device, store};
use crate::audit::{Actor, Values};
use crate::decision::service::sign_in::SignIn;
use crate::decision::sign_in::Door;
use crate::error::Result;
use crate::kernel::id::DeviceId;
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::Token;
use crate::platform::state::App;

const BOUND: Bound = Bound { purpose: Purpose::SignIn, flow: None, who: None };

/// What the browser still carries.
pub struct Carried {
    /// The cookie of a known device.
    pub device: Option<String>,
    /// The session it had, which ends.
    pub session: Option<String>,
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
    /// Not with this.
    Refused(Refusal),
}

/// Sets a challenge. It names nobody: the device knows whose passkeys it keeps. Errors: 429 for a network that asks for
/// too many.
pub async fn begin(app: &App, address: ClientAddress) -> Result<Challenge> {
    let asked = party(app)?.ask_for_proof(&[]);
    network::count_challenge(app, address).await?;
    open(app, BOUND, asked).await
}

/// Checks the answer. Errors: 429 for a network that failed too often.
pub async fn sign_in(app: &App, presented: Presented, carried: Carried) -> Result<Outcome> {
    let began = Instant::now();
    let answer = match Answer::parse(&presented.answer) {
        Ok(answer) => answer,
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    };
    let account = claimed(app, &answer).await?;
    let known = match &account {
        Some(account) => device::recognise(app, carried.device.as_deref(), account.id).await?,
        None => None,
    };
    let counted_as = account
        .as_ref()
        .map_or_else(|| format!("passkey {}", hex::encode(answer.credential_id())), |a| a.email_canonical.clone());
    let sign_in = SignIn {
        email: account.as_ref().map(|a| a.email_canonical.clone()).unwrap_or_default(),
        address: presented.address,
        user_agent: presented.user_agent.clone(),
        known_device: known.is_some(),
        began,
    };
    let claimed = account.as_ref().map(|account| account.id);
    let counted = match known {
        Some(_) => None,
        None => match Counted::enter(app, presented.address, &counted_as, With::Passkey).await? {
            Ok(counted) => Some(counted),
            Err(too_many) => {
                decided::alone(app, claimed, &Tried { sign_in, networks: Some(too_many.networks) }, None).await?;
                return Err(too_many.error);
            }
        },
    };
    let tried = Tried { sign_in, networks: counted.as_ref().map(|counted| counted.networks.clone()) };
    let state = match take(app, BOUND, presented.ceremony.as_deref()).await? {
        Ok(state) => state,
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    };
    let mut tx = app.db.platform().await?;
    let held = match settle(&mut tx, app, &answer, state, None).await? {
        Ok(held) => held,
        Err(refusal) => {
            drop(tx);
            let (address, user_agent) = (presented.address, presented.user_agent);
            let actor =
                Actor::Stranger { email: account.as_ref().map(|a| a.email_canonical.clone()), address, user_agent };
            if claimed.is_some() && !refusal.is_of_an_old_page() {
                decided::alone(app, claimed, &tried, Some(Door::Passkey { taken: false })).await?;
            }
            refused(app, actor, address, account.as_ref(), refusal).await?;
            return Ok(Outcome::Refused(refusal));
        }
    };
    if let Some(counted) = &counted {
        counted.forgive(&mut tx, app).await?;
    }
    open_session(app, tx, held, known, tried, carried).await
}

/// What follows from a right answer.
async fn open_session(
    app: &App,
    mut tx: crate::platform::db::Tx,
    held: Held,
    known: Option<DeviceId>,
    tried: Tried,
    carried: Carried,
) -> Result<Outcome> {
    let (who, now) = (held.account.id, app.clock.now());
    clear_strangers(&mut tx, app, who).await?;
    if let Some(old) = &carried.session {
        store::session::leave(&mut tx, &Token::presented(old).hash(), now).await?;
    }
    let (address, user_agent) = (tried.sign_in.address, tried.sign_in.user_agent.clone());
    let session = session::start(&mut tx, who, PASSKEY, address, &user_agent, now).await?;
    let device = device::remember(&mut tx, app, who, known, now).await?;
    let actor =
        Actor::Collaborator { id: who, name: held.account.name, email: held.account.email, address, user_agent };
    let with = Values::new().plain("by", "passkey").plain("factor", held.factor);
    decided::everywhere(&mut tx, app, Some(who), &tried, Some(Door::Passkey { taken: true })).await?;
    record::signed_in(&mut tx, app, who, actor, Some(with)).await?;
    tx.commit().await?;
    Ok(Outcome::SignedIn { session, device })
}
