//! The program's only source of time. It can be moved forward in demo and test mode, never backward.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

/// An instant, in UTC. Stored with microseconds, as Postgres keeps them.
pub type Timestamp = DateTime<Utc>;

/// Tells the time. Clones share one hand: moving one moves all.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Hand>);

#[derive(Debug)]
struct Hand {
    /// Milliseconds added to the base.
    offset_ms: AtomicI64,
    /// `None`: the machine's time is the base. `Some`: a test's clock, which stands still until moved.
    fixed: Option<Timestamp>,
}

impl Clock {
    /// The machine's time, moved forward by `offset`.
    pub fn system(offset: TimeDelta) -> Self {
        Self(Arc::new(Hand { offset_ms: AtomicI64::new(offset.num_milliseconds().max(0)), fixed: None }))
    }

    /// A clock that stands still at `at` until [`Clock::advance`] moves it.
    pub fn fixed(at: Timestamp) -> Self {
        Self(Arc::new(Hand { offset_ms: AtomicI64::new(0), fixed: Some(at) }))
    }

    /// The present, cut to whole microseconds so that a stored instant equals the one that was decided on.
    pub fn now(&self) -> Timestamp {
        // The one place where the machine is asked.
        #[allow(clippy::disallowed_methods)]
        let base = self.0.fixed.unwrap_or_else(Utc::now);
        let micros = base.timestamp_micros();
        let whole = DateTime::from_timestamp_micros(micros).unwrap_or(base);
        whole + TimeDelta::milliseconds(self.0.offset_ms.load(Ordering::SeqCst))
    }

    /// Moves the clock forward. A negative amount moves nothing.
    pub fn advance(&self, by: TimeDelta) {
        self.0.offset_ms.fetch_add(by.num_milliseconds().max(0), Ordering::SeqCst);
    }

    /// Follows an offset that another process set. Never moves backward.
    pub fn follow(&self, offset_ms: i64) {
        self.0.offset_ms.fetch_max(offset_ms, Ordering::SeqCst);
    }

    /// How far the clock stands ahead of its base.
    pub fn offset(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.0.offset_ms.load(Ordering::SeqCst))
    }
}

/// The first instant of a day in a zone: the earlier of two midnights where clocks are set back, the first hour that
/// exists where they are put forward at midnight. `None` for a day that the zone left out (Samoa, 30 December 2011).
pub fn day_begins(day: NaiveDate, zone: Tz) -> Option<Timestamp> {
    (0..4)
        .filter_map(|hour| day.and_hms_opt(hour, 0, 0))
        .find_map(|local| local.and_local_timezone(zone).earliest())
        .map(|instant| instant.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_or_at_the_first_hour_there_is() {
        for (day, zone, begins) in [
            ("2026-07-01", Tz::Europe__London, "2026-06-30T23:00:00Z"),
            // Clocks go from midnight to one.
            ("2026-09-06", Tz::America__Santiago, "2026-09-06T04:00:00Z"),
            // Clocks go from one back to midnight: the day begins at the first of the two.
            ("2026-11-01", Tz::America__Havana, "2026-11-01T04:00:00Z"),
        ] {
            assert_eq!(day_begins(day.parse().unwrap(), zone), Some(begins.parse().unwrap()), "{day} {zone}");
        }
        assert_eq!(day_begins("2011-12-30".parse().unwrap(), Tz::Pacific__Apia), None);
    }

    #[test]
    fn a_fixed_clock_moves_only_forward_and_clones_follow() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH);
        let same = clock.clone();
        clock.advance(TimeDelta::minutes(5));
        clock.advance(TimeDelta::minutes(-9));
        assert_eq!(same.now(), DateTime::UNIX_EPOCH + TimeDelta::minutes(5));
        same.follow(1_000);
        assert_eq!(clock.offset(), TimeDelta::minutes(5), "an older offset from another process moves nothing");
    }
}
