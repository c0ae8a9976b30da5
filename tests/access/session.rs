//! SE-01 to SE-07, SE-11: sessions begin, move on and end at the server.

use chrono::TimeDelta;
use gatehouse::access::Role;
use http::StatusCode;

use super::stage::*;
use crate::support::{Browser, TestApp};

const NEW: &str = "seven kites over water";
const COOKIE: &str = "__Host-gatehouse";

/// The same cookie in another browser.
fn stolen(app: &TestApp, from: &Browser) -> Browser {
    let thief = app.browser();
    thief.set_cookie(COOKIE, &from.cookie(COOKIE).unwrap());
    thief
}

#[tokio::test]
async fn an_id_known_before_is_worthless_after_signing_in() {
    let (app, _) = house().await;
    let browser = app.browser();
    browser.set_cookie(COOKIE, "chosen-by-an-attacker");
    assert!(is_in(&try_to_sign_in(&browser, OWNER, GOOD).await));
    assert_ne!(browser.cookie(COOKIE).unwrap(), "chosen-by-an-attacker");
    let old = stolen(&app, &browser);
    assert!(is_in(&try_to_sign_in(&browser, OWNER, GOOD).await));
    assert!(!sees_the_console(&old).await, "the session it had has ended");
    assert!(sees_the_console(&browser).await);
}

#[tokio::test]
async fn signing_out_ends_the_session_at_the_server() {
    let (app, seed) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let thief = stolen(&app, &browser);
    let answer = browser.post("/sign-out", &[]).await;
    assert_eq!(answer.location(), "/sign-in?done=signed_out");
    assert_eq!(answer.headers["clear-site-data"], "\"cache\", \"storage\"");
    assert!(browser.cookie(COOKIE).is_none());
    assert!(browser.cookie("__Host-gatehouse-device").is_some(), "the device stays known");
    assert!(!sees_the_console(&thief).await);
    assert_eq!(audited(&app, seed.site, "sign_out.done").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_in_flight_cannot_bring_an_ended_session_back() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let others: Vec<_> = (0..20).map(|_| stolen(&app, &browser)).collect();
    let flying: Vec<_> =
        others.into_iter().map(|b| tokio::spawn(async move { b.post("/me/stay", &[]).await.status })).collect();
    browser.post("/sign-out", &[]).await;
    for one in flying {
        one.await.unwrap();
    }
    let dead = count(&app, "select count(*) from session where revoked_at is null").await;
    assert_eq!(dead, 0);
}

#[tokio::test]
async fn sessions_end_idle_and_after_twelve_hours_in_any_case() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    app.wait(TimeDelta::minutes(29));
    assert!(sees_the_console(&browser).await);
    app.wait(TimeDelta::minutes(30));
    assert!(!sees_the_console(&browser).await, "idle for 30 minutes");

    assert!(is_in(&try_to_sign_in(&browser, OWNER, GOOD).await));
    for _ in 0..35 {
        app.wait(TimeDelta::minutes(20));
        assert!(sees_the_console(&browser).await);
    }
    app.wait(TimeDelta::minutes(20));
    assert!(!sees_the_console(&browser).await, "twelve hours after signing in");
}

#[tokio::test]
async fn the_strictest_site_sets_the_idle_limit_and_polling_does_not_extend() {
    let (app, seed) = house().await;
    let strict = app.seed_site("hill-shop").await;
    app.member(strict.site, seed.owner, Role::Analyst).await;
    let mut db = app.superuser().await;
    sqlx::query("update site set idle_minutes = case when id = $1 then 15 else 480 end")
        .bind(strict.site.0)
        .execute(&mut db)
        .await
        .unwrap();
    let browser = signed_in(&app, OWNER, GOOD).await;
    for _ in 0..14 {
        app.wait(TimeDelta::minutes(1));
        let request = browser.request(http::Method::GET, "/me/profile").header("x-gatehouse-poll", "1");
        assert_eq!(browser.send(request.body(axum::body::Body::empty()).unwrap()).await.status, StatusCode::OK);
    }
    app.wait(TimeDelta::minutes(1));
    assert!(!sees_the_console(&browser).await);

    assert!(is_in(&try_to_sign_in(&browser, OWNER, GOOD).await));
    app.wait(TimeDelta::minutes(14));
    assert_eq!(browser.post("/me/stay", &[]).await.body, "900", "the whole idle time is there again");
    app.wait(TimeDelta::minutes(14));
    assert!(sees_the_console(&browser).await, "staying is a request of its own");
}

