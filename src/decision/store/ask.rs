//! What is asked of the database about attempts, and what was counted.

use crate::decision::keys::KeyKind;
use crate::decision::lists::Probe;
use crate::decision::needed::Needed;

/// What is asked of the database, as it takes it. A limit of -1 is not counted.
pub struct Ask {
    pub(super) keys: Vec<Vec<u8>>,
    pub(super) kinds: Vec<KeyKind>,
    pub(super) payments: Vec<i32>,
    pub(super) amounts: Vec<bool>,
    pub(super) declines: Vec<i32>,
    pub(super) locks: Vec<i64>,
    pub(super) currency: Option<&'static str>,
    pub(super) digests: Vec<Vec<u8>>,
}

impl Ask {
    pub fn of(needed: &Needed, probe: &Probe) -> Self {
        let limit = |n: Option<u32>| n.map_or(-1, |n| i32::try_from(n).unwrap_or(i32::MAX - 1));
        Self {
            keys: needed.wanted.iter().map(|w| w.key.0.to_vec()).collect(),
            kinds: needed.wanted.iter().map(|w| w.kind).collect(),
            payments: needed.wanted.iter().map(|w| limit(w.payments)).collect(),
            amounts: needed.wanted.iter().map(|w| w.amount).collect(),
            declines: needed.wanted.iter().map(|w| limit(w.declines)).collect(),
            locks: needed.locks(),
            currency: needed.currency.map(crate::kernel::money::Currency::code),
            digests: probe.digests().iter().map(|d| d.to_vec()).collect(),
        }
    }

    /// Whether the answer can be known without asking.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.digests.is_empty()
    }

    /// The locks of the keys that it counts under.
    pub fn locks(&self) -> &[i64] {
        &self.locks
    }

    /// Whether anything is counted, so that others must be kept away while it is written.
    pub fn counts(&self) -> bool {
        !self.keys.is_empty()
    }
}

/// What was counted, to be compared again under the locks.
#[derive(Default)]
pub struct Seen {
    pub(super) payments: Vec<i32>,
    pub(super) amounts: Vec<i64>,
    pub(super) declines: Vec<i32>,
}

/// The keys of several attempts as the database takes them: a place of each column a key.
#[derive(Default)]
pub(super) struct Flat {
    pub(super) attempts: Vec<i32>,
    pub(super) keys: Vec<Vec<u8>>,
    pub(super) currencies: Vec<Option<&'static str>>,
    pub(super) payments: Vec<i32>,
    pub(super) amounts: Vec<bool>,
    pub(super) declines: Vec<i32>,
}

impl Flat {
    pub(super) fn of<'a>(asks: impl Iterator<Item = &'a Ask>) -> Self {
        let mut flat = Self::default();
        for (attempt, ask) in numbered(asks) {
            flat.keys.extend(ask.keys.iter().cloned());
            flat.payments.extend(&ask.payments);
            flat.amounts.extend(&ask.amounts);
            flat.declines.extend(&ask.declines);
            flat.attempts.resize(flat.keys.len(), attempt);
            flat.currencies.resize(flat.keys.len(), ask.currency);
        }
        flat
    }
}

/// The locks of several attempts, sorted and different, so that two batches never wait for each other in a circle.
pub(super) fn locks<'a>(asks: impl Iterator<Item = &'a Ask>) -> Vec<i64> {
    let mut locks: Vec<i64> = asks.flat_map(|ask| ask.locks.iter().copied()).collect();
    locks.sort_unstable();
    locks.dedup();
    locks
}

/// With the numbers that the database gives the places of an array.
pub(super) fn numbered<T>(items: impl IntoIterator<Item = T>) -> impl Iterator<Item = (i32, T)> {
    (1..).zip(items)
}

pub(super) fn numeral(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
