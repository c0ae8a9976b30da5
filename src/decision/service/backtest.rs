//! What a changed policy or list would have done: the stored payments of the last 30 days through the same pure pipeline,
//! once as things stand and once with the change, each with counters of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::access::Permit;
use crate::access::grant::{EditProtection, ReadPolicy};
use crate::decision::attempt::{AttemptRequest, Kind};
use crate::decision::counters::{Admitted, ByKeyNumber, Counters, Fate};
use crate::decision::facts::Facts;
use crate::decision::keys::{Identity, KeyKind, PerKey};
use crate::decision::last_week::LastWeek;
use crate::decision::lists::trial::Trial;
use crate::decision::policy::Policy;
use crate::decision::service::policy;
use crate::decision::store::backtest::Past;
use crate::decision::verdict::{Check, FindingOutcome, Mode, Outcome, WINDOW};
use crate::decision::{pipeline, store};
use crate::error::{self, Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{SiteId, uuid_at};
use crate::kernel::money::Money;
use crate::platform::state::App;

/// At most this many attempts are replayed, the newest: that bounds time and memory.
pub const MOST: i64 = 1_000_000;

/// Attempts read at once.
const PAGE: i64 = 10_000;

/// Previews worked out at once in a process.
const PLACES: usize = 2;

/// How long a page waits for its site's turn, and then for a place, before it is shown without the effect.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a save waits for another save of its site; well within a request's time.
const LONG_PATIENCE: Duration = Duration::from_secs(10);

/// How many days are replayed.
pub const DAYS: i64 = 30;

/// What two policies would have done with the same payments.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Days looked at.
    pub days: i64,
    /// Payments replayed.
    pub payments: u64,
    /// There were more; the newest were taken.
    pub cut: bool,
    /// Under the policy in force.
    pub current: TurnedAway,
    /// Under the candidate.
    pub candidate: TurnedAway,
    /// Per check: how many payments it turned away, alone or with others.
    pub by_check: Vec<ByCheck>,
    /// How many keys of each kind made how many payments in their busiest 24 hours.
    pub busiest: PerKey<Busiest>,
    /// What the candidate does to last week's good payments.
    pub last_week: LastWeek,
    /// How long the replay took.
    pub took: Duration,
}

/// What a policy turns away, and whom it challenges.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TurnedAway {
    /// Payments in all.
    pub payments: u64,
    /// Of those, payments that the bank had approved.
    pub approved: u64,
    /// Their money, by currency.
    pub approved_money: Vec<Money>,
    /// Of those, payments that the bank had declined: stopped before the gateway.
    pub declines: u64,
    /// Payments challenged instead.
    pub challenged: u64,
    /// Of those, payments that the bank had approved.
    pub challenged_approved: u64,
}

/// What a check turns away under the two policies.
#[derive(Debug, Clone, PartialEq)]
pub struct ByCheck {
    /// The check.
    pub check: Check,
    /// Under the policy in force.
    pub current: u64,
    /// Under the candidate.
    pub candidate: u64,
}

/// How many keys made how many payments in their busiest 24 hours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Busiest {
    /// `keys[0]`: keys that made one payment, and so on; the last holds all that made as many or more.
    pub keys: Vec<u64>,
}

impl Busiest {
    /// How many different bars; the last is "or more".
    pub const BARS: usize = 24;

    /// How many keys made more than `limit` payments (exact for limits below the last bar).
    pub fn over(&self, limit: u32) -> u64 {
        self.keys.iter().skip(limit as usize).sum()
    }
}

/// What a candidate would have done, against the policy in force; `None` while too many others are being worked out. A
/// site has one replay at a time and a process few, so that nobody's curiosity is paid for by decisions or by another
/// site's pages: who cannot be served soon is told so.
pub async fn effect(app: &App, permit: &Permit<ReadPolicy>, candidate: Policy) -> Result<Option<Effect>> {
    let effects = &app.snapshots().effects;
    let current = policy::current(app, permit.site_id()).await?;
    let question = Question { site: permit.site_id(), version: current.version, candidate };
    if let Some(known) = effects.known(&question) {
        return Ok(Some(known));
    }
    let Some(_turn) = effects.preview(question.site, PATIENCE).await else { return Ok(None) };
    answered(app, question, &current.policy).await.map(Some)
}

