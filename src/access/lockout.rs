//! When a door shuts after wrong passwords, and when it opens again. Pure: the bucket and the hour are arguments.
//!
//! A *bucket* counts for strangers or for one known device of an account. An attempt takes a *slot* before its password
//! is hashed, in a transaction of its own; with the last slot the bucket locks. So exactly the limit is evaluated at any
//! concurrency, and an attempt that dies while hashing counts. A right password clears its own bucket.

use chrono::TimeDelta;

use crate::decision::verdict::Lock;
use crate::kernel::clock::Timestamp;

/// How many wrong passwords, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Failures that lock, 3 to 100.
    pub failures: usize,
    /// How long, one minute to 24 hours.
    pub period: TimeDelta,
    /// Failures without a success that close the bucket until a reset, a passkey or an unlock.
    pub closing: Option<i32>,
}

impl Limits {
    /// Collaborators, where nobody chose otherwise. PCI DSS 8.3.4 asks for the 30 minutes.
    pub const COLLABORATORS: Limits = Limits { failures: 10, period: TimeDelta::minutes(30), closing: Some(100) };

    /// What both allow.
    pub fn strictest(self, other: Limits) -> Limits {
        Limits {
            failures: self.failures.min(other.failures),
            period: self.period.max(other.period),
            closing: self.closing.or(other.closing),
        }
    }

    /// The same for a known device: it locks and is then forgotten, so it never closes.
    pub fn of_device(self) -> Limits {
        Limits { closing: None, ..self }
    }
}

/// A failure older than this no longer counts.
pub const MEMORY: TimeDelta = TimeDelta::hours(24);

/// What is known of one bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bucket {
    /// When each evaluation that has not succeeded was admitted, oldest first.
    pub slots: Vec<Timestamp>,
    /// Failures without any success.
    pub failures_total: i32,
    /// Shut until then.
    pub locked_until: Option<Timestamp>,
    /// Shut until a reset, a passkey or an unlock.
    pub closed: bool,
}

/// What a failure leads to, beyond being counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutting {
    /// The bucket locks until then.
    Locks(Timestamp),
    /// The bucket closes until a reset, a passkey or an unlock, whether or not it locks too.
    Closes,
}

/// The answer to who wants to try a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Try it; the bucket to save first.
    Admitted {
        /// With its slot taken.
        bucket: Bucket,
        /// What follows if it fails: this was the last slot before the door shuts.
        shutting: Option<Shutting>,
    },
    /// Not now: nothing is evaluated, counted or extended.
    Shut,
}

impl Bucket {
    /// Takes a slot, if the door is open.
    pub fn enter(mut self, limits: Limits, now: Timestamp) -> Entry {
        if self.is_shut(now) {
            return Entry::Shut;
        }
        if self.locked_until.take().is_some() {
            self.slots.clear(); // the lock has ended: it starts from zero
        }
        self.slots.retain(|slot| now - *slot < MEMORY);
        if self.slots.len() >= limits.failures {
            // Only after the limit was lowered below what is already counted.
            self.slots.drain(..=self.slots.len() - limits.failures);
        }
        self.slots.push(now);
        self.failures_total = self.failures_total.saturating_add(1);
        self.locked_until = (self.slots.len() >= limits.failures).then(|| now + limits.period);
        self.closed = limits.closing.is_some_and(|most| self.failures_total >= most);
        let shutting = if self.closed { Some(Shutting::Closes) } else { self.locked_until.map(Shutting::Locks) };
        Entry::Admitted { bucket: self, shutting }
    }

    /// Whether an attempt would be turned away.
    pub fn is_shut(&self, now: Timestamp) -> bool {
        self.closed || self.locked_until.is_some_and(|until| now < until)
    }

    /// What stands against the limits, as a sign-in's trace tells it.
    pub fn told(&self, limits: Limits, known_device: bool) -> Lock {
        let small = |n: i64| u32::try_from(n).unwrap_or_default();
        let slots = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        let locks = u32::try_from(limits.failures).unwrap_or(u32::MAX);
        let (failed, limit) = match limits.closing.filter(|_| self.closed) {
            Some(closing) => (small(self.failures_total.into()), small(closing.into())),
            None => (slots, locks),
        };
        let minutes = small(limits.period.num_minutes());
        Lock { failed, limit, minutes, known_device, until: self.locked_until, closed: self.closed }
    }

    /// Opened by an owner or admin. No failure is forgotten: a hundred without a success still close it, or else guessing
    /// and unlocking by turns would go on for ever. What was closed has room for one more lock's worth.
    #[must_use]
    pub fn unlocked(mut self, limits: Limits) -> Self {
        if self.closed {
            let room = i32::try_from(limits.failures).unwrap_or(i32::MAX);
            self.failures_total = limits.closing.map_or(0, |most| most.saturating_sub(room).max(0));
            self.closed = false;
        }
        self.slots.clear();
        self.locked_until = None;
        self
    }

