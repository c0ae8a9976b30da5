//! Lockout: the lock of an account, and the proof it stands before.

use crate::decision::checks::finding;
use crate::decision::sign_in::{Door, Facts, Password};
use crate::decision::verdict::{Because, Check, Code, Finding, FindingOutcome, Mode, Origin};

/// Rejects while the door is shut and what is not the right proof; asks for the second step where one is due.
pub fn check(facts: &Facts) -> Finding {
    use FindingOutcome::{Approve, Challenge, NotApplicable, Reject};
    let (outcome, code, because) = match &facts.door {
        None => (NotApplicable, Code::NotReached, Because::Nothing),
        Some(Door::Shut(lock)) => (Reject, Code::Locked, Because::Lock(lock.clone())),
        Some(Door::Compared(said, lock)) => {
            let (outcome, code) = match said {
                Password::Right => (Approve, Code::PasswordRight),
                Password::RightWithStepDue => (Challenge, Code::SecondStepDue),
                Password::Refused => (Reject, Code::PasswordRefused),
            };
            (outcome, code, Because::Lock(lock.clone()))
        }
        Some(Door::Passkey { taken: true }) => (NotApplicable, Code::Passkey, Because::Nothing),
        Some(Door::Passkey { taken: false }) => (Reject, Code::PasskeyRefused, Because::Nothing),
    };
    Finding { origin: Origin::Strictest, ..finding(Check::Lockout, Mode::Enforce, outcome, code, because) }
}
