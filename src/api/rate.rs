//! How fast a key may ask: a token bucket for each key, in this process's memory.
//!
//! This limit is for fairness between callers, not for safety: every process counts for itself, so behind a balancer a key
//! may reach the rate once per process. What must be exact (velocity limits) is counted in Postgres.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::kernel::clock::Timestamp;
use crate::kernel::id::KeyId;

/// How often `last_used_at` is written at most, in seconds.
const TOUCH_SECONDS: i64 = 60;

/// How much a key may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second, for long.
    pub per_second: u32,
    /// Requests at once after a pause.
    pub burst: u32,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Requests that may be made now; parts of one count up to the next.
    tokens: f64,
    /// When `tokens` was true.
    at: Timestamp,
    /// When this process last wrote `last_used_at`.
    touched: Option<Timestamp>,
}

/// The buckets of this process. Holds keys that exist only, so it stays as small as the key table.
#[derive(Debug, Default)]
pub struct Meter(Mutex<HashMap<KeyId, Bucket>>);

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
    /// Takes one request from the key's bucket.
    pub fn take(&self, key: KeyId, rate: Rate, now: Timestamp) -> Taken {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = f64::from(rate.burst.max(1));
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: full, at: now, touched: None });
        let elapsed = (now - bucket.at).num_microseconds().unwrap_or(0).max(0);
        #[allow(clippy::cast_precision_loss, reason = "microseconds since the last request of a living key fit")]
        let refill = elapsed as f64 / 1e6 * f64::from(rate.per_second);
        bucket.tokens = (bucket.tokens + refill).min(full);
        bucket.at = bucket.at.max(now);
        if bucket.tokens < 1.0 {
            let seconds = (1.0 - bucket.tokens) / f64::from(rate.per_second.max(1));
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 60")]
            return Taken::Wait(seconds.ceil().clamp(1.0, 60.0) as u32);
        }
        bucket.tokens -= 1.0;
        let touch = bucket.touched.is_none_or(|at| now - at >= chrono::TimeDelta::seconds(TOUCH_SECONDS));
        if touch {
            bucket.touched = Some(now);
        }
        Taken::Yes { touch }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};
    use uuid::Uuid;

    #[test]
    fn a_bucket_empties_refills_and_says_how_long_to_wait() {
        let (meter, key, rate) = (Meter::default(), KeyId(Uuid::nil()), Rate { per_second: 2, burst: 3 });
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
            meter.take(KeyId(Uuid::max()), rate, later),
            Taken::Yes { touch: true },
            "another key has its own bucket"
        );
    }

    #[test]
    fn a_clock_that_steps_back_gives_nothing_away() {
        let (meter, key, rate) = (Meter::default(), KeyId(Uuid::nil()), Rate { per_second: 1, burst: 1 });
        let start = DateTime::UNIX_EPOCH + TimeDelta::hours(1);
        assert!(matches!(meter.take(key, rate, start), Taken::Yes { .. }));
        assert_eq!(meter.take(key, rate, start - TimeDelta::minutes(5)), Taken::Wait(1));
        assert_eq!(meter.take(key, rate, start), Taken::Wait(1));
    }
}
