//! Passkeys in use: a challenge is set and kept, the browser answers it, and something comes of the answer: a sign-in, a
//! second step, a step-up, a new factor. Each challenge is answered once, within five minutes, in the browser and the flow
//! it was set for, whatever comes of it.

pub mod enrol;
pub mod second_step;
pub mod sign_in;
pub mod step_up;

use http::HeaderValue;
use serde_json::Value;

use crate::access::factor::{FactorKind, Means};
use crate::access::passkey::{Answer, MINUTES, Party, Refusal};
use crate::access::service::record::{self, Event};
use crate::access::service::{notify, seldom};
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::access::store::passkey::{Held, Purpose};
use crate::audit::{Actor, Values};
use crate::error::{Error, Result};
use crate::kernel::id::CollaboratorId;
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::Token;
use crate::platform::db::Tx;
use crate::platform::state::App;

/// The cookie that binds a challenge to the browser it was set for.
pub const COOKIE: &str = "__Host-gatehouse-passkey";

/// By what means it proves.
const PASSKEY: Means = Means::Kind(FactorKind::Passkey);

/// A challenge on its way to the browser.
pub struct Challenge {
    /// What `navigator.credentials` is called with.
    pub options: Value,
    /// The header with its cookie.
    pub cookie: HeaderValue,
}

/// What a browser sends back.
pub struct Presented {
    /// Its JSON.
    pub answer: String,
    /// The challenge's cookie.
    pub ceremony: Option<String>,
    /// Where from.
    pub address: ClientAddress,
    /// The browser's own words.
    pub user_agent: String,
}

/// Whether passkeys work here at all: not where the console's address is a number.
pub fn offered(app: &App) -> bool {
    Party::new(&app.config.public_url).is_some()
}

fn party(app: &App) -> Result<Party> {
    Party::new(&app.config.public_url).ok_or_else(Error::not_found)
}

/// What a challenge is bound to besides its cookie.
#[derive(Clone, Copy)]
struct Bound {
    purpose: Purpose,
    flow: Option<[u8; 32]>,
    who: Option<CollaboratorId>,
}

/// Keeps what the answer will be checked against.
async fn open(app: &App, bound: Bound, asked: anyhow::Result<(Value, Value)>) -> Result<Challenge> {
    let (options, state) = asked.map_err(Error::internal)?;
    let (token, now) = (Token::random(), app.clock.now());
    let new = store::passkey::New {
        id_hash: token.hash(),
        purpose: bound.purpose,
        flow: bound.flow,
        who: bound.who,
        state: &state,
        now,
        expires_at: now + chrono::TimeDelta::minutes(MINUTES),
    };
    store::passkey::open(&app.db, new).await?;
    let cookie =
        format!("{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={}", token.reveal(), MINUTES * 60);
    let mut cookie = HeaderValue::from_str(&cookie).map_err(Error::internal)?;
    cookie.set_sensitive(true);
    Ok(Challenge { options, cookie })
}

/// What was kept for this browser and flow; used up by asking.
async fn take(app: &App, bound: Bound, ceremony: Option<&str>) -> Result<Result<Value, Refusal>> {
    let Some(cookie) = ceremony else { return Ok(Err(Refusal::Stale)) };
    let hash = Token::presented(cookie).hash();
    let state = store::passkey::take(&app.db, &hash, bound.purpose, bound.flow, bound.who, app.clock.now()).await?;
    Ok(state.ok_or(Refusal::Stale))
}

/// Checks an answer against what was kept and the passkey it names, and keeps the passkey's new counter. Passkey and
/// person stay as they are until the commit; after a refusal nothing may be committed.
async fn settle(
    tx: &mut Tx,
    app: &App,
    answer: &Answer,
    state: Value,
    known: Option<CollaboratorId>,
) -> Result<Result<Held, Refusal>> {
    let Some(who) = store::passkey::holder(&mut **tx, answer.credential_id()).await? else {
        return Ok(Err(Refusal::Unknown));
    };
    store::collaborator::hold(tx, who).await?;
    let Some(held) = store::passkey::lock(tx, answer.credential_id()).await? else { return Ok(Err(Refusal::Unknown)) };
    let checked = answer.handle().and_then(|handle| {
        // A device may leave out whose passkey it is only where we know already who is asked.
        let theirs = handle.map_or(known.is_some(), |handle| handle == held.handle);
        if theirs && known.is_none_or(|who| who == held.account.id) { Ok(()) } else { Err(Refusal::Unknown) }
    });
    if let Err(refusal) = checked {
        return Ok(Err(refusal));
    }
    let credential = match party(app)?.accept_proof(answer, state, held.credential.clone()) {
        Ok(credential) => credential,
        Err(refusal) => return Ok(Err(refusal)),
    };
    store::passkey::used(tx, held.factor, &credential, app.clock.now()).await?;
    Ok(Ok(held))
}

/// Whose passkey was presented, by its id alone: proves nothing.
async fn claimed(app: &App, answer: &Answer) -> Result<Option<Account>> {
    match store::passkey::holder(app.db.pool(), answer.credential_id()).await? {
        Some(who) => store::collaborator::by_id(&app.db, who).await,
        None => Ok(None),
    }
}

/// Recorded refusals of a person's passkeys in a day.
const REFUSALS_A_DAY: i64 = 20;

const REFUSED: &str = "passkey.refused";

/// Records that an answer was not taken, and tells the person when there seem to be two of one passkey. Of a passkey that is
/// nobody's there is nothing to record: anybody can make such as they like.
async fn refused(
    app: &App,
    actor: Actor,
    from: ClientAddress,
    account: Option<&Account>,
    refusal: Refusal,
) -> Result<()> {
    if matches!(refusal, Refusal::Stale | Refusal::Unreadable) {
        return Ok(()); // a page left open too long
    }
    let Some(account) = account else {
        seldom::count(REFUSED);
        return Ok(());
    };
    let now = app.clock.now();
    let mut tx = app.db.platform().await?;
    if !seldom::may_record(&mut tx, account.id, REFUSED, REFUSALS_A_DAY, now).await? {
        return Ok(());
    }
    if refusal == Refusal::Copied {
        notify::passkey_copied(&mut tx, app, account, from, now).await?;
    }
    let event = Event::new(actor, REFUSED, account.id);
    let event = event.values(None, Some(Values::new().plain("why", refusal.as_str())));
    record::everywhere(&mut tx, app, Some(account.id), event).await?;
    tx.commit().await?;
    Ok(())
}
