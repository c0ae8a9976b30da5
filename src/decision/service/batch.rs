//! Deciding together what waits at the same time: one reading, one commit for a whole batch.
//!
//! A batch holds attempts of one site, in the order in which they came. Whoever comes while none is under way is decided at
//! once, alone; whoever comes meanwhile waits for the next one, so the busier a site is the larger its batches are, and
//! nothing ever waits for company. Exactness does not rest on it: other processes decide at the same time.
//!
//! Most batches take two round trips and hold no lock between them: the facts are read, the answers are made, and they are
//! written if what the admitted ones count on still stands under the locks of their keys. If somebody used such a key
//! meanwhile, the whole batch is decided again, at last with the locks held from before the reading. Those under an
//! Idempotency-Key are read for answers they had before; their answers are kept by the same commit.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::TimeDelta;
use sqlx::{Connection as _, PgConnection, PgExecutor};
use tokio::sync::Semaphore;

use crate::api::idempotency::{Begun, Idempotency, Stored};
use crate::decision::facts::Facts;
use crate::decision::service::decide::{Answer, Decided, Decision, Once, Work};
use crate::decision::store;
use crate::decision::store::decision::{Asked, Locking, Patience, Recorded, Seen};
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
type Waiter = lanes::Waiter<Work, Result<Decided>>;

