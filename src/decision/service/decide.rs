//! Deciding an attempt: load the facts, run the pure pipeline, save the answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::api::idempotency::{Idempotency, Stored};
use crate::decision::attempt::AttemptRequest;
use crate::decision::facts::Facts;
use crate::decision::keys::{Key, Keys};
use crate::decision::lists::ListMatch;
use crate::decision::needed::{self, Needed};
use crate::decision::service::batch;
use crate::decision::service::snapshot::{self, Snapshot};
use crate::decision::store::ask::{Ask, Seen};
use crate::decision::store::record::NewDecision;
use crate::decision::verdict::{Check, Finding, Outcome, PENDING, Verdict};
use crate::decision::{pipeline, wording};
use crate::error::{Error, FieldError, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{DecisionId, SiteId};
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

/// Decides an attempt now, together with whatever else of its site waits at this moment ([`batch`]).
///
/// # Errors
/// `Invalid` if the attempt lacks what its kind needs, its service is not one of the site's, or its currency is not the
/// service's; a database failure. Closed: an attempt that could not be recorded is not answered.
#[tracing::instrument(name = "decision.decide", skip_all, fields(site.id = %request.site))]
pub async fn decide(app: &App, request: AttemptRequest) -> Result<Decision> {
    let work = Work::begin(app, request, app.clock.now(), None).await?;
    batch::join(app, work).await?.now()
}

/// Decides an attempt alone, as if it were `now` (simulation of history). Attempts of one key must come in order of time.
///
/// # Errors
/// As [`decide`].
pub async fn decide_at(app: &App, request: AttemptRequest, now: Timestamp) -> Result<Decision> {
    let work = Work::begin(app, request, now, None).await?;
    batch::alone(app, &work).await?.now()
}

/// Decides an attempt once, however often it is asked under the same Idempotency-Key. `answer` writes the answer that is
/// stored in the decision's own commit and repeated byte for byte.
///
/// An attempt that can no longer be decided (its service was archived) still gets the answer it had.
///
/// # Errors
/// As [`decide`]; 409 while the same key is in flight, 422 if another body came under it before.
#[tracing::instrument(name = "decision.decide", skip_all, fields(site.id = %request.site))]
pub async fn decide_once(
    app: &App,
    request: AttemptRequest,
    key: Idempotency,
    answer: fn(&Decision) -> Result<Stored>,
) -> Result<Stored> {
    let (site, now) = (request.site, app.clock.now());
    let once = Once { lock: key.number(site), key, answer, tries: 0 };
    let decided = match Work::begin(app, request, now, Some(once.clone())).await {
        Ok(work) => batch::join(app, work).await?,
        Err(refused) => once.or_refused(app, site, now, refused).await?,
    };
    match decided {
        Decided::Now(decision, Some(kept)) => {
            measure(&decision);
            Ok(kept)
        }
        Decided::Now(_, None) => Err(Error::internal(anyhow::anyhow!("a decision under a key without a kept answer"))),
        Decided::Before(stored) => Ok(stored),
    }
}

/// What became of an attempt.
pub(super) enum Decided {
    /// It was decided now; with what is kept of it under its Idempotency-Key.
    Now(Decision, Option<Stored>),
    /// It had this answer before, under its Idempotency-Key.
    Before(Stored),
}

impl Decided {
    fn now(self) -> Result<Decision> {
        match self {
            Self::Now(decision, _) => {
                measure(&decision);
                Ok(decision)
            }
            Self::Before(_) => Err(Error::internal(anyhow::anyhow!("an answer under no key"))),
        }
    }
}

/// The Idempotency-Key of an attempt, and how the answer that is kept under it is written.
#[derive(Clone)]
pub(super) struct Once {
    pub(super) key: Idempotency,
    /// Its number among the database's locks.
    pub(super) lock: i64,
    /// How often it was found in other hands.
    pub(super) tries: usize,
    answer: fn(&Decision) -> Result<Stored>,
}

impl Once {
    /// The answer that an attempt had before it could no longer be decided, or why it is refused.
    pub(super) async fn or_refused(&self, app: &App, site: SiteId, now: Timestamp, refused: Error) -> Result<Decided> {
        if refused.kind != Kind::Invalid {
            return Err(refused);
        }
        self.key.stored(&mut app.db.site(site).await?, site, now).await?.map(Decided::Before).ok_or(refused)
    }
}

/// Counts a recorded answer.
fn measure(decision: &Decision) {
    let settled_by = decision.settled_by.map_or("none", Check::as_str);
    metrics::counter!("gatehouse_decisions_total", "outcome" => decision.outcome.as_str(), "settled_by" => settled_by)
        .increment(1);
    metrics::histogram!("gatehouse_decision_seconds").record(decision.took.as_secs_f64());
}

/// An attempt on its way through the engine.
pub(super) struct Work {
    pub(super) request: AttemptRequest,
    pub(super) now: Timestamp,
    pub(super) keys: Keys,
    pub(super) needed: Needed,
    pub(super) ask: Ask,
    pub(super) once: Option<Once>,
    began: Instant,
    /// When the snapshot was asked for.
    known_since: Instant,
    snapshot: Arc<Snapshot>,
}

/// An answer on its way into the database.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) id: DecisionId,
    pub(super) at: Timestamp,
    pub(super) admitted: bool,
    /// The keys it counts under.
    pub(super) uses: Vec<Key>,
    verdict: Verdict,
    lists: Vec<ListMatch>,
    took: Duration,
}

