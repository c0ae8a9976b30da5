//! The ways in which a person can take the second step, at sign-in and when confirming that it is them: what a page
//! offers, and trying one of them.

use chrono_tz::Tz;

use crate::access::factor::{Factor, FactorKind, Means};
use crate::access::service::codes::{self, Check, CheckTotp, Checked, CodePurpose, Flow, Send, Sent, Standing, To};
use crate::access::service::record::{self, Event};
use crate::access::service::second_step::half;
use crate::access::service::{home, recovery, seldom};
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::audit::{Actor, Values};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, FactorId};
use crate::kernel::ip::ClientAddress;
use crate::kernel::phone::Phone;
use crate::platform::db::Tx;
use crate::platform::sms::{self, Delivery};
use crate::platform::state::App;

/// One way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// With a code of this factor.
    Factor(FactorId),
    /// With a recovery code.
    Recovery,
}

impl Way {
    /// Reads what [`Way`]'s `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "recovery" { Some(Self::Recovery) } else { text.parse().ok().map(Self::Factor) }
    }
}

impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Factor(id) => id.fmt(f),
            Self::Recovery => f.write_str("recovery"),
        }
    }
}

/// Where in the program the step is taken.
#[derive(Clone, Copy)]
pub struct At {
    /// Who takes it.
    pub who: CollaboratorId,
    /// What codes are bound to.
    pub flow: Flow,
    /// Signing in or confirming.
    pub purpose: CodePurpose,
}

/// Where a request came from.
#[derive(Clone)]
pub struct Came {
    /// From where.
    pub address: ClientAddress,
    /// With which browser, in its own words.
    pub user_agent: String,
}

/// What a page shows of the step.
pub struct Offers {
    /// What codes can come from, the one used last first. Passkeys are not among them.
    pub factors: Vec<Factor>,
    /// Whether there is a passkey too.
    pub passkey: bool,
    /// The way the page is for; none if only a passkey is left.
    pub chosen: Option<Way>,
    /// Where sending to the chosen number stands.
    pub standing: Option<Standing>,
    /// What became of the newest text to it.
    pub delivery: Option<Delivery>,
    /// Until when too many wrong guesses close all codes, if they do.
    pub closed_until: Option<Timestamp>,
    /// The instant of all this.
    pub now: Timestamp,
    /// The zone in which the person reads times.
    pub zone: Tz,
}

impl Offers {
    /// The factor the page is for.
    pub fn factor(&self) -> Option<&Factor> {
        let Some(Way::Factor(id)) = self.chosen else { return None };
        self.factors.iter().find(|factor| factor.id == id)
    }

    /// Where texting stands, if the page is for a number.
    pub fn texting(&self) -> Option<Standing> {
        self.standing.filter(|_| self.factor().is_some_and(|factor| factor.kind == FactorKind::Sms))
    }
}

/// Loads what a page shows; `asked` is the way the reader chose.
pub async fn offers(app: &App, at: At, asked: Option<Way>) -> Result<Offers> {
    let (passkeys, factors): (Vec<_>, Vec<_>) =
        store::factor::active(&app.db, at.who).await?.into_iter().partition(|f| f.kind == FactorKind::Passkey);
    let known = |way: &Way| match way {
        Way::Factor(id) => factors.iter().any(|factor| factor.id == *id),
        Way::Recovery => true,
    };
    let chosen = asked.filter(known).or_else(|| factors.first().map(|factor| Way::Factor(factor.id)));
    let mut offers = Offers {
        closed_until: codes::closed_until(app, at.who).await?,
        passkey: !passkeys.is_empty(),
        factors,
        chosen,
        standing: None,
        delivery: None,
        now: app.clock.now(),
        zone: home::zone(app, at.who).await?,
    };
    if let Some(phone) = offers.factor().and_then(|factor| factor.phone.clone()) {
        offers.standing = Some(codes::standing(app, at.who, at.flow, at.purpose, &phone).await?);
        let number = phone.parse::<Phone>().map_err(Error::internal)?;
        offers.delivery = sms::latest(app, at.who, &number).await?;
    }
    Ok(offers)
}

