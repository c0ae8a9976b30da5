//! Deciding together what waits at the same time: one reading, one commit for a whole batch.
//!
//! A batch holds attempts of one site, in the order in which they came. Whoever comes while none is under way is decided at
//! once, alone; whoever comes meanwhile waits for the next one, so the busier a site is the larger its batches are, and
//! nothing ever waits for company. Exactness does not rest on it: other processes decide at the same time.
//!
//! Most batches take two round trips and hold no lock between them: the facts are read, the answers are made, and they are
//! written if what the admitted ones count on still stands under the locks of their keys. If somebody used such a key
//! meanwhile, the whole batch is decided again, at last with the locks held from before the reading.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::TimeDelta;
use sqlx::{Connection as _, PgConnection, PgExecutor};
use tokio::sync::Semaphore;

use crate::decision::facts::Facts;
use crate::decision::service::decide::{Answer, Decision, Work};
use crate::decision::store;
use crate::decision::store::decision::{Asked, Locking, Patience, Seen};
use crate::decision::together::Together;
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::SiteId;
use crate::platform::db::{KeptConnection, Tx};
use crate::platform::lanes::{self, Lanes};
use crate::platform::state::App;

/// The most attempts of a batch: from here on a larger one saves little, holds its locks longer and takes more of the
/// database's room for them.
const MOST: usize = 32;

/// Batches of a site under way at once in a process: with one, a batch seldom finds that its own process has used its keys
/// meanwhile, and batches are as large as they can be.
const LANES: usize = 1;

/// Attempts further apart than this are not decided together: what ages out between them would have to be counted apart.
const SPAN: TimeDelta = TimeDelta::seconds(1);

/// Attempts decided alone, beside their lanes, in a process at once.
const APART: usize = 4;

/// For how long an attempt waits to be one of those.
const APART_FOR: Duration = Duration::from_secs(8);

/// Attempts that wait.
pub struct Waiting {
    /// For their site's next batch.
    batches: Lanes<SiteId, Waiter>,
    /// Who may be decided beside a lane.
    apart: Semaphore,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { batches: Lanes::new(LANES), apart: Semaphore::new(APART) }
    }
}

/// An attempt and who waits for its answer.
type Waiter = lanes::Waiter<Work, Result<Decision>>;

/// Decides an attempt with whatever else waits.
///
/// # Errors
/// A database failure: this attempt was not recorded.
pub(super) async fn join(app: &App, work: Work) -> Result<Decision> {
    let site = work.request.site;
    let decided = app.waiting().batches.ask(site, work, || lane(app.clone(), site)).await;
    decided.unwrap_or_else(|| Err(Error::internal(anyhow::anyhow!("the batch died"))))
}

/// Decides batches of a site until nothing waits.
async fn lane(app: App, site: SiteId) {
    let mut connection = KeptConnection::default();
    while let Some(batch) = app.waiting().batches.next(site, next) {
        // In a task of its own, so that a batch that panics answers 500 to its own and the lane goes on.
        connection = tokio::spawn(decide(app.clone(), site, batch, connection)).await.unwrap_or_default();
    }
}

/// The next batch of what waits.
fn next(waiting: &mut VecDeque<Waiter>) -> Vec<Waiter> {
    let mut batch: Vec<Waiter> = Vec::new();
    while batch.len() < MOST
        && let Some(next) = waiting.pop_front()
    {
        let first = batch.first().map_or(next.question.now, |first| first.question.now);
        if (next.question.now - first).abs() > SPAN {
            waiting.push_front(next);
            break;
        }
        // Who hung up is owed nothing.
        if !next.answer.is_closed() {
            batch.push(next);
        }
    }
    batch
}

/// Decides a batch and answers everybody in it. The connection is handed on.
async fn decide(app: App, site: SiteId, batch: Vec<Waiter>, mut connection: KeptConnection) -> KeptConnection {
    metrics::histogram!("gatehouse_decision_batch_size").record(batch.len() as f64);
    let (mut works, mut answers) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
    for Waiter { question, answer } in batch {
        match question.up_to_date(&app).await {
            Ok(work) => {
                works.push(work);
                answers.push(answer);
            }
            Err(refused) => drop(answer.send(Err(refused))),
        }
    }
    if works.is_empty() {
        return connection;
    }
    let db = match connection.get(&app.db).await {
        Ok(db) => db,
        // Nobody else of the site would fare better.
        Err(error) => {
            let waiting = app.waiting().batches.drain(site).into_iter().map(|waiter| waiter.answer);
            answers.into_iter().chain(waiting).for_each(|answer| drop(answer.send(Err(error.shared()))));
            return connection;
        }
    };
    let batch = Batch::of(works.iter().collect(), Patience::Shared);
    match batch.decide(db).await {
        Ok(decided) => {
            for ((work, (decided, _)), answer) in works.into_iter().zip(decided).zip(answers) {
                drop(answer.send(Ok(work.spoken(decided))));
            }
        }
        // A key that a hanging process holds: who needs it waits apart, the others go on.
        Err(error) if store::decision::is_held(&error) => {
            let held = store::decision::held(db, works.iter().map(|work| &work.ask)).await;
            let is_held = |work: &Work| held.as_ref().map_or(true, |held| work.ask.is_under(held));
            let waiters = works.into_iter().zip(answers).map(|(question, answer)| Waiter { question, answer });
            let (apart, others): (Vec<_>, Vec<_>) = waiters.partition(|waiter| is_held(&waiter.question));
            apart.into_iter().for_each(|waiter| wait_apart(&app, waiter));
            app.waiting().batches.put_back(site, others);
        }
        // Something about one of them, such as a value that the database refuses: it must not fail the others.
        Err(error) if works.len() > 1 && error.kind != Kind::Unavailable => {
            connection.give_back();
            for (question, answer) in works.into_iter().zip(answers) {
                wait_apart(&app, Waiter { question, answer });
            }
        }
        Err(error) => {
            connection.give_back();
            answers.into_iter().for_each(|answer| drop(answer.send(Err(error.shared()))));
        }
    }
    connection
}

