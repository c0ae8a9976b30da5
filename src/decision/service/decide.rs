//! Deciding an attempt: load the facts, run the pure pipeline, save the answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::PgExecutor;

use crate::api::idempotency::{Begun, Idempotency, Stored};
use crate::decision::attempt::AttemptRequest;
use crate::decision::facts::Facts;
use crate::decision::keys::Keys;
use crate::decision::lists::{ListMatch, Probe};
use crate::decision::needed::{self, Needed};
use crate::decision::service::snapshot::{self, Snapshot};
use crate::decision::store;
use crate::decision::store::decision::{Ask, Locking, NewDecision, Seen};
use crate::decision::verdict::{Check, Finding, Outcome, PENDING, Verdict};
use crate::decision::{pipeline, wording};
use crate::error::{Error, FieldError, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::DecisionId;
use crate::platform::db::Tx;
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
/// `Invalid` if the attempt lacks what its kind needs, its service is not one of the site's, or its currency is not the
/// service's; a database failure. Closed: an attempt that could not be recorded is not answered.
#[tracing::instrument(name = "decision.decide", skip_all, fields(site.id = %request.site))]
pub async fn decide(app: &App, request: AttemptRequest) -> Result<Decision> {
    decide_at(app, request, app.clock.now()).await
}

/// Decides an attempt as if it were `now` (simulation of history). Attempts of one key must come in order of time.
///
/// Most decisions take two round trips and hold no lock between them: the facts are read, the answer is made, and it is
/// written if the facts still stand under the locks of its keys. If somebody used a key meanwhile, it is decided again
/// with the locks held from before the reading. A rejected attempt counts nowhere, so it needs no lock at all: under
/// attack a key that is over its limit is a queue for nobody.
pub async fn decide_at(app: &App, request: AttemptRequest, now: Timestamp) -> Result<Decision> {
    let work = Work::begin(app, &request, now).await?;
    let (facts, seen) = work.load(app.db.pool(), Locking::Without).await?;
    let answer = work.answer(facts);
    let expecting = (answer.admitted && work.ask.counts()).then_some((&work.ask, &seen));
    if work.record(app.db.pool(), &answer, expecting).await? {
        let decision = work.spoken(answer);
        measure(&decision);
        return Ok(decision);
    }
    let mut tx = app.db.pool().begin().await?;
    let decision = work.with_locks(&mut tx).await?;
    tx.commit().await?;
    measure(&decision);
    Ok(decision)
}

/// Decides an attempt once, however often it is asked under the same Idempotency-Key. `answer` writes the answer that is
/// stored in the decision's own transaction and repeated byte for byte.
///
/// An attempt that can no longer be decided (its service was archived) still gets the answer it had. The transaction
/// begins with [`Idempotency::begin`], before any other lock, then goes the way of [`decide_at`] (a rejected attempt takes
/// no lock of its keys, so nobody queues while holding a connection) and ends with [`Idempotency::store`], just before the
/// commit.
///
/// # Errors
/// As [`decide`]; 409 while the same key is in flight, 422 if another body came under it before.
#[tracing::instrument(name = "decision.decide", skip_all, fields(site.id = %request.site))]
pub async fn decide_once(
    app: &App,
    request: AttemptRequest,
    once: Idempotency,
    answer: fn(&Decision) -> Result<Stored>,
) -> Result<Stored> {
    let (site, now) = (request.site, app.clock.now());
    // Before the transaction: the snapshot may need a connection of its own.
    let begun = Work::begin(app, &request, now).await;
    let mut tx = app.db.site(site).await?;
    let work = match begun {
        Ok(work) => work,
        Err(refused) => return once.stored(&mut tx, site, now).await?.ok_or(refused),
    };
    if let Begun::Stored(stored) = once.begin(&mut tx, site, now).await? {
        return Ok(stored);
    }
    let decision = match work.without_locks(&mut tx).await? {
        Some(decision) => decision,
        None => work.with_locks(&mut tx).await?,
    };
    let stored = answer(&decision)?;
    once.store(&mut tx, site, &stored, now).await?;
    tx.commit().await?;
    measure(&decision);
    Ok(stored)
}

/// Counts a recorded answer.
fn measure(decision: &Decision) {
    let settled_by = decision.settled_by.map_or("none", Check::as_str);
    metrics::counter!("gatehouse_decisions_total", "outcome" => decision.outcome.as_str(), "settled_by" => settled_by)
        .increment(1);
    metrics::histogram!("gatehouse_decision_seconds").record(decision.took.as_secs_f64());
}

/// A decision being made.
struct Work<'a> {
    request: &'a AttemptRequest,
    now: Timestamp,
    began: Instant,
    snapshot: Arc<Snapshot>,
    keys: Keys,
    ask: Ask,
}

