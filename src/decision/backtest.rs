//! What a changed policy or list would have done: past payments through the same pipeline, once as things stand and once
//! with the change, each with counters of its own. Pure.

use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;

use crate::decision::attempt::{AttemptRequest, Kind};
use crate::decision::counters::{Admitted, ByKeyNumber, Counters, Fate, KeyNumber};
use crate::decision::facts::Facts;
use crate::decision::keys::{Identity, KeyKind, PerKey};
use crate::decision::last_week::LastWeek;
use crate::decision::lists::ListMatch;
use crate::decision::lists::trial::Trial;
use crate::decision::pipeline;
use crate::decision::policy::Policy;
use crate::decision::verdict::{Check, FindingOutcome, Outcome};
use crate::kernel::clock::Timestamp;
use crate::kernel::money::Money;

/// How many days are replayed.
pub const DAYS: i64 = 30;

/// A payment of the past.
pub struct Past {
    /// Its id, and the decision's.
    pub id: Uuid,
    /// The instant that was decided on.
    pub at: Timestamp,
    /// How much.
    pub money: Option<Money>,
    /// Whether the customer was a guest.
    pub guest: Option<bool>,
    /// Its keys.
    pub keys: PerKey<Option<KeyNumber>>,
    /// The list entries that matched.
    pub lists: Vec<ListMatch>,
    /// What became of it.
    pub fate: Fate,
}

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

/// What is tried: another policy, or a list otherwise.
#[derive(Clone, Copy)]
pub struct Tried<'a> {
    /// The policy in force.
    pub current: &'a Policy,
    /// The policy that is tried; the one in force where a list is.
    pub candidate: &'a Policy,
    /// The list that is tried.
    pub trial: Option<&'a Trial>,
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

/// A backtest under way: payments go in by time, the effect comes out.
pub struct Backtest<'a> {
    days: i64,
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

impl<'a> Backtest<'a> {
    /// A backtest of the days until `now`.
    pub fn new(now: Timestamp, days: i64, tried: Tried<'a>) -> Self {
        let (counted_from, week_from) = (now - TimeDelta::days(days), now - TimeDelta::days(LastWeek::DAYS));
        let sides = [Side::new(tried.current), Side::new(tried.candidate)];
        let (all, busiest, last_week) = (Counters::default(), PerKey::default(), LastWeek::default());
        Self { days, counted_from, week_from, last_week, payments: 0, trial: tried.trial, sides, all, busiest }
    }

    /// Decides the next payment on both sides; a trial of lists asks for what it carried.
    pub fn step(&mut self, mut past: Past, carried: Option<AttemptRequest>) {
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

    /// What it came to. `cut`: there were more; `took`: how long it was worked at.
    pub fn done(self, cut: bool, took: Duration) -> Effect {
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
            days: self.days,
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
