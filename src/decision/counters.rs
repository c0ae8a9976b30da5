//! Counters in memory: what [`crate::decision::store`] counts in the database, for a replay of history under another
//! policy. Pure: payments go in by time, counts come out as of an instant.
//!
//! Memory is bounded by the payments of 24 hours: older ones are dropped as the replay goes on. Every count is kept up to
//! date as things happen, so that asking costs the same for a hot key as for a cold one.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use crate::decision::facts::{Tally, Used};
use crate::decision::keys::{Identity, PerKey};
use crate::decision::verdict::{PENDING, WINDOW};
use crate::kernel::clock::Timestamp;
use crate::kernel::money::Currency;

/// A key of a replay: the first half of its digest, which tells billions of keys apart.
pub type KeyNumber = u64;

/// Digests are as good as random already: no hashing on top of them.
pub type ByKeyNumber<T> = HashMap<KeyNumber, T, BuildHasherDefault<Digested>>;

/// See [`ByKeyNumber`].
#[derive(Debug, Default)]
pub struct Digested(u64);

impl Hasher for Digested {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// What became of a payment, and when it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nobody told; its amount is free after half an hour.
    Unknown,
    /// Approved then.
    Approved(Timestamp),
    /// Declined then.
    Declined(Timestamp),
    /// Abandoned then.
    Abandoned(Timestamp),
}

/// An admitted payment.
#[derive(Debug, Clone, Copy)]
pub struct Admitted {
    /// When.
    pub at: Timestamp,
    /// Minor units.
    pub amount: i64,
    /// Their currency.
    pub currency: Currency,
    /// Its keys.
    pub keys: PerKey<Option<KeyNumber>>,
    /// What became of it.
    pub fate: Fate,
}

/// A payment within the window.
#[derive(Debug)]
struct Live {
    admitted: Admitted,
    /// Whether its amount stands against limits.
    held: bool,
    declined: bool,
}

#[derive(Debug, Default)]
struct Counted {
    /// Payments of the window, oldest first, by their number.
    window: VecDeque<u64>,
    /// What stands against amount limits, by currency. One or two entries.
    spent: Vec<(Currency, i64)>,
    declines: u32,
}

impl Counted {
    fn spend(&mut self, currency: Currency, amount: i64) {
        match self.spent.iter_mut().find(|(c, _)| *c == currency) {
            Some((_, total)) => *total = total.saturating_add(amount),
            None => self.spent.push((currency, amount)),
        }
    }
}

/// Something that will happen to a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// Its half hour is over.
    Expires,
    /// Its outcome is told.
    Told,
    /// It leaves the window.
    Leaves,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Counters {
    keys: ByKeyNumber<Counted>,
    live: VecDeque<Live>,
    /// The number of `live[0]`.
    first: u64,
    coming: BinaryHeap<Reverse<(Timestamp, u64, Event)>>,
}

impl Counters {
    /// Counts an admitted payment. `at` never goes back.
    pub fn admit(&mut self, admitted: Admitted) {
        let number = self.first + self.live.len() as u64;
        for key in each(&admitted.keys) {
            let counted = self.keys.entry(key).or_default();
            counted.window.push_back(number);
            counted.spend(admitted.currency, admitted.amount);
        }
        let at = admitted.at;
        let leaves = at + WINDOW;
        self.coming.push(Reverse((leaves, number, Event::Leaves)));
        let told = match admitted.fate {
            Fate::Unknown => None,
            Fate::Approved(told) | Fate::Declined(told) | Fate::Abandoned(told) => Some(told),
        };
        if let Some(told) = told.filter(|told| *told < leaves) {
            self.coming.push(Reverse((told, number, Event::Told)));
        }
        if told.is_none_or(|told| told > at + PENDING) {
            self.coming.push(Reverse((at + PENDING, number, Event::Expires)));
        }
        self.live.push_back(Live { admitted, held: true, declined: false });
    }

    /// Lets everything happen that happens until `now`.
    pub fn advance(&mut self, now: Timestamp) {
        while let Some(Reverse((at, number, event))) = self.coming.peek().copied()
            && at <= now
        {
            self.coming.pop();
            self.happen(number, event);
        }
    }

