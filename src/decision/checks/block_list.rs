//! Block lists (L-37, S-15): a match rejects, or on a list in shadow says that it would. Nothing switches them off.

use crate::decision::checks::finding;
use crate::decision::facts::Facts;
use crate::decision::lists::ListKind;
use crate::decision::policy::Policy;
use crate::decision::verdict::{Because, Check, Code, Finding, FindingOutcome, Matched, Mode};

/// Rejects if an entry of a block list matches.
pub fn check(facts: &Facts, _: &Policy) -> Finding {
    let matches = matched(facts, ListKind::Block);
    let (outcome, code) = if matches.is_empty() {
        (FindingOutcome::Approve, Code::NotListed)
    } else {
        (FindingOutcome::Reject, Code::Listed)
    };
    finding(Check::BlockList, mode_of(&matches), outcome, code, because(matches))
}

/// The strongest mode of the lists that match: one in shadow beside one that is enforced changes nothing.
pub(super) fn mode_of(matches: &[Matched]) -> Mode {
    matches.iter().map(|m| m.mode).max().unwrap_or_default()
}

/// The matches of a kind of list.
pub(super) fn matched(facts: &Facts, kind: ListKind) -> Vec<Matched> {
    facts.lists.iter().filter(|m| m.kind == kind).map(Matched::from).collect()
}

/// The matches as a reason.
pub(super) fn because(matches: Vec<Matched>) -> Because {
    if matches.is_empty() { Because::Nothing } else { Because::Lists { matches } }
}

#[cfg(test)]
mod tests {
    use crate::decision::attempt::Kind;
    use crate::decision::facts::Facts;
    use crate::decision::facts::tests::{listed, payment};
    use crate::decision::lists::{Field, ListKind, ListMatch};
    use crate::decision::pipeline::decide;
    use crate::decision::policy::Policy;
    use crate::decision::verdict::{Check, FindingOutcome, Mode, Outcome};

    #[test]
    fn a_match_rejects_every_kind_of_attempt() {
        for kind in Kind::ALL {
            let facts = Facts { kind, lists: vec![listed(ListKind::Block, &[Field::Email])], ..payment() };
            let verdict = decide(&facts, &Policy::default());
            assert_eq!((verdict.outcome, verdict.settled_by), (Outcome::Reject, Some(Check::BlockList)));
        }
    }

    #[test]
    fn a_list_in_shadow_says_what_it_would_have_refused_and_one_that_is_enforced_refuses() {
        let shadow = ListMatch { mode: Mode::Shadow, ..listed(ListKind::Block, &[Field::Ip]) };
        let verdict = decide(&Facts { lists: vec![shadow.clone()], ..payment() }, &Policy::default());
        let finding = verdict.findings.iter().find(|f| f.check == Check::BlockList).unwrap();
        assert_eq!((verdict.outcome, verdict.shadow, verdict.settled_by), (Outcome::Approve, true, None));
        assert_eq!((finding.mode, finding.outcome), (Mode::Shadow, FindingOutcome::Reject));
        let both = vec![shadow, listed(ListKind::Block, &[Field::Email])];
        let verdict = decide(&Facts { lists: both, ..payment() }, &Policy::default());
        assert_eq!((verdict.outcome, verdict.shadow), (Outcome::Reject, false));
    }

    #[test]
    fn an_attempt_on_both_lists_is_rejected() {
        let lists = vec![listed(ListKind::Allow, &[Field::Email, Field::Ip]), listed(ListKind::Block, &[Field::Ip])];
        assert_eq!(decide(&Facts { lists, ..payment() }, &Policy::default()).outcome, Outcome::Reject);
    }
}
