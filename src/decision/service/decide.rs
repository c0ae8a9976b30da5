//! Deciding an attempt: load the facts, run the pure pipeline, save the answer.

use std::time::Duration;

use crate::decision::attempt::AttemptRequest;
use crate::decision::verdict::{Check, Finding, Outcome};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{DecisionId, KeyId};
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

/// A request that must have its effect once, however often it is sent. Kept in the effect's own transaction.
pub struct Idempotency {
    /// Who sends it.
    pub api_key: KeyId,
    /// `POST`.
    pub method: &'static str,
    /// The request's path.
    pub path: String,
    /// The `Idempotency-Key`.
    pub key: String,
    /// SHA-256 of the body.
    pub body_hash: [u8; 32],
    /// The body of the answer (HTTP 200) as it will be repeated.
    pub answer: fn(&Decision) -> serde_json::Value,
}

/// What a repeatable request gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Decided {
    /// Decided now.
    Now(Box<Decision>),
    /// Decided before under the same key: that answer.
    Before {
        /// Its HTTP status.
        status: u16,
        /// Its body.
        response: serde_json::Value,
    },
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

/// Decides an attempt once, however often it is asked under the same key.
///
/// # Errors
/// As [`decide`]; `Invalid` with code `idempotency_mismatch` if another body came under the key before.
pub async fn decide_once(app: &App, request: AttemptRequest, once: Idempotency) -> Result<Decided> {
    let _ = (app, request, once);
    Err(Error::internal(anyhow::anyhow!("not yet")))
}