impl Work {
    async fn begin(app: &App, request: AttemptRequest, now: Timestamp, once: Option<Once>) -> Result<Self> {
        Self::known(app, request, now, once, Instant::now()).await
    }

    /// The lock of its Idempotency-Key, if it has one.
    pub(super) fn once_lock(&self) -> Option<i64> {
        self.once.as_ref().map(|once| once.lock)
    }

    /// The answer that it had before it could no longer be decided, or why it is refused.
    pub(super) async fn or_before(&self, app: &App, refused: Error) -> Result<Decided> {
        match &self.once {
            Some(once) => once.or_refused(app, self.request.site, self.now, refused).await,
            None => Err(refused),
        }
    }

    /// Whether it has waited for so long that another policy may be in force.
    pub(super) fn is_stale(&self) -> bool {
        self.known_since.elapsed() >= snapshot::STALE
    }

    /// As if it had come now, if it waited for so long.
    pub(super) async fn refresh(&mut self, app: &App) -> Result<()> {
        if !self.is_stale() {
            return Ok(());
        }
        *self = Self::known(app, self.request.clone(), self.now, self.once.clone(), self.began).await?;
        Ok(())
    }

    async fn known(
        app: &App,
        request: AttemptRequest,
        now: Timestamp,
        once: Option<Once>,
        began: Instant,
    ) -> Result<Self> {
        let known_since = Instant::now();
        let snapshot = known_to(app, &request).await?;
        let policy = &snapshot.versioned.policy;
        let keys = Keys::of(&app.keys, &request, policy.fold_email_tags);
        let needed = Needed::of(policy, request.kind, request.money, &keys.counted);
        // Lists are facts: looked up before the first step, whatever a gate says, so that a replay knows them.
        let ask = Ask::of(&needed, &request.probe());
        Ok(Self { request, now, keys, needed, ask, once, began, known_since, snapshot })
    }

    pub(super) fn answer(&self, facts: Facts) -> Answer {
        let verdict = pipeline::decide(&facts, &self.snapshot.versioned.policy);
        let admitted = verdict.outcome != Outcome::Reject;
        Answer {
            id: DecisionId::new(facts.at),
            at: facts.at,
            uses: if admitted { needed::uses(self.request.kind, &self.keys) } else { Vec::new() },
            admitted,
            verdict,
            lists: facts.lists,
            took: self.began.elapsed(),
        }
    }

    /// What is kept under its Idempotency-Key, if it has one.
    pub(super) fn kept(&self, answer: &Answer) -> Result<Option<Stored>> {
        self.once.as_ref().map(|once| (once.answer)(&self.spoken(answer.clone()))).transpose()
    }

    /// The answer with what the database keeps of it. `seen`: what it was decided on, unless its keys are locked. `kept`: under
    /// its Idempotency-Key.
    pub(super) fn row<'a>(
        &'a self,
        answer: &'a Answer,
        seen: Option<&'a Seen>,
        kept: Option<&'a Stored>,
    ) -> NewDecision<'a> {
        NewDecision {
            id: answer.id,
            at: answer.at,
            request: &self.request,
            keys: &self.keys,
            verdict: &answer.verdict,
            policy_version: self.snapshot.versioned.version,
            expires_at: answer.at + PENDING,
            took: answer.took,
            lists: &answer.lists,
            uses: &answer.uses,
            // What is rejected counts nowhere, so it needs no lock at all: under attack a key that is over its limit is a
            // queue for nobody.
            expecting: seen.filter(|_| answer.admitted && self.ask.counts()).map(|seen| (&self.ask, seen)),
            once: self.once.as_ref().zip(kept).map(|(once, kept)| (&once.key, once.lock, kept)),
        }
    }

    pub(super) fn spoken(&self, answer: Answer) -> Decision {
        let Answer { id, at, mut verdict, took, .. } = answer;
        wording::speak(&mut verdict.findings, &self.request);
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