    /// After a right password, a reset or an unlock by the operator: as if nothing had been.
    pub fn cleared() -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    const LIMITS: Limits = Limits { failures: 10, period: TimeDelta::minutes(5), closing: Some(100) };

    fn at(minutes: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    /// Tries until it is turned away; how many were evaluated.
    fn hammer(mut bucket: Bucket, now: Timestamp) -> (Bucket, usize) {
        let mut evaluated = 0;
        while let Entry::Admitted { bucket: next, .. } = bucket.clone().enter(LIMITS, now) {
            bucket = next;
            evaluated += 1;
        }
        (bucket, evaluated)
    }

    #[test]
    fn exactly_the_limit_is_evaluated_and_the_last_one_locks() {
        let (bucket, evaluated) = hammer(Bucket::default(), at(0));
        assert_eq!(evaluated, 10);
        assert_eq!(bucket.locked_until, Some(at(5)));
    }

    #[test]
    fn the_lock_ends_on_the_second_and_starts_from_zero() {
        let (bucket, _) = hammer(Bucket::default(), at(0));
        assert!(bucket.is_shut(at(5) - TimeDelta::seconds(1)));
        assert!(!bucket.is_shut(at(5)));
        let (again, evaluated) = hammer(bucket, at(5));
        assert_eq!(evaluated, 10);
        assert_eq!(again.locked_until, Some(at(10)));
    }

    #[test]
    fn trying_while_locked_extends_nothing() {
        let (bucket, _) = hammer(Bucket::default(), at(0));
        for minute in 0..5 {
            assert_eq!(bucket.clone().enter(LIMITS, at(minute)), Entry::Shut);
        }
        assert!(matches!(bucket.enter(LIMITS, at(5)), Entry::Admitted { shutting: None, .. }));
    }

    #[test]
    fn a_failure_is_forgotten_after_a_day() {
        let mut bucket = Bucket::default();
        for minute in 0..9 {
            let Entry::Admitted { bucket: next, .. } = bucket.enter(LIMITS, at(minute)) else { panic!("shut") };
            bucket = next;
        }
        // A day after the first: it is forgotten, so the tenth does not lock.
        let Entry::Admitted { bucket, shutting } = bucket.enter(LIMITS, at(24 * 60)) else { panic!("shut") };
        assert_eq!(shutting, None);
        assert_eq!(bucket.slots.len(), 9);
    }

    #[test]
    fn a_hundred_failures_without_a_success_close_the_strangers_bucket_for_good() {
        let (mut bucket, mut total) = (Bucket::default(), 0);
        for round in 0..20 {
            let (next, evaluated) = hammer(bucket, at(round * 5));
            bucket = next;
            total += evaluated;
        }
        assert_eq!(total, 100);
        assert!(bucket.closed && bucket.is_shut(at(1_000_000)));
        assert!(!Bucket::cleared().is_shut(at(0)));
    }

    #[test]
    fn guessing_and_unlocking_by_turns_ends_at_a_hundred() {
        let (mut bucket, mut total) = (Bucket::default(), 0);
        while !bucket.closed {
            let (next, evaluated) = hammer(bucket, at(0));
            bucket = if next.closed { next } else { next.unlocked(LIMITS) };
            total += evaluated;
        }
        assert_eq!(total, 100);
        assert!(bucket.is_shut(at(1_000_000)));
        let (again, evaluated) = hammer(bucket.unlocked(LIMITS), at(0));
        assert_eq!((evaluated, again.closed), (10, true), "one more lock's worth");
    }

    #[test]
    fn the_failure_that_closes_says_so_whether_it_also_locks_or_not() {
        for slots in [vec![], vec![at(0); 9]] {
            let bucket = Bucket { slots, failures_total: 99, ..Bucket::default() };
            let Entry::Admitted { bucket, shutting } = bucket.enter(LIMITS, at(0)) else { panic!("shut") };
            assert_eq!(shutting, Some(Shutting::Closes));
            assert!(bucket.closed);
        }
    }

    #[test]
    fn a_known_device_locks_but_never_closes() {
        let bucket = Bucket { slots: vec![at(0); 9], failures_total: 99, ..Bucket::default() };
        let Entry::Admitted { bucket, shutting } = bucket.enter(LIMITS.of_device(), at(0)) else { panic!("shut") };
        assert_eq!(shutting, Some(Shutting::Locks(at(5))));
        assert!(!bucket.closed);
    }

    #[test]
    fn a_lowered_limit_locks_at_the_next_failure() {
        let bucket = Bucket { slots: vec![at(0), at(1), at(2), at(3), at(4)], ..Bucket::default() };
        let Entry::Admitted { bucket, shutting } = bucket.enter(Limits { failures: 3, ..LIMITS }, at(5)) else {
            panic!("shut")
        };
        assert_eq!(shutting, Some(Shutting::Locks(at(10))));
        assert_eq!(bucket.slots.len(), 3);
    }
}
