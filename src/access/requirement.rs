//! Whether a second factor is required of a person at a site, and until when it may be missing. Pure: the membership's
//! moments, the site's grace and the hour are arguments.
//!
//! The deadline is never stored, only the moment it is counted from: so a shorter grace moves it earlier at once and a
//! longer one later, and nothing a person does (signing in, joining again, another role) moves it at all.

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, TimeZone as _};
use chrono_tz::Tz;

use crate::access::factor::{FactorKind, Means};
use crate::kernel::clock::Timestamp;

/// Where a second factor is set up.
pub const SET_UP: &str = "/me/second-factor";

/// How long after its end a requirement is remembered: switched on again meanwhile, it goes on from its old beginning.
pub const MEMORY: TimeDelta = TimeDelta::days(30);

/// The longest grace after a reset, in days.
pub const LONGEST_FRESH_GRACE: u16 = 7;

/// The longest exemption.
pub const LONGEST_EXEMPTION: TimeDelta = TimeDelta::days(30);

/// Whole days between the beginning of a requirement and its deadline: 0 to 90.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GraceDays(u16);

/// Outside of 0 to 90, or no whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write whole days from 0 to 90; 0 is at once")]
pub struct NotGraceDays;

impl GraceDays {
    /// What a new site has.
    pub const DEFAULT: Self = Self(7);

    /// The number.
    pub fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<i32> for GraceDays {
    type Error = NotGraceDays;
    fn try_from(days: i32) -> Result<Self, NotGraceDays> {
        u16::try_from(days).ok().filter(|days| *days <= 90).map(Self).ok_or(NotGraceDays)
    }
}

impl std::str::FromStr for GraceDays {
    type Err = NotGraceDays;
    fn from_str(text: &str) -> Result<Self, NotGraceDays> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotGraceDays);
        }
        text.parse::<i32>().map_err(|_| NotGraceDays)?.try_into()
    }
}

/// What a membership remembers of its requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moments {
    /// When it began; kept for [`MEMORY`] after its end.
    pub since: Option<Timestamp>,
    /// When it last ended; `None` while it holds or never did.
    pub ended_at: Option<Timestamp>,
}

impl Moments {
    /// How they stand once it is known whether a second factor is `required` now.
    pub fn at(self, required: bool, now: Timestamp) -> Self {
        let forgotten = self.ended_at.is_some_and(|ended| now - ended >= MEMORY);
        let since = if forgotten { None } else { self.since };
        match (required, since) {
            (true, _) => Self { since: since.or(Some(now)), ended_at: None },
            (false, None) => Self::default(),
            (false, Some(_)) => Self { since, ended_at: self.ended_at.or(Some(now)) },
        }
    }
}

/// Everything that decides about one membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// The site asks everybody, or the person's own switch is on.
    pub required: bool,
    /// When it began.
    pub moments: Moments,
    /// When the membership was made: what is counted from where no beginning was recorded.
    pub joined_at: Timestamp,
    /// The site's grace.
    pub grace: GraceDays,
    /// The last reset of the person's factors by an admin or the operator.
    pub restarted_at: Option<Timestamp>,
    /// It was the operator's: there is a day at least then.
    pub restarted_by_operator: bool,
    /// Until when somebody excused the person.
    pub exempt_until: Option<Timestamp>,
    /// The site's zone: days end in it.
    pub zone: Tz,
}

/// How a membership stands while its person has no second factor that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// None is required.
    Free,
    /// Required, but the person is excused.
    Exempt {
        /// Until then.
        until: Timestamp,
    },
    /// Required, and there is time.
    Due {
        /// The first instant that is too late.
        deadline: Timestamp,
    },
    /// Required, and the time is over: only enrolment and sign-out are left at the site.
    Overdue {
        /// Since then.
        deadline: Timestamp,
    },
}

impl Requirement {
    /// The first instant at which it is too late: the end of the last day of grace, or the beginning itself without one.
    pub fn deadline(&self) -> Timestamp {
        let since = self.moments.since.unwrap_or(self.joined_at);
        let (from, days) = match self.restarted_at {
            Some(restarted) if restarted >= since => {
                let least = u16::from(self.restarted_by_operator);
                (restarted, self.grace.get().clamp(least, LONGEST_FRESH_GRACE))
            }
            _ => (since, self.grace.get()),
        };
        if days == 0 { from } else { end_of_day(from, days, self.zone) }
    }

    /// How it stands.
    pub fn standing(&self, now: Timestamp) -> Standing {
        if !self.required {
            return Standing::Free;
        }
        if let Some(until) = self.exempt_until.filter(|until| now < *until) {
            return Standing::Exempt { until };
        }
        let deadline = self.deadline();
        if now < deadline { Standing::Due { deadline } } else { Standing::Overdue { deadline } }
    }
}