/// Decides an attempt with whatever else waits.
///
/// # Errors
/// A database failure: this attempt was not recorded. As [`Idempotency::begin`].
pub(super) async fn join(app: &App, work: Work) -> Result<Decided> {
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
        // The later one of two under one Idempotency-Key finds what the earlier one was answered.
        if next.question.once.is_some()
            && batch.iter().any(|other| other.question.once_lock() == next.question.once_lock())
        {
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
async fn decide(app: App, site: SiteId, mut batch: Vec<Waiter>, mut connection: KeptConnection) -> KeptConnection {
    metrics::histogram!("gatehouse_decision_batch_size").record(batch.len() as f64);
    if batch.iter().any(|waiter| waiter.question.is_stale()) {
        // The policy is read over another connection, and all may be in such hands.
        connection.give_back();
        batch = refreshed(&app, site, batch).await;
    }
    let read = async {
        let db = connection.get(&app.db).await?;
        let before = answered_before(db, site, &batch).await?;
        Ok((db, before))
    };
    let (db, before) = match read.await {
        Ok(read) => read,
        // Nobody else of the site would fare better.
        Err(error) => {
            connection.give_back();
            let waiting = batch.into_iter().chain(app.waiting().batches.drain(site));
            waiting.for_each(|waiter: Waiter| drop(waiter.answer.send(Err(Error::shared(&error)))));
            return connection;
        }
    };
    let mut waiters = Vec::with_capacity(batch.len());
    for (waiter, before) in batch.into_iter().zip(before) {
        match before {
            Some(before) => drop(waiter.answer.send(before.map(Decided::Before))),
            None => waiters.push(waiter),
        }
    }
    if waiters.is_empty() {
        return connection;
    }
    let batch = Batch::of(waiters.iter().map(|waiter| &waiter.question).collect(), Patience::Shared);
    match batch.decide(db).await {
        Ok(Some(decided)) => {
            for (Waiter { question, answer }, (decided, _)) in waiters.into_iter().zip(decided) {
                drop(answer.send(Ok(Decided::Now(question.spoken(decided)))));
            }
        }
        // An Idempotency-Key in other hands: who comes under it waits apart, the others go on.
        Ok(None) => {
            let (apart, others) = held_and_free(db, waiters, Work::once_lock).await;
            go_on(&app, site, apart, others);
        }
        // The same with a key to count under, which a hanging process holds.
        Err(error) if store::decision::is_held(&error) => {
            let (apart, others) = held_and_free(db, waiters, |work| work.ask.locks().to_vec()).await;
            go_on(&app, site, apart, others);
        }
        // Something about one of them, such as a value that the database refuses: it must not fail the others.
        Err(error) if waiters.len() > 1 && error.kind != Kind::Unavailable => {
            connection.give_back();
            go_on(&app, site, waiters, Vec::new());
        }
        Err(error) => {
            connection.give_back();
            waiters.into_iter().for_each(|waiter| drop(waiter.answer.send(Err(error.shared()))));
        }
    }
    connection
}

/// Those of a batch of whose locks others hold one, and the rest.
async fn held_and_free(
    db: &mut PgConnection,
    batch: Vec<Waiter>,
    locks: impl Fn(&Work) -> Vec<i64>,
) -> (Vec<Waiter>, Vec<Waiter>) {
    let all = batch.iter().flat_map(|waiter| locks(&waiter.question)).collect();
    match store::decision::held(db, all).await {
        Ok(held) => batch.into_iter().partition(|w| locks(&w.question).iter().any(|lock| held.contains(lock))),
        Err(_) => (batch, Vec::new()),
    }
}

/// Decides some of a batch apart, and the others next.
fn go_on(app: &App, site: SiteId, apart: Vec<Waiter>, others: Vec<Waiter>) {
    apart.into_iter().for_each(|waiter| wait_apart(app, waiter));
    app.waiting().batches.put_back(site, others);
}

/// Those of a batch that can be decided under the policy that is in force now; the others are told why not.
async fn refreshed(app: &App, site: SiteId, batch: Vec<Waiter>) -> Vec<Waiter> {
    let mut fresh = Vec::with_capacity(batch.len());
    for mut waiter in batch {
        let refused = match waiter.question.is_stale() {
            true => waiter.question.refresh(app).await.err(),
            false => None,
        };
        match (refused, waiter.question.once.clone()) {
            (None, _) => fresh.push(waiter),
            (Some(refused), None) => drop(waiter.answer.send(Err(refused))),
            (Some(refused), Some(once)) => {
                let before = once.or_refused(app, site, waiter.question.now, refused).await;
                drop(waiter.answer.send(before.map(Decided::Before)));
            }
        }
    }
    fresh
}

/// What those of a batch who ask again were answered, in their order.
async fn answered_before(db: &mut PgConnection, site: SiteId, batch: &[Waiter]) -> Result<Vec<Option<Result<Stored>>>> {
    let keys: Vec<_> = (batch.iter())
        .filter_map(|waiter| waiter.question.once.as_ref().map(|once| (&once.key, waiter.question.now)))
        .collect();
    if keys.is_empty() {
        return Ok(batch.iter().map(|_| None).collect());
    }
    let mut answers = Idempotency::stored_under(db, site, &keys).await?.into_iter();
    Ok(batch.iter().map(|waiter| waiter.question.once.as_ref().and_then(|_| answers.next().flatten())).collect())
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
pub(super) async fn alone(app: &App, work: &Work) -> Result<Decided> {
    if let Some(once) = &work.once {
        return alone_once(app, work, once).await;
    }
    let mut connection = app.db.pool().acquire().await?;
    let batch = Batch::of(vec![work], Patience::Own);
    one(work, batch.decide(&mut connection).await?.unwrap_or_default()).map(Decided::Now)
}

/// The same under an Idempotency-Key that others use, too: it is taken before any other lock, and waited for a little.
async fn alone_once(app: &App, work: &Work, once: &Once) -> Result<Decided> {
    let site = work.request.site;
    let mut tx = app.db.site(site).await?;
    if let Begun::Stored(stored) = once.key.begin(&mut tx, site, work.now).await? {
        return Ok(Decided::Before(stored));
    }
    let batch = Batch::of(vec![work], Patience::Own);
    let answers = match batch.decide_within(&mut tx).await? {
        Some(answers) => answers,
        None => {
            return Err(Error::internal(anyhow::anyhow!("an Idempotency-Key that this transaction holds is taken")));
        }
    };
    tx.commit().await?;
    one(work, answers).map(Decided::Now)
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

    /// Decides the attempts and records them; `None` if an Idempotency-Key of theirs is taken.
    ///
    /// Where another process used a key meanwhile, trying once more is usually enough: the key is now over its limit, and
    /// what is rejected needs no lock. Only then are all keys locked first.
    async fn decide(&self, db: &mut PgConnection) -> Result<Option<Vec<(Answer, Seen)>>> {
        for _ in 0..2 {
            let answers = self.answer(self.load(&mut *db, Locking::Without).await?);
            match self.record(&mut *db, &answers, Counted::IfUnchanged).await? {
                Recorded::Written => return Ok(Some(answers)),
                Recorded::Changed => {}
                Recorded::Taken => return Ok(None),
            }
        }
        let mut tx = db.begin().await?;
        let answers = self.with_locks(&mut tx).await?;
        tx.commit().await?;
        Ok(answers)
    }

    /// The same in a transaction that goes on.
    async fn decide_within(&self, tx: &mut Tx) -> Result<Option<Vec<(Answer, Seen)>>> {
        let answers = self.answer(self.load(&mut **tx, Locking::Without).await?);
        match self.record(&mut **tx, &answers, Counted::IfUnchanged).await? {
            Recorded::Written => Ok(Some(answers)),
            Recorded::Changed => self.with_locks(tx).await,
            Recorded::Taken => Ok(None),
        }
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

    async fn record<'e>(
        &self,
        db: impl PgExecutor<'e>,
        answers: &[(Answer, Seen)],
        counted: Counted,
    ) -> Result<Recorded> {
        let kept: Vec<Option<Stored>> =
            self.works.iter().zip(answers).map(|((work, _), (answer, _))| work.kept(answer)).collect::<Result<_>>()?;
        let rows: Vec<_> = (self.works.iter().zip(answers).zip(&kept))
            .map(|(((work, _), (answer, seen)), kept)| {
                work.row(answer, (counted == Counted::IfUnchanged).then_some(seen), kept.as_ref())
            })
            .collect();
        store::decision::record(db, self.site, &rows, self.patience).await
    }

    async fn with_locks(&self, tx: &mut PgConnection) -> Result<Option<Vec<(Answer, Seen)>>> {
        let answers = self.answer(self.load(&mut *tx, Locking::First).await?);
        let recorded = self.record(tx, &answers, Counted::UnderLocks).await?;
        Ok((recorded == Recorded::Written).then_some(answers))
    }
}