/// Which kind of factor a way is; none for a recovery code.
pub async fn kind(app: &App, who: CollaboratorId, way: Way) -> Result<Option<FactorKind>> {
    let Way::Factor(id) = way else { return Ok(None) };
    let factor = store::factor::find(&app.db, who, id).await?;
    Ok(Some(factor.map_or(FactorKind::Sms, |factor| factor.kind)))
}

/// Sends a code to one of the person's numbers; `by` whom it was asked for stands in the audit log.
pub(super) async fn send(app: &App, at: At, factor: FactorId, by: Actor) -> Result<Sent> {
    let active = store::factor::active(&app.db, at.who).await?;
    let phone = active.into_iter().find(|f| f.id == factor).and_then(|f| f.phone).ok_or_else(Error::not_found)?;
    let phone = phone.parse::<Phone>().map_err(Error::internal)?;
    let send = Send { who: at.who, flow: at.flow, purpose: at.purpose, factor: Some(factor), to: To::Phone(phone), by };
    codes::send(app, send).await
}

/// What a person proved with, in the transaction of what it was proved for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proved {
    /// An active factor.
    Factor(FactorId, FactorKind),
    /// A recovery code, still to be spent.
    Recovery,
}

impl Proved {
    /// Without which factor it was.
    pub fn means(self) -> Means {
        match self {
            Self::Factor(_, kind) => Means::Kind(kind),
            Self::Recovery => Means::Recovery,
        }
    }
}

/// Compares what was typed for a way. `Ok(Ok(_))`: right so far, see [`settle`].
pub async fn try_way(app: &App, at: At, way: Way, typed: &str, came: &Came) -> Result<Result<Proved, Checked>> {
    let Way::Factor(id) = way else {
        return Ok(if typed.trim().is_empty() { Err(Checked::Malformed) } else { Ok(Proved::Recovery) });
    };
    let active = store::factor::active(&app.db, at.who).await?;
    let Some(factor) = active.iter().find(|factor| factor.id == id) else { return Ok(Err(Checked::Expired)) };
    let (from, user_agent) = (came.address, came.user_agent.as_str());
    let checked = match factor.kind {
        FactorKind::Sms => {
            let check = Check { who: at.who, flow: at.flow, purpose: at.purpose, code: typed, from, user_agent };
            codes::check(app, check).await?
        }
        FactorKind::Totp => {
            codes::check_totp(app, CheckTotp { who: at.who, factor: id, code: typed, from, user_agent }).await?
        }
        FactorKind::Passkey => Checked::Malformed,
    };
    Ok(match checked {
        Checked::Right { factor: Some(used), .. } => Ok(Proved::Factor(used, factor.kind)),
        Checked::Right { factor: None, .. } => Err(Checked::Expired),
        refused => Err(refused),
    })
}

/// Makes the proof count: notes the use of the factor, or spends the recovery code. Says no if the factor has ended
/// meanwhile or the code is not one of theirs: nothing may come of it then.
#[must_use = "nothing may come of a proof that does not hold"]
pub async fn settle(tx: &mut Tx, who: CollaboratorId, proved: Proved, typed: &str, now: Timestamp) -> Result<bool> {
    match proved {
        Proved::Factor(id, _) => store::factor::used(tx, who, id, now).await,
        Proved::Recovery => recovery::spend(tx, who, typed, now).await,
    }
}

/// Failed second steps of a person in a day beyond which wrong recovery codes are no longer recorded. Wrong codes of devices
/// always are: there are thirty a day at most.
const FAILURES_A_DAY: i64 = 50;

/// Records a recovery code that was not right.
pub async fn recovery_refused(app: &App, account: &Account, came: &Came) -> Result<()> {
    const FAILED: &str = "second_step.failed";
    let mut tx = app.db.platform().await?;
    if !seldom::may_record(&mut tx, account.id, FAILED, FAILURES_A_DAY, app.clock.now()).await? {
        return Ok(());
    }
    let event =
        Event::new(half(account, came), FAILED, account.id).values(None, Some(Values::new().plain("what", "recovery")));
    record::everywhere(&mut tx, app, Some(account.id), event).await?;
    tx.commit().await?;
    Ok(())
}
