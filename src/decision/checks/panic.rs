//! *Block all requests* (P-40): the gate that stops every attempt of the site's customers.

use crate::decision::checks::finding;
use crate::decision::facts::Facts;
use crate::decision::policy::Policy;
use crate::decision::verdict::{Because, Check, Code, Finding, FindingOutcome, Mode};

/// Rejects while the switch is on; in shadow says that it would.
pub fn check(_: &Facts, policy: &Policy) -> Finding {
    let (mode, outcome, code) = match policy.panic {
        Mode::Off => (Mode::Enforce, FindingOutcome::Approve, Code::Off),
        mode => (mode, FindingOutcome::Reject, Code::AllRequestsBlocked),
    };
    finding(Check::Panic, mode, outcome, code, Because::Nothing)
}

/// The finding of a check behind the closed gate.
pub fn stopped(check: Check, policy: &Policy) -> Finding {
    let mode = match check {
        Check::Velocity(..) => policy.velocity.mode,
        _ => Mode::Enforce,
    };
    finding(check, mode, FindingOutcome::NotApplicable, Code::NotReached, Because::Nothing)
}

#[cfg(test)]
mod tests {
    use crate::decision::attempt::Kind;
    use crate::decision::facts::tests::payment;
    use crate::decision::pipeline::decide;
    use crate::decision::policy::Policy;
    use crate::decision::verdict::{Check, Code, FindingOutcome, Mode, Outcome};

    #[test]
    fn the_switch_rejects_every_kind_and_nothing_behind_it_is_reached() {
        for kind in Kind::ALL {
            let facts = crate::decision::facts::Facts { kind, ..payment() };
            let verdict = decide(&facts, &Policy { panic: Mode::Enforce, ..Policy::default() });
            assert_eq!((verdict.outcome, verdict.settled_by), (Outcome::Reject, Some(Check::Panic)));
            assert!(
                verdict.findings[1..]
                    .iter()
                    .all(|f| f.code == Code::NotReached && f.outcome == FindingOutcome::NotApplicable)
            );
            assert_eq!(verdict.findings.len(), Check::ALL.len(), "the record is complete all the same");
        }
        assert_eq!(decide(&payment(), &Policy::default()).findings[0].code, Code::Off);
    }

    #[test]
    fn in_shadow_it_says_what_it_would_stop_and_stops_nothing() {
        let verdict = decide(&payment(), &Policy { panic: Mode::Shadow, ..Policy::default() });
        assert_eq!((verdict.outcome, verdict.shadow, verdict.settled_by), (Outcome::Approve, true, None));
        let panic = &verdict.findings[0];
        assert_eq!(
            (panic.mode, panic.outcome, panic.code),
            (Mode::Shadow, FindingOutcome::Reject, Code::AllRequestsBlocked)
        );
        assert!(verdict.findings[1..].iter().all(|f| f.code != Code::NotReached));
    }
}
