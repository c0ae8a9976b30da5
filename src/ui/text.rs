//! How times, numbers and machine values are written. The zone and the moment "now" are arguments.

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use chrono_tz::Tz;
use leptos::prelude::*;

use crate::kernel::money::thousands;

/// The moments a page speaks of: now, and the reader's zone.
#[derive(Debug, Clone, Copy)]
pub struct Clockface {
    /// The instant the page is made for.
    pub now: DateTime<Utc>,
    /// The zone that times are shown in.
    pub zone: Tz,
}

impl Clockface {
    /// "4 min ago", with the exact time on hover and for machines.
    pub fn ago(self, at: DateTime<Utc>) -> impl IntoView + use<> {
        stamp(at, relative(self.now, at, self.zone), self.exact(at))
    }

    /// "19 November 2026, 13:58:07", with the zone on hover.
    pub fn at(self, at: DateTime<Utc>) -> impl IntoView + use<> {
        stamp(at, self.exact(at), at.with_timezone(&self.zone).format("%Z, UTC%:z").to_string())
    }

    /// "13:58:07 GMT", with the day on hover: where the zone is not that of a site on the same page.
    pub fn zoned(self, at: DateTime<Utc>) -> impl IntoView + use<> {
        stamp(at, self.zoned_words(at), self.exact(at))
    }

    /// "13:58:07 GMT" as plain words.
    pub fn zoned_words(self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%H:%M:%S %Z").to_string()
    }

    /// Words of one's own for a moment, with the exact time on hover.
    pub fn saying(self, at: DateTime<Utc>, words: String) -> impl IntoView + use<> {
        stamp(at, words, self.exact(at))
    }

    /// "Times are in Europe/London.", for pages that stand at no site.
    pub fn zone_words(self) -> String {
        format!("Times are in {}.", self.zone.name().replace('_', " "))
    }

    /// "13:58:07", with the day on hover.
    pub fn time_of_day(self, at: DateTime<Utc>) -> impl IntoView + use<> {
        stamp(at, at.with_timezone(&self.zone).format("%H:%M:%S").to_string(), self.exact(at))
    }

    /// "19 November 2026, 13:58:07" as plain words.
    pub fn exact(self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%-d %B %Y, %H:%M:%S").to_string()
    }

    /// "19 Nov 2026" as plain words.
    pub fn day(self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%-d %b %Y").to_string()
    }
}

/// The whole second from which a wait until then is over: whoever comes at the time that is written is not too early. A
/// deadline is written as it is, so that nobody comes too late.
pub fn wait_over(at: DateTime<Utc>) -> DateTime<Utc> {
    (at + TimeDelta::nanoseconds(999_999_999)).trunc_subsecs(0)
}

fn stamp(at: DateTime<Utc>, words: String, title: String) -> impl IntoView + use<> {
    let machine = at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    view! { <time datetime=machine title=title>{words}</time> }
}

/// How long ago, or how far ahead, in the words people use; from the day before yesterday on the day and the time.
pub fn relative(now: DateTime<Utc>, at: DateTime<Utc>, zone: Tz) -> String {
    let seconds = (now - at).num_seconds();
    let (local_now, local_at) = (now.with_timezone(&zone), at.with_timezone(&zone));
    let days = (local_now.date_naive() - local_at.date_naive()).num_days();
    match seconds {
        -59..=4 => {
            if seconds < -4 {
                format!("In {} s", -seconds)
            } else {
                "Now".into()
            }
        }
        5..=59 => format!("{seconds} s ago"),
        60..=3_599 => format!("{} min ago", seconds / 60),
        3_600..=86_399 if days == 0 => format!("{} h ago", seconds / 3_600),
        -3_599..=-60 => format!("In {} min", -seconds / 60),
        -86_399..=-3_600 if days == 0 => format!("In {} h", -seconds / 3_600),
        _ => match days {
            1 => format!("Yesterday, {}", local_at.format("%H:%M")),
            -1 => format!("Tomorrow, {}", local_at.format("%H:%M")),
            -60..=-2 => format!("In {} days", -days),
            _ if local_at.format("%Y").to_string() == local_now.format("%Y").to_string() => {
                local_at.format("%-d %b, %H:%M").to_string()
            }
            _ => local_at.format("%-d %b %Y, %H:%M").to_string(),
        },
    }
}