#[tokio::test]
async fn staying_promises_no_more_than_what_is_left_of_twelve_hours() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    for (hours_left, seconds) in [(11, "1800"), (1, "1800"), (0, "600")] {
        let until = TimeDelta::hours(12) - TimeDelta::hours(hours_left) - TimeDelta::minutes(10);
        while app.clock.now() - crate::support::start_of_time() < until {
            app.wait(TimeDelta::minutes(10));
            assert!(sees_the_console(&browser).await);
        }
        assert_eq!(browser.post("/me/stay", &[]).await.body, seconds, "{hours_left} h and 10 min before the end");
    }
}

#[tokio::test]
async fn a_lost_place_is_lost_with_the_next_request() {
    let (app, seed) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    assert_eq!(browser.get("/s/harbour-books").await.status, StatusCode::SEE_OTHER);
    let mut db = app.superuser().await;
    sqlx::query("delete from membership where collaborator_id = $1").bind(seed.owner.0).execute(&mut db).await.unwrap();
    assert_eq!(browser.get("/s/harbour-books").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_new_password_ends_other_sessions_and_devices_and_asks_for_the_old_one() {
    let (app, seed) = house().await;
    let (browser, other) = (signed_in(&app, OWNER, GOOD).await, signed_in(&app, OWNER, GOOD).await);
    let change =
        |old: &'static str, new: &'static str| [("current_password", old), ("new_password", new), ("again", new)];
    let wrong = browser.post("/me/password", &change(BAD, NEW)).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("That is not your password") && !wrong.body.contains(NEW));
    assert_eq!(browser.post("/me/password", &change(GOOD, "too short")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let before = stolen(&app, &browser);
    assert_eq!(browser.post("/me/password", &change(GOOD, NEW)).await.location(), "/me/profile?done=password_changed");
    assert!(sees_the_console(&browser).await);
    assert!(!sees_the_console(&before).await, "the old id is dead");
    assert!(!sees_the_console(&other).await);
    fail(&app.browser(), OWNER, 10).await;
    assert!(!is_in(&try_to_sign_in(&other, OWNER, NEW).await), "the other device is a stranger now");
    assert!(is_in(&try_to_sign_in(&browser, OWNER, NEW).await), "this one is known");
    assert_eq!(audited(&app, seed.site, "password.changed").await, 1);
}

#[tokio::test]
async fn step_up_gives_a_new_id_and_leads_back() {
    let (app, seed) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let before = stolen(&app, &browser);
    app.wait(TimeDelta::minutes(11));
    let answer = browser.post("/me/confirm", &[("password", GOOD), ("next", "/s/harbour-books/velocity")]).await;
    assert_eq!(answer.location(), "/s/harbour-books/velocity?done=confirmed");
    assert!(!sees_the_console(&before).await && sees_the_console(&browser).await);
    let mut db = app.superuser().await;
    let proved: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select proved_at from session where revoked_at is null").fetch_one(&mut db).await.unwrap();
    assert_eq!(proved, app.clock.now());
    assert_eq!(audited(&app, seed.site, "step_up.succeeded").await, 1);
    let away = browser.post("/me/confirm", &[("password", GOOD), ("next", "//evil.example")]).await;
    assert_eq!(away.location(), "/");
}

#[tokio::test]
async fn own_sessions_are_listed_and_ended_and_nobody_elses() {
    let (app, seed) = house().await;
    let (browser, other) = (signed_in(&app, OWNER, GOOD).await, signed_in(&app, OWNER, GOOD).await);
    colleague(&app, &seed, "other@example.com").await;
    let colleague = signed_in(&app, "other@example.com", GOOD).await;
    let key = hex::encode(gatehouse::kernel::secret::Token::presented(&other.cookie(COOKIE).unwrap()).hash());
    assert!(browser.get("/me/sessions").await.body.contains(&key));
    assert_eq!(colleague.post("/me/sessions", &[("key", &key)]).await.status, StatusCode::NOT_FOUND);
    assert!(sees_the_console(&other).await);
    assert_eq!(browser.post("/me/sessions", &[("key", &key)]).await.location(), "/me/sessions?done=revoked");
    assert!(!sees_the_console(&other).await);
    let third = signed_in(&app, OWNER, GOOD).await;
    browser.post("/me/sessions", &[]).await;
    assert!(!sees_the_console(&third).await && sees_the_console(&browser).await && sees_the_console(&colleague).await);
}

#[tokio::test]
async fn in_an_emergency_the_others_are_ended_without_another_proof() {
    let (app, _) = house().await;
    let (browser, other) = (signed_in(&app, OWNER, GOOD).await, signed_in(&app, OWNER, GOOD).await);
    app.wait(TimeDelta::minutes(20));
    assert_eq!(browser.post("/me/sessions", &[]).await.location(), "/me/sessions?done=revoked");
    assert!(sees_the_console(&browser).await && !sees_the_console(&other).await);
}

#[tokio::test]
async fn a_new_address_counts_once_confirmed_there_and_the_old_one_can_take_it_back() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let asked = browser.post("/me/email", &[("email", "mara@new.example"), ("password", GOOD)]).await;
    assert_eq!(asked.location(), "/me/profile?done=sent");
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "the old one until then");
    let confirm = app.browser();
    assert!(open(&confirm, &link(&mails(&app, "mara@new.example").await[0])).await.body.contains("mara@new.example"));
    assert_eq!(confirm.post("/confirm-email", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    let thief = signed_in(&app, "mara@new.example", GOOD).await;

    let revert = app.browser();
    open(&revert, &link(mails(&app, OWNER).await.last().unwrap())).await;
    assert_eq!(revert.post("/revert-email", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(!sees_the_console(&thief).await);
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "the password is void");
    let reset = app.browser();
    open(&reset, &ask_for_reset(&app, OWNER).await).await;
    reset.post("/reset-password", &[("password", NEW), ("again", NEW)]).await;
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, NEW).await));
}

#[tokio::test]
async fn an_address_that_is_taken_is_answered_alike_and_its_owner_told() {
    let (app, seed) = house().await;
    colleague(&app, &seed, "other@example.com").await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let asked = browser.post("/me/email", &[("email", "OTHER@example.com"), ("password", GOOD)]).await;
    assert_eq!(asked.location(), "/me/profile?done=sent");
    assert!(!mails(&app, "other@example.com").await[0].contains("token"));
}

#[tokio::test]
async fn three_addresses_an_hour_get_a_mail_whoever_they_belong_to() {
    let (app, seed) = house().await;
    colleague(&app, &seed, "other@example.com").await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let ask = async |email: &str| browser.post("/me/email", &[("email", email), ("password", GOOD)]).await;
    for email in ["victim@example.org", "other@example.com", "victim@example.org"] {
        assert_eq!(ask(email).await.location(), "/me/profile?done=sent");
    }
    for email in ["victim@example.org", "other@example.com"] {
        let refused = ask(email).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("three addresses within an hour"), "{}", refused.body);
    }
    assert_eq!(mails(&app, "victim@example.org").await.len() + mails(&app, "other@example.com").await.len(), 3);
    app.wait(TimeDelta::hours(1));
    let browser = signed_in(&app, OWNER, GOOD).await;
    let fourth = browser.post("/me/email", &[("email", "victim@example.org"), ("password", GOOD)]).await;
    assert_eq!(fourth.location(), "/me/profile?done=sent");
}

#[tokio::test]
async fn the_theme_is_kept_in_a_cookie_and_leads_back_here_only() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    assert_eq!(
        browser.post("/me/theme", &[("theme", "dark"), ("next", "/me/profile")]).await.location(),
        "/me/profile"
    );
    assert!(browser.get("/me/profile").await.body.contains("data-theme=\"dark\""));
    assert_eq!(
        browser.post("/me/theme", &[("theme", "\"><script>"), ("next", "//evil.example")]).await.location(),
        "/"
    );
    assert_eq!(browser.cookie("theme").as_deref(), Some("system"));
}
