//! The beginning: which kinds are offered, a number that gets its first code, an authenticator with its secret. What was
//! begun waits an hour. Nothing that one session was shown or sent opens what another one begins: a text's code is bound
//! to the session that asked, a passkey's challenge too, and each beginning with an authenticator makes another secret.

use chrono::TimeDelta;

use crate::access::factor::{EndReason, Factor, FactorKind};
use crate::access::service::codes::{self, CodePurpose, Flow, Send, Sent, Standing, To};
use crate::access::store::factor::{MadeOf, New};
use crate::access::totp::Secret;
use crate::access::{Visitor, store};
use crate::audit::Actor;
use crate::error::{Error, Result, sentence};
use crate::kernel::clock::Timestamp;
use crate::kernel::country::Country;
use crate::kernel::id::FactorId;
use crate::kernel::phone::Phone;
use crate::platform::sms;
use crate::platform::state::App;

/// How long what was begun waits for its first code.
const WAITS: TimeDelta = TimeDelta::hours(1);

/// A kind that can be set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Which.
    pub kind: FactorKind,
    /// Sites that do not accept it, by name; others do.
    pub refused_by: Vec<String>,
}

/// What a person can set up.
#[derive(Debug, Clone)]
pub struct Offers {
    /// The kinds that at least one of their sites accepts, the strongest first.
    pub kinds: Vec<Offer>,
    /// Where their sites text to, by name.
    pub countries: Vec<Country>,
    /// The number to fill in, E.164: that of their profile, else what somebody typed for them.
    pub number: Option<String>,
}

/// What the visitor can set up. Numbers are offered where texts can leave.
pub async fn offers(app: &App, visitor: &Visitor) -> Result<Offers> {
    let asks = store::enrolment::asks(&app.db, visitor.id).await?;
    let countries = countries(app, visitor).await?;
    let number = store::collaborator::phone(&app.db, visitor.id).await?;
    let texts = sms::available(app) && !countries.is_empty();
    let of_kind = |kind: FactorKind| {
        let refused_by: Vec<_> = asks.iter().filter(|site| !site.accepts(kind)).map(|site| site.name.clone()).collect();
        let accepted = asks.is_empty() || refused_by.len() < asks.len();
        let possible = match kind {
            FactorKind::Sms => texts,
            FactorKind::Totp => true,
            FactorKind::Passkey => crate::access::service::passkey::offered(app),
        };
        (accepted && possible).then_some(Offer { kind, refused_by })
    };
    Ok(Offers {
        kinds: FactorKind::ALL.into_iter().rev().filter_map(of_kind).collect(),
        countries,
        number: number.or_else(|| asks.iter().find_map(|site| site.suggested_phone.clone())),
    })
}

/// Where the visitor's sites text to.
async fn countries(app: &App, visitor: &Visitor) -> Result<Vec<Country>> {
    let mut tx = app.db.platform().await?;
    sms::countries(&mut tx, visitor.id, None).await
}

/// A number as it was typed.
#[derive(Debug, Clone, Copy)]
pub struct Number<'a> {
    /// What was typed.
    pub text: &'a str,
    /// The country it is read in, unless it begins with a plus sign.
    pub country: Option<Country>,
}

/// What came of beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It waits for its first code.
    Waits(FactorId),
    /// It cannot be, and how to mend it.
    Refused(String),
    /// Too many wrong codes were typed: none is sent until then.
    Closed(Timestamp),
}

