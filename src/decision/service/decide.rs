//! Deciding an attempt: load the facts, run the pure pipeline, save the answer.

use std::time::Duration;

use crate::api::idempotency::{Idempotency, Stored};
use crate::decision::attempt::AttemptRequest;
use crate::decision::verdict::{Check, Finding, Outcome};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::DecisionId;
use crate::platform::state::App;

/// A recorded answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Its id, and the attempt's.
    pub id: DecisionId,
    /// The instant that was decided on.
    pub at: Timestamp,
    /// The answer.
    pub outcome: Outcome,
    /// One finding a check, in the published order, with its sentence.
    pub findings: Vec<Finding>,
    /// The check that settled a challenge or reject.
    pub settled_by: Option<Check>,
    /// Whether a check in shadow would have made the outcome stronger.
    pub shadow: bool,
    /// Sum of points of anti-fraud rules; `None` while no set is linked.
    pub risk_score: Option<i32>,
    /// 0.0 to 1.0; `None` without risk assessment.
    pub trust_score: Option<f32>,
    /// Under which version of the site's policy.
    pub policy_version: i32,
    /// Until when an outcome is expected and an amount is held.
    pub expires_at: Timestamp,
    /// From the request to just before the commit.
    pub took: Duration,
}

/// Decides an attempt now.
///
/// # Errors
/// `Invalid` if the service is not one of the site's or another currency is its own; a database failure. Closed: an
/// attempt that could not be recorded is not answered.
pub async fn decide(app: &App, request: AttemptRequest) -> Result<Decision> {
    decide_at(app, request, app.clock.now()).await
}

/// Decides an attempt as if it were `now` (simulation of history). Attempts of one key must come in order of time.
pub async fn decide_at(app: &App, request: AttemptRequest, now: Timestamp) -> Result<Decision> {
    let _ = (app, request, now);
    Err(Error::internal(anyhow::anyhow!("not yet")))
}

/// Decides an attempt once, however often it is asked under the same Idempotency-Key. `answer` writes the answer that is
/// stored in the decision's own transaction and repeated byte for byte.
///
/// The transaction begins with [`Idempotency::begin`], before any other lock; a stored answer is returned and nothing is
/// done. It ends with [`Idempotency::store`], just before the commit.
///
/// # Errors
/// As [`decide`]; 409 while the same key is in flight, 422 if another body came under it before.
pub async fn decide_once(app: &App, request: AttemptRequest, once: Idempotency, answer: fn(&Decision) -> Result<Stored>) -> Result<Stored> {
    let _ = (app, request, once, answer);
    Err(Error::internal(anyhow::anyhow!("not yet")))
}
