//! Which stretch of time a report shows, in which steps, and what is usual for each step: pure, `now` is an argument.
//!
//! Usual is the median of the same step in earlier periods (days, or weeks), with the quartiles as its range. Fewer than
//! three earlier periods are no history.

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use chrono_tz::Tz;

use crate::kernel::clock::{Timestamp, day_begins};

/// Attempts are counted by the quarter of an hour; every step is a whole number of them.
pub const BUCKET_S: i64 = 900;

/// The quarter of an hour in which an instant lies, counted from 1970.
pub fn quarter(at: Timestamp) -> i64 {
    at.timestamp().div_euclid(BUCKET_S)
}

/// When a quarter begins.
pub fn begins(quarter: i64) -> Timestamp {
    Timestamp::from_timestamp(quarter * BUCKET_S, 0).unwrap_or_default()
}

/// At least this many earlier periods make a history.
const ENOUGH: usize = 3;

/// What a reader may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Range {
    /// Since midnight in the site's zone, the rest of the day still empty.
    Today,
    /// The last 24 hours: shown first, because it says as much at one in the morning as at noon.
    #[default]
    Day,
    /// The last seven days.
    Week,
    /// The last thirty days.
    Month,
}

impl Range {
    /// All, in the order they are offered.
    pub const ALL: [Range; 4] = [Range::Today, Range::Day, Range::Week, Range::Month];

    /// As the address has it; anything else is the last 24 hours.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|range| range.as_str() == text).unwrap_or_default()
    }

    /// As the address has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Today => "Today",
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
        }
    }

    /// How long one step is.
    fn step(self) -> TimeDelta {
        match self {
            Self::Today | Self::Day => TimeDelta::seconds(BUCKET_S),
            Self::Week => TimeDelta::hours(2),
            Self::Month => TimeDelta::days(1),
        }
    }

    /// How far back the same step lies in the period before, and how many periods make the history.
    pub fn back(self) -> (TimeDelta, i32) {
        match self {
            Self::Today | Self::Day => (TimeDelta::days(1), 28),
            Self::Week => (TimeDelta::weeks(1), 4),
            Self::Month => (TimeDelta::days(30), 0),
        }
    }
}

/// A stretch of time in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// What was chosen.
    pub range: Range,
    /// Its first step begins here.
    pub from: Timestamp,
    /// The present; steps after it are still empty.
    pub now: Timestamp,
    /// Steps in all.
    pub steps: usize,
}

impl Period {
    /// The period that ends now.
    pub fn new(range: Range, now: Timestamp, zone: Tz) -> Self {
        let midnight = midnight(now, zone);
        let (from, steps) = match range {
            Range::Today => (midnight, steps_of_day(midnight, zone)),
            Range::Day => (next_bucket(now) - TimeDelta::days(1), 96),
            Range::Week => (next_bucket(now) - TimeDelta::days(7), 84),
            Range::Month => (midnight - TimeDelta::days(29), 30),
        };
        Period { range, from, now, steps }
    }

    /// The earliest instant that its figures or their history need.
    pub fn since(&self) -> Timestamp {
        let (back, times) = self.range.back();
        self.from - back * times
    }

    /// When a step begins.
    pub fn begins(&self, step: usize) -> Timestamp {
        self.from + self.range.step() * i32::try_from(step).unwrap_or(i32::MAX)
    }

    /// In which step an instant lies.
    pub fn step_of(&self, at: Timestamp) -> Option<usize> {
        let step = usize::try_from((at - self.from).num_seconds().div_euclid(self.range.step().num_seconds())).ok()?;
        (step < self.steps).then_some(step)
    }

    /// How much of the running quarter of an hour has passed, 0 to 1.
    pub fn part_of_quarter(&self) -> f64 {
        seconds(TimeDelta::seconds(self.now.timestamp().rem_euclid(BUCKET_S))) / seconds(TimeDelta::seconds(BUCKET_S))
    }

    /// The share of the width at which now lies.
    pub fn share(&self) -> f64 {
        let whole = self.range.step().num_seconds() * i64::try_from(self.steps).unwrap_or(1);
        seconds(self.now - self.from) / seconds(TimeDelta::seconds(whole))
    }
}

