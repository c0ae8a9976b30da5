//! Deciding together what waits at the same time: one reading, one commit for a whole batch.
//!
//! A batch holds attempts of one site, in the order in which they came. Whoever comes while none is under way is decided at
//! once, alone; whoever comes meanwhile waits for the next one, so the busier a site is the larger its batches are, and
//! nothing ever waits for company. Exactness does not rest on it: other processes decide at the same time.
//!
//! Most batches take two round trips and hold no lock between them: the facts are read, the answers are made, and they are
//! written if what the admitted ones count on still stands under the locks of their keys. If somebody used such a key
//! meanwhile, the whole batch is decided again, at last with the locks held from before the reading.
//!
//! Idempotency-Keys add one: the answers that some had before are read first. The same commit that writes a decision takes
//! its key and keeps its answer.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use chrono::TimeDelta;
use sqlx::{Connection as _, PgConnection, PgExecutor};
use tokio::sync::Semaphore;

use crate::api::idempotency::{self, Idempotency, PATIENCE, Stored};
use crate::decision::facts::Facts;
use crate::decision::service::decide::{Answer, Decided, Work};
use crate::decision::store;
use crate::decision::store::ask::Seen;
use crate::decision::store::facts::{Asked, Locking};
use crate::decision::store::locks::Patience;
use crate::decision::store::record::Recorded;
use crate::decision::together::Together;
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::SiteId;
use crate::platform::db::KeptConnection;
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
    cut(waiting, |Waiter { question, answer }| (!answer.is_closed()).then(|| (question.now, question.once_lock())))
}

/// Takes what is decided together. `of`: an item's instant and the lock of its Idempotency-Key; `None` if its caller hung up
/// and is owed nothing.
fn cut<T>(waiting: &mut VecDeque<T>, of: impl Fn(&T) -> Option<(Timestamp, Option<i64>)>) -> Vec<T> {
    let (mut batch, mut later): (Vec<T>, Vec<T>) = (Vec::new(), Vec::new());
    let mut first = None;
    let mut once = HashSet::new();
    while batch.len().max(later.len()) < MOST
        && let Some(next) = waiting.pop_front()
    {
        let Some((now, lock)) = of(&next) else { continue };
        if (now - *first.get_or_insert(now)).abs() > SPAN {
            waiting.push_front(next);
            break;
        }
        // The later one of two under one Idempotency-Key finds what the earlier one was answered.
        let is_new = lock.is_none_or(|lock| once.insert(lock));
        if is_new { &mut batch } else { &mut later }.push(next);
    }
    later.into_iter().rev().for_each(|item| waiting.push_front(item));
    batch
}

/// Decides a batch and answers everybody in it. The connection is handed on.
async fn decide(app: App, site: SiteId, mut batch: Vec<Waiter>, mut connection: KeptConnection) -> KeptConnection {
    if batch.iter().any(|waiter| waiter.question.is_stale()) {
        // The policy is read over another connection, and all may be in such hands.
        connection.give_back();
        batch = refreshed(&app, batch).await;
    }
    let db = match connection.get(&app.db).await {
        Ok(db) => db,
        // Nobody else of the site would get one.
        Err(error) => {
            batch.extend(app.waiting().batches.drain(site));
            fail(batch, &error);
            return connection;
        }
    };
    let batch = match without_answered_before(db, site, batch).await {
        Ok(batch) if batch.is_empty() => return connection,
        Ok(batch) => batch,
        Err((batch, error)) => {
            connection.give_back();
            fail(batch, &error);
            return connection;
        }
    };
    match Batch::of(batch.iter().map(|waiter| &waiter.question).collect(), Patience::Shared).decide(db).await {
        Ok(Some(decided)) => {
            metrics::histogram!("gatehouse_decision_batch_size").record(batch.len() as f64);
            for (Waiter { question, answer }, one) in batch.into_iter().zip(decided) {
                drop(answer.send(Ok(Decided::Now(question.spoken(one.answer), one.kept))));
            }
        }
        // An Idempotency-Key in other hands: who comes under it comes again, the others go on.
        Ok(None) => match held_and_free(db, batch, |work| work.once_lock().into_iter().collect()).await {
            Ok((held, free)) => {
                app.waiting().batches.put_back(site, free);
                held.into_iter().for_each(|waiter| come_again(&app, site, waiter));
            }
            Err((batch, error)) => {
                connection.give_back();
                fail(batch, &error);
            }
        },
        // The same with a key to count under, which a hanging process holds: who needs it waits apart.
        Err(error) if store::locks::is_held(&error) => {
            let (held, free) = match held_and_free(db, batch, |work| work.ask.locks().to_vec()).await {
                Ok(parted) => parted,
                Err((batch, _)) => {
                    connection.give_back();
                    (batch, Vec::new())
                }
            };
            app.waiting().batches.put_back(site, free);
            held.into_iter().for_each(|waiter| wait_apart(&app, waiter));
        }
        // Something about one of them, such as a value that the database refuses: it must not fail the others.
        Err(error) if batch.len() > 1 && error.kind != Kind::Unavailable => {
            connection.give_back();
            batch.into_iter().for_each(|waiter| wait_apart(&app, waiter));
        }
        Err(error) => {
            connection.give_back();
            fail(batch, &error);
        }
    }
    connection
}