/// Decides an attempt alone, while its lane goes on. Few do so at once: each takes a connection.
fn wait_apart(app: &App, Waiter { question, answer }: Waiter) {
    let app = app.clone();
    tokio::spawn(async move {
        let decided = match tokio::time::timeout(APART_FOR, app.waiting().apart.acquire()).await {
            Ok(Ok(_permit)) => alone(&app, &question).await,
            _ => Err(store::decision::busy()),
        };
        drop(answer.send(decided));
    });
}

/// Decides an attempt in a transaction of its own.
pub(super) async fn alone(app: &App, work: &Work) -> Result<Decision> {
    let mut connection = app.db.pool().acquire().await?;
    one(work, Batch::of(vec![work], Patience::Own).decide(&mut connection).await?)
}

/// Decides an attempt in a transaction that goes on.
pub(super) async fn within(tx: &mut Tx, work: &Work) -> Result<Decision> {
    let batch = Batch::of(vec![work], Patience::Own);
    let answers = batch.answer(batch.load(&mut **tx, Locking::Without).await?);
    if batch.record(&mut **tx, &answers, Counted::IfUnchanged).await? {
        return one(work, answers);
    }
    one(work, batch.with_locks(tx).await?)
}

fn one(work: &Work, answers: Vec<(Answer, Seen)>) -> Result<Decision> {
    match answers.into_iter().next() {
        Some((answer, _)) => Ok(work.spoken(answer)),
        None => Err(Error::internal(anyhow::anyhow!("a batch of one without an answer"))),
    }
}

/// Whether what was counted may have changed since.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// Others may have added to it: write only if nobody did.
    IfUnchanged,
    /// The keys have been locked since before the counting.
    UnderLocks,
}

/// Attempts of one site, not none, with the instants at which they are decided: these rise.
struct Batch<'a> {
    site: SiteId,
    works: Vec<(&'a Work, Timestamp)>,
    patience: Patience,
}

impl<'a> Batch<'a> {
    fn of(works: Vec<&'a Work>, patience: Patience) -> Self {
        let site = works.first().map_or(SiteId(uuid::Uuid::nil()), |work| work.request.site);
        let mut latest: Option<Timestamp> = None;
        let rising = |work: &'a Work| {
            let now = latest.map_or(work.now, |latest| work.now.max(latest + TimeDelta::microseconds(1)));
            latest = Some(now);
            (work, now)
        };
        Self { site, works: works.into_iter().map(rising).collect(), patience }
    }

    /// Decides the attempts and records them.
    ///
    /// Where another process used a key meanwhile, trying once more is usually enough: the key is now over its limit, and
    /// what is rejected needs no lock. Only then are all keys locked first.
    async fn decide(&self, db: &mut PgConnection) -> Result<Vec<(Answer, Seen)>> {
        for _ in 0..2 {
            let answers = self.answer(self.load(&mut *db, Locking::Without).await?);
            if self.record(&mut *db, &answers, Counted::IfUnchanged).await? {
                return Ok(answers);
            }
        }
        let mut tx = db.begin().await?;
        let answers = self.with_locks(&mut tx).await?;
        tx.commit().await?;
        Ok(answers)
    }

    async fn load<'e>(&self, db: impl PgExecutor<'e>, locking: Locking) -> Result<Vec<(Facts, Seen)>> {
        let asked: Vec<Asked<'_>> = self
            .works
            .iter()
            .map(|(work, now)| Asked { request: &work.request, keys: &work.keys, ask: &work.ask, now: *now })
            .collect();
        if asked.iter().all(|asked| asked.ask.is_empty()) {
            return Ok(asked.iter().map(|asked| (store::decision::nothing_to_read(asked), Seen::default())).collect());
        }
        store::decision::facts(db, self.site, &asked, locking, self.patience).await
    }

    /// Decides one after the other, each knowing those before it.
    fn answer(&self, facts: Vec<(Facts, Seen)>) -> Vec<(Answer, Seen)> {
        let mut together = Together::default();
        let answered = self.works.iter().zip(facts).map(|((work, _), (mut facts, seen))| {
            together.complete(&mut facts, &work.needed);
            let answer = work.answer(facts);
            together.admit(answer.at, work.request.money, &answer.uses);
            (answer, seen)
        });
        answered.collect()
    }

    async fn record<'e>(&self, db: impl PgExecutor<'e>, answers: &[(Answer, Seen)], counted: Counted) -> Result<bool> {
        let rows: Vec<_> = (self.works.iter().zip(answers))
            .map(|((work, _), (answer, seen))| work.row(answer, (counted == Counted::IfUnchanged).then_some(seen)))
            .collect();
        store::decision::record(db, self.site, &rows, self.patience).await
    }

    async fn with_locks(&self, tx: &mut PgConnection) -> Result<Vec<(Answer, Seen)>> {
        let answers = self.answer(self.load(&mut *tx, Locking::First).await?);
        self.record(tx, &answers, Counted::UnderLocks).await?;
        Ok(answers)
    }
}
