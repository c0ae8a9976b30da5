//! Versions of the policy in the console.

use gatehouse::access::Role;
use gatehouse::decision::service::{outcome, policy};

use crate::support::TestApp;

const LIST: &str = "/s/harbour-books/policy";

#[tokio::test]
async fn a_version_is_listed_compared_and_brought_back() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    for (base, payments) in [("0", "2"), ("1", "1")] {
        let fields = [
            ("base_version", base),
            ("mode", "enforce"),
            ("card_payments", payments),
            ("ip_payments", "3"),
            ("email_payments", "3"),
        ];
        assert_eq!(owner.post("/s/harbour-books/velocity", &fields).await.status, 303);
    }
    let list = owner.get(LIST).await;
    assert_eq!(list.status, 200);
    assert!(list.body.contains("Card, payments: 2 to 1") && list.body.contains("in force"), "{}", list.body);
    let first = owner.get(&format!("{LIST}/1")).await;
    assert!(
        first.body.contains("From this version to the one in force") && first.body.contains("Restore this version"),
        "{}",
        first.body
    );
    assert!(
        !owner.get(&format!("{LIST}/2")).await.body.contains("Restore this version"),
        "the one in force is not restored"
    );

    let restored = owner.post(&format!("{LIST}/1"), &[("base_version", "2")]).await;
    assert_eq!(
        (restored.status.as_u16(), restored.location()),
        (303, "/s/harbour-books/policy/3?done=restored"),
        "{}",
        restored.body
    );
    let now = policy::current(&stage.second_process().await, seed.site).await.unwrap();
    assert_eq!((now.version, now.policy.velocity.card.payments), (3, Some(2)));
    assert_eq!(owner.post(&format!("{LIST}/1"), &[("base_version", "2")]).await.status, 409, "stale");
}

#[tokio::test]
async fn bringing_back_what_would_have_refused_most_good_payments_wants_the_number_typed() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    for (base, payments) in [("0", "1"), ("1", "3")] {
        let fields = [
            ("base_version", base),
            ("mode", "enforce"),
            ("card_payments", payments),
            ("ip_payments", "3"),
            ("email_payments", "3"),
        ];
        assert_eq!(owner.post("/s/harbour-books/velocity", &fields).await.status, 303);
    }
    for _ in 0..3 {
        let decision = super::pay(&stage, &seed, 1).await;
        outcome::report(&stage.app, seed.site, decision.id, outcome::Told::plain(outcome::Became::Approved))
            .await
            .unwrap();
    }
    let first = format!("{LIST}/1");
    let page = owner.get(&first).await;
    assert_eq!(
        page.words("Effect of version 1", "p"),
        "It would have turned away 2 more payments: 2 more approved ones ."
    );
    assert!(!owner.get(&format!("{LIST}/2")).await.body.contains("Effect of version"), "the one in force");
    let asked = owner.post(&first, &[("base_version", "2")]).await;
    assert_eq!(asked.status, 422);
    assert!(
        asked.body.contains("refused 2 of the 3 payments") && asked.body.contains("Type 2 to go on"),
        "{}",
        asked.body
    );
    assert_eq!(owner.post(&first, &[("base_version", "2"), ("typed", "1")]).await.status, 422);
    assert_eq!(policy::current(&stage.second_process().await, seed.site).await.unwrap().version, 2);
    assert_eq!(owner.post(&first, &[("base_version", "2"), ("typed", "2")]).await.status, 303);
}

#[tokio::test]
async fn bringing_back_something_looser_asks_who_you_are() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    for (base, payments) in [("0", "2"), ("1", "1")] {
        let fields = [
            ("base_version", base),
            ("mode", "enforce"),
            ("card_payments", payments),
            ("ip_payments", "3"),
            ("email_payments", "3"),
        ];
        assert_eq!(owner.post("/s/harbour-books/velocity", &fields).await.status, 303);
    }
    stage.wait(chrono::TimeDelta::minutes(11));
    let answer = owner.post(&format!("{LIST}/1"), &[("base_version", "2")]).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("/me/confirm?next=%2Fs%2Fharbour-books%2Fpolicy%2F1"), "{}", answer.body);
}

#[tokio::test]
async fn versions_that_are_not_there_are_not_found_and_readers_only_read() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    for bad in ["99", "-1", "x", "1.5", "99999999999"] {
        assert_eq!(owner.get(&format!("{LIST}/{bad}")).await.status, 404, "{bad}");
    }
    assert_eq!(owner.get(LIST).await.status, 200, "without any version");
    let analyst = stage.actor(seed.site, Role::Analyst).await;
    assert_eq!(analyst.get(LIST).await.status, 200);
    assert_eq!(analyst.post(&format!("{LIST}/1"), &[("base_version", "0")]).await.status, 403);
    assert_eq!(stage.actor(seed.site, Role::Support).await.get(LIST).await.status, 403);
}