/// Tells all of a batch of one failure.
fn fail(batch: Vec<Waiter>, error: &Error) {
    batch.into_iter().for_each(|waiter| drop(waiter.answer.send(Err(error.shared()))));
}

/// Those of a batch that can be decided under the policy in force; the others are told why not.
async fn refreshed(app: &App, batch: Vec<Waiter>) -> Vec<Waiter> {
    let mut fresh = Vec::with_capacity(batch.len());
    let mut waiters = batch.into_iter();
    while let Some(mut waiter) = waiters.next() {
        match waiter.question.refresh(app).await {
            Ok(()) => fresh.push(waiter),
            // No policy can be read: that is not asked for again and again.
            Err(error) if error.kind != Kind::Invalid => {
                fail(std::iter::once(waiter).chain(waiters).chain(fresh).collect(), &error);
                return Vec::new();
            }
            Err(refused) => drop(waiter.answer.send(waiter.question.or_before(app, refused).await)),
        }
    }
    fresh
}

/// A batch, or it and why it could not be looked at.
type Tried<T> = std::result::Result<T, (Vec<Waiter>, Error)>;

/// Answers those of a batch who ask again; the others are left.
async fn without_answered_before(db: &mut PgConnection, site: SiteId, batch: Vec<Waiter>) -> Tried<Vec<Waiter>> {
    let keyed = |waiter: &Waiter| waiter.question.once.is_some();
    let keys: Vec<_> = (batch.iter())
        .filter_map(|waiter| waiter.question.once.as_ref().map(|once| (&once.key, waiter.question.now)))
        .collect();
    if keys.is_empty() {
        return Ok(batch);
    }
    let mut before = match Idempotency::stored_under(db, site, &keys).await {
        Ok(before) => before.into_iter(),
        Err(error) => return Err((batch, error)),
    };
    let mut left = Vec::with_capacity(batch.len());
    for waiter in batch {
        match keyed(&waiter).then(|| before.next().flatten()).flatten() {
            Some(before) => drop(waiter.answer.send(before.map(Decided::Before))),
            None => left.push(waiter),
        }
    }
    Ok(left)
}

/// Those of a batch of whose locks others hold one, and the rest.
async fn held_and_free(
    db: &mut PgConnection,
    batch: Vec<Waiter>,
    locks: impl Fn(&Work) -> Vec<i64>,
) -> Tried<(Vec<Waiter>, Vec<Waiter>)> {
    match store::locks::held(db, batch.iter().flat_map(|waiter| locks(&waiter.question)).collect()).await {
        Ok(held) => Ok(batch.into_iter().partition(|w| locks(&w.question).iter().any(|lock| held.contains(lock)))),
        Err(error) => Err((batch, error)),
    }
}

/// Puts an attempt whose Idempotency-Key another request holds back into its lane after a pause; after the last one its
/// caller hears of it.
fn come_again(app: &App, site: SiteId, mut waiter: Waiter) {
    let Some((pause, once)) = waiter.question.once.as_mut().and_then(|once| Some((*PATIENCE.get(once.tries)?, once)))
    else {
        return drop(waiter.answer.send(Err(idempotency::in_flight())));
    };
    once.tries += 1;
    let app = app.clone();
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        app.waiting().batches.queue(site, waiter, || lane(app.clone(), site));
    });
}

/// Decides an attempt alone, while its lane goes on. Few do so at once: each takes a connection.
fn wait_apart(app: &App, waiter: Waiter) {
    let app = app.clone();
    tokio::spawn(async move {
        let Ok(Ok(_permit)) = tokio::time::timeout(APART_FOR, app.waiting().apart.acquire()).await else {
            return fail(vec![waiter], &store::locks::busy());
        };
        if waiter.answer.is_closed() {
            return;
        }
        // It may have waited for longer than a policy is good for.
        for Waiter { question, answer } in refreshed(&app, vec![waiter]).await {
            drop(answer.send(alone(&app, &question).await));
        }
    });
}

/// Decides an attempt in a transaction of its own.
pub(super) async fn alone(app: &App, work: &Work) -> Result<Decided> {
    let mut db = app.db.pool().acquire().await?;
    if let Some(once) = &work.once
        && let Some(before) =
            Idempotency::stored_under(&mut db, work.request.site, &[(&once.key, work.now)]).await?.pop()
        && let Some(before) = before
    {
        return before.map(Decided::Before);
    }
    let decided = Batch::of(vec![work], Patience::Own).decide(&mut db).await?.ok_or_else(idempotency::in_flight)?;
    let one = decided
        .into_iter()
        .next()
        .ok_or_else(|| Error::internal(anyhow::anyhow!("a batch of one without an answer")))?;
    Ok(Decided::Now(work.spoken(one.answer), one.kept))
}

