//! Confirms with a passkey that it is still the visitor: the strongest proof there is.

use crate::access::passkey::{Answer, Refusal};
use crate::access::service::passkey::{Bound, Challenge, PASSKEY, Presented, open, party, refused, settle, take};
use crate::access::service::record::{self, Event};
use crate::access::session;
use crate::access::store::passkey::Purpose;
use crate::access::{Visitor, store};
use crate::audit::{Actor, Values};
use crate::error::{Error, Result};
use crate::kernel::secret::Token;
use crate::platform::state::App;

fn bound(visitor: &Visitor) -> Bound {
    Bound { purpose: Purpose::StepUp, flow: Some(visitor.session), who: Some(visitor.id) }
}

/// Sets a challenge to the visitor's passkeys.
pub async fn begin(app: &App, visitor: &Visitor) -> Result<Challenge> {
    let among = store::passkey::of_person(&app.db, visitor.id).await?;
    if among.is_empty() {
        return Err(Error::not_found());
    }
    open(app, bound(visitor), party(app)?.ask_for_proof(&among)).await
}

/// Checks the answer. The session goes on under a new id.
pub async fn confirm(app: &App, visitor: &Visitor, presented: Presented) -> Result<Result<Token, Refusal>> {
    let state = take(app, bound(visitor), presented.ceremony.as_deref()).await?;
    let (state, answer) = match (state, Answer::parse(&presented.answer)) {
        (Ok(state), Ok(answer)) => (state, answer),
        (Err(refusal), _) | (_, Err(refusal)) => return Ok(Err(refusal)),
    };
    let now = app.clock.now();
    let mut tx = app.db.platform().await?;
    let held = match settle(&mut tx, app, &answer, state, Some(visitor.id)).await? {
        Ok(held) => held,
        Err(refusal) => {
            drop(tx);
            let account = store::collaborator::by_id(&app.db, visitor.id).await?;
            refused(app, Actor::of(visitor), visitor.address, account.as_ref(), refusal).await?;
            return Ok(Err(refusal));
        }
    };
    let Some(token) = session::renew(&mut tx, &visitor.session, Some(PASSKEY.into()), now).await? else {
        return Ok(Err(Refusal::Stale));
    };
    let event = Event::new(Actor::of(visitor), "step_up.succeeded", visitor.id)
        .values(None, Some(Values::new().plain("by", "passkey").plain("factor", held.factor)));
    record::everywhere(&mut tx, app, Some(visitor.id), event).await?;
    tx.commit().await?;
    Ok(Ok(token))
}
