//! A person's second factors: list, rename, end, and their recovery codes.

use http::HeaderValue;

use crate::access::factor::{EndReason, Factor};
use crate::access::recovery::RecoveryCode;
use crate::access::service::record::{self, Event};
use crate::access::service::requirement::{self, AtSite};
use crate::access::service::{enrol, notify};
use crate::access::session;
use crate::access::{Visitor, device, store};
use crate::audit::{Actor, Values};
use crate::error::{Error, Result, sentence};
use crate::kernel::id::FactorId;
use crate::kernel::name::Name;
use crate::kernel::phone::Phone;
use crate::kernel::secret::Token;
use crate::platform::state::App;

/// What a person has.
#[derive(Debug, Clone)]
pub struct Mine {
    /// The active factors, the one used last first.
    pub factors: Vec<Factor>,
    /// Recovery codes that are left.
    pub codes_left: i64,
    /// The sites that require a second step of them, the one they were at last first.
    pub asked: Vec<AskedAt>,
}

/// A site that requires a second step of a person.
#[derive(Debug, Clone)]
pub struct AskedAt {
    /// Its name.
    pub name: String,
    /// How the person stands there.
    pub at: AtSite,
}

/// What the visitor has.
pub async fn mine(app: &App, visitor: &Visitor) -> Result<Mine> {
    let factors = store::factor::active(&app.db, visitor.id).await?;
    let codes_left = store::recovery::left(&app.db, visitor.id).await?;
    let standing = requirement::of_person(&app.db, visitor.id, app.clock.now()).await?;
    let asks = store::enrolment::asks(&app.db, visitor.id).await?;
    let asked = asks.into_iter().filter_map(|site| {
        let at = standing.iter().find(|at| at.site == site.site && at.required).copied()?;
        Some(AskedAt { name: site.name, at })
    });
    Ok(Mine { factors, codes_left, asked: asked.collect() })
}

/// One of the visitor's active factors.
pub async fn one(app: &App, visitor: &Visitor, id: FactorId) -> Result<Factor> {
    let found = store::factor::find(&app.db, visitor.id, id).await?;
    found.filter(|factor| factor.activated_at.is_some()).ok_or_else(Error::not_found)
}

/// Whether the number is one of the visitor's active factors.
pub async fn is_own_number(app: &App, visitor: &Visitor, number: &Phone) -> Result<bool> {
    let active = store::factor::active(&app.db, visitor.id).await?;
    Ok(active.iter().any(|factor| factor.phone.as_deref() == Some(number.as_str())))
}

/// Gives a factor another name: 1 to 60 characters.
pub async fn rename(app: &App, visitor: &Visitor, factor: &Factor, name: &str) -> Result<()> {
    let name = factor_name(name)?;
    let mut tx = app.db.platform().await?;
    if !store::enrolment::rename(&mut tx, visitor.id, factor.id, &name).await? {
        return Err(Error::not_found());
    }
    let event = Event::new(Actor::of(visitor), "second_factor.renamed", factor.id)
        .values(Some(Values::new().personal("name", &factor.name)), Some(Values::new().personal("name", name)));
    record::everywhere(&mut tx, app, Some(visitor.id), event).await?;
    tx.commit().await?;
    Ok(())
}

/// A factor's name as it is kept.
pub fn factor_name(text: &str) -> Result<String> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let read = name.parse::<Name<60>>().map_err(|why| Error::field("name", "name", sentence(&why)))?;
    Ok(read.as_str().to_owned())
}

/// What came of ending a factor.
pub enum Ended {
    /// It counts no more. This browser goes on under these; every other one is signed out, and no other device is known.
    Done {
        /// The session's cookie.
        session: Token,
        /// The known device's cookie, as a header.
        device: HeaderValue,
    },
    /// A site requires one, and this is the last that satisfies it: the site's name.
    Required(String),
}

/// Ends one of the visitor's factors: taken away, or lost. Without any the recovery codes are worthless too.
pub async fn end(app: &App, visitor: &Visitor, factor: &Factor, reason: EndReason) -> Result<Ended> {
    let (now, who) = (app.clock.now(), visitor.id);
    let asks = store::enrolment::asks(&app.db, who).await?;
    let mut tx = app.db.platform().await?;
    store::enrolment::hold(&mut tx, who).await?;
    let remaining = store::enrolment::kinds_but(&mut tx, who, factor.id).await?;
    let needs_it = asks.iter().find(|site| {
        let excused = site.exempt_until.is_some_and(|until| now < until);
        site.required
            && !excused
            && site.accepts(factor.kind)
            && !remaining.iter().any(|kind| site.kinds.contains(kind))
    });
    if let Some(site) = needs_it {
        return Ok(Ended::Required(site.name.clone()));
    }
    let mut numbers = store::enrolment::numbers(&mut tx, who).await?;
    if reason == EndReason::Lost {
        // Whoever found the phone need not know.
        numbers.retain(|number| factor.phone.as_ref() != Some(number));
    }
    if !store::factor::end(&mut tx, who, factor.id, reason, now).await? {
        return Err(Error::not_found());
    }
    if remaining.is_empty() {
        store::recovery::forget(&mut tx, who).await?;
    }
    let session = session::renew(&mut tx, &visitor.session, None, now).await?.ok_or_else(Error::not_found)?;
    if remaining.is_empty() {
        store::session::rest_on_password(&mut tx, &session.hash()).await?;
    }
    let ended = store::session::revoke_others(&mut tx, who, Some(&session.hash()), now).await?;
    store::device::end_all_but(&mut tx, who, 0, now).await?;
    let device = device::remember(&mut tx, app, who, None, now).await?;
    notify::factor_ended(&mut tx, app, visitor, factor, remaining.len(), now).await?;
    let action = match reason {
        EndReason::Lost => "second_factor.lost",
        _ => "second_factor.removed",
    };
    let words = "Gatehouse: a device for the second step was removed from your account. If this was not you, set a new password now.";
    notify::text_numbers(&mut tx, app, who, &numbers, words).await?;
    let event = Event::new(Actor::of(visitor), action, factor.id).values(
        Some(Values::new().plain("kind", factor.kind.as_str()).personal("name", &factor.name)),
        Some(Values::new().plain("left", remaining.len()).plain("sessions_ended", ended)),
    );
    record::everywhere(&mut tx, app, Some(who), event).await?;
    tx.commit().await?;
    Ok(Ended::Done { session, device })
}

/// A new set of recovery codes in place of the old, to be shown this once. `None` for a person without a factor.
pub async fn renew_codes(app: &App, visitor: &Visitor) -> Result<Option<Vec<RecoveryCode>>> {
    let now = app.clock.now();
    let mut tx = app.db.platform().await?;
    store::enrolment::hold(&mut tx, visitor.id).await?;
    if !store::factor::has_active(&mut tx, visitor.id).await? {
        return Ok(None);
    }
    let codes = enrol::new_codes(&mut tx, app, visitor).await?;
    notify::codes_made(&mut tx, app, visitor, now).await?;
    let event = Event::new(Actor::of(visitor), "recovery_codes.made", visitor.id)
        .values(None, Some(Values::new().plain("codes", codes.len())));
    record::everywhere(&mut tx, app, Some(visitor.id), event).await?;
    tx.commit().await?;
    Ok(Some(codes))
}