/// Begins with a number: a code is texted to it. The country is looked at before anything is sent.
pub async fn begin_number(app: &App, visitor: &Visitor, number: Number<'_>) -> Result<Begun> {
    let phone = match Phone::parse(number.text, number.country) {
        Ok(phone) => phone,
        Err(why) => return Ok(Begun::Refused(sentence(&why))),
    };
    if !countries(app, visitor).await?.contains(&phone.country()) {
        let refusal = sms::Refusal::Country { country: phone.country().name() };
        return Ok(Begun::Refused(sentence(&refusal)));
    }
    let has = store::factor::active(&app.db, visitor.id).await?;
    if has.iter().any(|factor| factor.phone.as_deref() == Some(phone.as_str())) {
        return Ok(Begun::Refused("This number is one of your devices already.".into()));
    }
    let now = app.clock.now();
    let id = match store::enrolment::begun(&app.db, visitor.id, phone.as_str(), now - WAITS).await? {
        Some(id) => id,
        None => {
            let id = FactorId::new(now);
            let mut tx = app.db.platform().await?;
            let made_of = MadeOf::Sms(phone.as_str());
            store::factor::insert(&mut tx, New { id, who: visitor.id, name: "Phone", made_of, now }).await?;
            tx.commit().await?;
            id
        }
    };
    match send(app, visitor, id, &phone).await? {
        Sent::Sent { .. } | Sent::Wait { .. } => Ok(Begun::Waits(id)),
        Sent::Closed { until } => {
            give_up(app, visitor, id).await?;
            Ok(Begun::Closed(until))
        }
        Sent::Refused(words) => {
            give_up(app, visitor, id).await?;
            Ok(Begun::Refused(words))
        }
    }
}

async fn send(app: &App, visitor: &Visitor, id: FactorId, phone: &Phone) -> Result<Sent> {
    let send = Send {
        who: visitor.id,
        flow: Flow(visitor.session),
        purpose: CodePurpose::EnrolPhone,
        factor: Some(id),
        to: To::Phone(phone.clone()),
        by: Actor::of(visitor),
    };
    codes::send(app, send).await
}

async fn give_up(app: &App, visitor: &Visitor, id: FactorId) -> Result<()> {
    let mut tx = app.db.platform().await?;
    store::factor::end(&mut tx, visitor.id, id, EndReason::Abandoned, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Texts another code to a number that is being set up.
pub async fn send_again(app: &App, visitor: &Visitor, factor: &Factor) -> Result<Sent> {
    send(app, visitor, factor.id, &number_of(factor)?).await
}

/// Where texting to a number that is being set up stands.
pub async fn delivery(app: &App, visitor: &Visitor, factor: &Factor) -> Result<Standing> {
    let number = number_of(factor)?;
    codes::standing(app, visitor.id, Flow(visitor.session), CodePurpose::EnrolPhone, number.as_str()).await
}

/// What became of the newest text to a number that is being set up.
pub async fn text_of(app: &App, visitor: &Visitor, factor: &Factor) -> Result<Option<sms::Delivery>> {
    sms::latest(app, visitor.id, &number_of(factor)?).await
}

fn number_of(factor: &Factor) -> Result<Phone> {
    factor.phone.as_deref().ok_or_else(Error::not_found)?.parse().map_err(Error::internal)
}

/// Begins with an authenticator: always with a new secret. One that waits may have been read in another session, so it
/// is given up.
pub async fn begin_app(app: &App, visitor: &Visitor) -> Result<FactorId> {
    let now = app.clock.now();
    let id = FactorId::new(now);
    let sealed = Secret::random().seal(&app.keys, id).map_err(Error::internal)?;
    let mut tx = app.db.platform().await?;
    store::enrolment::hold(&mut tx, visitor.id).await?;
    store::enrolment::abandon(&mut tx, visitor.id, Some(FactorKind::Totp), now).await?;
    let new = New { id, who: visitor.id, name: FactorKind::Totp.label(), made_of: MadeOf::Totp(&sealed), now };
    store::factor::insert(&mut tx, new).await?;
    tx.commit().await?;
    Ok(id)
}

/// The secret of an authenticator that is being set up. Once it is active nobody is shown it again.
pub async fn app_secret(app: &App, visitor: &Visitor, factor: &Factor) -> Result<Secret> {
    if factor.activated_at.is_some() {
        return Err(Error::not_found());
    }
    let kept = store::factor::authenticator(&app.db, visitor.id, factor.id).await?.ok_or_else(Error::not_found)?;
    Secret::open(&app.keys, factor.id, &kept.secret_sealed).map_err(Error::internal)
}

/// The visitor's factor of this id, while it waits for its first code.
pub async fn being_set_up(app: &App, visitor: &Visitor, id: FactorId) -> Result<Option<Factor>> {
    let found = store::factor::find(&app.db, visitor.id, id).await?;
    let since = app.clock.now() - WAITS;
    Ok(found.filter(|factor| factor.activated_at.is_none() && factor.created_at > since))
}
