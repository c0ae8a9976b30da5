//! Outcomes settle what is pending; the first one stands.

use chrono::TimeDelta;
use gatehouse::decision::service::outcome::{Action, Became, Told, report};
use gatehouse::decision::verdict::Outcome;
use gatehouse::kernel::id::DecisionId;

use super::stage::{amount, cards, declines, finding, payment, payments};
use crate::support::TestApp;

#[tokio::test]
async fn approved_keeps_the_amount_and_the_others_free_it() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(amount("GBP", 1_000))).await;
    let tell = |id, became| report(&test.app, seed.site, id, Told::plain(became));
    for (card, became, after) in [
        ("a", Became::Approved, Outcome::Reject),
        ("d", Became::Declined, Outcome::Approve),
        ("x", Became::Abandoned, Outcome::Approve),
    ] {
        let first = payment(seed.site, seed.service, 1).card(card).sent(&test.app).await;
        assert_eq!(
            payment(seed.site, seed.service, 2).card(card).sent(&test.app).await.outcome,
            Outcome::Reject,
            "pending holds it"
        );
        let answer = tell(first.id, became).await.unwrap();
        assert_eq!((answer.outcome, answer.action, answer.late, answer.repeated), (became, Action::None, false, false));
        assert_eq!(payment(seed.site, seed.service, 3).card(card).sent(&test.app).await.outcome, after, "{became:?}");
    }
}

#[tokio::test]
async fn the_first_outcome_stands() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let id = payment(seed.site, seed.service, 1).card("fp").sent(&test.app).await.id;
    let tell = |id, became| report(&test.app, seed.site, id, Told::plain(became));
    let (one, two) = tokio::join!(tell(id, Became::Approved), tell(id, Became::Approved));
    assert_eq!(usize::from(one.unwrap().repeated) + usize::from(two.unwrap().repeated), 1, "the same again is a no-op");
    let error = tell(id, Became::Declined).await.unwrap_err();
    assert_eq!((error.kind.status().as_u16(), error.code), (409, "outcome_stands"));
    assert_eq!(test.count("select count(*) from outcome where outcome = 'approved'").await, 1);
    assert_eq!(test.count("select count(*) from key_use where state <> 'approved'").await, 0);
    let error = tell(DecisionId::new(test.clock.now()), Became::Approved).await.unwrap_err();
    assert_eq!(error.kind.status().as_u16(), 404);
    let other = test.seed_site("other").await;
    let error = report(&test.app, other.site, id, Told::plain(Became::Approved)).await.unwrap_err();
    assert_eq!(error.kind.status().as_u16(), 404, "another site's decision does not exist");
}

#[tokio::test]
async fn what_we_rejected_cannot_have_reached_the_gateway() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(payments(0))).await;
    let rejected = payment(seed.site, seed.service, 1).card("fp").sent(&test.app).await;
    for became in [Became::Approved, Became::Declined] {
        let error = report(&test.app, seed.site, rejected.id, Told::plain(became)).await.unwrap_err();
        assert_eq!((error.kind.status().as_u16(), error.code), (409, "decision_rejected"));
    }
    assert_eq!(test.count("select count(*) from outcome").await, 0);
    report(&test.app, seed.site, rejected.id, Told::plain(Became::Abandoned)).await.unwrap();
}

#[tokio::test]
async fn a_late_outcome_is_marked_and_still_counts() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(amount("GBP", 1_000))).await;
    let first = payment(seed.site, seed.service, 1).card("fp").sent(&test.app).await;
    test.wait(TimeDelta::minutes(31));
    let second = payment(seed.site, seed.service, 2).card("fp").sent(&test.app).await;
    assert_eq!(second.outcome, Outcome::Approve, "the first one's amount was free");
    assert!(report(&test.app, seed.site, first.id, Told::plain(Became::Approved)).await.unwrap().late);
    let third = payment(seed.site, seed.service, 3).card("fp").sent(&test.app).await;
    assert_eq!(
        finding(&third, "velocity_card_amount").detail,
        "Card ending 4242: £30.00 in 24 hours, the limit is £10.00"
    );
}

#[tokio::test]
async fn an_outcome_is_late_from_the_instant_on_at_which_its_amount_is_free() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(amount("GBP", 1_000))).await;
    let [early, late] = [1, 2].map(|n| payment(seed.site, seed.service, n).card(&format!("fp-{n}")));
    let (early, late) = (early.sent(&test.app).await, late.sent(&test.app).await);
    let tell = |id| report(&test.app, seed.site, id, Told::plain(Became::Approved));
    test.wait(TimeDelta::minutes(30) - TimeDelta::milliseconds(1));
    assert!(!tell(early.id).await.unwrap().late);
    test.wait(TimeDelta::milliseconds(1));
    let next = payment(seed.site, seed.service, 3).card("fp-2").sent(&test.app).await;
    assert_eq!(next.outcome, Outcome::Approve, "its amount is free");
    assert!(tell(late.id).await.unwrap().late);
}

#[tokio::test]
async fn declines_stop_the_next_attempt_before_the_gateway() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(declines(2))).await;
    for n in 0..2 {
        let decision = payment(seed.site, seed.service, n).card("fp").sent(&test.app).await;
        assert_eq!(decision.outcome, Outcome::Approve);
        report(&test.app, seed.site, decision.id, Told::plain(Became::Declined)).await.unwrap();
    }
    let third = payment(seed.site, seed.service, 3).card("fp").sent(&test.app).await;
    assert_eq!(third.settled_by.unwrap().as_str(), "velocity_card_declines");
    assert_eq!(
        finding(&third, "velocity_card_declines").detail,
        "Card ending 4242: 2 bank declines in 24 hours, the limit is 2"
    );
    test.wait(TimeDelta::hours(24));
    assert_eq!(payment(seed.site, seed.service, 4).card("fp").sent(&test.app).await.outcome, Outcome::Approve);
}
