//! What was decided can be found, explained, replayed, and tried under another policy.

use chrono::TimeDelta;
use gatehouse::decision::keys::KeyKind;
use gatehouse::decision::policy::{KeyLimits, Policy, Velocity};
use gatehouse::decision::service::backtest::effect_in;
use gatehouse::decision::service::outcome::{Became, Told, report};
use gatehouse::decision::service::search::{Filter, find_in, one_in, policy_of, replay_in};
use gatehouse::decision::verdict::{Check, Measure, Mode, Outcome};
use gatehouse::kernel::id::DecisionId;
use gatehouse::kernel::ip::ClientAddress;
use gatehouse::kernel::money::Money;
use gatehouse::kernel::page::PageRequest;

use super::stage::{amount, cards, declines, payment, payments};
use crate::support::TestApp;

/// Small numbers without pattern, the same on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(sides)).unwrap()
    }
}

#[tokio::test]
async fn a_stored_decision_replayed_under_its_own_policy_gives_the_same_answer() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let mut dice = Dice(7);
    let mut decided: Vec<DecisionId> = Vec::new();
    for round in 0..6 {
        let limits = |dice: &mut Dice| match dice.roll(5) {
            0 => payments(dice.roll(4)),
            1 => amount("GBP", i64::from(dice.roll(4_000))),
            2 => declines(1 + dice.roll(2)),
            3 => KeyLimits { payments: Some(2), ..amount("GBP", 3_000) },
            _ => KeyLimits::default(),
        };
        let velocity = Velocity {
            mode: Mode::ALL[1 + round % 2],
            email: limits(&mut dice),
            ip: limits(&mut dice),
            card: limits(&mut dice),
        };
        test.obey(&seed, Policy { velocity, panic: round == 5, ..Policy::default() }).await;
        for n in 0..20 {
            let pay = payment(seed.site, seed.service, n)
                .email(&format!("p{}@example.com", dice.roll(4)))
                .address(&format!("192.0.2.{}", dice.roll(4)));
            let pay = if dice.roll(4) == 0 { pay } else { pay.card(&format!("card-{}", dice.roll(4))) };
            let decision = pay.of(i64::from(dice.roll(2_000))).sent(&test.app).await;
            if decision.outcome == Outcome::Approve && dice.roll(3) > 0 {
                let became = [Became::Approved, Became::Declined, Became::Abandoned][dice.roll(3) as usize];
                report(&test.app, seed.site, decision.id, Told::plain(became)).await.unwrap();
            }
            decided.push(decision.id);
            test.wait(TimeDelta::minutes(i64::from(dice.roll(60))));
        }
    }
    // What limits no longer count is forgotten; what stood then is told from the attempts.
    test.wait(TimeDelta::days(3));
    gatehouse::platform::upkeep::clean_up(&test.app).await.unwrap();
    assert_eq!(test.count("select count(*) from key_use").await, 0);
    for id in decided {
        let one = one_in(&test.app, seed.site, id).await.unwrap().unwrap();
        let policy = policy_of(&test.app, seed.site, one.decision.policy_version).await.unwrap().unwrap();
        let again = replay_in(&test.app, seed.site, id, &policy).await.unwrap().unwrap();
        assert!(again.same, "{id}\nstored   {:?}\nreplayed {:?}", one.decision.findings, again.findings);
        for (now, then) in again.findings.iter().zip(&one.decision.findings) {
            assert_eq!((now.check, now.code, now.outcome), (then.check, then.code, then.outcome), "{id}");
            // Where counting had stopped at a limit, a replay knows the whole number.
            if !then.detail.contains("at least") {
                assert_eq!(now.detail, then.detail, "{id}");
            }
        }
    }
}

#[tokio::test]
async fn a_replay_under_another_policy_counts_what_stood_then() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(KeyLimits::default())).await;
    let first = payment(seed.site, seed.service, 0).card("fp").sent(&test.app).await;
    test.wait(TimeDelta::minutes(1));
    let second = payment(seed.site, seed.service, 1).card("fp").sent(&test.app).await;
    test.wait(TimeDelta::minutes(1));
    report(&test.app, seed.site, first.id, Told::plain(Became::Declined)).await.unwrap();
    test.obey(&seed, cards(KeyLimits { payments: Some(1), ..amount("GBP", 1_500) })).await;
    let now = policy_of(&test.app, seed.site, 2).await.unwrap().unwrap();
    let again = replay_in(&test.app, seed.site, second.id, &now).await.unwrap().unwrap();
    let say = |check: &str| again.findings.iter().find(|f| f.check.as_str() == check).unwrap().detail.clone();
    assert_eq!((again.outcome, again.same), (Outcome::Reject, false));
    assert_eq!(say("velocity_card_payments"), "Card ending 4242: 2 payments in 24 hours, the limit is 1");
    assert_eq!(
        say("velocity_card_amount"),
        "Card ending 4242: £20.00 in 24 hours, the limit is £15.00",
        "the decline was told later"
    );
}

