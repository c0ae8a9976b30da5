//! Allow lists (L-36, S-10 to S-13): a match refuses nothing; it switches later checks off.

use crate::decision::checks::block_list::{because, matched};
use crate::decision::checks::finding;
use crate::decision::facts::Facts;
use crate::decision::keys::PerKey;
use crate::decision::lists::{Field, ListKind};
use crate::decision::policy::Policy;
use crate::decision::verdict::{Check, Code, Finding, FindingOutcome, Mode};

/// Says which allow entries match.
pub fn check(facts: &Facts, _: &Policy) -> Finding {
    let matches = matched(facts, ListKind::Allow);
    let code = if matches.is_empty() { Code::NotListed } else { Code::Listed };
    finding(Check::AllowList, Mode::Enforce, FindingOutcome::Approve, code, because(matches))
}

/// What the matching allow entries switch off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lifted {
    /// The velocity filters, by key.
    pub velocity: PerKey<bool>,
    /// The challenge lists.
    pub challenge_list: bool,
}

/// An entry that names only an e-mail address lifts the card's filter only for customers who are signed in: anybody can
/// type a good customer's address beside a stolen card.
pub fn lifted(facts: &Facts) -> Lifted {
    let mut lifted = Lifted::default();
    for entry in facts.lists.iter().filter(|m| m.kind == ListKind::Allow) {
        let only_email = entry.fields.iter().all(|f| *f == Field::Email);
        lifted.velocity.email = true;
        lifted.velocity.ip = true;
        lifted.velocity.card |= !only_email || facts.guest == Some(false);
        lifted.challenge_list |= entry.also_challenge_list;
    }
    lifted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::facts::tests::{listed, over_every_limit, payment};
    use crate::decision::keys::KeyKind;
    use crate::decision::lists::ListMatch;
    use crate::decision::pipeline::decide;
    use crate::decision::verdict::Outcome;

    #[test]
    fn an_allowed_payment_passes_every_velocity_filter() {
        assert_eq!(decide(&over_every_limit(), &Policy::default()).outcome, Outcome::Reject);
        for fields in [&[Field::Ip][..], &[Field::CardFingerprint], &[Field::Email, Field::Ip]] {
            let facts = Facts { lists: vec![listed(ListKind::Allow, fields)], ..over_every_limit() };
            let verdict = decide(&facts, &Policy::default());
            assert_eq!(verdict.outcome, Outcome::Approve, "{fields:?}");
            assert!(
                verdict
                    .findings
                    .iter()
                    .filter(|f| f.check.step() == 8)
                    .all(|f| f.code == Code::Allowed || f.code == Code::NoLimit)
            );
        }
    }

    #[test]
    fn an_allowed_address_alone_lifts_the_card_filter_only_for_the_signed_in() {
        for (guest, lifts) in [(Some(false), true), (Some(true), false), (None, false)] {
            let facts = Facts { guest, lists: vec![listed(ListKind::Allow, &[Field::Email])], ..over_every_limit() };
            assert_eq!(lifted(&facts).velocity, PerKey { email: true, ip: true, card: lifts });
            let verdict = decide(&facts, &Policy::default());
            assert_eq!(verdict.outcome == Outcome::Approve, lifts, "guest {guest:?}");
            if !lifts {
                assert_eq!(
                    verdict.settled_by,
                    Some(Check::Velocity(KeyKind::Card, crate::decision::verdict::Measure::Payments))
                );
            }
        }
    }

    #[test]
    fn challenge_lists_are_lifted_only_by_a_list_that_says_so() {
        for also in [false, true] {
            let allow = ListMatch { also_challenge_list: also, ..listed(ListKind::Allow, &[Field::Ip]) };
            let facts = Facts { lists: vec![allow, listed(ListKind::Challenge, &[Field::Email])], ..payment() };
            let expected = if also { Outcome::Approve } else { Outcome::Challenge };
            assert_eq!(decide(&facts, &Policy::default()).outcome, expected);
        }
    }
}
