//! The first valid code, and what follows: the factor counts, this browser goes on proved by it, every other one is signed
//! out and no device is known but this, ten recovery codes come with the first factor, and the person gets a mail.

use http::HeaderValue;
use serde_json::json;

use crate::access::factor::{Factor, FactorKind};
use crate::access::recovery::RecoveryCode;
use crate::access::service::codes::{self, Check, CheckTotp, Checked, CodePurpose, Flow};
use crate::access::service::notify;
use crate::access::service::record::{self, Event};
use crate::access::session::{self, Assurance};
use crate::access::{Visitor, device, store};
use crate::audit::Actor;
use crate::error::{Error, Result};
use crate::kernel::id::FactorId;
use crate::kernel::secret::Token;
use crate::platform::db::Tx;
use crate::platform::state::App;

/// A factor that is stored and whose first proof was right.
pub struct Proven<'a> {
    /// Which.
    pub id: FactorId,
    /// Of which kind.
    pub kind: FactorKind,
    /// What its person calls it.
    pub name: &'a str,
}

/// Set up.
pub struct Finished {
    /// The session's new cookie.
    pub session: Token,
    /// The known device's new cookie, as a header.
    pub device: HeaderValue,
    /// The recovery codes that came with the first factor, to be shown this once.
    pub codes: Option<Vec<RecoveryCode>>,
}

/// What came of typing the first code.
pub enum Tried {
    /// Set up.
    Done(Finished),
    /// Not right, in the words of [`Checked`].
    Not(Checked),
}

/// Compares the first code of a factor that is being set up.
pub async fn try_code(app: &App, visitor: &Visitor, factor: &Factor, code: &str) -> Result<Tried> {
    let checked = match factor.kind {
        FactorKind::Sms => {
            let check = Check {
                who: visitor.id,
                flow: Flow(visitor.session),
                purpose: CodePurpose::EnrolPhone,
                code,
                from: visitor.address,
                user_agent: &visitor.user_agent,
            };
            codes::check(app, check).await?
        }
        FactorKind::Totp => {
            let check = CheckTotp {
                who: visitor.id,
                factor: factor.id,
                code,
                from: visitor.address,
                user_agent: &visitor.user_agent,
            };
            codes::check_totp(app, check).await?
        }
        FactorKind::Passkey => return Err(Error::not_found()),
    };
    // The newest code may have gone to another number than the one on this page.
    match checked {
        Checked::Right { factor: Some(id), .. } if id == factor.id => {}
        Checked::Right { .. } => return Ok(Tried::Not(Checked::Expired)),
        other => return Ok(Tried::Not(other)),
    }
    let tx = app.db.platform().await?;
    let proven = Proven { id: factor.id, kind: factor.kind, name: &factor.name };
    match finish(app, visitor, tx, proven).await? {
        Some(finished) => Ok(Tried::Done(finished)),
        None => Ok(Tried::Not(Checked::Expired)),
    }
}

/// Lets the factor count and commits; `None` if it was given up or the session ended meanwhile.
pub(in crate::access) async fn finish(
    app: &App,
    visitor: &Visitor,
    mut tx: Tx,
    proven: Proven<'_>,
) -> Result<Option<Finished>> {
    let (now, who) = (app.clock.now(), visitor.id);
    store::enrolment::hold(&mut tx, who).await?;
    let first = !store::factor::has_active(&mut tx, who).await?;
    let numbers = store::enrolment::numbers(&mut tx, who).await?;
    if !store::factor::activate(&mut tx, proven.id, now).await? {
        return Ok(None);
    }
    store::enrolment::abandon(&mut tx, who, None, now).await?;
    let Some(session) = session::renew(&mut tx, &visitor.session, Some(Assurance::SecondFactor), now).await? else {
        return Ok(None);
    };
    let ended = store::session::revoke_others(&mut tx, who, Some(&session.hash()), now).await?;
    store::device::end_all_but(&mut tx, who, 0, now).await?;
    let device = device::remember(&mut tx, app, who, None, now).await?;
    let codes = if first { Some(new_codes(&mut tx, app, visitor).await?) } else { None };
    notify::factor_added(&mut tx, app, visitor, proven.kind, proven.name, now).await?;
    let words = "Gatehouse: a new device for the second step was set up on your account. If this was not you, set a new password now.";
    notify::text_numbers(&mut tx, app, visitor, &numbers, words).await?;
    let event = Event::new(Actor::of(visitor), "second_factor.added", proven.id.to_string()).values(
        None,
        Some(json!({ "kind": proven.kind.as_str(), "name": proven.name, "first": first, "sessions_ended": ended })),
    );
    record::everywhere(&mut tx, app, Some(who), event).await?;
    tx.commit().await?;
    Ok(Some(Finished { session, device, codes }))
}

/// A new set of recovery codes; the old one is worthless.
pub(in crate::access::service) async fn new_codes(
    tx: &mut Tx,
    app: &App,
    visitor: &Visitor,
) -> Result<Vec<RecoveryCode>> {
    let set = RecoveryCode::set();
    let hashes: Vec<[u8; 32]> = set.iter().map(RecoveryCode::hash).collect();
    store::recovery::replace(tx, visitor.id, &hashes, app.clock.now()).await?;
    Ok(set)
}
