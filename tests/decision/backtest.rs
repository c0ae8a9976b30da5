//! What a policy would have done with the past: the same as it did, where it was in force.

use chrono::TimeDelta;
use gatehouse::decision::policy::{KeyLimits, Policy, Velocity};
use gatehouse::decision::service::backtest::effect_in;
use gatehouse::decision::service::decide::decide_at;
use gatehouse::decision::service::outcome::{Became, Told, report};
use gatehouse::decision::verdict::{Mode, Outcome};
use gatehouse::kernel::clock::Timestamp;
use gatehouse::kernel::id::DecisionId;
use gatehouse::kernel::money::Money;

use super::stage::{Dice, amount, cards, declines, payment, payments};
use crate::lists::{add_entry, new_list};
use crate::support::TestApp;

#[tokio::test]
async fn a_backtest_says_what_a_policy_would_have_done() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(KeyLimits::default())).await;
    for n in 0..5u32 {
        let decision = payment(seed.site, seed.service, n).card("fp").sent(&test.app).await;
        let became = if n < 3 { Became::Approved } else { Became::Declined };
        report(&test.app, seed.site, decision.id, Told::plain(became)).await.unwrap();
        test.wait(TimeDelta::hours(1));
    }
    test.obey(&seed, cards(payments(3))).await;
    let effect = effect_in(&test.app, seed.site, cards(KeyLimits { payments: Some(2), ..declines(9) })).await.unwrap();
    assert_eq!((effect.payments, effect.cut), (5, false));
    assert_eq!((effect.current.payments, effect.current.approved, effect.current.declines), (2, 0, 2));
    assert_eq!((effect.candidate.payments, effect.candidate.approved, effect.candidate.declines), (3, 1, 2));
    assert_eq!(effect.candidate.approved_money, [Money::new(1_000, "GBP".parse().unwrap())]);
    assert_eq!(
        effect.by_check.iter().map(|c| (c.check.as_str(), c.current, c.candidate)).collect::<Vec<_>>(),
        [("velocity_card_payments", 2, 3)]
    );
    assert_eq!((effect.busiest.card.keys[4], effect.busiest.card.over(4), effect.busiest.ip.keys[0]), (1, 1, 5));
}

#[tokio::test]
async fn a_backtest_of_the_policy_that_decided_refuses_what_it_refused() {
    for seed_of_dice in [3, 71] {
        let test = TestApp::new().await;
        let seed = test.seed().await;
        let owner = test.signed_in(seed.owner).await;
        for (kind, email) in [("block", "p1@example.com"), ("allow", "p2@example.com"), ("challenge", "p3@example.com")]
        {
            let list = new_list(&owner, &seed.handle, kind, kind).await;
            add_entry(&owner, &seed.handle, &list, "One", &[("email", email)]).await;
        }
        let velocity = Velocity {
            mode: Mode::Enforce,
            email: payments(3),
            ip: KeyLimits { payments: Some(4), ..declines(2) },
            card: amount("GBP", 5_000),
        };
        let policy = Policy { velocity, ..Policy::default() };
        test.obey(&seed, policy.clone()).await;
        let (mut dice, mut refused, mut waiting) =
            (Dice(seed_of_dice), 0, Vec::<(Timestamp, DecisionId, Became)>::new());
        for n in 0..200 {
            test.wait(TimeDelta::minutes(i64::from(dice.roll(40))) + TimeDelta::seconds(1));
            // Outcomes come at once, after the half hour, or days later.
            let now = test.clock.now();
            for (_, id, became) in waiting.extract_if(.., |(due, ..)| *due <= now) {
                report(&test.app, seed.site, id, Told::plain(became)).await.unwrap();
            }
            test.wait(TimeDelta::seconds(1));
            let pay = payment(seed.site, seed.service, n)
                .email(&format!("p{}@example.com", dice.roll(9)))
                .address(&format!("192.0.2.{}", dice.roll(9)));
            let pay = pay.card(&format!("c{}", dice.roll(9))).of(i64::from(dice.roll(3_000)));
            let decision = pay.sent(&test.app).await;
            refused += u64::from(decision.outcome == Outcome::Reject);
            if decision.outcome != Outcome::Reject && dice.roll(4) > 0 {
                let became = [Became::Approved, Became::Declined, Became::Abandoned][dice.roll(3) as usize];
                let later = [1, 20, 50, 60 * 23, 60 * 30][dice.roll(5) as usize];
                waiting.push((now + TimeDelta::minutes(later), decision.id, became));
            }
        }
        let effect = effect_in(&test.app, seed.site, policy).await.unwrap();
        assert!(refused > 10);
        assert_eq!((effect.payments, effect.current.payments, effect.candidate.payments), (200, refused, refused));
    }
}

#[tokio::test]
async fn payments_of_one_millisecond_are_replayed_in_the_order_of_their_instants_and_leave_the_window_in_it() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let policy = cards(payments(1));
    test.obey(&seed, policy.clone()).await;
    let start = test.clock.now();
    let pay = async |n, card: &str, micros| {
        let request = payment(seed.site, seed.service, n).card(card).0;
        decide_at(&test.app, request, start + TimeDelta::microseconds(micros)).await.unwrap().outcome
    };
    // Ids of a millisecond sort by when they were made, whatever the instants are.
    assert_eq!(pay(1, "a", 500).await, Outcome::Approve);
    assert_eq!(pay(2, "b", 200).await, Outcome::Approve);
    let day = TimeDelta::hours(25).num_microseconds().unwrap();
    for (n, card) in [(3, "a"), (4, "b")] {
        assert_eq!(pay(n, card, day).await, Outcome::Approve, "the day is over");
    }
    test.wait(TimeDelta::hours(26));
    let effect = effect_in(&test.app, seed.site, policy).await.unwrap();
    assert_eq!((effect.payments, effect.current.payments), (4, 0));
}