/// What a candidate does to last week's good payments, before a save, which must know. It waits for no preview and for no
/// other site, only for another save of its own site; a brake waits for nothing.
///
/// # Errors
/// 503 when other saves of the site take all the time; a database failure.
pub async fn before_saving(app: &App, permit: &Permit<EditProtection>, candidate: Policy) -> Result<LastWeek> {
    let effects = &app.snapshots().effects;
    let current = policy::current(app, permit.site_id()).await?;
    if candidate.panic == Mode::Enforce {
        return Ok(if current.policy.panic == Mode::Enforce { LastWeek::default() } else { all(app, permit).await? });
    }
    let question = Question { site: permit.site_id(), version: current.version, candidate };
    if let Some(known) = effects.known(&question) {
        return Ok(known.last_week);
    }
    let _turn = effects.save(question.site).await?;
    Ok(answered(app, question, &current.policy).await?.last_week)
}

/// What *Block all requests* does to them: it refuses all, so they are only counted. Where that takes longer than an
/// emergency can wait, none are: the switch then asks for less.
pub async fn all(app: &App, permit: &Permit<EditProtection>) -> Result<LastWeek> {
    let above = uuid_at(app.clock.now() - TimeDelta::days(LastWeek::DAYS));
    let count = async {
        let mut tx = app.db.site(permit.site_id()).await?;
        store::history::plan_for_values(&mut tx).await?;
        store::backtest::went_through(&mut tx, permit.site_id(), above, MOST).await
    };
    match tokio::time::timeout(PATIENCE, count).await {
        Ok(counted) => counted.map(|n| LastWeek { approved: n, refused: n }),
        Err(_) => Ok(LastWeek::default()),
    }
}

/// What a changed list would have done under the policy in force; `None` while too many others are being worked out.
/// Who may ask is for the lists to say.
pub async fn effect_of_list(app: &App, site: SiteId, trial: &Trial) -> Result<Option<Effect>> {
    let current = policy::current(app, site).await?;
    let Some(_turn) = app.snapshots().effects.preview(site, PATIENCE).await else { return Ok(None) };
    let tried = Tried { current: &current.policy, candidate: &current.policy, trial: Some(trial) };
    replayed(app, site, tried, DAYS).await.map(Some)
}

/// What it does to last week's good payments, before a save.
///
/// # Errors
/// As [`before_saving`].
pub async fn before_saving_list(app: &App, site: SiteId, trial: &Trial) -> Result<LastWeek> {
    let current = policy::current(app, site).await?;
    let _turn = app.snapshots().effects.save(site).await?;
    let tried = Tried { current: &current.policy, candidate: &current.policy, trial: Some(trial) };
    Ok(replayed(app, site, tried, LastWeek::DAYS).await?.last_week)
}

/// What a candidate would have done at a site, for callers whose proof is not a permit. It waits for nobody.
pub async fn effect_in(app: &App, site: SiteId, candidate: Policy) -> Result<Effect> {
    let current = policy::current(app, site).await?;
    let question = Question { site, version: current.version, candidate };
    answered(app, question, &current.policy).await
}

/// Works the answer out, unless the former holder of the turn did.
async fn answered(app: &App, question: Question, current: &Policy) -> Result<Effect> {
    let effects = &app.snapshots().effects;
    if let Some(known) = effects.known(&question) {
        return Ok(known);
    }
    let tried = Tried { current, candidate: &question.candidate, trial: None };
    let effect = replayed(app, question.site, tried, DAYS).await?;
    effects.learn(question, &effect);
    Ok(effect)
}

