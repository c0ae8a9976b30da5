//! Deciding together what waits at the same time: one reading, one commit for a whole batch.
//!
//! A batch holds attempts of one site, in the order in which they came. Whoever comes while none is under way is decided at
//! once, alone; whoever comes meanwhile waits for the next one, so the busier a site is the larger its batches are, and
//! nothing ever waits for company. Exactness does not rest on it: other processes decide at the same time.
//!
//! Most batches take two round trips and hold no lock between them: the facts are read, the answers are made, and they are
//! written if what the admitted ones count on still stands under the locks of their keys. If somebody used such a key
//! meanwhile, the whole batch is decided again with the locks held from before the reading.

use std::collections::VecDeque;

use chrono::TimeDelta;
use sqlx::{Connection as _, PgConnection, PgExecutor};
use tokio::sync::oneshot;

use crate::decision::facts::Facts;
use crate::decision::service::decide::{Answer, Decision, Work};
use crate::decision::store;
use crate::decision::store::decision::{Asked, Locking, Patience, Seen};
use crate::decision::together::Together;
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::SiteId;
use crate::platform::db::{Kept, Tx};
use crate::platform::lanes::Lanes;
use crate::platform::state::App;

/// The most attempts of a batch: from here on a larger one saves little, holds its locks longer and takes more of the
/// database's room for them.
const MOST: usize = 32;

/// Batches of a site under way at once in a process: with one, no batch ever finds that another of its own process has used
/// its keys meanwhile, and batches are as large as they can be.
const LANES: usize = 1;

/// Attempts further apart than this are not decided together: what ages out between them would have to be counted apart.
const SPAN: TimeDelta = TimeDelta::seconds(1);

/// Attempts that wait, by site.
pub struct Waiting(Lanes<SiteId, Waiter>);

impl Default for Waiting {
    fn default() -> Self {
        Self(Lanes::new(LANES))
    }
}

/// An attempt and who waits for its answer.
struct Waiter {
    work: Work,
    answer: oneshot::Sender<Result<Decision>>,
}

/// Decides an attempt with whatever else waits.
///
/// # Errors
/// A database failure: this attempt was not recorded.
pub(super) async fn join(app: &App, work: Work) -> Result<Decision> {
    let (answer, answered) = oneshot::channel();
    let site = work.request.site;
    if app.waiting().0.add(site, Waiter { work, answer }) {
        tokio::spawn(lane(app.clone(), site));
    }
    answered.await.map_err(Error::internal)?
}

/// Decides batches of a site until nothing waits.
async fn lane(app: App, site: SiteId) {
    let mut connection = Kept::default();
    while let Some(batch) = app.waiting().0.next(site, next) {
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
        let first = batch.first().map_or(next.work.now, |first| first.work.now);
        if (next.work.now - first).abs() > SPAN {
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
async fn decide(app: App, site: SiteId, batch: Vec<Waiter>, mut connection: Kept) -> Kept {
    let (works, answers): (Vec<Work>, Vec<_>) = batch.into_iter().map(|w| (w.work, w.answer)).unzip();
    metrics::histogram!("gatehouse_decision_batch_size").record(works.len() as f64);
    let batch = Batch::of(works.iter().collect(), Patience::Shared);
    match async { batch.decide(connection.get(&app.db).await?).await }.await {
        Ok(decided) => {
            let mut again = Vec::new();
            for ((work, decided), answer) in works.into_iter().zip(decided).zip(answers) {
                match decided {
                    Some((decided, _)) => drop(answer.send(Ok(work.spoken(decided)))),
                    None => again.push(Waiter { work, answer }),
                }
            }
            app.waiting().0.put_back(site, again);
        }
        Err(error) => {
            connection.give_back();
            // Something about one of them (a value that the database refuses, a key that a hanging process holds): it must
            // neither fail the others nor keep the next batch waiting.
            let about_one = error.kind != Kind::Unavailable || store::decision::is_held(&error);
            for (work, answer) in works.into_iter().zip(answers) {
                let (app, error) = (app.clone(), error.again());
                tokio::spawn(async move { answer.send(if about_one { alone(&app, &work).await } else { Err(error) }) });
            }
        }
    }
    connection
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
    if batch.record(&mut **tx, &answers, Standing::IfUnchanged).await? {
        return one(work, answers);
    }
    one(work, batch.with_locks(tx).await?)
}

fn one(work: &Work, answers: Vec<Option<(Answer, Seen)>>) -> Result<Decision> {
    match answers.into_iter().next() {
        Some(Some((answer, _))) => Ok(work.spoken(answer)),
        _ => Err(Error::internal(anyhow::anyhow!("nothing stands before the first of a batch, yet it waits"))),
    }
}

/// Whether what was counted may have changed since.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Others may have added to it: write only if nobody did.
    IfUnchanged,
    /// The keys have been locked since before the counting.
    Locked,
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

    /// Decides the attempts and records them; `None` where one has to wait until what stands before it is written.
    async fn decide(&self, db: &mut PgConnection) -> Result<Vec<Option<(Answer, Seen)>>> {
        let answers = self.answer(self.load(&mut *db, Locking::Without).await?);
        if self.record(&mut *db, &answers, Standing::IfUnchanged).await? {
            return Ok(answers);
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
    fn answer(&self, facts: Vec<(Facts, Seen)>) -> Vec<Option<(Answer, Seen)>> {
        let mut together = Together::default();
        let answered = self.works.iter().zip(facts).map(|((work, _), (mut facts, seen))| {
            if !together.complete(&mut facts, &work.needed) {
                return None;
            }
            let answer = work.answer(facts);
            together.admit(answer.at, work.request.money, &answer.uses);
            Some((answer, seen))
        });
        answered.collect()
    }

    async fn record<'e>(
        &self,
        db: impl PgExecutor<'e>,
        answers: &[Option<(Answer, Seen)>],
        standing: Standing,
    ) -> Result<bool> {
        let rows: Vec<_> = (self.works.iter().zip(answers))
            .filter_map(|((work, _), answered)| answered.as_ref().map(|(answer, seen)| (work, answer, seen)))
            .map(|(work, answer, seen)| work.row(answer, (standing == Standing::IfUnchanged).then_some(seen)))
            .collect();
        store::decision::record(db, self.site, &rows, self.patience).await
    }

    async fn with_locks(&self, tx: &mut PgConnection) -> Result<Vec<Option<(Answer, Seen)>>> {
        let answers = self.answer(self.load(&mut *tx, Locking::First).await?);
        self.record(tx, &answers, Standing::Locked).await?;
        Ok(answers)
    }
}