/// An answer on its way into the database.
struct Answer {
    id: DecisionId,
    at: Timestamp,
    verdict: Verdict,
    lists: Vec<ListMatch>,
    admitted: bool,
    took: Duration,
}

impl<'a> Work<'a> {
    async fn begin(app: &App, request: &'a AttemptRequest, now: Timestamp) -> Result<Self> {
        let began = Instant::now();
        let snapshot = known_to(app, request).await?;
        let policy = &snapshot.versioned.policy;
        let keys = Keys::of(&app.keys, request, policy.fold_email_tags);
        let needed = Needed::of(policy, request.kind, request.money, &keys.counted);
        // Behind the closed gate nothing is looked at.
        let probe = if policy.panic { Probe::new() } else { request.probe() };
        Ok(Self { request, now, began, keys, ask: Ask::of(&needed, &probe), snapshot })
    }

    async fn load<'e>(&self, db: impl PgExecutor<'e>, locking: Locking) -> Result<(Facts, Seen)> {
        if self.ask.is_empty() {
            return Ok((store::decision::nothing_to_read(self.request, &self.keys, self.now), Seen::default()));
        }
        store::decision::facts(db, self.request, &self.keys, &self.ask, locking, self.now).await
    }

    fn answer(&self, facts: Facts) -> Answer {
        let verdict = pipeline::decide(&facts, &self.snapshot.versioned.policy);
        let admitted = verdict.outcome != Outcome::Reject;
        Answer {
            id: DecisionId::new(facts.at),
            at: facts.at,
            verdict,
            lists: facts.lists,
            admitted,
            took: self.began.elapsed(),
        }
    }

    async fn record<'e>(
        &self,
        db: impl PgExecutor<'e>,
        answer: &Answer,
        expecting: Option<(&Ask, &Seen)>,
    ) -> Result<bool> {
        let uses = if answer.admitted { needed::uses(self.request.kind, &self.keys) } else { Vec::new() };
        let new = NewDecision {
            id: answer.id,
            at: answer.at,
            request: self.request,
            keys: &self.keys,
            verdict: &answer.verdict,
            policy_version: self.snapshot.versioned.version,
            expires_at: answer.at + PENDING,
            took: answer.took,
            lists: &answer.lists,
            uses: &uses,
        };
        store::decision::record(db, &new, expecting).await
    }

    /// Reads, decides and writes; `None`, and nothing written, if somebody used a key between the reading and the
    /// writing. Locks are taken while writing, and only if the attempt counts somewhere.
    async fn without_locks(&self, tx: &mut Tx) -> Result<Option<Decision>> {
        let (facts, seen) = self.load(&mut **tx, Locking::Without).await?;
        let answer = self.answer(facts);
        let expecting = (answer.admitted && self.ask.counts()).then_some((&self.ask, &seen));
        let recorded = self.record(&mut **tx, &answer, expecting).await?;
        Ok(recorded.then(|| self.spoken(answer)))
    }

    async fn with_locks(&self, tx: &mut Tx) -> Result<Decision> {
        let (facts, _) = self.load(&mut **tx, Locking::First).await?;
        let answer = self.answer(facts);
        self.record(&mut **tx, &answer, None).await?;
        Ok(self.spoken(answer))
    }

    fn spoken(&self, answer: Answer) -> Decision {
        let Answer { id, at, mut verdict, took, .. } = answer;
        wording::speak(&mut verdict.findings, self.request);
        Decision {
            id,
            at,
            outcome: verdict.outcome,
            findings: verdict.findings,
            settled_by: verdict.settled_by,
            shadow: verdict.shadow,
            risk_score: verdict.risk_score,
            trust_score: verdict.trust_score,
            policy_version: self.snapshot.versioned.version,
            expires_at: at + PENDING,
            took,
        }
    }
}

/// The site's snapshot, if the attempt can be decided with it.
async fn known_to(app: &App, request: &AttemptRequest) -> Result<Arc<Snapshot>> {
    let mut faults = request.faults();
    let mut snapshot = snapshot::of(app, request.site).await?;
    if let Some(id) = request.service {
        if snapshot.service(id).is_none() {
            // Perhaps it was made in another process a moment ago.
            app.snapshots().expire(request.site);
            snapshot = snapshot::of(app, request.site).await?;
        }
        match (snapshot.service(id), request.money) {
            (None, _) => faults.push(FieldError::new("service", "unknown", "this site has no such service")),
            (Some(service), _) if service.archived => {
                faults.push(FieldError::new("service", "archived", "this service is archived"))
            }
            (Some(service), Some(money)) if money.currency != service.currency => {
                let message = format!("this service takes {}", service.currency);
                faults.push(FieldError::new("currency", "not_the_services", message));
            }
            _ => {}
        }
    }
    if faults.is_empty() { Ok(snapshot) } else { Err(Error::invalid(faults)) }
}