/// How an attempt of a batch was decided.
struct One {
    answer: Answer,
    seen: Seen,
    /// What is kept under its Idempotency-Key.
    kept: Option<Stored>,
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
    async fn decide(&self, db: &mut PgConnection) -> Result<Option<Vec<One>>> {
        for _ in 0..2 {
            let decided = self.answer(self.load(&mut *db, Locking::Without).await?)?;
            match self.record(&mut *db, &decided, Counted::IfUnchanged).await? {
                Recorded::Written => return Ok(Some(decided)),
                Recorded::Changed => {}
                Recorded::Taken => return Ok(None),
            }
        }
        let mut tx = db.begin().await?;
        let decided = self.answer(self.load(&mut *tx, Locking::First).await?)?;
        let recorded = self.record(&mut *tx, &decided, Counted::UnderLocks).await?;
        tx.commit().await?;
        Ok((recorded == Recorded::Written).then_some(decided))
    }

    async fn load<'e>(&self, db: impl PgExecutor<'e>, locking: Locking) -> Result<Vec<(Facts, Seen)>> {
        let asked: Vec<Asked<'_>> = self
            .works
            .iter()
            .map(|(work, now)| Asked { request: &work.request, keys: &work.keys, ask: &work.ask, now: *now })
            .collect();
        if asked.iter().all(|asked| asked.ask.is_empty()) {
            return Ok(asked.iter().map(|asked| (store::facts::nothing_to_read(asked), Seen::default())).collect());
        }
        store::facts::facts(db, self.site, &asked, locking, self.patience).await
    }

    /// Decides one after the other, each knowing those before it.
    fn answer(&self, facts: Vec<(Facts, Seen)>) -> Result<Vec<One>> {
        let mut together = Together::default();
        let answered = self.works.iter().zip(facts).map(|((work, _), (mut facts, seen))| {
            together.complete(&mut facts, &work.needed);
            let answer = work.answer(facts);
            together.admit(answer.at, work.request.money, &answer.uses);
            Ok(One { kept: work.kept(&answer)?, answer, seen })
        });
        answered.collect()
    }

    async fn record<'e>(&self, db: impl PgExecutor<'e>, decided: &[One], counted: Counted) -> Result<Recorded> {
        let rows: Vec<_> = (self.works.iter().zip(decided))
            .map(|((work, _), one)| {
                let seen = (counted == Counted::IfUnchanged).then_some(&one.seen);
                work.row(&one.answer, seen, one.kept.as_ref())
            })
            .collect();
        store::record::record(db, self.site, &rows, self.patience).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    /// A name, the millisecond in which it came, its Idempotency-Key.
    type Item = (&'static str, i64, Option<i64>);

    fn batches(items: impl IntoIterator<Item = Item>) -> Vec<Vec<&'static str>> {
        let mut waiting: VecDeque<Item> = items.into_iter().collect();
        let of = |(name, millis, lock): &Item| {
            (*name != "gone").then(|| (DateTime::from_timestamp_millis(*millis).unwrap_or_default(), *lock))
        };
        std::iter::from_fn(|| Some(cut(&mut waiting, of)).filter(|batch| !batch.is_empty()))
            .map(|batch| batch.into_iter().map(|(name, ..)| name).collect())
            .collect()
    }

    #[test]
    fn what_is_decided_together() {
        let cases: [(&[Item], &[&[&str]]); 6] = [
            (&[("a", 0, None), ("b", 5, Some(1)), ("c", 9, Some(2))], &[&["a", "b", "c"]]),
            (&[("gone", 0, None), ("a", 5, None), ("gone", 6, Some(1)), ("b", 7, Some(1))], &[&["a", "b"]]),
            (&[("gone", 0, None)], &[]),
            (&[("a", 0, None), ("b", 1_000, None), ("c", 1_001, None)], &[&["a", "b"], &["c"]]),
            // Who was put back came earlier than who came meanwhile.
            (&[("a", 1_500, None), ("b", 400, None), ("c", 1_600, None)], &[&["a"], &["b"], &["c"]]),
            // Repeats keep nobody else waiting, and keep their order.
            (
                &[("a", 0, Some(7)), ("a2", 1, Some(7)), ("b", 2, None), ("a3", 3, Some(7)), ("c", 4, Some(8))],
                &[&["a", "b", "c"], &["a2"], &["a3"]],
            ),
        ];
        for (items, expected) in cases {
            assert_eq!(batches(items.iter().copied()), expected, "{items:?}");
        }
        let sizes = |items: usize, lock: fn(usize) -> Option<i64>| -> Vec<usize> {
            batches((0..items).map(|n| ("x", 0, lock(n)))).iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(MOST * 2 + 1, |_| None), [MOST, MOST, 1]);
        assert_eq!(sizes(3, |_| Some(1)), [1, 1, 1]);
    }
}
