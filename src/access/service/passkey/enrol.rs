//! Makes a passkey one of the visitor's factors.

use crate::access::factor::FactorKind;
use crate::access::passkey::{NewPasskey, Person, Refusal};
use crate::access::service::enrol::{self, Finished, First, Proven};
use crate::access::service::passkey::{Bound, Challenge, Presented, open, party, refused, take};
use crate::access::store::factor::{MadeOf, New};
use crate::access::store::passkey::Purpose;
use crate::access::{Visitor, store};
use crate::audit::Actor;
use crate::error::{Error, Kind, Result};
use crate::kernel::id::FactorId;
use crate::platform::state::App;

/// A passkey that was checked and is to become a factor.
struct Made {
    /// Names it everywhere.
    credential_id: Vec<u8>,
    /// The public key, counter and flags as the verifier keeps them.
    credential: serde_json::Value,
}

fn bound(visitor: &Visitor) -> Bound {
    Bound { purpose: Purpose::Enrol, flow: Some(visitor.session), who: Some(visitor.id) }
}

/// Refuses while something else must come first.
async fn nothing_first(app: &App, visitor: &Visitor) -> Result<()> {
    match enrol::what_first(app, visitor, Some(FactorKind::Passkey)).await? {
        Some(First::StepUp) => Err(Error::new(Kind::StepUpRequired, "Confirm that it is you, then do this again.")),
        Some(First::Mail) => {
            Err(Error::new(Kind::Forbidden, "Write the code that was mailed to you first: reload this page."))
        }
        None => Ok(()),
    }
}

/// Sets the challenge for a new passkey.
pub async fn begin(app: &App, visitor: &Visitor) -> Result<Challenge> {
    nothing_first(app, visitor).await?;
    let handle = store::passkey::handle(&app.db, visitor.id).await?;
    let has = store::passkey::of_person(&app.db, visitor.id).await?;
    let person = Person { handle, email: &visitor.email, name: &visitor.name };
    open(app, bound(visitor), party(app)?.ask_for_new(&person, has)).await
}

/// Checks what the browser made.
async fn check(app: &App, visitor: &Visitor, presented: &Presented) -> Result<Result<Made, Refusal>> {
    let state = take(app, bound(visitor), presented.ceremony.as_deref()).await?;
    let accepted = match (state, NewPasskey::parse(&presented.answer)) {
        (Ok(state), Ok(answer)) => party(app)?.accept_new(&answer, state),
        (Err(refusal), _) | (_, Err(refusal)) => Err(refusal),
    };
    match accepted {
        Ok(passkey) => Ok(Ok(Made {
            credential_id: passkey.cred_id().to_vec(),
            credential: serde_json::to_value(&passkey).map_err(Error::internal)?,
        })),
        Err(refusal) => {
            let account = store::collaborator::by_id(&app.db, visitor.id).await?;
            refused(app, Actor::of(visitor), visitor.address, account.as_ref(), refusal).await?;
            Ok(Err(refusal))
        }
    }
}

/// What came of it.
pub enum Outcome {
    /// It is a factor now.
    Done(Finished),
    /// Not with this.
    Refused(Refusal),
}

/// Checks the answer, and makes the passkey a factor with all that follows from one. What had to come first has to hold
/// still: a challenge lives five minutes, and the proof before it is not good for longer by that.
pub async fn finish(app: &App, visitor: &Visitor, name: &str, presented: Presented) -> Result<Outcome> {
    nothing_first(app, visitor).await?;
    let made = match check(app, visitor, &presented).await? {
        Ok(made) => made,
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    };
    let now = app.clock.now();
    let id = FactorId::new(now);
    let mut tx = app.db.platform().await?;
    let made_of = MadeOf::Passkey(&made.credential_id, &made.credential);
    store::factor::insert(&mut tx, New { id, who: visitor.id, name, made_of, now }).await?;
    let proven = Proven { id, kind: FactorKind::Passkey, name };
    let finished = enrol::finish(app, visitor, tx, proven).await?;
    Ok(finished.map_or(Outcome::Refused(Refusal::Stale), Outcome::Done))
}
