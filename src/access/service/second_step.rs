//! The second step of signing in. Between the password and this step there is a pending sign-in with a cookie of its own:
//! no session, good for ten minutes, for this step and nothing else.

use chrono::TimeDelta;
use http::HeaderValue;

use crate::access::factor::Means;
use crate::access::service::codes::{Checked, CodePurpose, Flow, Sent};
use crate::access::service::notify;
use crate::access::service::record::{self, Event};
use crate::access::service::ways::{self, At, Came, Proved, Way};
use crate::access::store::collaborator::Account;
use crate::access::{device, session, store};
use crate::audit::{Actor, Values};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, DeviceId, FactorId};
use crate::kernel::secret::Token;
use crate::platform::db::Tx;
use crate::platform::mail;
use crate::platform::state::App;

/// The cookie's name.
pub const COOKIE: &str = "__Host-gatehouse-step";

/// How long a pending sign-in lives.
const LIFE: TimeDelta = TimeDelta::minutes(10);

/// Asks for help that are passed on within an hour.
const HELP_AN_HOUR: usize = 3;

/// A sign-in that waits for its second step.
pub struct Pending {
    /// SHA-256 of its cookie.
    pub hash: [u8; 32],
    /// Whose password was right.
    pub account: Account,
    /// The known device it was tried from.
    pub known_device: Option<DeviceId>,
    /// When it is too late.
    pub expires_at: Timestamp,
}

impl Pending {
    /// Where the step is taken.
    pub fn at(&self) -> At {
        At { who: self.account.id, flow: Flow(self.hash), purpose: CodePurpose::SignIn }
    }
}

/// Signed in for good.
pub struct SignedIn {
    /// The new session's cookie.
    pub session: Token,
    /// The known device's cookie, as a header.
    pub device: HeaderValue,
}

/// Opens the step after a right password, in the transaction that settles it. Returns its cookie.
pub(super) async fn begin(
    tx: &mut Tx,
    who: CollaboratorId,
    known_device: Option<DeviceId>,
    now: Timestamp,
) -> Result<Token> {
    let token = Token::random();
    let new = store::pending::New { hash: token.hash(), who, known_device, now, expires_at: now + LIFE };
    store::pending::insert(tx, new).await?;
    Ok(token)
}

