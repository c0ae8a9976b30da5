//! Why a code was not sent or not taken, in plain words, with the status and the time to wait.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

use crate::access::code::NotACode;
use crate::access::factor::FactorKind;
use crate::access::passkey;
use crate::access::service::codes::{Checked, Sent};
use crate::kernel::clock::Timestamp;
use crate::ui::text::{Clockface, counted, wait_over};

/// One refusal.
pub struct Refusal {
    /// The field at fault; empty for the form as a whole.
    pub field: &'static str,
    /// How to mend it.
    pub words: String,
    until: Option<Timestamp>,
}

impl Refusal {
    fn new(field: &'static str, words: impl Into<String>) -> Self {
        Self { field, words: words.into(), until: None }
    }

    fn until(field: &'static str, words: String, until: Timestamp) -> Self {
        Self { field, words, until: Some(until) }
    }

    /// The page with its status: 422, or 429 and when to come back.
    pub fn onto(&self, mut response: Response, now: Timestamp) -> Response {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        if let Some(until) = self.until {
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds(until, now)));
        }
        response
    }
}

/// Whole seconds until then, at least one.
pub fn seconds(until: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(((until - now).num_milliseconds() + 999) / 1_000).unwrap_or(0).max(1)
}

/// "10:15:30 GMT, in 14 min 30 s".
pub fn moment(at: Timestamp, clock: Clockface) -> String {
    let left = seconds(at, clock.now);
    let wait = match (left / 3_600, left / 60 % 60, left % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    };
    format!("{}, in {wait}", clock.zoned_words(wait_over(at)))
}

/// Nothing was chosen to prove it with.
pub fn no_way() -> Refusal {
    Refusal::new("", "Choose what to prove it with, and write its code.")
}

/// Why a code was not taken; `kind` is none for a recovery code.
pub fn of_code(checked: &Checked, kind: Option<FactorKind>, clock: Clockface) -> Refusal {
    let words = match (checked, kind) {
        (Checked::Closed { until }, _) => {
            let words = format!("Too many wrong codes. Codes are taken again at {}. A passkey or a recovery code still works.", moment(*until, clock));
            return Refusal::until("code", words, *until);
        }
        (Checked::Malformed, None) => "Write one of your recovery codes.".into(),
        (_, None) => "That is none of your recovery codes, or it was used already.".into(),
        (Checked::Malformed, _) => NotACode.to_string(),
        (Checked::Wrong { .. } | Checked::Expired, Some(FactorKind::Totp)) => {
            "That code does not fit, or was used already. Wait for the next one in your app; the clock of its device must be right.".into()
        }
        (Checked::Wrong { left: 0 }, _) => "That was wrong too often for this code. Send a new one.".into(),
        (Checked::Wrong { left }, _) => {
            format!("That is not the code we sent. {} left.", counted(usize::from(*left), "try", "tries"))
        }
        (Checked::Expired | Checked::Right { .. }, _) => {
            "That code is no longer good: it was used, replaced, or is older than five minutes. Send a new one.".into()
        }
    };
    Refusal::new("code", words)
}

/// Why a code was not sent.
pub fn of_send(sent: &Sent, clock: Clockface) -> Refusal {
    match sent {
        Sent::Wait { until } => {
            Refusal::until("", format!("The next code can be sent at {}.", moment(*until, clock)), *until)
        }
        Sent::Closed { until } => {
            let words = format!("Too many wrong codes. Codes are sent again at {}.", moment(*until, clock));
            Refusal::until("", words, *until)
        }
        Sent::Refused(words) => Refusal::new("", words.clone()),
        Sent::Sent { .. } => Refusal::new("", "The code is on its way."),
    }
}

/// Why a passkey was not taken.
pub fn of_passkey(refusal: passkey::Refusal) -> Refusal {
    Refusal::new("", refusal.words())
}

/// Nobody to ask.
pub fn no_help() -> Refusal {
    Refusal::new(
        "",
        "None of your sites that require a second factor says where to ask for help, so nobody was told. Ask an owner or admin of a site of yours in person.",
    )
}

/// Asked for help three times.
pub fn help_too_often(until: Timestamp, clock: Clockface) -> Refusal {
    let words = format!("Help was asked for three times within the hour. Ask again at {}.", moment(until, clock));
    Refusal::until("", words, until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn a_wait_is_said_exactly_and_never_too_short() {
        let now = DateTime::UNIX_EPOCH;
        let clock = Clockface { now, zone: chrono_tz::Tz::UTC };
        assert_eq!(moment(now + TimeDelta::seconds(30), clock), "00:00:30 UTC, in 30 s");
        assert_eq!(moment(now + TimeDelta::minutes(15), clock), "00:15:00 UTC, in 15 min 0 s");
        assert_eq!(moment(now + TimeDelta::minutes(90), clock), "01:30:00 UTC, in 1 h 30 min");
        assert_eq!(moment(now + TimeDelta::milliseconds(1), clock), "00:00:01 UTC, in 1 s");
    }
}