/// What was asked.
#[derive(Debug, PartialEq)]
struct Question {
    site: SiteId,
    version: i32,
    candidate: Policy,
}

/// Effects worked out a moment ago, and whose turn it is. What took long may be shown for twenty times as long, so a
/// page that is opened again and again costs at most a twentieth of a core; what is quick is always fresh.
#[derive(Debug)]
pub(crate) struct Effects {
    previews: Turns,
    saves: Turns,
    /// For previews of all sites together.
    places: Arc<Semaphore>,
    known: Mutex<Vec<(Question, Instant, Effect)>>,
}

impl Default for Effects {
    fn default() -> Self {
        Self {
            previews: Turns::default(),
            saves: Turns::default(),
            places: Arc::new(Semaphore::new(PLACES)),
            known: Mutex::default(),
        }
    }
}

/// A site's turn: one holder at a time, and sites do not wait for each other.
#[derive(Debug, Default)]
struct Turns(Mutex<HashMap<SiteId, Weak<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// The site's turn, if it comes soon.
    async fn of(&self, site: SiteId, patience: Duration) -> Option<OwnedMutexGuard<()>> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| turn.strong_count() > 0);
            let known = turns.get(&site).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let turn = Arc::default();
                turns.insert(site, Arc::downgrade(&turn));
                turn
            })
        };
        tokio::time::timeout(patience, turn.lock_owned()).await.ok()
    }
}

impl Effects {
    /// How many are kept.
    const MOST: usize = 16;

    /// The site's turn and one of the few places, if they come soon.
    async fn preview(&self, site: SiteId, patience: Duration) -> Option<(OwnedMutexGuard<()>, OwnedSemaphorePermit)> {
        let turn = self.previews.of(site, patience).await?;
        let place = tokio::time::timeout(patience, self.places.clone().acquire_owned()).await.ok()?;
        place.ok().map(|place| (turn, place))
    }

    /// The site's turn to save.
    async fn save(&self, site: SiteId) -> Result<OwnedMutexGuard<()>> {
        self.saves.of(site, LONG_PATIENCE).await.ok_or_else(|| {
            let words = "Somebody else at this site is saving. Try again in a moment.";
            Error::new(error::Kind::Unavailable, words).retry_after(5)
        })
    }

    fn known(&self, question: &Question) -> Option<Effect> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(_, until, _)| *until > Instant::now());
        known.iter().find(|(asked, _, _)| asked == question).map(|(_, _, effect)| effect.clone())
    }

    fn learn(&self, question: Question, effect: &Effect) {
        if effect.took < Duration::from_millis(100) {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= Self::MOST {
            known.remove(0);
        }
        known.push((question, Instant::now() + effect.took * 20, effect.clone()));
    }
}

/// What is tried: another policy, or a list otherwise.
#[derive(Clone, Copy)]
struct Tried<'a> {
    current: &'a Policy,
    candidate: &'a Policy,
    trial: Option<&'a Trial>,
}

async fn replayed(app: &App, site: SiteId, tried: Tried<'_>, days: i64) -> Result<Effect> {
    let began = Instant::now();
    let now = app.clock.now();
    let counted_from = now - TimeDelta::days(days);
    // A day more, so that the windows of the first counted day are full.
    let mut above = uuid_at(counted_from - WINDOW);
    let mut tx = app.db.site(site).await?;
    store::history::plan_for_values(&mut tx).await?;
    let newest = store::backtest::newest(&mut tx, site, above, MOST).await?;
    let cut = newest.is_some();
    above = newest.unwrap_or(above);
    let fields = tried.trial.map(Trial::fields).unwrap_or_default();
    let mut replay = Replay::new(counted_from, now - TimeDelta::days(LastWeek::DAYS), tried);
    loop {
        let end = store::backtest::page_end(&mut tx, site, above, PAGE).await?;
        let to = end.unwrap_or_else(|| uuid_at(now + TimeDelta::days(1)));
        let mut carried = match tried.trial {
            Some(_) => store::backtest::carried(&mut tx, site, above, to, &fields).await?,
            None => HashMap::new(),
        };
        for (place, past) in store::backtest::page(&mut tx, site, above, to).await?.into_iter().enumerate() {
            let carried = carried.remove(&past.id);
            replay.step(past, carried);
            if place % 1_000 == 999 {
                tokio::task::yield_now().await;
            }
        }
        match end {
            Some(end) => above = end,
            None => break,
        }
    }
    tx.commit().await?;
    Ok(replay.done(days, cut, began.elapsed()))
}

