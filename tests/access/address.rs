//! LK-06, LK-09, LK-10: many failures on many accounts from one network, or from very many.

use std::sync::Arc;

use chrono::TimeDelta;
use gatehouse::access::Cost;
use http::StatusCode;

use super::passkey;
use super::stage::*;
use crate::support::{Answer, TestApp};

/// Tries one password on so many accounts from the addresses that `at` gives.
pub async fn stuff(app: &TestApp, accounts: usize, at: impl Fn(usize) -> String) -> Vec<StatusCode> {
    let mut seen = Vec::new();
    for n in 0..accounts {
        seen.push(try_to_sign_in(&app.browser().at(&at(n)), &format!("person{n}@example.com"), BAD).await.status);
    }
    seen
}

#[tokio::test]
async fn five_hundred_accounts_tried_once_are_stopped_at_twenty() {
    let (app, _) = house().await;
    let seen = stuff(&app, 500, |_| "198.51.100.9".into()).await;
    assert_eq!(seen.iter().filter(|s| **s == StatusCode::UNPROCESSABLE_ENTITY).count(), 20);
    assert!(seen[20..].iter().all(|s| *s == StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(audited_anywhere(&app, "sign_in.failed").await, 20);
}

#[tokio::test]
async fn a_network_that_was_stopped_is_let_in_a_quarter_of_an_hour_later() {
    let (app, _) = house().await;
    stuff(&app, 60, |_| "198.51.100.9".into()).await;
    let refused = try_to_sign_in(&app.browser().at("198.51.100.9"), OWNER, GOOD).await;
    assert_eq!(
        (refused.status, refused.headers["retry-after"].to_str().unwrap()),
        (StatusCode::TOO_MANY_REQUESTS, "900")
    );
    assert!(!refused.body.contains("account"), "the words tell nothing: {}", refused.body);
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "another network is not concerned");

    app.wait(TimeDelta::minutes(15));
    assert!(
        is_in(&try_to_sign_in(&app.browser().at("198.51.100.9"), OWNER, GOOD).await),
        "trying on meanwhile has not prolonged it"
    );
}

#[tokio::test]
async fn who_goes_on_to_a_hundred_is_refused_for_a_day() {
    let (app, _) = house().await;
    stuff(&app, 100, |_| "198.51.100.9".into()).await;
    app.wait(TimeDelta::hours(23));
    assert_eq!(
        try_to_sign_in(&app.browser().at("198.51.100.9"), OWNER, GOOD).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    app.wait(TimeDelta::hours(1));
    assert!(is_in(&try_to_sign_in(&app.browser().at("198.51.100.9"), OWNER, GOOD).await));
}

#[tokio::test]
async fn a_thousand_addresses_of_one_64_are_one_network() {
    let (app, _) = house().await;
    let at = |n: usize| format!("2001:db8:1:2:{n:x}::7");
    let seen = stuff(&app, 25, at).await;
    assert!(seen[..20].iter().all(|status| *status == StatusCode::UNPROCESSABLE_ENTITY));
    assert!(seen[20..].iter().all(|status| *status == StatusCode::TOO_MANY_REQUESTS));
    assert!(is_in(&try_to_sign_in(&app.browser().at("2001:db8:1:3::7"), OWNER, GOOD).await), "the next /64 is another");
    let seen = stuff(&app, 975, |n| at(25 + n)).await;
    assert!(seen.iter().all(|status| *status == StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(audited_anywhere(&app, "sign_in.failed").await, 20);
    assert!(
        is_in(&try_to_sign_in(&app.browser().at("2001:db8:9:2::7"), OWNER, GOOD).await),
        "the next /48, in any case"
    );
}

#[tokio::test]
async fn a_mapped_address_is_the_ipv4_it_maps() {
    let (app, _) = house().await;
    stuff(&app, 20, |n| if n % 2 == 0 { "::ffff:198.51.100.9".into() } else { "198.51.100.9".into() }).await;
    assert_eq!(
        try_to_sign_in(&app.browser().at("198.51.100.9"), OWNER, GOOD).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test]
async fn few_accounts_are_the_accounts_own_matter() {
    let (app, _) = house().await;
    for n in 0..4 {
        fail(&app.browser(), &format!("person{n}@example.com"), 15).await;
    }
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
}

#[tokio::test]
async fn a_success_elsewhere_does_not_reset_the_network() {
    let (app, _) = house().await;
    stuff(&app, 19, |_| "198.51.100.9".into()).await;
    assert!(is_in(&try_to_sign_in(&app.browser().at("198.51.100.9"), OWNER, GOOD).await));
    stuff(&app, 1, |_| "198.51.100.9".into()).await;
    assert_eq!(
        try_to_sign_in(&app.browser().at("198.51.100.9"), OWNER, GOOD).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn forty_right_passwords_in_one_second_shut_no_door_behind_one_address() {
    let app = TestApp::with(|parts| parts.config.hash_cost = Cost::STANDARD).await;
    let seed = app.seed().await;
    give_password(&app, seed.owner, GOOD).await;
    let hash = stored_hash(&app, seed.owner).await;
    for n in 0..40 {
        let who = app.person(&format!("person{n}@example.com")).await;
        plant_hash(&app, who, &hash).await;
    }
    let app = Arc::new(app);
    let office = |n: usize| {
        let app = app.clone();
        async move { try_to_sign_in(&app.browser(), &format!("person{n}@example.com"), GOOD).await }
    };
    for one in (0..40).map(|n| tokio::spawn(office(n))).collect::<Vec<_>>() {
        let answer = one.await.unwrap();
        assert!(is_in(&answer) || answer.status == StatusCode::TOO_MANY_REQUESTS, "{}", answer.status);
    }
    for n in 0..40 {
        assert!(is_in(&office(n).await), "person{n} comes back");
    }
}

#[tokio::test]
async fn a_known_device_is_let_through() {
    let (app, _) = house().await;
    let known = signed_in(&app, OWNER, GOOD).await;
    stuff(&app, 30, |_| "203.0.113.1".into()).await;
    assert_eq!(try_to_sign_in(&app.browser(), OWNER, GOOD).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(is_in(&try_to_sign_in(&known, OWNER, GOOD).await));
}

/// People whom [`stuff`] tries, each somebody's account.
pub async fn populate(app: &TestApp, number: usize) {
    for n in 0..number {
        app.person(&format!("person{n}@example.com")).await;
    }
}

/// A network of its own for each.
pub fn botnet(n: usize) -> String {
    format!("198.18.{}.{}", n / 250, n % 250)
}

#[tokio::test]
async fn of_five_hundred_accounts_tried_once_from_as_many_networks_three_hundred_are_and_the_owners_learn_of_it() {
    let (app, seed) = house().await;
    let known = signed_in(&app, OWNER, GOOD).await;
    let mara = colleague(&app, &seed, "mara@example.com").await;
    let mut laptop = passkey::plant(&app, mara).await;
    populate(&app, 500).await;
    let seen = stuff(&app, 500, botnet).await;
    assert!(seen[..300].iter().all(|status| *status == StatusCode::UNPROCESSABLE_ENTITY), "{seen:?}");
    assert!(seen[300..].iter().all(|status| *status == StatusCode::TOO_MANY_REQUESTS), "{seen:?}");
    assert_eq!(audited_anywhere(&app, "sign_in.failed").await, 300);

    let refused = try_to_sign_in(&app.browser(), OWNER, GOOD).await;
    assert_eq!(
        (refused.status, refused.headers["retry-after"].to_str().unwrap()),
        (StatusCode::TOO_MANY_REQUESTS, "60")
    );
    let unknown = try_to_sign_in(&app.browser(), "nobody@example.com", GOOD).await;
    let said = |answer: &Answer| answer.body.replace(answer.headers["x-request-id"].to_str().unwrap(), "");
    assert_eq!((unknown.status, said(&unknown)), (refused.status, said(&refused)), "nobody learns who is there");
    assert!(is_in(&try_to_sign_in(&known, OWNER, GOOD).await), "a known device gets in");
    assert!(is_in(&passkey::sign_in(&app.browser().at("198.51.100.9"), &mut laptop).await), "and so does a passkey");

    do_jobs(&app).await;
    let told = async || mails(&app, OWNER).await.iter().filter(|mail| mail.contains("300 sign-ins")).count();
    assert_eq!((audited_anywhere(&app, "strangers.refused").await, told().await), (1, 1));
    app.wait(TimeDelta::minutes(9));
    assert_eq!(try_to_sign_in(&app.browser(), OWNER, GOOD).await.status, StatusCode::TOO_MANY_REQUESTS);
    app.wait(TimeDelta::minutes(1));
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "once the failures are ten minutes old");
    app.wait(TimeDelta::minutes(51));
    stuff(&app, 310, botnet).await;
    do_jobs(&app).await;
    assert_eq!((audited_anywhere(&app, "strangers.refused").await, told().await), (2, 1), "hourly, and daily");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_forty_strangers_at_once_as_many_are_heard_as_the_limit_has_room_for() {
    let (app, _) = house().await;
    populate(&app, 330).await;
    stuff(&app, 290, botnet).await;
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..40 {
        let browser = app.browser().at(&botnet(500 + n));
        tries.spawn(
            async move { try_to_sign_in(&browser, &format!("person{}@example.com", 290 + n), BAD).await.status },
        );
    }
    let seen = tries.join_all().await;
    assert_eq!(seen.iter().filter(|status| **status == StatusCode::UNPROCESSABLE_ENTITY).count(), 10, "{seen:?}");
    assert_eq!(seen.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count(), 30, "{seen:?}");
}

#[tokio::test]
async fn right_passwords_from_everywhere_shut_nobody_out() {
    let (app, _) = house().await;
    populate(&app, 299).await;
    stuff(&app, 299, botnet).await;
    for n in 0..5 {
        let stranger = app.browser().at(&botnet(500 + n));
        assert!(is_in(&try_to_sign_in(&stranger, OWNER, GOOD).await), "{n}");
    }
}

#[tokio::test]
async fn made_up_names_shut_no_stranger_out() {
    let (app, _) = house().await;
    let seen = stuff(&app, 400, botnet).await;
    assert!(seen.iter().all(|status| *status == StatusCode::UNPROCESSABLE_ENTITY), "{seen:?}");
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
}
