//! MF-01, MF-09, MF-13, SE-01: what the second step does. What the password alone opens is walked in `authorization.rs`.

use std::sync::Arc;

use chrono::TimeDelta;
use gatehouse::access::session::Assurance;

use super::factors::*;
use super::stage::*;
use crate::support::TestApp;

const DEVICE: &str = "__Host-gatehouse-device";
const SESSION: &str = "__Host-gatehouse";

#[tokio::test]
async fn the_password_alone_signs_nobody_in_who_has_a_factor() {
    let (app, seed, _) = guarded_house().await;
    let browser = half_in(&app).await;
    assert!(browser.cookie(SESSION).is_none() && browser.cookie(DEVICE).is_none());
    assert!(!sees_the_console(&browser).await);
    assert_eq!(count(&app, "select count(*) from session").await, 0);
    assert_eq!(audited(&app, seed.site, "sign_in.password_accepted").await, 1);
    assert_eq!(audited(&app, seed.site, "sign_in.succeeded").await, 0);
}

#[tokio::test]
async fn an_authenticators_code_finishes_the_sign_in() {
    let (app, seed, pocket) = guarded_house().await;
    let browser = half_in(&app).await;
    let page = browser.get(STEP).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Pocket app") && page.body.contains("one-time-code"), "{}", page.body);
    assert!(page.body.contains("inputmode=\"numeric\""));
    let code = pocket.code(&app, 0);
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let answer =
        browser.post(STEP, &[("with", &pocket.id.to_string()), ("code", &spaced), ("next", "/me/sessions")]).await;
    assert_eq!(answer.location(), "/me/sessions");
    assert!(browser.cookie(STEP_COOKIE).is_none() && browser.cookie(DEVICE).is_some());
    assert!(sees_the_console(&browser).await);
    assert_eq!(count(&app, "select count(*) from session where assurance = 'second_factor'").await, 1);
    assert_eq!(audited(&app, seed.site, "sign_in.succeeded").await, 1);
}

#[tokio::test]
async fn a_step_is_accepted_once_even_in_another_browser_and_none_before_it() {
    let (app, _, pocket) = guarded_house().await;
    let (first, second) = (half_in(&app).await, half_in(&app).await);
    assert!(is_in(&type_code(&first, pocket.id, &pocket.code(&app, 0)).await));
    assert_eq!(type_code(&second, pocket.id, &pocket.code(&app, 0)).await.status, 422);
    assert_eq!(type_code(&second, pocket.id, &pocket.code(&app, -1)).await.status, 422);
    app.wait(TimeDelta::seconds(30));
    assert!(is_in(&type_code(&second, pocket.id, &pocket.code(&app, 0)).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_code_in_fifty_browsers_at_once_signs_in_once() {
    let (app, _, pocket) = guarded_house().await;
    let mut browsers = Vec::new();
    for _ in 0..50 {
        browsers.push(half_in(&app).await);
    }
    let code = pocket.code(&app, 0);
    let tries: Vec<_> = browsers
        .into_iter()
        .map(|browser| {
            let (code, id) = (code.clone(), pocket.id);
            tokio::spawn(async move { is_in(&type_code(&browser, id, &code).await) })
        })
        .collect();
    let mut entered = 0;
    for one in tries {
        entered += i32::from(one.await.unwrap());
    }
    assert_eq!(entered, 1);
    assert_eq!(count(&app, "select count(*) from session").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_browser_posting_one_code_fifty_times_at_once_gets_one_session() {
    let (app, _, pocket) = guarded_house().await;
    let (browser, code) = (Arc::new(half_in(&app).await), pocket.code(&app, 0));
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let (browser, code, id) = (browser.clone(), code.clone(), pocket.id);
            tokio::spawn(async move { type_code(&browser, id, &code).await })
        })
        .collect();
    for one in tries {
        assert!(!one.await.unwrap().status.is_server_error());
    }
    assert_eq!(count(&app, "select count(*) from session").await, 1);
}

#[tokio::test]
async fn a_pending_sign_in_ends_after_ten_minutes_and_with_the_password() {
    let (app, seed, pocket) = guarded_house().await;
    let late = half_in(&app).await;
    app.wait(TimeDelta::minutes(10));
    let answer = type_code(&late, pocket.id, &pocket.code(&app, 0)).await;
    assert_eq!(answer.status, 410);
    assert!(answer.body.contains("Begin again"));
    let stale = half_in(&app).await;
    app.wait(TimeDelta::seconds(1));
    give_password(&app, seed.owner, BAD).await;
    assert_eq!(stale.get(STEP).await.status, 410);
    assert_eq!(type_code(&stale, pocket.id, &pocket.code(&app, 0)).await.status, 410);
    assert_eq!(count(&app, "select count(*) from session").await, 0);
    assert_eq!(count(&app, "select count(*) from second_factor where totp_step is not null").await, 0);
}

#[tokio::test]
async fn steps_cannot_be_skipped_by_address_or_empty_post() {
    let (app, seed, pocket) = guarded_house().await;
    let stranger = app.browser();
    for path in [STEP, "/sign-in/second-step/code", "/sign-in/second-step/help"] {
        assert_eq!(stranger.post(path, &[]).await.status, 410, "{path}");
    }
    assert_eq!(stranger.get(STEP).await.status, 410);
    stranger.set_cookie(STEP_COOKIE, "");
    assert_eq!(type_code(&stranger, pocket.id, &pocket.code(&app, 0)).await.status, 410);
    let browser = half_in(&app).await;
    assert_eq!(browser.post(STEP, &[]).await.status, 422);
    assert_eq!(type_code(&browser, pocket.id, "").await.status, 422);
    assert_eq!(type_code(&browser, "recovery", "").await.status, 422);
    for bad in ["12345", "abcdef", "١٢٣٤٥٦", "1234567"] {
        let answer = type_code(&browser, pocket.id, bad).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("Write the six digits"), "{bad}");
    }
    assert_eq!(audited(&app, seed.site, "second_step.failed").await, 0, "nothing was compared");
    assert_eq!(count(&app, "select count(*) from session").await, 0);
}

#[tokio::test]
async fn another_persons_factor_opens_nothing() {
    let (app, seed, _) = guarded_house().await;
    let other = colleague(&app, &seed, "eve@example.com").await;
    let hers = authenticator(&app, other).await;
    let browser = half_in(&app).await;
    assert_eq!(type_code(&browser, hers.id, &hers.code(&app, 0)).await.status, 422);
    assert!(!sees_the_console(&browser).await);
}

#[tokio::test]
async fn a_wrong_password_is_answered_alike_with_and_without_a_factor() {
    let (app, seed) = house().await;
    let ann = colleague(&app, &seed, "ann@example.com").await;
    authenticator(&app, ann).await;
    let with = try_to_sign_in(&app.browser(), "ann@example.com", BAD).await;
    let without = try_to_sign_in(&app.browser(), OWNER, BAD).await;
    assert_eq!(with.status, without.status);
    assert_eq!(with.body.replace("ann@example.com", OWNER), without.body);
    let names = |answer: &crate::support::Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&with), names(&without));
}