/// What earlier periods had: the middle and the quartiles. None if there are too few.
pub fn usual(mut earlier: Vec<f64>) -> Option<(f64, f64, f64)> {
    if earlier.len() < ENOUGH {
        return None;
    }
    earlier.sort_unstable_by(f64::total_cmp);
    Some((quantile(&earlier, 0.25), quantile(&earlier, 0.5), quantile(&earlier, 0.75)))
}

/// How many whole earlier periods the site's records reach back.
pub fn periods_known(period: &Period, first: Option<Timestamp>) -> i32 {
    let (back, times) = period.range.back();
    let Some(first) = first else { return 0 };
    let known = (period.from - first).num_seconds().max(0) / back.num_seconds();
    times.min(i32::try_from(known).unwrap_or(times))
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts in a picture"
)]
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (low, part) = (at.floor() as usize, at.fract());
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] * (1.0 - part) + sorted[high] * part
}

#[allow(clippy::cast_precision_loss, reason = "seconds of a month")]
fn seconds(delta: TimeDelta) -> f64 {
    delta.num_seconds() as f64
}

/// The last midnight in the zone; where a clock change skips it, the first instant of the day.
pub fn midnight(now: Timestamp, zone: Tz) -> Timestamp {
    day_begins(now.with_timezone(&zone).date_naive(), zone).unwrap_or(now)
}

fn steps_of_day(midnight: Timestamp, zone: Tz) -> usize {
    let next = self::midnight(midnight + TimeDelta::hours(30), zone);
    usize::try_from((next - midnight).num_seconds() / BUCKET_S).unwrap_or(96)
}

fn next_bucket(now: Timestamp) -> Timestamp {
    let past = now.timestamp().rem_euclid(BUCKET_S);
    let begun: DateTime<Utc> = now - TimeDelta::seconds(past);
    begun.with_nanosecond(0).unwrap_or(begun) + TimeDelta::seconds(BUCKET_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn today_begins_at_the_sites_midnight() {
        let period = Period::new(Range::Today, at("2026-11-19T14:20:00Z"), Tz::America__New_York);
        assert_eq!(period.from, at("2026-11-19T05:00:00Z"));
        assert_eq!(period.steps, 96);
        assert_eq!(period.step_of(at("2026-11-19T05:14:59Z")), Some(0));
        assert_eq!(period.step_of(at("2026-11-19T04:59:59Z")), None);
        assert_eq!(period.step_of(at("2026-11-20T05:00:00Z")), None);
    }

    #[test]
    fn a_day_of_a_clock_change_has_its_own_length() {
        assert_eq!(Period::new(Range::Today, at("2026-03-29T12:00:00Z"), Tz::Europe__London).steps, 92);
        assert_eq!(Period::new(Range::Today, at("2026-10-25T12:00:00Z"), Tz::Europe__London).steps, 100);
    }

    #[test]
    fn the_last_24_hours_end_with_the_quarter_that_runs() {
        let period = Period::new(Range::Day, at("2026-11-19T14:20:31Z"), Tz::UTC);
        assert_eq!(period.from, at("2026-11-18T14:30:00Z"));
        assert_eq!(period.step_of(at("2026-11-19T14:20:31Z")), Some(95));
    }

    #[test]
    fn two_earlier_days_are_no_history() {
        assert_eq!(usual(vec![4.0, 8.0]), None);
        assert_eq!(usual(vec![8.0, 4.0, 6.0]), Some((5.0, 6.0, 7.0)));
    }

    #[test]
    fn only_whole_earlier_periods_count() {
        let period = Period::new(Range::Today, at("2026-11-19T14:20:00Z"), Tz::UTC);
        assert_eq!(periods_known(&period, Some(at("2026-11-16T12:00:00Z"))), 2);
        assert_eq!(periods_known(&period, Some(at("2025-11-16T12:00:00Z"))), 28);
        assert_eq!(periods_known(&period, None), 0);
    }
}