    fn happen(&mut self, number: u64, event: Event) {
        let Some(live) =
            number.checked_sub(self.first).and_then(|place| self.live.get_mut(usize::try_from(place).ok()?))
        else {
            return;
        };
        let (held, declined) = match (event, live.admitted.fate) {
            (Event::Expires, _) => (false, live.declined),
            (Event::Told, Fate::Approved(_)) => (true, false),
            (Event::Told, Fate::Declined(_)) => (false, true),
            (Event::Told, _) | (Event::Leaves, _) => (false, false),
        };
        let (was_held, was_declined) =
            (std::mem::replace(&mut live.held, held), std::mem::replace(&mut live.declined, declined));
        let Admitted { amount, currency, keys, .. } = live.admitted;
        for key in each(&keys) {
            let Some(counted) = self.keys.get_mut(&key) else { continue };
            match (was_held, held) {
                (true, false) => counted.spend(currency, -amount),
                (false, true) => counted.spend(currency, amount),
                _ => {}
            }
            match (was_declined, declined) {
                (true, false) => counted.declines -= 1,
                (false, true) => counted.declines += 1,
                _ => {}
            }
            if event == Event::Leaves {
                counted.window.pop_front();
                if counted.window.is_empty() {
                    self.keys.remove(&key);
                }
            }
        }
        if event == Event::Leaves {
            // They leave in the order in which they came.
            self.live.pop_front();
            self.first += 1;
        }
    }

    /// What stands against a key's limits at the instant that [`Counters::advance`] was last told.
    pub fn used(&self, key: KeyNumber, by: Identity, currency: Option<Currency>) -> Used {
        let Some(counted) = self.keys.get(&key) else { return Used::never(by) };
        let tally = |seen: u32| Tally { seen, ..Tally::NONE };
        let spent =
            currency.and_then(|c| counted.spent.iter().find(|(other, _)| *other == c)).map_or(0, |(_, total)| *total);
        Used {
            by,
            payments: tally(u32::try_from(counted.window.len()).unwrap_or(u32::MAX)),
            amount: spent,
            amount_first_at: None,
            declines: tally(counted.declines),
        }
    }

    /// How many payments of the window a key made.
    pub fn payments(&self, key: KeyNumber) -> u32 {
        self.keys.get(&key).map_or(0, |counted| u32::try_from(counted.window.len()).unwrap_or(u32::MAX))
    }

    /// Payments of the window now.
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Whether the window is empty.
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }
}

fn each(keys: &PerKey<Option<KeyNumber>>) -> impl Iterator<Item = KeyNumber> + use<> {
    [keys.email, keys.ip, keys.card].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn gbp() -> Currency {
        "GBP".parse().unwrap()
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    /// What the counters should say, counted from scratch.
    fn slowly(all: &[Admitted], key: KeyNumber, now: Timestamp) -> (u32, i64, u32) {
        let window = all.iter().filter(|a| a.at > now - WINDOW && each(&a.keys).any(|k| k == key));
        let (mut payments, mut amount, mut declines) = (0, 0, 0);
        for a in window {
            payments += 1;
            let (held, declined) = match a.fate {
                Fate::Approved(told) if told <= now => (true, false),
                Fate::Declined(told) if told <= now => (false, true),
                Fate::Abandoned(told) if told <= now => (false, false),
                _ => (a.at + PENDING > now, false),
            };
            amount += if held { a.amount } else { 0 };
            declines += u32::from(declined);
        }
        (payments, amount, declines)
    }

    proptest! {
        #[test]
        fn the_counters_say_what_counting_from_scratch_says(
            script in prop::collection::vec((0i64..200, 0u64..3, 0u64..3, 0i64..100, 0u8..4, 0i64..3_000), 1..60)
        ) {
            let (mut counters, mut all, mut now) = (Counters::default(), Vec::new(), 0);
            for (pause, email, card, amount, fate, later) in script {
                now += pause;
                let told = at(now + later);
                let fate = [Fate::Unknown, Fate::Approved(told), Fate::Declined(told), Fate::Abandoned(told)][usize::from(fate)];
                let keys = PerKey { email: Some(email), ip: None, card: Some(10 + card) };
                counters.advance(at(now));
                for key in [0, 1, 2, 10, 11, 12] {
                    let used = counters.used(key, Identity::Email, Some(gbp()));
                    prop_assert_eq!((used.payments.seen, used.amount, used.declines.seen), slowly(&all, key, at(now)));
                }
                let admitted = Admitted { at: at(now), amount, currency: gbp(), keys, fate };
                counters.admit(admitted);
                all.push(admitted);
            }
            counters.advance(at(now) + WINDOW);
            prop_assert!(counters.is_empty() && counters.keys.is_empty(), "memory is bounded by the window");
        }
    }
}
