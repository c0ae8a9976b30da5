//! Challenge lists (L-38): a match asks for at least a challenge.

use crate::decision::checks::allow_list::lifted;
use crate::decision::checks::block_list::{because, matched, mode_of};
use crate::decision::checks::finding;
use crate::decision::facts::Facts;
use crate::decision::lists::ListKind;
use crate::decision::policy::Policy;
use crate::decision::verdict::{Check, Code, Finding, FindingOutcome};

/// Asks for a challenge if an entry of a challenge list matches.
pub fn check(facts: &Facts, _: &Policy) -> Finding {
    let matches = matched(facts, ListKind::Challenge);
    let (outcome, code) = if matches.is_empty() {
        (FindingOutcome::Approve, Code::NotListed)
    } else if lifted(facts).challenge_list {
        (FindingOutcome::NotApplicable, Code::Allowed)
    } else {
        (FindingOutcome::Challenge, Code::Listed)
    };
    finding(Check::ChallengeList, mode_of(&matches), outcome, code, because(matches))
}

#[cfg(test)]
mod tests {
    use crate::decision::facts::Facts;
    use crate::decision::facts::tests::{listed, over_every_limit, payment};
    use crate::decision::lists::{Field, ListKind, ListMatch};
    use crate::decision::pipeline::decide;
    use crate::decision::policy::Policy;
    use crate::decision::verdict::{Check, Mode, Outcome};

    #[test]
    fn a_match_challenges_and_a_stronger_answer_wins() {
        let lists = vec![listed(ListKind::Challenge, &[Field::Email])];
        let verdict = decide(&Facts { lists: lists.clone(), ..payment() }, &Policy::default());
        assert_eq!((verdict.outcome, verdict.settled_by), (Outcome::Challenge, Some(Check::ChallengeList)));
        assert_eq!(decide(&Facts { lists, ..over_every_limit() }, &Policy::default()).outcome, Outcome::Reject);
    }

    #[test]
    fn a_list_in_shadow_challenges_nobody() {
        let shadow = ListMatch { mode: Mode::Shadow, ..listed(ListKind::Challenge, &[Field::Email]) };
        let verdict = decide(&Facts { lists: vec![shadow], ..payment() }, &Policy::default());
        assert_eq!((verdict.outcome, verdict.shadow), (Outcome::Approve, true));
    }
}
