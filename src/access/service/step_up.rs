//! Step-up: a signed-in person proves again who they are, with the strongest that they have: the password, and the second
//! step if there is a factor. The session goes on under a new id. (A passkey does both at once; that is elsewhere.)

use crate::access::errand::errand;
use crate::access::factor::FactorKind;
use crate::access::hashing::Password;
use crate::access::service::codes::{Checked, CodePurpose, Flow, Sent};
use crate::access::service::myself::prove_again;
use crate::access::service::record::{self, Event};
use crate::access::service::requirement::{self, AtSite};
use crate::access::service::second_step::tell_of_recovery;
use crate::access::service::ways::{self, At, Came, Proved, Way};
use crate::access::session::JustProved;
use crate::access::store::collaborator::Account;
use crate::access::{Visitor, session, store};
use crate::audit::{Actor, Values};
use crate::error::Result;
use crate::kernel::id::FactorId;
use crate::kernel::secret::Token;
use crate::platform::state::App;
use crate::sites;

/// What came of it.
pub enum Outcome {
    /// Confirmed: the session goes on under this cookie.
    Confirmed(Token),
    /// Not with this password.
    WrongPassword,
    /// The password was right, the second step was not; never [`Checked::Right`].
    Refused(Checked),
}

/// Where the visitor takes the second step.
pub fn at(visitor: &Visitor) -> At {
    At { who: visitor.id, flow: Flow(visitor.session), purpose: CodePurpose::StepUp }
}

/// Pages that set a factor up.
const SET_UP: [&str; 2] = ["/me/second-factor/set-up", "/me/second-factor/passkey"];

/// A site that not every kind of factor opens.
pub struct Counts {
    /// Its name.
    pub site: String,
    /// The kinds that do.
    pub kinds: Vec<FactorKind>,
    /// What they are asked for.
    pub goal: Goal,
}

/// What the visitor goes on to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The site itself.
    Site,
    /// Setting up another factor, which would open the site.
    SetUp,
}

/// What the page that the visitor goes on to counts, if it is a site's of theirs, or sets a factor up, and not everything
/// does.
pub async fn counts(app: &App, visitor: &Visitor, next: Option<&str>) -> Result<Option<Counts>> {
    if next.is_some_and(|path| SET_UP.iter().any(|page| path.starts_with(page)) || path.ends_with("/set-up")) {
        let guarded = requirement::guarded_from(&app.db, visitor, app.clock.now()).await?.into_iter().next();
        return Ok(guarded.map(|site| Counts { site: site.site, kinds: site.kinds, goal: Goal::SetUp }));
    }
    let handle = next.and_then(|path| path.strip_prefix("/s/")).and_then(|rest| rest.split(['/', '?']).next());
    let Some(handle) = handle else { return Ok(None) };
    let Some(site) = sites::by_handle(&app.db, handle).await? else { return Ok(None) };
    let rows = store::requirement::of(app.db.pool(), Some(site.id), Some(visitor.id)).await?;
    let Some(asked) = rows.into_iter().next().filter(|asked| asked.disabled_at.is_none()) else { return Ok(None) };
    if AtSite::of(&asked, app.clock.now()).is_open_to(None, &asked.accepted) {
        return Ok(None);
    }
    Ok(Some(Counts { site: site.name, kinds: asked.accepted, goal: Goal::Site }))
}

/// What the proof is for.
pub struct Purpose {
    /// "remove a list"; `None` where the page that comes next does not say.
    pub what: Option<&'static str>,
    /// The site where it is done, by its name.
    pub site: Option<String>,
    /// Where to turn back: a page that asks for no proof.
    pub back: String,
}

