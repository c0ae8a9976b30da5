//! SE-10, SE-01: confirming with the strongest proof the person has.

use chrono::TimeDelta;

use super::factors::*;
use super::stage::*;
use crate::support::{Answer, Browser, TestApp};

const SESSION: &str = "__Host-gatehouse";

async fn signed_in_by_both(app: &TestApp, pocket: &Authenticator) -> Browser {
    let browser = half_in(app).await;
    assert!(is_in(&type_code(&browser, pocket.id, &pocket.code(app, 0)).await));
    app.wait(TimeDelta::minutes(11));
    browser
}

async fn confirm(browser: &Browser, password: &str, with: &str, code: &str) -> Answer {
    browser
        .post("/me/confirm", &[("password", password), ("with", with), ("code", code), ("next", "/me/sessions")])
        .await
}

#[tokio::test]
async fn who_has_a_factor_confirms_with_the_password_and_a_code() {
    let (app, seed, pocket) = guarded_house().await;
    let browser = signed_in_by_both(&app, &pocket).await;
    let page = browser.get("/me/confirm?next=/me/sessions").await;
    assert!(page.body.contains("Pocket app") && page.body.contains("one-time-code"));
    let old = browser.cookie(SESSION).unwrap();
    let id = pocket.id.to_string();
    for (password, with, code) in
        [(GOOD, "", ""), (GOOD, &*id, ""), (GOOD, &*id, "12345"), (BAD, &*id, &*pocket.code(&app, 0))]
    {
        let answer = confirm(&browser, password, with, code).await;
        assert_eq!(answer.status, 422, "{with} {code}");
    }
    assert_eq!(audited(&app, seed.site, "step_up.succeeded").await, 0);
    let answer = confirm(&browser, GOOD, &id, &pocket.code(&app, 0)).await;
    assert_eq!(
        answer.location(),
        "/me/sessions?done=confirmed",
        "the code was not looked at while the password was wrong"
    );
    assert_ne!(browser.cookie(SESSION).unwrap(), old);
    let fixed = app.browser();
    fixed.set_cookie(SESSION, &old);
    assert!(!sees_the_console(&fixed).await, "the old id is dead");
    assert!(sees_the_console(&browser).await);
    assert_eq!(
        count(&app, "select count(*) from session where revoked_at is null and assurance = 'second_factor'").await,
        1
    );
}

#[tokio::test]
async fn a_recovery_code_confirms_in_place_of_a_lost_device() {
    let (app, seed, pocket) = guarded_house().await;
    let codes = recovery_codes(&app, seed.owner).await;
    let browser = signed_in_by_both(&app, &pocket).await;
    assert_eq!(confirm(&browser, GOOD, "recovery", "0123-4567-89ab-cdef-ghjk-mnpq").await.status, 422);
    assert_eq!(confirm(&browser, GOOD, "recovery", &codes[3]).await.status, 303);
    assert_eq!(audited(&app, seed.site, "step_up.succeeded").await, 1);
}

#[tokio::test]
async fn a_code_of_the_sign_in_confirms_nothing() {
    let (app, seed) = house().await;
    let pocket = authenticator(&app, seed.owner).await;
    let phone = number(&app, seed.owner).await;
    let browser = half_in(&app).await;
    plant_code(&app, seed.owner, phone, &browser, "012345").await;
    assert!(is_in(&type_code(&browser, pocket.id, &pocket.code(&app, 0)).await));
    let answer = confirm(&browser, GOOD, &phone.to_string(), "012345").await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("no longer good"));
}

#[tokio::test]
async fn a_password_alone_is_no_fresh_proof_for_who_has_a_factor() {
    let (app, _, pocket) = guarded_house().await;
    let browser = signed_in_by_both(&app, &pocket).await;
    let another = "gravel lanterns hum at dusk";
    let changed = [("current_password", GOOD), ("new_password", another), ("again", another)];
    assert_eq!(browser.post("/me/password", &changed).await.location(), "/me/profile?done=password_changed");
    assert!(sees_the_console(&browser).await, "the browser stays signed in");
    let asked = browser.get("/me/second-factor/set-up?kind=totp").await;
    assert!(asked.location().starts_with("/me/confirm"), "{} {}", asked.status, asked.location());
    assert_eq!(confirm(&browser, another, &pocket.id.to_string(), &pocket.code(&app, 0)).await.status, 303);
    assert_eq!(browser.get("/me/second-factor/set-up?kind=totp").await.status, 200);
}

#[tokio::test]
async fn who_has_no_factor_confirms_with_the_password() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    assert!(!browser.get("/me/confirm").await.body.contains("one-time-code"));
    assert_eq!(confirm(&browser, BAD, "", "").await.status, 422);
    assert_eq!(confirm(&browser, GOOD, "", "").await.location(), "/me/sessions?done=confirmed");
}

#[tokio::test]
async fn the_page_says_what_the_proof_is_for_and_the_page_after_it_that_it_is_given() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    app.wait(TimeDelta::minutes(11));
    let asked = browser.get("/s/harbour-books/collaborators/invite").await;
    let page = browser.get(asked.location()).await;
    assert_eq!(
        page.words("It holds for ten minutes.", "p"),
        "You are about to invite a collaborator at harbour books."
    );
    assert!(
        page.body.contains("href=\"/s/harbour-books/collaborators\" class=\"button plain\">Cancel"),
        "{}",
        page.body
    );
    let next = "/s/harbour-books/collaborators/invite";
    let wrong = browser.post("/me/confirm", &[("password", BAD), ("next", next)]).await;
    assert!(wrong.status == 422 && wrong.body.contains("invite a collaborator"), "{}", wrong.body);
    let right = browser.post("/me/confirm", &[("password", GOOD), ("next", next)]).await;
    let after = browser.get(right.location()).await;
    assert!(after.status == 200 && after.body.contains("It is you: confirmed for the next ten minutes."));

    let stranger = app.seed_site("other-books").await;
    let elsewhere = browser.get(&format!("/me/confirm?next=/s/{}/panic", stranger.handle)).await;
    assert!(!elsewhere.body.contains("other books"), "a site that is not theirs is not named: {}", elsewhere.body);
}

#[tokio::test]
async fn after_the_last_device_is_removed_the_password_is_a_fresh_proof_again() {
    let (app, _, pocket) = guarded_house().await;
    let browser = signed_in_by_both(&app, &pocket).await;
    assert_eq!(confirm(&browser, GOOD, &pocket.id.to_string(), &pocket.code(&app, 0)).await.status, 303);
    let removed = browser.post(&format!("/me/second-factor/{}/end", pocket.id), &[("reason", "removed")]).await;
    assert_eq!(removed.location(), "/me/second-factor?done=removed");
    app.wait(TimeDelta::minutes(11));
    let set_up = "/me/second-factor/set-up";
    assert!(browser.get(set_up).await.location().starts_with("/me/confirm"));
    assert_eq!(confirm(&browser, GOOD, "", "").await.status, 303);
    assert_eq!(browser.get(set_up).await.status, 200);
}