#[tokio::test]
async fn decisions_are_found_by_what_is_known_of_them() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let other = test.seed_site("other").await;
    test.obey(&seed, cards(payments(2))).await;
    let mut ids = Vec::new();
    for n in 0..5u32 {
        let pay = payment(seed.site, seed.service, n)
            .email(if n % 2 == 0 { "ann@example.com" } else { "bob@example.com" })
            .card("fp");
        ids.push(pay.of(i64::from(n) * 100).sent(&test.app).await.id);
        test.wait(TimeDelta::minutes(10));
    }
    payment(other.site, other.service, 9).email("ann@example.com").sent(&test.app).await;
    report(&test.app, seed.site, ids[0], Told::plain(Became::Approved)).await.unwrap();
    let found = |filter: Filter| {
        let (test, ids) = (&test, &ids);
        async move {
            let page = find_in(&test.app, seed.site, &filter, PageRequest::FIRST).await.unwrap();
            page.data.iter().map(|row| ids.iter().position(|id| *id == row.id).unwrap()).collect::<Vec<_>>()
        }
    };
    let all = Filter::default;
    assert_eq!(found(all()).await, [4, 3, 2, 1, 0], "newest first, and no other site's");
    assert_eq!(found(Filter { outcome: Some(Outcome::Reject), ..all() }).await, [4, 3, 2]);
    assert_eq!(
        found(Filter { check: Some(Check::Velocity(KeyKind::Card, Measure::Payments)), ..all() }).await,
        [4, 3, 2]
    );
    assert_eq!(found(Filter { email: Some("ANN@example.com".parse().unwrap()), ..all() }).await, [4, 2, 0]);
    assert_eq!(found(Filter { ip: Some(ClientAddress::parse("10.0.0.3")), ..all() }).await, [3]);
    assert_eq!(found(Filter { became: Some(Became::Approved), ..all() }).await, [0]);
    assert_eq!(found(Filter { amount_from: Some(100), amount_to: Some(300), ..all() }).await, [3, 2, 1]);
    assert_eq!(found(Filter { id: Some(ids[1]), ..all() }).await, [1]);
    assert_eq!(found(Filter { shadow: true, ..all() }).await, [0usize; 0]);
    let start = crate::support::start_of_time();
    assert_eq!(
        found(Filter { from: Some(start + TimeDelta::minutes(10)), to: Some(start + TimeDelta::minutes(30)), ..all() })
            .await,
        [2, 1]
    );

    let first = find_in(&test.app, seed.site, &all(), PageRequest { after: None, limit: 2 }).await.unwrap();
    assert!(first.has_more && first.next == Some(ids[3].to_string()));
    let rest = find_in(&test.app, seed.site, &all(), PageRequest { after: Some(ids[3].0), limit: 3 }).await.unwrap();
    assert!(!rest.has_more && rest.data.len() == 3);

    let one = one_in(&test.app, seed.site, ids[2]).await.unwrap().unwrap();
    assert_eq!(one.attempt.customer.email.unwrap().as_str(), "ann@example.com");
    let near: Vec<_> = one.neighbours.iter().map(|(kind, rows)| (*kind, rows.len())).collect();
    assert_eq!(near, [(KeyKind::Card, 4), (KeyKind::Email, 2), (KeyKind::Ip, 0)]);
    assert_eq!(one_in(&test.app, other.site, ids[2]).await.unwrap(), None, "another site's decision does not exist");
}

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
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let velocity = Velocity {
        mode: Mode::Enforce,
        email: payments(3),
        ip: KeyLimits { payments: Some(4), ..declines(2) },
        card: amount("GBP", 5_000),
    };
    let policy = Policy { velocity, ..Policy::default() };
    test.obey(&seed, policy.clone()).await;
    let (mut dice, mut refused) = (Dice(3), 0);
    for n in 0..150 {
        let pay = payment(seed.site, seed.service, n)
            .email(&format!("p{}@example.com", dice.roll(9)))
            .address(&format!("192.0.2.{}", dice.roll(9)));
        let decision = pay.card(&format!("c{}", dice.roll(9))).of(i64::from(dice.roll(3_000))).sent(&test.app).await;
        refused += u64::from(decision.outcome == Outcome::Reject);
        test.wait(TimeDelta::seconds(3));
        if decision.outcome == Outcome::Approve && dice.roll(4) > 0 {
            let became = [Became::Approved, Became::Declined, Became::Abandoned][dice.roll(3) as usize];
            report(&test.app, seed.site, decision.id, Told::plain(became)).await.unwrap();
        }
        test.wait(TimeDelta::minutes(i64::from(dice.roll(40))));
    }
    let effect = effect_in(&test.app, seed.site, policy).await.unwrap();
    assert!(refused > 10);
    assert_eq!((effect.payments, effect.current.payments, effect.candidate.payments), (150, refused, refused));
}