/// The header that gives the cookie away.
pub fn set_cookie(token: &Token) -> Result<HeaderValue> {
    let seconds = LIFE.num_seconds();
    let cookie = format!("{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}", token.reveal());
    let mut value = HeaderValue::from_str(&cookie).map_err(Error::internal)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The header that takes the cookie back.
pub fn clear_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-gatehouse-step=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// The sign-in that this cookie belongs to, if it can still be finished.
pub async fn find(app: &App, cookie: Option<&str>) -> Result<Option<Pending>> {
    let Some(cookie) = cookie else { return Ok(None) };
    let hash = Token::presented(cookie).hash();
    let Some(live) = store::pending::find(&app.db, &hash, app.clock.now()).await? else { return Ok(None) };
    let account = store::collaborator::by_id(&app.db, live.who).await?;
    Ok(account.map(|account| Pending { hash, account, known_device: live.known_device, expires_at: live.expires_at }))
}

/// What came of a try.
pub enum Outcome {
    /// Signed in.
    SignedIn(SignedIn),
    /// Not with this; never [`Checked::Right`].
    Refused(Checked),
    /// The pending sign-in has ended meanwhile.
    Gone,
}

/// Tries to take the step. `old`: the session the browser had, which ends.
pub async fn take(
    app: &App,
    pending: &Pending,
    way: Way,
    typed: &str,
    came: &Came,
    old: Option<&str>,
) -> Result<Outcome> {
    let proved = match ways::try_way(app, pending.at(), way, typed, came).await? {
        Ok(proved) => proved,
        Err(refused) => return Ok(Outcome::Refused(refused)),
    };
    let now = app.clock.now();
    let mut tx = app.db.platform().await?;
    store::collaborator::hold(&mut tx, pending.account.id).await?;
    if !ways::settle(&mut tx, pending.account.id, proved, typed, now).await? {
        drop(tx);
        if proved == Proved::Recovery {
            ways::recovery_refused(app, &pending.account, came).await?;
            return Ok(Outcome::Refused(Checked::Wrong { left: 0 }));
        }
        return Ok(Outcome::Refused(Checked::Expired));
    }
    let finished = finish(&mut tx, app, pending, proved.means(), came, old).await?;
    let Some(signed_in) = finished else { return Ok(Outcome::Gone) };
    tx.commit().await?;
    if proved == Proved::Recovery {
        tell_of_recovery(app, &pending.account, came).await?;
    }
    Ok(Outcome::SignedIn(signed_in))
}

/// Sends a code to one of the person's numbers.
pub async fn send(app: &App, pending: &Pending, factor: FactorId, came: &Came) -> Result<Sent> {
    ways::send(app, pending.at(), factor, half(&pending.account, came)).await
}

/// Turns a pending sign-in into a session once its second step is proved: of many at once, one gets it. Nothing may come of `None`.
pub(super) async fn finish(
    tx: &mut Tx,
    app: &App,
    pending: &Pending,
    means: Means,
    came: &Came,
    old: Option<&str>,
) -> Result<Option<SignedIn>> {
    let (who, now) = (pending.account.id, app.clock.now());
    if !store::pending::consume(tx, &pending.hash, who, now).await? {
        return Ok(None);
    }
    if let Some(old) = old {
        store::session::leave(tx, &Token::presented(old).hash(), now).await?;
    }
    let session = session::start(tx, who, means, came.address, &came.user_agent, now).await?;
    let device = device::remember(tx, app, who, pending.known_device, now).await?;
    let with = Values::new().plain("second_step", means.as_str());
    record::signed_in(tx, app, who, actor(&pending.account, came), Some(with)).await?;
    Ok(Some(SignedIn { session, device }))
}

/// Mails that a recovery code was used, and how many are left.
pub(super) async fn tell_of_recovery(app: &App, account: &Account, came: &Came) -> Result<()> {
    let left = store::recovery::left(&app.db, account.id).await?;
    let mut tx = app.db.platform().await?;
    notify::recovery_used(&mut tx, app, account, came.address, left, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// What came of asking for help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Help {
    /// Passed on to so many places.
    Asked(usize),
    /// None of the person's sites says where help is to be had.
    Nowhere,
    /// Asked three times within the hour.
    TooOften {
        /// When it can be asked again.
        until: Timestamp,
    },
}

/// "Unable to access device": tells the support address of the sites that require a second factor of the person.
pub async fn ask_for_help(app: &App, pending: &Pending, came: &Came) -> Result<Help> {
    let (who, now) = (pending.account.id, app.clock.now());
    let mut tx = app.db.platform().await?;
    let asked = store::pending::help_asked(&mut tx, who, now - TimeDelta::hours(1)).await?;
    if let Some(first) = asked.len().checked_sub(HELP_AN_HOUR).and_then(|at| asked.get(at)) {
        return Ok(Help::TooOften { until: *first + TimeDelta::hours(1) });
    }
    let helpers = store::pending::helpers(&mut tx, who).await?;
    let reachable: Vec<_> =
        helpers.into_iter().filter_map(|helper| helper.support_email.map(|to| (helper.name, to))).collect();
    if reachable.is_empty() {
        return Ok(Help::Nowhere);
    }
    if !store::pending::ask_help(&mut tx, who, now).await? {
        return Ok(Help::Asked(reachable.len()));
    }
    for (site, to) in &reachable {
        let letter = notify::help_wanted(site, &pending.account, came.address, now);
        mail::send(&mut tx, app, letter.to(to)).await?;
    }
    let event = Event::new(half(&pending.account, came), "second_step.help_asked", who);
    record::everywhere(&mut tx, app, Some(who), event).await?;
    tx.commit().await?;
    Ok(Help::Asked(reachable.len()))
}

fn actor(account: &Account, came: &Came) -> Actor {
    Actor::Collaborator {
        id: account.id,
        name: account.name.clone(),
        email: account.email.clone(),
        address: came.address,
        user_agent: came.user_agent.clone(),
    }
}

/// Somebody whose password was right, and nothing more.
pub(super) fn half(account: &Account, came: &Came) -> Actor {
    Actor::Stranger {
        email: Some(account.email_canonical.clone()),
        address: came.address,
        user_agent: came.user_agent.clone(),
    }
}
