//! Step-up: a signed-in person proves again who they are, with the strongest that they have: the password, and the second
//! step if there is a factor. The session goes on under a new id. (A passkey does both at once; that is elsewhere.)

use crate::access::hashing::Password;
use crate::access::service::codes::{Checked, CodePurpose, Flow, Sent};
use crate::access::service::myself::prove_again;
use crate::access::service::record::{self, Event};
use crate::access::service::second_step::tell_of_recovery;
use crate::access::service::ways::{self, At, Came, Proved, Way};
use crate::access::session::Assurance;
use crate::access::store::collaborator::Account;
use crate::access::{Visitor, session};
use crate::audit::{Actor, Values};
use crate::error::Result;
use crate::kernel::id::FactorId;
use crate::kernel::secret::Token;
use crate::platform::state::App;

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

/// Sends a code to one of the visitor's numbers.
pub async fn send(app: &App, visitor: &Visitor, factor: FactorId) -> Result<Sent> {
    ways::send(app, at(visitor), factor, Actor::of(visitor)).await
}

/// Confirms. The code is not looked at before the password was right. `device` is the cookie of a known device.
pub async fn confirm(
    app: &App,
    visitor: &Visitor,
    device: Option<&str>,
    password: Password,
    second: Option<(Way, &str)>,
) -> Result<Outcome> {
    let Some(right) = prove_again(app, visitor, device, password).await? else { return Ok(Outcome::WrongPassword) };
    // Settled at once: a right password stays right, whatever becomes of the code.
    let mut tx = app.db.platform().await?;
    if !right.settle(&mut tx).await? {
        return Ok(Outcome::WrongPassword);
    }
    tx.commit().await?;
    let came = Came { address: visitor.address, user_agent: visitor.user_agent.clone() };
    let (proved, typed) = match (visitor.has_factor, second) {
        (false, _) => (None, ""),
        (true, None) => return Ok(Outcome::Refused(Checked::Malformed)),
        (true, Some((way, typed))) => match ways::try_way(app, at(visitor), way, typed, &came).await? {
            Ok(proved) => (Some(proved), typed),
            Err(refused) => return Ok(Outcome::Refused(refused)),
        },
    };
    finish(app, visitor, &right.account, proved, typed, &came).await
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
    let assurance = if proved.is_some() { Assurance::SecondFactor } else { Assurance::Password };
    let Some(token) = session::renew(&mut tx, &visitor.session, Some(assurance), now).await? else {
        return Ok(Outcome::WrongPassword);
    };
    let values = Values::new().plain("second_step", proved.map(Proved::as_str));
    let event = Event::new(Actor::of(visitor), "step_up.succeeded", visitor.id).values(None, Some(values));
    record::everywhere(&mut tx, app, Some(visitor.id), event).await?;
    tx.commit().await?;
    if proved == Some(Proved::Recovery) {
        tell_of_recovery(app, account, came).await?;
    }
    Ok(Outcome::Confirmed(token))
}