/// Whether a session of somebody with an active factor of a kind that counts opens the site: where one is required, by such
/// a kind only. Where every kind counts, every proof does.
pub fn opens(standing: Standing, kinds: &[FactorKind], means: Option<Means>) -> bool {
    let required = matches!(standing, Standing::Due { .. } | Standing::Overdue { .. });
    let every = FactorKind::ALL.iter().all(|kind| kinds.contains(kind));
    !required || every || means.is_some_and(|means| means.counts(kinds))
}

/// The last day on which there is time, in the site's zone: what people are told as the date.
pub fn last_day(deadline: Timestamp, zone: Tz) -> NaiveDate {
    (deadline - TimeDelta::microseconds(1)).with_timezone(&zone).date_naive()
}

/// Days from today to the last one, in the site's zone: 0 on the last day itself.
pub fn days_left(deadline: Timestamp, now: Timestamp, zone: Tz) -> i64 {
    (last_day(deadline, zone) - now.with_timezone(&zone).date_naive()).num_days()
}

/// The first instant after the day that comes `days` after `from`, in the zone.
fn end_of_day(from: Timestamp, days: u16, zone: Tz) -> Timestamp {
    let next = from.with_timezone(&zone).date_naive() + Days::new(u64::from(days) + 1);
    let mut midnight = next.and_time(NaiveTime::MIN);
    // A clock that jumps over midnight begins the day later.
    for _ in 0..48 {
        if let Some(at) = zone.from_local_datetime(&midnight).earliest() {
            return at.to_utc();
        }
        midnight += TimeDelta::minutes(30);
    }
    from + TimeDelta::days(i64::from(days) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn days(n: i32) -> GraceDays {
        n.try_into().unwrap()
    }

    fn asked(since: Timestamp, grace: i32) -> Requirement {
        Requirement {
            required: true,
            moments: Moments { since: Some(since), ended_at: None },
            joined_at: since,
            grace: days(grace),
            restarted_at: None,
            restarted_by_operator: false,
            exempt_until: None,
            zone: Tz::Europe__London,
        }
    }

    #[test]
    fn the_deadline_is_the_end_of_the_last_day_in_the_sites_zone() {
        let since = at("2026-03-02T10:00:00Z");
        let asked = asked(since, 7);
        assert_eq!(asked.deadline(), at("2026-03-10T00:00:00Z"));
        assert_eq!(last_day(asked.deadline(), asked.zone), NaiveDate::from_ymd_opt(2026, 3, 9).unwrap());
        assert_eq!(days_left(asked.deadline(), since, asked.zone), 7);
        assert!(matches!(asked.standing(at("2026-03-09T23:59:59Z")), Standing::Due { .. }));
        assert!(matches!(asked.standing(at("2026-03-10T00:00:00Z")), Standing::Overdue { .. }));
        let there = Requirement { zone: Tz::Pacific__Auckland, ..asked };
        assert_eq!(there.deadline(), at("2026-03-09T11:00:00Z"), "a day ends earlier in Auckland");
    }

    #[test]
    fn a_day_lasts_as_long_as_the_clocks_there_say() {
        let london = asked(at("2026-03-28T12:00:00Z"), 1);
        assert_eq!(london.deadline(), at("2026-03-29T23:00:00Z"), "the night the clocks go forward is an hour shorter");
        let skipped = Requirement { zone: Tz::Asia__Beirut, ..asked(at("2026-03-27T12:00:00Z"), 1) };
        assert_eq!(
            skipped.deadline(),
            at("2026-03-28T22:00:00Z"),
            "a midnight that does not exist is the hour after it"
        );
    }

    #[test]
    fn without_grace_it_is_at_once() {
        let since = at("2026-03-02T10:00:00Z");
        assert_eq!(asked(since, 0).standing(since), Standing::Overdue { deadline: since });
    }

    #[test]
    fn a_reset_gives_the_sites_grace_again_but_seven_days_at_most() {
        let reset = at("2026-04-01T10:00:00Z");
        for (grace, end) in [(30, "2026-04-08T23:00:00Z"), (3, "2026-04-04T23:00:00Z"), (0, "2026-04-01T10:00:00Z")] {
            let asked = Requirement { restarted_at: Some(reset), ..asked(at("2026-03-02T10:00:00Z"), grace) };
            assert_eq!(asked.deadline(), at(end), "{grace} days");
        }
        let operators = Requirement {
            restarted_at: Some(reset),
            restarted_by_operator: true,
            ..asked(at("2026-03-02T10:00:00Z"), 0)
        };
        assert_eq!(operators.deadline(), at("2026-04-02T23:00:00Z"), "the operator's a day at least");
        let before =
            Requirement { restarted_at: Some(at("2026-01-01T00:00:00Z")), ..asked(at("2026-03-02T10:00:00Z"), 30) };
        assert_eq!(
            before.deadline(),
            asked(at("2026-03-02T10:00:00Z"), 30).deadline(),
            "a reset before it began is no part of it"
        );
    }

    #[test]
    fn an_exemption_holds_to_its_end_and_the_deadline_stands_behind_it() {
        let since = at("2026-03-02T10:00:00Z");
        let until = at("2026-03-20T00:00:00Z");
        let asked = Requirement { exempt_until: Some(until), ..asked(since, 3) };
        assert_eq!(asked.standing(at("2026-03-19T23:59:59Z")), Standing::Exempt { until });
        assert_eq!(asked.standing(until), Standing::Overdue { deadline: at("2026-03-06T00:00:00Z") });
        assert_eq!(Requirement { required: false, ..asked }.standing(until), Standing::Free);
    }

    #[test]
    fn a_site_that_requires_a_factor_is_opened_by_a_kind_that_counts_there() {
        use FactorKind::{Passkey, Sms, Totp};
        let due = Standing::Due { deadline: at("2026-03-10T00:00:00Z") };
        let by = |kind| Some(Means::Kind(kind));
        for (kinds, means, opened) in [
            (&[Passkey][..], by(Passkey), true),
            (&[Passkey], by(Sms), false),
            (&[Passkey], Some(Means::Recovery), false),
            (&[Passkey], None, false),
            (&[Passkey, Totp], by(Sms), false),
            (&[Passkey, Totp], Some(Means::Recovery), true),
            (&[Sms, Totp, Passkey], None, true),
        ] {
            assert_eq!(opens(due, kinds, means), opened, "{kinds:?} {means:?}");
            assert!(opens(Standing::Free, kinds, means), "nothing is asked where nothing is required");
        }
    }

    #[test]
    fn it_is_forgotten_thirty_days_after_its_end() {
        let began = at("2026-03-02T10:00:00Z");
        let ended = Moments::default().at(true, began).at(false, began + TimeDelta::days(2));
        let just_before = ended.at(true, began + TimeDelta::days(32) - TimeDelta::seconds(1));
        assert_eq!(just_before, Moments { since: Some(began), ended_at: None });
        let after = began + TimeDelta::days(32);
        assert_eq!(ended.at(true, after), Moments { since: Some(after), ended_at: None });
        assert_eq!(ended.at(false, after), Moments::default());
    }

    #[test]
    fn grace_is_a_whole_number_from_0_to_90() {
        assert_eq!(" 90 ".parse(), Ok(days(90)));
        assert_eq!("0".parse(), Ok(days(0)));
        for bad in ["", " ", "91", "-1", "+7", "7.5", "seven", "٧", "99999999999"] {
            assert_eq!(bad.parse::<GraceDays>(), Err(NotGraceDays), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn switching_off_and_on_never_moves_the_deadline_later(
            grace in 0..=90i32,
            switches in prop::collection::vec((any::<bool>(), 0..30i64 * 24 * 60 - 1), 1..40),
        ) {
            let began = at("2026-03-02T10:00:00Z");
            let mut moments = Moments::default().at(true, began);
            let deadline = Requirement { moments, ..asked(began, grace) }.deadline();
            let mut now = began;
            for (required, minutes) in switches {
                now += TimeDelta::minutes(minutes);
                let ended_before = moments.ended_at;
                moments = moments.at(required, now);
                if ended_before.is_some_and(|ended| now - ended >= MEMORY) {
                    return Ok(()); // forgotten, as it should be
                }
                prop_assert_eq!(moments.since, Some(began));
                prop_assert_eq!(Requirement { moments, ..asked(began, grace) }.deadline(), deadline);
            }
        }

        #[test]
        fn looking_again_changes_nothing(required: bool, since in prop::option::of(0..100i64), ended in prop::option::of(0..100i64)) {
            let day = |n: i64| at("2026-01-01T00:00:00Z") + TimeDelta::days(n);
            let moments = Moments { since: since.map(day), ended_at: ended.map(day) };
            let now = day(100);
            let once = moments.at(required, now);
            prop_assert_eq!(once.at(required, now), once);
        }

        #[test]
        fn a_shorter_grace_is_never_later(a in 0..=90i32, b in 0..=90i32, hour in 0..24 * 365i64, reset in prop::option::of(0..24 * 400i64)) {
            let since = at("2026-01-01T00:00:00Z") + TimeDelta::hours(hour);
            let restarted_at = reset.map(|hours| at("2026-01-01T00:00:00Z") + TimeDelta::hours(hours));
            let deadline = |grace| Requirement { restarted_at, ..asked(since, grace) }.deadline();
            prop_assert_eq!(deadline(a.min(b)), deadline(a).min(deadline(b)));
            prop_assert!(deadline(a) >= since.max(restarted_at.unwrap_or(since)));
        }
    }
}
