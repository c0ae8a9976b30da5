//! Policies: stale forms, and how soon everybody obeys.

use std::time::{Duration, Instant};

use gatehouse::decision::service::policy;
use gatehouse::decision::verdict::Outcome;

use super::stage::{cards, payment, payments};
use crate::support::{Browser, TestApp};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_policy_is_obeyed_by_every_process_within_a_second() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let others = [test.second_process().await, test.second_process().await];
    // One listens, the other never hears a notification.
    let listening = tokio::spawn(gatehouse::decision::service::snapshot::follow(others[0].clone()));
    for (round, limit) in [9u32, 0, 9, 0].into_iter().enumerate() {
        for app in others.iter().chain([&test.app]) {
            policy::current(app, seed.site).await.unwrap();
        }
        test.obey(&seed, cards(payments(limit))).await;
        let saved = Instant::now();
        let wanted = if limit == 0 { Outcome::Reject } else { Outcome::Approve };
        for (place, app) in others.iter().enumerate() {
            loop {
                let n = u32::try_from(round * 1_000 + saved.elapsed().as_millis() as usize).unwrap();
                if payment(seed.site, seed.service, n).card(&format!("{round}-{place}-{n}")).sent(app).await.outcome
                    == wanted
                {
                    break;
                }
                assert!(saved.elapsed() < Duration::from_secs(1), "process {place} still obeys the old policy");
            }
        }
    }
    listening.abort();
    let versions = test.count("select count(distinct policy_version) from decision").await;
    assert!(versions >= 4, "each decision names its policy");
    assert_eq!(policy::current(&test.app, seed.site).await.unwrap().version, 4);
}

/// The velocity form with this limit of payments a card, on top of this version.
async fn send(browser: &Browser, base: &str, card: &str) -> u16 {
    let fields = [
        ("base_version", base),
        ("mode", "enforce"),
        ("card_payments", card),
        ("email_payments", "3"),
        ("ip_payments", "3"),
    ];
    browser.post("/s/harbour-books/velocity", &fields).await.status.as_u16()
}

#[tokio::test]
async fn of_forms_sent_at_the_same_moment_one_is_saved_and_the_others_are_stale() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let owner = test.signed_in(seed.owner).await;
    let (one, other, third) = tokio::join!(send(&owner, "0", "2"), send(&owner, "0", "1"), send(&owner, "0", "2"));
    let mut answers = [one, other, third];
    answers.sort_unstable();
    assert_eq!(answers, [303, 409, 409]);
    assert_eq!(test.count("select count(*) from policy").await, 1);
    let (kept, wanted) = (policy::current(&test.app, seed.site).await.unwrap(), if other == 303 { 1 } else { 2 });
    assert_eq!((kept.version, kept.policy.velocity.card.payments), (1, Some(wanted)));
}

#[tokio::test]
async fn a_form_of_an_older_version_changes_nothing_for_any_process_though_it_has_not_heard_of_the_newer() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let owner = test.signed_in(seed.owner).await;
    policy::current(&test.app, seed.site).await.unwrap();
    // Another process saved; what this one has in memory is the old version still.
    let mut theirs = cards(payments(1));
    theirs.velocity.email.payments = Some(3);
    test.save_elsewhere(&seed, theirs).await;
    assert_eq!(send(&owner, "0", "2").await, 409);
    for app in [&test.app, &test.second_process().await] {
        let now = policy::current(app, seed.site).await.unwrap();
        assert_eq!((now.version, now.policy.velocity.card.payments), (1, Some(1)));
    }
    assert_eq!(send(&owner, "7", "1").await, 409, "a version that is not there yet is none to build on");
    assert_eq!(test.count("select count(*) from policy").await, 1);
    assert_eq!(send(&owner, "1", "1").await, 303, "on top of the one in force it is saved");
}
