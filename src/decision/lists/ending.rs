//! The end of an entry: a day in the site's zone, to its last moment. Pure.

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::kernel::clock::{Timestamp, day_begins};

/// Why a text is not an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEnd {
    /// Not year-month-day.
    #[error("write the day as 2026-12-31")]
    Shape,
    /// The day is over.
    #[error("this day has passed; choose today or a later day, or leave it empty")]
    Passed,
    /// Beyond what is believable.
    #[error("choose a day within the next hundred years, or leave it empty")]
    TooFar,
}

/// The instant at which the day ends in the zone; an empty text is no end.
pub fn read(text: &str, zone: Tz, now: Timestamp) -> Result<Option<Timestamp>, NotAnEnd> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| NotAnEnd::Shape)?;
    let today = now.with_timezone(&zone).date_naive();
    if day < today {
        return Err(NotAnEnd::Passed);
    }
    if day > today + chrono::Days::new(36_525) {
        return Err(NotAnEnd::TooFar);
    }
    let next = day.succ_opt().ok_or(NotAnEnd::TooFar)?;
    day_begins(next, zone).map(Some).ok_or(NotAnEnd::Shape)
}

/// The last day of an entry that ends at the instant, as a date field holds it.
pub fn day(end: Timestamp, zone: Tz) -> NaiveDate {
    (end - chrono::TimeDelta::microseconds(1)).with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_ends_at_midnight_of_the_site() {
        let now = at("2026-06-01T10:00:00Z");
        let zone = Tz::Europe__London;
        let end = read("2026-06-30", zone, now).unwrap().unwrap();
        assert_eq!(end, at("2026-06-30T23:00:00Z"), "summer time");
        assert_eq!(day(end, zone).to_string(), "2026-06-30");
        assert_eq!(read("2026-06-01", zone, now).unwrap(), Some(at("2026-06-01T23:00:00Z")), "today is still a day");
        assert_eq!(read("", zone, now), Ok(None));
        assert_eq!(read("2026-05-31", zone, now), Err(NotAnEnd::Passed));
        assert_eq!(read("31.12.2026", zone, now), Err(NotAnEnd::Shape));
        assert_eq!(read("9999-12-31", zone, now), Err(NotAnEnd::TooFar));
    }

    proptest! {
        #[test]
        fn the_day_that_was_typed_is_shown_again_and_has_its_last_moment(days in 0u64..2_000, zone in 0usize..4) {
            let zone = [Tz::Europe__London, Tz::America__Santiago, Tz::America__Havana, Tz::Pacific__Apia][zone];
            let now = at("2026-01-01T12:00:00Z");
            let typed = now.with_timezone(&zone).date_naive() + chrono::Days::new(days);
            let end = read(&typed.to_string(), zone, now).unwrap().unwrap();
            prop_assert_eq!(day(end, zone), typed);
            prop_assert!(end.with_timezone(&zone).date_naive() > typed, "the end itself belongs to the next day");
        }
    }

    #[test]
    fn a_midnight_that_does_not_exist_is_the_next_hour() {
        // Santiago puts its clocks forward at midnight.
        let end = read("2026-09-05", Tz::America__Santiago, at("2026-09-01T10:00:00Z")).unwrap().unwrap();
        assert_eq!(end, at("2026-09-06T04:00:00Z"));
    }
}
