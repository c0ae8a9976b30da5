//! Velocity filters (S-01 to S-09, V-01): what one e-mail address, one network or one card may do in any 24 hours.
//! Payments only. Blank is no limit; zero lets none through.

use crate::decision::attempt::Kind;
use crate::decision::checks::allow_list::lifted;
use crate::decision::checks::finding;
use crate::decision::facts::{Facts, Used};
use crate::decision::keys::KeyKind;
use crate::decision::policy::Policy;
use crate::decision::verdict::{Because, Check, Code, Compared, Finding, FindingOutcome, Measure, Mode};

pub mod amount;
pub mod declines;
pub mod payments;

/// The finding of one filter.
pub fn check(key: KeyKind, measure: Measure, facts: &Facts, policy: &Policy) -> Finding {
    let check = Check::Velocity(key, measure);
    let mode = policy.velocity.mode;
    let none = |code| finding(check, mode, FindingOutcome::NotApplicable, code, Because::Nothing);
    if mode == Mode::Off {
        return none(Code::Off);
    }
    if facts.kind != Kind::Payment {
        return none(Code::NotAPayment);
    }
    let limits = policy.velocity.limits(key);
    let Some(used) = facts.used.get(key) else {
        return none(if key == KeyKind::Card { Code::NoCard } else { Code::NoEmail });
    };
    let compared = match measure {
        Measure::Payments => payments::compare(key, used, limits),
        Measure::Amount => amount::compare(key, used, limits, facts.money),
        Measure::Declines => declines::compare(key, used, limits),
    };
    match compared {
        Err(code) => none(code),
        Ok((compared, _)) if *lifted(facts).velocity.get(key) => {
            finding(check, mode, FindingOutcome::NotApplicable, Code::Allowed, Because::Limit(compared))
        }
        Ok((compared, true)) => finding(check, mode, FindingOutcome::Reject, Code::OverLimit, Because::Limit(compared)),
        Ok((compared, false)) => {
            finding(check, mode, FindingOutcome::Approve, Code::WithinLimit, Because::Limit(compared))
        }
    }
}

/// What was compared and whether it is over the limit, or why there is nothing to compare.
type Comparison = Result<(Compared, bool), Code>;

/// What every filter says of its key.
fn compared(key: KeyKind, used: &Used, seen: i64, limit: i64) -> Compared {
    Compared { key, identity: used.by, seen, at_least: false, limit, currency: None, window_hours: 24, first_at: None }
}
