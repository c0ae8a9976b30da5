//! How fast a key may ask: a token bucket for each secret key, and for each address that uses a publishable one, in this
//! process's memory.
//!
//! This limit is for fairness between callers, not for safety: every process counts for itself, so behind a balancer a key
//! may reach the rate once per process. What must be exact (velocity limits) is counted in Postgres.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use ipnet::IpNet;

use crate::api::key::KeyKind;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::KeyId;
use crate::kernel::ip::ClientAddress;

/// How often `last_used_at` is written at most, in seconds.
const TOUCH_SECONDS: i64 = 60;

/// How many buckets there are at least before full ones are dropped.
const KEPT: usize = 1_000;

/// How much a key may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Rate {
    /// Requests a second, for long.
    pub per_second: u32,
    /// Requests at once after a pause.
    pub burst: u32,
}

impl Rate {
    /// The most requests a second that a key may be given.
    pub const MOST_A_SECOND: u32 = 100_000;
    /// The largest burst that a key may be given.
    pub const MOST_AT_ONCE: u32 = 1_000_000;

    /// Where nobody chose otherwise: a secret key's rate is one server's, a publishable key's is each address's.
    pub const fn usual(kind: KeyKind) -> Self {
        match kind {
            KeyKind::Secret => Self { per_second: 500, burst: 2_000 },
            KeyKind::Publishable => Self { per_second: 10, burst: 10 },
        }
    }
}

/// Whose bucket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Asker {
    key: KeyId,
    network: Option<IpNet>,
}

impl Asker {
    /// Everybody who holds a secret key together; of a publishable one, each network by itself.
    pub fn of(key: KeyId, kind: KeyKind, address: ClientAddress) -> Self {
        Self { key, network: (kind == KeyKind::Publishable).then(|| address.network()) }
    }
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Requests that may be made now; parts of one count up to the next.
    tokens: f64,
    /// When `tokens` was true.
    at: Timestamp,
    rate: Rate,
}

impl Bucket {
    fn full(rate: Rate, now: Timestamp) -> Self {
        Self { tokens: f64::from(rate.burst.max(1)), at: now, rate }
    }

    /// What has come in since, under the rate as it is now.
    fn refill(&mut self, rate: Rate, now: Timestamp) {
        let elapsed = (now - self.at).num_microseconds().unwrap_or(0).max(0);
        #[allow(clippy::cast_precision_loss, reason = "microseconds since the last request of a living key fit")]
        let more = elapsed as f64 / 1e6 * f64::from(rate.per_second);
        *self = Self { tokens: (self.tokens + more).min(f64::from(rate.burst.max(1))), at: self.at.max(now), rate };
    }

    fn is_full(mut self, now: Timestamp) -> bool {
        self.refill(self.rate, now);
        self.tokens >= f64::from(self.rate.burst.max(1))
    }
}

/// The buckets of this process. A full one is like none, so those are dropped when there are many: what stays is who asked
/// in the last moments.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    of: HashMap<Asker, Bucket>,
    /// When this process last wrote `last_used_at` of a key. As small as the key table.
    touched: HashMap<KeyId, Timestamp>,
    /// At how many buckets full ones are dropped.
    drop_at: usize,
}

impl Buckets {
    fn drop_full(&mut self, now: Timestamp) {
        if self.of.len() < self.drop_at.max(KEPT) {
            return;
        }
        self.of.retain(|_, bucket| !bucket.is_full(now));
        self.drop_at = self.of.len() * 2;
    }
}

/// The answer to "may this key ask once more?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Yes. `touch`: it is time to write down that the key was used.
    Yes {
        /// Whether to write `last_used_at`.
        touch: bool,
    },
    /// No; after this many seconds there is room again.
    Wait(u32),
}

