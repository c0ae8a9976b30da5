//! Amount limits, blank and zero.

use gatehouse::decision::attempt::AttemptRequest;
use gatehouse::decision::policy::{KeyLimits, Policy};
use gatehouse::decision::service::decide::decide;
use gatehouse::decision::verdict::{Code, Mode, Outcome};

use super::stage::{amount, cards, finding, payment, payments};
use crate::support::TestApp;

#[tokio::test]
async fn blank_never_refuses_and_zero_refuses_all() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let pay = |n| {
        payment(seed.site, seed.service, n).email("ann@example.com").address("192.0.2.1").card("fp").sent(&test.app)
    };
    test.obey(&seed, cards(KeyLimits::default())).await;
    for n in 0..20 {
        assert_eq!(pay(n).await.outcome, Outcome::Approve);
    }
    for zero in [payments(0), amount("GBP", 0), super::stage::declines(0)] {
        test.obey(&seed, cards(zero.clone())).await;
        assert_eq!(
            payment(seed.site, seed.service, 1).card("another").of(0).sent(&test.app).await.outcome,
            Outcome::Reject,
            "{zero:?}"
        );
    }
    test.obey(&seed, cards(amount("EUR", 0))).await;
    let other = pay(99).await;
    assert_eq!(finding(&other, "velocity_card_amount").code, Code::NoLimitInCurrency);
    assert_eq!(other.outcome, Outcome::Approve);
}

#[tokio::test]
async fn shadow_records_and_lets_through() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let mut policy = cards(payments(1));
    policy.velocity.mode = Mode::Shadow;
    test.obey(&seed, policy).await;
    for n in 0..5 {
        let decision = payment(seed.site, seed.service, n).card("fp").sent(&test.app).await;
        assert_eq!((decision.outcome, decision.shadow), (Outcome::Approve, n > 0));
    }
}

#[tokio::test]
async fn what_lacks_the_key_is_not_applicable_and_unknown_addresses_share_one_bucket() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let pay = |n| payment(seed.site, seed.service, n).address("").sent(&test.app);
    for n in 0..3 {
        let decision = pay(n).await;
        assert_eq!(decision.outcome, Outcome::Approve);
        assert_eq!(finding(&decision, "velocity_card_payments").code, Code::NoCard);
    }
    let fourth = pay(3).await;
    assert_eq!(
        finding(&fourth, "velocity_ip_payments").detail,
        "All unknown addresses together: 4 payments in 24 hours, the limit is 3"
    );
    assert_eq!(fourth.outcome, Outcome::Reject);
}

#[tokio::test]
async fn panic_stops_everything_and_counts_nothing() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, Policy { panic: Mode::Enforce, ..Policy::default() }).await;
    let decision = payment(seed.site, seed.service, 0).card("fp").sent(&test.app).await;
    assert_eq!((decision.outcome, decision.settled_by.unwrap().as_str()), (Outcome::Reject, "panic"));
    assert_eq!(test.count("select count(*) from key_use").await, 0);
    assert_eq!(test.count("select count(*) from attempt").await, 1);
}

#[tokio::test]
async fn what_cannot_be_decided_is_told_field_by_field_and_changes_nothing() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let other = test.seed_site("other").await;
    let good = payment(seed.site, seed.service, 0).card("fp");
    let fields = |request: AttemptRequest| async {
        let error = decide(&test.app, request).await.unwrap_err();
        error.fields.iter().map(|f| f.field.clone()).collect::<Vec<_>>()
    };
    assert_eq!(fields(AttemptRequest { service: Some(other.service), ..good.0.clone() }).await, ["service"]);
    assert_eq!(fields(AttemptRequest { service: None, money: None, ..good.0.clone() }).await, ["service", "amount"]);
    assert_eq!(fields(AttemptRequest { card: None, ..good.clone().nobody().0 }).await, ["card"]);
    assert_eq!(fields(good.clone().of(-1).0).await, ["amount"]);
    assert_eq!(fields(good.clone().of(i64::MAX).0).await, ["amount"]);
    let euros = gatehouse::kernel::money::Money::new(1, "EUR".parse().unwrap());
    assert_eq!(fields(AttemptRequest { money: Some(euros), ..good.0.clone() }).await, ["currency"]);
    assert_eq!(test.count("select count(*) from attempt").await, 0);
}
