//! The decision: pure and total. No await, no clock, no `Result`. This is the page that an auditor reads.
//!
//! The published order: *block all requests*; block lists; allow lists, whose match switches velocity filters (and, if
//! the list says so, challenge lists) off; velocity filters by e-mail, IP and card; challenge lists. The gate may stop;
//! everything behind it runs to its end, and the strongest enforced outcome wins. So a payment on a block list and on an
//! allow list is rejected.

use crate::decision::checks;
use crate::decision::facts::Facts;
use crate::decision::policy::Policy;
use crate::decision::verdict::{Check, Mode, Verdict};

/// Decides. Findings carry no sentences yet: [`crate::decision::wording::speak`] adds them.
pub fn decide(facts: &Facts, policy: &Policy) -> Verdict {
    let findings = Check::ALL
        .into_iter()
        .filter_map(|check| match check {
            // Of a collaborator's sign-in, which knows no policy: `decision::sign_in`.
            Check::AddressLimit | Check::Lockout => None,
            Check::Panic => Some(checks::panic::check(facts, policy)),
            stopped if policy.panic == Mode::Enforce => Some(checks::panic::stopped(stopped, policy)),
            Check::BlockList => Some(checks::block_list::check(facts, policy)),
            Check::AllowList => Some(checks::allow_list::check(facts, policy)),
            Check::Velocity(key, measure) => Some(checks::velocity::check(key, measure, facts, policy)),
            Check::ChallengeList => Some(checks::challenge_list::check(facts, policy)),
        })
        .collect();
    Verdict::of(findings)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use crate::decision::attempt::Kind;
    use crate::decision::change::loosens;
    use crate::decision::counters::{Admitted, Counters, Fate};
    use crate::decision::facts::tests::{listed, payment, tally};
    use crate::decision::facts::{Tally, Used};
    use crate::decision::keys::{Identified, Identity, Key, KeyKind, PerKey};
    use crate::decision::lists::{Field, ListKind, ListMatch};
    use crate::decision::needed::Needed;
    use crate::decision::policy::{KeyLimits, Velocity};
    use crate::decision::replay::{Stored, agree};
    use crate::decision::verdict::{Code, FindingOutcome, Measure, Outcome};
    use crate::kernel::clock::Timestamp;
    use crate::kernel::money::Money;

    fn limits() -> impl Strategy<Value = KeyLimits> {
        (prop::option::of(0u32..6), prop::option::of(0i64..5_000), prop::option::of(0u32..4)).prop_map(
            |(payments, amount, declines)| KeyLimits {
                payments,
                amounts: amount.map(|a| BTreeMap::from([("GBP".parse().unwrap(), a)])).unwrap_or_default(),
                declines,
            },
        )
    }

    fn policy() -> impl Strategy<Value = Policy> {
        (prop::bool::weighted(0.1), 0usize..3, limits(), limits(), limits()).prop_map(
            |(panic, mode, email, ip, card)| Policy {
                panic: if panic { Mode::Enforce } else { Mode::Off },
                velocity: Velocity { mode: Mode::ALL[mode], email, ip, card },
                fold_email_tags: false,
            },
        )
    }

    /// Also with the switch in shadow.
    fn any_policy() -> impl Strategy<Value = Policy> {
        (policy(), 0usize..3).prop_map(|(policy, panic)| Policy { panic: Mode::ALL[panic], ..policy })
    }

    fn used(by: Identity) -> impl Strategy<Value = Option<Used>> {
        prop::option::weighted(0.8, (0u32..8, 0i64..6_000, 0u32..6)).prop_map(move |seen| {
            seen.map(|(payments, amount, declines)| Used {
                payments: tally(payments),
                amount,
                declines: tally(declines),
                ..Used::never(by)
            })
        })
    }

    fn matches() -> impl Strategy<Value = Vec<ListMatch>> {
        prop::collection::vec((0usize..3, 1usize..3, any::<bool>(), any::<bool>()), 0..4).prop_map(|all| {
            all.into_iter()
                .map(|(kind, mode, address, also)| {
                    let fields: &[Field] = if address { &[Field::Email, Field::Ip] } else { &[Field::Email] };
                    let mode = Mode::ALL[mode];
                    ListMatch { mode, also_challenge_list: also, ..listed(ListKind::ALL[kind], fields) }
                })
                .collect()
        })
    }

    fn facts() -> impl Strategy<Value = Facts> {
        (
            0usize..4,
            0i64..3_000,
            prop::option::of(any::<bool>()),
            matches(),
            used(Identity::Email),
            used(Identity::Network),
            used(Identity::Fingerprint),
        )
            .prop_map(|(kind, minor, guest, lists, email, ip, card)| Facts {
                kind: Kind::ALL[kind],
                money: Some(Money::new(minor, "GBP".parse().unwrap())),
                guest,
                lists,
                used: PerKey { email, ip: ip.or(Some(Used::never(Identity::UnknownAddress))), card },
                ..payment()
            })
    }

    fn enforced_lists() -> impl Strategy<Value = Facts> {
        facts().prop_map(|mut facts| {
            facts.lists.iter_mut().for_each(|m| m.mode = Mode::Enforce);
            facts
        })
    }

    proptest! {
        #[test]
        fn the_strongest_enforced_finding_is_the_outcome_and_the_order_never_changes(facts in facts(), policy in policy()) {
            let verdict = decide(&facts, &policy);
            let strongest = verdict.findings.iter().filter(|f| f.acts()).filter_map(|f| f.outcome.outcome()).max();
            prop_assert_eq!(verdict.outcome, strongest.unwrap_or(Outcome::Approve));
            prop_assert_eq!(verdict.findings.iter().map(|f| f.check).collect::<Vec<_>>(), Check::ALL.to_vec());
            prop_assert_eq!(verdict.settled_by.is_some(), verdict.outcome > Outcome::Approve);
            prop_assert_eq!(decide(&facts, &policy), verdict, "the same facts and policy give the same answer");
        }

        #[test]
        fn a_list_in_shadow_decides_as_if_it_were_not_there(facts in facts(), policy in policy()) {
            let enforced: Vec<ListMatch> = facts.lists.iter().filter(|m| m.mode == Mode::Enforce).cloned().collect();
            let without = Facts { lists: enforced, ..facts.clone() };
            let (with, without) = (decide(&facts, &policy), decide(&without, &policy));
            prop_assert_eq!((with.outcome, with.settled_by), (without.outcome, without.settled_by));
        }

        #[test]
        fn shadow_never_changes_the_outcome(facts in enforced_lists(), policy in policy()) {
            let with = |mode| Policy { velocity: Velocity { mode, ..policy.velocity.clone() }, ..policy.clone() };
            let (shadow, off, enforce) = (decide(&facts, &with(Mode::Shadow)), decide(&facts, &with(Mode::Off)), decide(&facts, &with(Mode::Enforce)));
            prop_assert_eq!(shadow.outcome, off.outcome);
            prop_assert!(!off.shadow && !enforce.shadow);
            prop_assert_eq!(shadow.shadow, enforce.outcome > off.outcome, "and says what it would have done");
        }

        #[test]
        fn a_match_on_a_block_list_always_rejects(mut facts in facts(), policy in policy()) {
            facts.lists.push(listed(ListKind::Block, &[Field::Email]));
            prop_assert_eq!(decide(&facts, &policy).outcome, Outcome::Reject);
        }

        #[test]
        fn blank_never_refuses_and_zero_refuses_all(mut facts in facts(), key in 0usize..3, measure in 0usize..3) {
            facts.kind = Kind::Payment;
            facts.lists.clear();
            let (key, measure) = (KeyKind::ALL[key], Measure::ALL[measure]);
            let blank = Velocity { mode: Mode::Enforce, email: KeyLimits::default(), ip: KeyLimits::default(), card: KeyLimits::default() };
            prop_assert_eq!(decide(&facts, &Policy { velocity: blank.clone(), ..Policy::default() }).outcome, Outcome::Approve);
            let zero = match measure {
                Measure::Payments => KeyLimits { payments: Some(0), ..KeyLimits::default() },
                Measure::Amount => KeyLimits { amounts: BTreeMap::from([("GBP".parse().unwrap(), 0)]), ..KeyLimits::default() },
                Measure::Declines => KeyLimits { declines: Some(0), ..KeyLimits::default() },
            };
            let mut velocity = blank;
            match key {
                KeyKind::Email => velocity.email = zero,
                KeyKind::Ip => velocity.ip = zero,
                KeyKind::Card => velocity.card = zero,
            }
            let verdict = decide(&facts, &Policy { velocity, ..Policy::default() });
            let has_key = facts.used.get(key).is_some();
            prop_assert_eq!(verdict.outcome == Outcome::Reject, has_key);
        }

        /// Whoever comes in whatever order: under each key the first n are admitted, as long as no other key stops them.
        #[test]
        fn a_limit_of_n_admits_exactly_n(order in prop::collection::vec((0u64..4, 0i64..30), 1..120), n in 0u32..5) {
            let card = KeyLimits { payments: Some(n), ..KeyLimits::default() };
            let velocity = Velocity { mode: Mode::Enforce, email: KeyLimits::default(), ip: KeyLimits::default(), card };
            let policy = Policy { velocity, ..Policy::default() };
            let (mut counters, mut admitted, mut asked, mut now) = (Counters::default(), [0u32; 4], [0u32; 4], Timestamp::UNIX_EPOCH);
            for (card, seconds) in order {
                now += TimeDelta::seconds(seconds);
                counters.advance(now);
                let used = counters.used(card, Identity::Fingerprint, None);
                let facts = Facts { at: now, used: PerKey { card: Some(used), ..payment().used }, ..payment() };
                asked[usize::try_from(card).unwrap()] += 1;
                if decide(&facts, &policy).outcome == Outcome::Approve {
                    admitted[usize::try_from(card).unwrap()] += 1;
                    let keys = PerKey { email: None, ip: None, card: Some(card) };
                    counters.admit(Admitted { at: now, amount: 1, currency: "GBP".parse().unwrap(), keys, fate: Fate::Unknown });
                }
            }
            for card in 0..4 {
                prop_assert_eq!(admitted[card], asked[card].min(n));
            }
        }
    }

    /// Every key of the facts, by a number of its own.
    fn keys(facts: &Facts) -> PerKey<Option<Identified>> {
        let key = |kind, n| facts.used.get(kind).as_ref().map(|u| Identified { key: Key([n; 16]), by: u.by });
        PerKey { email: key(KeyKind::Email, 1), ip: key(KeyKind::Ip, 2), card: key(KeyKind::Card, 3) }
    }

    /// The facts as the database gives them: only what is wanted, and counted no further than one above its limit.
    fn as_loaded(facts: &Facts, policy: &Policy) -> Facts {
        let needed = Needed::of(policy, facts.kind, facts.money, &keys(facts));
        let mut loaded = facts.clone();
        for kind in KeyKind::ALL {
            let (Some(whole), Some(used)) = (facts.used.get(kind), loaded.used.get_mut(kind)) else { continue };
            *used = Used::never(whole.by);
            let Some(wanted) = needed.wanted.iter().find(|w| w.kind == kind) else { continue };
            let counted = |limit: Option<u32>, tally: Tally| {
                limit.map_or(Tally::NONE, |limit| Tally {
                    seen: tally.seen.min(limit + 1),
                    at_least: tally.seen > limit,
                    ..tally
                })
            };
            used.payments = counted(wanted.payments, whole.payments);
            used.declines = counted(wanted.declines, whole.declines);
            used.amount = if wanted.amount { whole.amount } else { 0 };
        }
        loaded
    }

    proptest! {
        #[test]
        fn what_is_not_read_or_not_counted_to_its_end_changes_no_answer(facts in facts(), policy in any_policy()) {
            let (whole, loaded) = (decide(&facts, &policy), decide(&as_loaded(&facts, &policy), &policy));
            prop_assert_eq!(whole.outcome, loaded.outcome);
            prop_assert!(agree(&whole.findings, &loaded.findings), "{:?}\n{:?}", whole.findings, loaded.findings);
        }

        #[test]
        fn what_is_not_called_a_loosening_lets_nobody_through_whom_the_old_policy_stops(
            facts in facts(), old in any_policy(), new in any_policy(),
        ) {
            if !loosens(&old, &new) {
                prop_assert!(decide(&facts, &new).outcome >= decide(&facts, &old).outcome);
            }
        }

        /// A recount may differ from what was read: an outcome was told in between, or a limit cut the count short.
        #[test]
        fn a_stored_decision_replayed_under_its_own_policy_says_the_same(
            facts in facts(), policy in any_policy(), recounted in facts(),
        ) {
            let loaded = as_loaded(&facts, &policy);
            let then = decide(&loaded, &policy);
            let has = |kind, used: Option<Used>| facts.used.get(kind).as_ref().and(used.or(Some(Used::never(Identity::Network))));
            let again = recounted.used;
            let stored = Stored {
                at: facts.at,
                kind: facts.kind,
                money: facts.money,
                guest: facts.guest,
                lists: facts.lists.clone(),
                findings: then.findings.clone(),
                recounted: PerKey {
                    email: has(KeyKind::Email, again.email),
                    ip: has(KeyKind::Ip, again.ip),
                    card: has(KeyKind::Card, again.card),
                },
            };
            let now = stored.under(&policy);
            prop_assert_eq!(now.outcome, then.outcome);
            prop_assert!(agree(&now.findings, &then.findings), "{:?}\n{:?}", now.findings, then.findings);
        }
    }

    #[test]
    fn an_attempt_that_lacks_a_key_is_told_so_by_every_filter_of_it() {
        let mut facts = payment();
        facts.used.card = None;
        let all =
            KeyLimits { payments: Some(1), amounts: BTreeMap::from([("GBP".parse().unwrap(), 1)]), declines: Some(1) };
        let velocity =
            Velocity { mode: Mode::Enforce, email: KeyLimits::default(), ip: KeyLimits::default(), card: all };
        let verdict = decide(&facts, &Policy { velocity, ..Policy::default() });
        let card = verdict.findings.iter().filter(|f| matches!(f.check, Check::Velocity(KeyKind::Card, _)));
        assert!(
            card.clone().count() == 3
                && card.clone().all(|f| f.code == Code::NoCard && f.outcome == FindingOutcome::NotApplicable)
        );
        assert_eq!(verdict.outcome, Outcome::Approve);
    }
}
