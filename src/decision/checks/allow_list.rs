//! Allow lists (L-36, S-10 to S-13): a match refuses nothing; it switches later checks off.

use crate::decision::checks::block_list::{because, matched, mode_of};
use crate::decision::checks::finding;
use crate::decision::facts::Facts;
use crate::decision::keys::PerKey;
use crate::decision::lists::{Field, ListKind};
use crate::decision::policy::Policy;
use crate::decision::verdict::{Check, Code, Finding, FindingOutcome, Matched, Mode};

/// Says which allow entries match.
pub fn check(facts: &Facts, _: &Policy) -> Finding {
    let matches = matched(facts, ListKind::Allow);
    let code = if matches.is_empty() { Code::NotListed } else { Code::Listed };
    finding(Check::AllowList, mode_of(&matches), FindingOutcome::Approve, code, because(matches))
}

/// What the matching allow entries switch off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lifted {
    /// The velocity filters, by key.
    pub velocity: PerKey<bool>,
    /// The challenge lists.
    pub challenge_list: bool,
}

impl Lifted {
    /// Whether it switches this check off.
    pub fn holds(&self, check: Check) -> bool {
        match check {
            Check::Velocity(key, _) => *self.velocity.get(key),
            Check::ChallengeList => self.challenge_list,
            _ => false,
        }
    }

    /// An entry that names only an e-mail address lifts the card's filter only for customers who are signed in: anybody
    /// can type a good customer's address beside a stolen card.
    fn add(&mut self, fields: &[Field], also_challenge_list: bool, guest: Option<bool>) {
        let only_email = fields.iter().all(|f| *f == Field::Email);
        self.velocity.email = true;
        self.velocity.ip = true;
        self.velocity.card |= !only_email || guest == Some(false);
        self.challenge_list |= also_challenge_list;
    }
}

/// What the entries of enforced lists switch off; a list in shadow switches nothing off.
pub fn lifted(facts: &Facts) -> Lifted {
    let mut lifted = Lifted::default();
    for entry in facts.lists.iter().filter(|m| m.kind == ListKind::Allow && m.mode == Mode::Enforce) {
        lifted.add(&entry.fields, entry.also_challenge_list, facts.guest);
    }
    lifted
}

/// What the matches on lists in shadow would have switched off.
pub fn would_lift(matches: &[Matched], guest: Option<bool>) -> Lifted {
    let mut lifted = Lifted::default();
    for entry in matches.iter().filter(|m| m.mode == Mode::Shadow) {
        lifted.add(&entry.fields, entry.also_challenge_list, guest);
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
    fn a_list_in_shadow_switches_nothing_off() {
        let allow = ListMatch {
            mode: Mode::Shadow,
            also_challenge_list: true,
            ..listed(ListKind::Allow, &[Field::Email, Field::Ip])
        };
        let challenge = listed(ListKind::Challenge, &[Field::Email]);
        let verdict =
            decide(&Facts { lists: vec![allow.clone(), challenge], ..over_every_limit() }, &Policy::default());
        let finding = verdict.findings.iter().find(|f| f.check == Check::AllowList).unwrap();
        assert_eq!((verdict.outcome, finding.mode, finding.code), (Outcome::Reject, Mode::Shadow, Code::Listed));
        assert!(verdict.findings.iter().all(|f| f.code != Code::Allowed));
        let all = Lifted { velocity: PerKey { email: true, ip: true, card: true }, challenge_list: true };
        assert_eq!(would_lift(&[Matched::from(&allow)], None), all, "and knows what it would have");
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