/// 12345 as "12,345".
pub fn number(n: i64) -> String {
    let sign = if n < 0 { "−" } else { "" };
    format!("{sign}{}", thousands(&n.unsigned_abs().to_string()))
}

/// "1 change", "2 changes".
pub fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(i64::try_from(n).unwrap_or(i64::MAX)), if n == 1 { one } else { many })
}

/// A value that machines use too: an id, an address.
pub fn code(value: impl Into<String>) -> AnyView {
    view! { <code>{value.into()}</code> }.into_any()
}

/// A figure or amount, set so that columns of them line up.
pub fn figure(value: impl Into<String>) -> AnyView {
    view! { <span class="tnum">{value.into()}</span> }.into_any()
}

/// Where there is nothing to show.
pub fn nothing(word: impl Into<String>) -> AnyView {
    view! { <span class="quiet">{word.into()}</span> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn relative_times_are_the_words_people_use() {
        let now = at("2026-11-19T14:20:00Z");
        let say = |text| relative(now, at(text), Tz::Europe__London);
        assert_eq!(say("2026-11-19T14:20:00Z"), "Now");
        assert_eq!(say("2026-11-19T14:19:30Z"), "30 s ago");
        assert_eq!(say("2026-11-19T14:16:00Z"), "4 min ago");
        assert_eq!(say("2026-11-19T12:20:00Z"), "2 h ago");
        assert_eq!(say("2026-11-18T23:20:00Z"), "Yesterday, 23:20");
        assert_eq!(say("2026-11-16T10:00:00Z"), "16 Nov, 10:00");
        assert_eq!(say("2026-03-02T10:00:00Z"), "2 Mar, 10:00");
        assert_eq!(say("2025-03-02T10:00:00Z"), "2 Mar 2025, 10:00");
        assert_eq!(say("2026-12-30T10:00:00Z"), "In 41 days");
        assert_eq!(say("2026-11-19T14:30:00Z"), "In 10 min");
    }

    #[test]
    fn the_day_turns_in_the_readers_zone() {
        let now = Utc.with_ymd_and_hms(2026, 11, 19, 0, 30, 0).unwrap();
        assert_eq!(relative(now, at("2026-11-18T23:45:00Z"), Tz::UTC), "45 min ago");
        assert_eq!(relative(now, at("2026-11-18T22:00:00Z"), Tz::UTC), "Yesterday, 22:00");
        assert_eq!(relative(now, at("2026-11-18T22:00:00Z"), Tz::America__New_York), "2 h ago");
    }

    #[test]
    fn a_time_names_its_zone_and_is_right_for_waits_and_for_deadlines() {
        let face = |zone| Clockface { now: at("2026-07-01T12:00:00Z"), zone };
        let until = at("2026-07-01T12:00:29.001Z");
        assert_eq!(face(Tz::UTC).zoned_words(until), "12:00:29 UTC");
        assert_eq!(face(Tz::UTC).zoned_words(wait_over(until)), "12:00:30 UTC");
        assert_eq!(wait_over(at("2026-07-01T12:00:29Z")), at("2026-07-01T12:00:29Z"));
        assert_eq!(face(Tz::Europe__London).zoned_words(until), "13:00:29 BST");
        assert_eq!(face(Tz::America__New_York).zoned_words(at("2026-07-01T12:00:00Z")), "08:00:00 EDT");
        assert_eq!(face(Tz::America__New_York).zone_words(), "Times are in America/New York.");
    }

    #[test]
    fn numbers_have_thousands() {
        assert_eq!([number(0), number(999), number(1_000), number(-12_345_678)], ["0", "999", "1,000", "−12,345,678"]);
    }
}