#[tokio::test]
async fn a_session_by_password_dies_when_a_factor_becomes_active() {
    let (app, seed) = house().await;
    let (by_password, by_both) =
        (app.signed_in(seed.owner).await, app.signed_in_with(seed.owner, Assurance::SecondFactor).await);
    assert!(sees_the_console(&by_password).await);
    authenticator(&app, seed.owner).await;
    assert!(!sees_the_console(&by_password).await);
    assert!(sees_the_console(&by_both).await);
}

#[tokio::test]
async fn a_new_password_does_not_pass_over_the_second_step() {
    let (app, _, pocket) = guarded_house().await;
    let browser = app.browser();
    let link = ask_for_reset(&app, OWNER).await;
    open(&browser, &link).await;
    let set = browser.post("/reset-password", &[("password", BAD), ("again", BAD)]).await;
    assert!(set.location().starts_with("/sign-in"));
    assert!(!sees_the_console(&browser).await);
    assert_eq!(try_to_sign_in(&browser, OWNER, BAD).await.location(), STEP);
    assert!(!sees_the_console(&browser).await);
    assert!(is_in(&type_code(&browser, pocket.id, &pocket.code(&app, 0)).await));
}

#[tokio::test]
async fn every_door_of_the_step_leaves_on_the_beat() {
    let notes = Arc::new(std::sync::Mutex::new(Vec::new()));
    let pace = gatehouse::access::Pace::Noted(notes.clone());
    let app = TestApp::with(|parts| parts.config.pace = pace).await;
    let seed = app.seed().await;
    give_password(&app, seed.owner, GOOD).await;
    let pocket = authenticator(&app, seed.owner).await;
    let browser = half_in(&app).await;
    let before = notes.lock().unwrap().len();
    type_code(&browser, pocket.id, "000000").await;
    browser.post("/sign-in/second-step/code", &[]).await;
    browser.post("/sign-in/second-step/help", &[]).await;
    assert_eq!(notes.lock().unwrap().len() - before, 3);
}