/// What the visitor is about to do on the page `next`.
pub async fn purpose(app: &App, visitor: &Visitor, next: Option<&str>, counts: Option<&Counts>) -> Result<Purpose> {
    let errand = next.and_then(errand);
    let handle = errand.as_ref().and_then(|errand| errand.site);
    let mine = if handle.is_some() { sites::service::of(&app.db, visitor.id).await? } else { Vec::new() };
    let site = mine.into_iter().find(|site| Some(&*site.handle) == handle).map(|site| site.name);
    // A site that is shut until the proof would send them here again.
    let shut = counts.is_some_and(|counts| counts.goal == Goal::Site);
    let back = errand.as_ref().filter(|_| !shut).map_or_else(|| "/me/profile".to_owned(), |errand| errand.back.clone());
    Ok(Purpose { what: errand.map(|errand| errand.what), site, back })
}

/// Confirms. The code is not looked at before the password was right. `device` is the cookie of a known device.
pub async fn confirm(
    app: &App,
    visitor: &Visitor,
    device: Option<&str>,
    password: Password,
    second: Option<(Way, &str)>,
) -> Result<Outcome> {
    let Some(account) = whose(app, visitor, device, password).await? else { return Ok(Outcome::WrongPassword) };
    let came = Came { address: visitor.address, user_agent: visitor.user_agent.clone() };
    let (proved, typed) = match (visitor.has_factor, second) {
        (false, _) => (None, ""),
        (true, None) => return Ok(Outcome::Refused(Checked::Malformed)),
        (true, Some((way, typed))) => match ways::try_way(app, at(visitor), way, typed, &came).await? {
            Ok(proved) => (Some(proved), typed),
            Err(refused) => return Ok(Outcome::Refused(refused)),
        },
    };
    finish(app, visitor, &account, proved, typed, &came).await
}

/// Texts a code to one of the visitor's numbers; `None` if the password is refused. The password comes first: a session in
/// the wrong hands uses up nobody's texts.
pub async fn send(
    app: &App,
    visitor: &Visitor,
    device: Option<&str>,
    password: Password,
    factor: FactorId,
) -> Result<Option<Sent>> {
    if whose(app, visitor, device, password).await?.is_none() {
        return Ok(None);
    }
    ways::send(app, at(visitor), factor, Actor::of(visitor)).await.map(Some)
}

/// The visitor's account, if the password is right. Settled at once: it stays right, whatever becomes of the code.
async fn whose(app: &App, visitor: &Visitor, device: Option<&str>, password: Password) -> Result<Option<Account>> {
    let Some(right) = prove_again(app, visitor, device, password).await? else { return Ok(None) };
    let mut tx = app.db.platform().await?;
    if !right.settle(&mut tx).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(right.account))
}

async fn finish(
    app: &App,
    visitor: &Visitor,
    account: &Account,
    proved: Option<Proved>,
    typed: &str,
    came: &Came,
) -> Result<Outcome> {
    let now = app.clock.now();
    let mut tx = app.db.platform().await?;
    store::collaborator::hold(&mut tx, visitor.id).await?;
    if let Some(proved) = proved
        && !ways::settle(&mut tx, visitor.id, proved, typed, now).await?
    {
        drop(tx);
        if proved == Proved::Recovery {
            ways::recovery_refused(app, account, came).await?;
            return Ok(Outcome::Refused(Checked::Wrong { left: 0 }));
        }
        return Ok(Outcome::Refused(Checked::Expired));
    }
    let proof = proved.map_or(JustProved::PASSWORD, |proved| proved.means().into());
    let Some(token) = session::renew(&mut tx, &visitor.session, Some(proof), now).await? else {
        return Ok(Outcome::WrongPassword);
    };
    let values = Values::new().plain("second_step", proved.map(|proved| proved.means().as_str()));
    let event = Event::new(Actor::of(visitor), "step_up.succeeded", visitor.id).values(None, Some(values));
    record::everywhere(&mut tx, app, Some(visitor.id), event).await?;
    tx.commit().await?;
    if proved == Some(Proved::Recovery) {
        tell_of_recovery(app, account, came).await?;
    }
    Ok(Outcome::Confirmed(token))
}