impl Meter {
    /// Takes one request from the asker's bucket.
    pub fn take(&self, asker: Asker, rate: Rate, now: Timestamp) -> Taken {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.drop_full(now);
        let bucket = buckets.of.entry(asker).or_insert(Bucket::full(rate, now));
        bucket.refill(rate, now);
        if bucket.tokens < 1.0 {
            let seconds = (1.0 - bucket.tokens) / f64::from(rate.per_second.max(1));
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 60")]
            return Taken::Wait(seconds.ceil().clamp(1.0, 60.0) as u32);
        }
        bucket.tokens -= 1.0;
        let before = buckets.touched.get(&asker.key);
        let touch = before.is_none_or(|at| now - *at >= TimeDelta::seconds(TOUCH_SECONDS));
        if touch {
            buckets.touched.insert(asker.key, now);
        }
        Taken::Yes { touch }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use uuid::Uuid;

    fn secret(key: Uuid) -> Asker {
        Asker::of(KeyId(key), KeyKind::Secret, ClientAddress::parse("203.0.113.7"))
    }

    #[test]
    fn a_bucket_empties_refills_and_says_how_long_to_wait() {
        let (meter, key, rate) = (Meter::default(), secret(Uuid::nil()), Rate { per_second: 2, burst: 3 });
        let start = DateTime::UNIX_EPOCH;
        assert_eq!(meter.take(key, rate, start), Taken::Yes { touch: true });
        assert_eq!(meter.take(key, rate, start), Taken::Yes { touch: false });
        assert_eq!(meter.take(key, rate, start), Taken::Yes { touch: false });
        assert_eq!(meter.take(key, rate, start), Taken::Wait(1));
        assert_eq!(meter.take(key, rate, start + TimeDelta::milliseconds(400)), Taken::Wait(1));
        assert_eq!(meter.take(key, rate, start + TimeDelta::milliseconds(500)), Taken::Yes { touch: false });
        let later = start + TimeDelta::hours(1);
        assert_eq!(
            meter.take(key, rate, later),
            Taken::Yes { touch: true },
            "a minute on, the use is written down again"
        );
        assert_eq!(
            meter.take(secret(Uuid::max()), rate, later),
            Taken::Yes { touch: true },
            "another key has its own bucket"
        );
    }

    #[test]
    fn a_clock_that_steps_back_gives_nothing_away() {
        let (meter, key, rate) = (Meter::default(), secret(Uuid::nil()), Rate { per_second: 1, burst: 1 });
        let start = DateTime::UNIX_EPOCH + TimeDelta::hours(1);
        assert!(matches!(meter.take(key, rate, start), Taken::Yes { .. }));
        assert_eq!(meter.take(key, rate, start - TimeDelta::minutes(5)), Taken::Wait(1));
        assert_eq!(meter.take(key, rate, start), Taken::Wait(1));
    }

    #[test]
    fn a_publishable_key_has_a_bucket_for_each_network_and_a_secret_one_has_one() {
        let (now, rate) = (DateTime::UNIX_EPOCH, Rate { per_second: 1, burst: 1 });
        for (kind, elsewhere) in [(KeyKind::Publishable, true), (KeyKind::Secret, false)] {
            let meter = Meter::default();
            let ask = |address| {
                let asker = Asker::of(KeyId(Uuid::nil()), kind, ClientAddress::parse(address));
                matches!(meter.take(asker, rate, now), Taken::Yes { .. })
            };
            assert!(ask("2001:db8::1") && !ask("2001:db8::2"), "one network, one bucket");
            assert_eq!(ask("203.0.113.7"), elsewhere, "{kind:?}");
        }
    }

    #[test]
    fn who_has_not_asked_for_a_while_is_not_kept_in_mind() {
        let (meter, rate) = (Meter::default(), Rate::usual(KeyKind::Publishable));
        let ask = |n: u32, now| {
            let address = ClientAddress::from_ip(std::net::Ipv4Addr::from(n).into());
            meter.take(Asker::of(KeyId(Uuid::nil()), KeyKind::Publishable, address), rate, now)
        };
        for n in 0..5_000 {
            ask(n, DateTime::UNIX_EPOCH);
        }
        let later = DateTime::UNIX_EPOCH + TimeDelta::seconds(2);
        for n in 0..10_000 {
            ask(1 << 24 | n, later);
        }
        assert!(meter.0.lock().unwrap().of.len() <= 10_000, "the first five thousand are gone");
    }
}
