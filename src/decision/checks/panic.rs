//! *Block all requests* (P-40): the gate that stops every attempt of the site's customers.

use crate::decision::checks::finding;
use crate::decision::facts::Facts;
use crate::decision::policy::Policy;
use crate::decision::verdict::{Because, Check, Code, Finding, FindingOutcome, Mode};

/// Rejects while the switch is on.
pub fn check(_: &Facts, policy: &Policy) -> Finding {
    let (outcome, code) = if policy.panic {
        (FindingOutcome::Reject, Code::AllRequestsBlocked)
    } else {
        (FindingOutcome::Approve, Code::Off)
    };
    finding(Check::Panic, Mode::Enforce, outcome, code, Because::Nothing)
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
    use crate::decision::verdict::{Check, Code, FindingOutcome, Outcome};

    #[test]
    fn the_switch_rejects_every_kind_and_nothing_behind_it_is_reached() {
        for kind in Kind::ALL {
            let facts = crate::decision::facts::Facts { kind, ..payment() };
            let verdict = decide(&facts, &Policy { panic: true, ..Policy::default() });
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
}