/// One policy with counters of its own.
struct Side<'a> {
    policy: &'a Policy,
    counters: Counters,
    away: TurnedAway,
    by_check: [u64; Check::ALL.len()],
}

impl<'a> Side<'a> {
    fn new(policy: &'a Policy) -> Self {
        Self { policy, counters: Counters::default(), away: TurnedAway::default(), by_check: [0; Check::ALL.len()] }
    }

    /// Decides one payment; whether it passes.
    fn step(&mut self, past: &Past, facts: &mut Facts, counts: bool) -> bool {
        self.counters.advance(past.at);
        let currency = past.money.map(|m| m.currency);
        for kind in KeyKind::ALL {
            let used = past.keys.get(kind).map(|key| self.counters.used(key, identity(kind), currency));
            *facts.used.get_mut(kind) = used;
        }
        let verdict = pipeline::decide(facts, self.policy);
        if verdict.outcome != Outcome::Reject {
            if let Some(money) = past.money {
                let (amount, currency) = (money.minor, money.currency);
                self.counters.admit(Admitted { at: past.at, amount, currency, keys: past.keys, fate: past.fate });
            }
            if counts && verdict.outcome == Outcome::Challenge {
                self.away.challenged += 1;
                self.away.challenged_approved += u64::from(matches!(past.fate, Fate::Approved(_)));
            }
        } else if counts {
            self.refuse(past);
            for (count, finding) in self.by_check.iter_mut().zip(&verdict.findings) {
                *count += u64::from(finding.acts() && finding.outcome == FindingOutcome::Reject);
            }
        }
        verdict.outcome != Outcome::Reject
    }

    fn refuse(&mut self, past: &Past) {
        self.away.payments += 1;
        match past.fate {
            Fate::Approved(_) => {
                self.away.approved += 1;
                if let Some(money) = past.money {
                    match self.away.approved_money.iter_mut().find(|m| m.currency == money.currency) {
                        Some(sum) => sum.minor = sum.minor.saturating_add(money.minor),
                        None => self.away.approved_money.push(money),
                    }
                }
            }
            Fate::Declined(_) => self.away.declines += 1,
            Fate::Abandoned(_) | Fate::Unknown => {}
        }
    }
}

/// By what the key identifies does not change an outcome.
fn identity(kind: KeyKind) -> Identity {
    match kind {
        KeyKind::Email => Identity::Email,
        KeyKind::Ip => Identity::Network,
        KeyKind::Card => Identity::Fingerprint,
    }
}

/// A replay under way.
struct Replay<'a> {
    counted_from: Timestamp,
    week_from: Timestamp,
    last_week: LastWeek,
    payments: u64,
    trial: Option<&'a Trial>,
    sides: [Side<'a>; 2],
    /// Every payment, whatever became of it: how busy keys are.
    all: Counters,
    busiest: PerKey<ByKeyNumber<u32>>,
}

impl<'a> Replay<'a> {
    fn new(counted_from: Timestamp, week_from: Timestamp, tried: Tried<'a>) -> Self {
        let sides = [Side::new(tried.current), Side::new(tried.candidate)];
        let (all, busiest, last_week) = (Counters::default(), PerKey::default(), LastWeek::default());
        Self { counted_from, week_from, last_week, payments: 0, trial: tried.trial, sides, all, busiest }
    }

