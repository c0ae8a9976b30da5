//! A collaborator's sign-in, answered by the same engine: findings and a verdict like those of any attempt, in two steps of
//! its own. Pure, and without a policy: no switch, list or filter of a site can shut the console. What is counted, and what
//! follows from it, is the business of [`crate::access`]; here it is told.

use crate::decision::checks;
use crate::decision::verdict::{Lock, Network, Verdict};

/// What may be known of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The networks of its address, the widest first; `None` of a known device, which they do not count.
    pub networks: Option<Vec<Network>>,
    /// What came of it at the account's door; `None` if one of the networks is refused and it never came there.
    pub door: Option<Door>,
}

/// What came of it at the account's door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// The password was compared.
    Compared(Password, Lock),
    /// Nothing was compared.
    Shut(Lock),
    /// A passkey, taken or not.
    Passkey {
        /// Whether it was.
        taken: bool,
    },
}

/// What came of comparing a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Password {
    /// It is right.
    Right,
    /// It is right, and a second step is asked for.
    RightWithStepDue,
    /// It is wrong, or of an account that is disabled.
    Refused,
}

impl Facts {
    /// Whether it was answered without a password being compared, or is of a kind that anybody can bring about as often as
    /// they like.
    pub fn turned_away(&self) -> bool {
        matches!(self.door, None | Some(Door::Shut(_) | Door::Passkey { taken: false }))
    }
}

/// Decides, in the published order ([`crate::decision::order::SIGN_IN`]).
pub fn decide(facts: &Facts) -> Verdict {
    Verdict::of(vec![checks::address_limit::check(facts), checks::lockout::check(facts)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::decision::verdict::{Check, Code, FindingOutcome, Outcome};
    use chrono::DateTime;

    pub fn network(until: Option<i64>) -> Network {
        Network {
            bits: 32,
            tries: 20,
            tries_limit: 20,
            accounts: 5,
            accounts_limit: 5,
            window_minutes: 10,
            until: until.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
        }
    }

    pub fn lock() -> Lock {
        Lock { failed: 3, limit: 10, minutes: 30, known_device: false, until: None, closed: false }
    }

    #[test]
    fn what_came_of_it_is_the_outcome_and_both_steps_always_have_their_say() {
        use FindingOutcome as F;
        let free = Some(vec![network(None)]);
        let compared = |said| Some(Door::Compared(said, lock()));
        let cases = [
            (free.clone(), compared(Password::Right), Outcome::Approve, None, [F::Approve, F::Approve]),
            (
                free.clone(),
                compared(Password::RightWithStepDue),
                Outcome::Challenge,
                Some(Check::Lockout),
                [F::Approve, F::Challenge],
            ),
            (free.clone(), compared(Password::Refused), Outcome::Reject, Some(Check::Lockout), [F::Approve, F::Reject]),
            (free.clone(), Some(Door::Shut(lock())), Outcome::Reject, Some(Check::Lockout), [F::Approve, F::Reject]),
            (
                Some(vec![network(None), network(Some(900))]),
                None,
                Outcome::Reject,
                Some(Check::AddressLimit),
                [F::Reject, F::NotApplicable],
            ),
            (None, compared(Password::Right), Outcome::Approve, None, [F::NotApplicable, F::Approve]),
            (free.clone(), Some(Door::Passkey { taken: true }), Outcome::Approve, None, [F::Approve, F::NotApplicable]),
            (
                free,
                Some(Door::Passkey { taken: false }),
                Outcome::Reject,
                Some(Check::Lockout),
                [F::Approve, F::Reject],
            ),
        ];
        for (networks, door, outcome, settled_by, findings) in cases {
            let facts = Facts { networks, door };
            let verdict = decide(&facts);
            assert_eq!((verdict.outcome, verdict.settled_by), (outcome, settled_by), "{facts:?}");
            assert_eq!(verdict.findings.iter().map(|f| f.check).collect::<Vec<_>>(), Check::SIGN_IN, "{facts:?}");
            assert_eq!(verdict.findings.iter().map(|f| f.outcome).collect::<Vec<_>>(), findings, "{facts:?}");
        }
    }

    #[test]
    fn a_network_that_just_had_its_last_try_is_still_listened_to() {
        let facts =
            Facts { networks: Some(vec![network(None)]), door: Some(Door::Compared(Password::Refused, lock())) };
        assert_eq!(decide(&facts).findings[0].code, Code::WithinLimit, "20 of 20, and the 21st is refused");
    }
}
