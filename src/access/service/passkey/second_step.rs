//! Takes the second step of signing in with a passkey instead of a code. It works while codes are closed.

use crate::access::passkey::{Answer, Refusal};
use crate::access::service::passkey::{Bound, Challenge, PASSKEY, Presented, open, party, refused, settle, take};
use crate::access::service::second_step::{Pending, SignedIn, finish, half};
use crate::access::service::ways::Came;
use crate::access::store;
use crate::access::store::passkey::Purpose;
use crate::error::{Error, Result};
use crate::platform::state::App;

fn bound(pending: &Pending) -> Bound {
    Bound { purpose: Purpose::SecondStep, flow: Some(pending.hash), who: Some(pending.account.id) }
}

/// What came of it.
pub enum Outcome {
    /// Signed in.
    SignedIn(SignedIn),
    /// Not with this.
    Refused(Refusal),
    /// The pending sign-in has ended meanwhile.
    Gone,
}

/// Sets a challenge to the passkeys of whose password was right.
pub async fn begin(app: &App, pending: &Pending) -> Result<Challenge> {
    let among = store::passkey::of_person(&app.db, pending.account.id).await?;
    if among.is_empty() {
        return Err(Error::not_found());
    }
    open(app, bound(pending), party(app)?.ask_for_proof(&among)).await
}

/// Checks the answer. `old`: the session the browser had, which ends.
pub async fn confirm(app: &App, pending: &Pending, presented: Presented, old: Option<&str>) -> Result<Outcome> {
    let state = take(app, bound(pending), presented.ceremony.as_deref()).await?;
    let (state, answer) = match (state, Answer::parse(&presented.answer)) {
        (Ok(state), Ok(answer)) => (state, answer),
        (Err(refusal), _) | (_, Err(refusal)) => return Ok(Outcome::Refused(refusal)),
    };
    let came = Came { address: presented.address, user_agent: presented.user_agent };
    let mut tx = app.db.platform().await?;
    let held = match settle(&mut tx, app, &answer, state, Some(pending.account.id)).await? {
        Ok(held) => held,
        Err(refusal) => {
            drop(tx);
            refused(app, half(&pending.account, &came), came.address, Some(&pending.account), refusal).await?;
            return Ok(Outcome::Refused(refusal));
        }
    };
    let Some(signed_in) = finish(&mut tx, app, pending, PASSKEY, &came, old).await? else {
        return Ok(Outcome::Gone);
    };
    // A new password ends what waits for its second step, so it is the present one that was right before it.
    store::passkey::used_beside_password(&mut tx, held.factor).await?;
    tx.commit().await?;
    Ok(Outcome::SignedIn(signed_in))
}
