//! The sliding window and the half hour of a pending amount, with the clock in hand.

use chrono::TimeDelta;
use gatehouse::decision::verdict::Outcome;

use super::stage::{amount, cards, payment, payments};
use crate::support::TestApp;

#[tokio::test]
async fn a_payment_leaves_the_window_after_exactly_24_hours() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(payments(1))).await;
    let pay = |n| payment(seed.site, seed.service, n).card("fp").sent(&test.app);
    assert_eq!(pay(0).await.outcome, Outcome::Approve);
    test.wait(TimeDelta::hours(24) - TimeDelta::milliseconds(1));
    assert_eq!(pay(1).await.outcome, Outcome::Reject);
    test.wait(TimeDelta::milliseconds(1));
    assert_eq!(pay(2).await.outcome, Outcome::Approve, "no clock-aligned window, no second more");
    assert_eq!(pay(3).await.outcome, Outcome::Reject);
}

#[tokio::test]
async fn a_clock_that_is_behind_cannot_admit_more() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(payments(2))).await;
    let ahead = test.clock.now() + TimeDelta::hours(1);
    for n in 0..2 {
        let request = payment(seed.site, seed.service, n).card("fp").0;
        let decision = gatehouse::decision::service::decide::decide_at(&test.app, request, ahead).await.unwrap();
        assert_eq!(decision.outcome, Outcome::Approve);
    }
    let behind = payment(seed.site, seed.service, 9).card("fp").sent(&test.app).await;
    assert_eq!(behind.outcome, Outcome::Reject, "windows have no upper end");
    assert!(behind.at > ahead, "the instant is never before the newest use");
}

#[tokio::test]
async fn a_pending_amount_is_free_after_half_an_hour_but_the_payment_still_counts() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let mut limits = amount("GBP", 2_000);
    limits.payments = Some(3);
    test.obey(&seed, cards(limits)).await;
    let pay = |n| payment(seed.site, seed.service, n).card("fp").of(2_000).sent(&test.app);
    assert_eq!(pay(0).await.outcome, Outcome::Approve);
    assert_eq!(pay(1).await.settled_by.unwrap().as_str(), "velocity_card_amount");
    test.wait(TimeDelta::minutes(30));
    assert_eq!(pay(2).await.outcome, Outcome::Approve, "expired");
    test.wait(TimeDelta::minutes(30));
    assert_eq!(pay(3).await.outcome, Outcome::Approve);
    test.wait(TimeDelta::minutes(30));
    assert_eq!(
        pay(4).await.settled_by.unwrap().as_str(),
        "velocity_card_payments",
        "attempted counts for the whole window"
    );
}