    fn step(&mut self, mut past: Past, carried: Option<AttemptRequest>) {
        let counts = past.at >= self.counted_from;
        self.payments += u64::from(counts);
        self.watch(&past, counts);
        let mut facts = Facts {
            at: past.at,
            kind: Kind::Payment,
            money: past.money,
            guest: past.guest,
            lists: std::mem::take(&mut past.lists),
            used: PerKey::default(),
        };
        let mut then = None;
        if let (Some(trial), Some(carried)) = (self.trial, carried) {
            let [stands, wished] = trial.matches(std::mem::take(&mut facts.lists), &carried);
            facts.lists = stands;
            then = Some(wished);
        }
        let [current, candidate] = &mut self.sides;
        let passed = current.step(&past, &mut facts, counts);
        if let Some(then) = then {
            facts.lists = then;
        }
        let passes = candidate.step(&past, &mut facts, counts);
        if past.at >= self.week_from && passed && !matches!(past.fate, Fate::Declined(_)) {
            self.last_week.approved += 1;
            self.last_week.refused += u64::from(!passes);
        }
    }

    fn watch(&mut self, past: &Past, counts: bool) {
        let Some(money) = past.money else { return };
        self.all.advance(past.at);
        if counts {
            for kind in KeyKind::ALL {
                if let Some(key) = *past.keys.get(kind) {
                    let now = self.all.payments(key) + 1;
                    let most = self.busiest.get_mut(kind).entry(key).or_default();
                    *most = now.max(*most);
                }
            }
        }
        let (amount, currency) = (money.minor, money.currency);
        self.all.admit(Admitted { at: past.at, amount, currency, keys: past.keys, fate: Fate::Unknown });
    }

    fn done(self, days: i64, cut: bool, took: Duration) -> Effect {
        let [current, candidate] = self.sides;
        let counts = current.by_check.into_iter().zip(candidate.by_check);
        let by_check = Check::ALL.into_iter().zip(counts).map(|(check, (current, candidate))| ByCheck {
            check,
            current,
            candidate,
        });
        let bars = |most: &ByKeyNumber<u32>| {
            let mut keys = vec![0; Busiest::BARS];
            for n in most.values() {
                keys[(*n as usize).clamp(1, Busiest::BARS) - 1] += 1;
            }
            Busiest { keys }
        };
        Effect {
            days,
            payments: self.payments,
            cut,
            by_check: by_check.filter(|c| c.current > 0 || c.candidate > 0).collect(),
            busiest: PerKey {
                email: bars(&self.busiest.email),
                ip: bars(&self.busiest.ip),
                card: bars(&self.busiest.card),
            },
            last_week: self.last_week,
            current: current.away,
            candidate: candidate.away,
            took,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_site_holds_up_only_its_own_previews_and_no_save() {
        let effects = Effects::default();
        let [one, other, third] = [1, 2, 3].map(|n| SiteId(uuid::Uuid::from_u128(n)));
        let held = effects.preview(one, SOON).await;
        assert!(held.is_some());
        assert!(effects.preview(one, SOON).await.is_none(), "one preview of a site at a time");
        let others = effects.preview(other, SOON).await;
        assert!(others.is_some(), "another site does not wait");
        assert!(effects.preview(third, SOON).await.is_none(), "the places are few");
        assert!(effects.saves.of(one, SOON).await.is_some(), "a save waits for no preview");
        assert!(effects.saves.of(third, SOON).await.is_some());
        drop(held);
        assert!(effects.preview(third, SOON).await.is_some());
    }

    #[tokio::test]
    async fn saves_of_a_site_come_one_after_the_other() {
        let effects = Effects::default();
        let [one, other] = [1, 2].map(|n| SiteId(uuid::Uuid::from_u128(n)));
        let held = effects.saves.of(one, SOON).await;
        assert!(effects.saves.of(one, SOON).await.is_none());
        assert!(effects.saves.of(other, SOON).await.is_some());
        drop(held);
        assert!(effects.saves.of(one, SOON).await.is_some());
    }
}
