//! RC-01 to RC-06: a new password by mail.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use gatehouse::access::Pace;
use http::{Method, StatusCode};

use super::address::{botnet, populate, stuff};
use super::stage::*;
use crate::support::TestApp;

const NEW: &str = "seven kites over water";

async fn choose(browser: &crate::support::Browser, password: &str) -> crate::support::Answer {
    browser.post("/reset-password", &[("password", password), ("again", password)]).await
}

#[tokio::test]
async fn known_unknown_locked_and_nonsense_are_answered_alike_and_on_the_same_beat() {
    let notes: Arc<std::sync::Mutex<Vec<Duration>>> = Arc::default();
    let pace = Pace::Noted(notes.clone());
    let app = TestApp::with(|parts| parts.config.pace = pace).await;
    let seed = app.seed().await;
    give_password(&app, seed.owner, GOOD).await;
    colleague(&app, &seed, "locked@example.com").await;
    fail(&app.browser(), "locked@example.com", 10).await;
    notes.lock().unwrap().clear();
    let mut seen = Vec::new();
    for email in [OWNER, "nobody@example.com", "locked@example.com", "not an address"] {
        let answer = app.browser().post("/forgot-password", &[("email", email)]).await;
        let mut headers: Vec<_> =
            answer.headers.iter().filter(|(n, _)| *n != "x-request-id").map(|(n, v)| format!("{n}: {v:?}")).collect();
        headers.sort();
        seen.push((answer.status, headers, answer.body));
    }
    assert!(seen.windows(2).all(|two| two[0] == two[1]), "{seen:?}");
    assert_eq!(*notes.lock().unwrap(), vec![Duration::from_millis(250); 4]);
    do_jobs(&app).await;
    assert_eq!(mails(&app, OWNER).await.len(), 1);
    assert_eq!(mails(&app, "nobody@example.com").await.len(), 0);
}

#[tokio::test]
async fn a_link_sets_the_password_once_ends_everything_and_signs_nobody_in() {
    let (app, seed) = house().await;
    let elsewhere = signed_in(&app, OWNER, GOOD).await;
    let browser = app.browser();
    let page = open(&browser, &ask_for_reset(&app, OWNER).await).await;
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert!(!page.body.contains("token"));
    let done = choose(&browser, NEW).await;
    assert_eq!(done.location(), "/sign-in?done=password_changed");
    assert!(browser.cookie("__Host-gatehouse").is_none() && browser.cookie("__Host-gatehouse-reset").is_none());
    assert!(!sees_the_console(&elsewhere).await, "sessions have ended");
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, NEW).await));
    assert_eq!(audited(&app, seed.site, "password.reset").await, 1);
    assert!(mails(&app, OWNER).await.last().unwrap().contains("was changed"));
    assert_eq!(choose(&browser, NEW).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn a_reset_works_while_locked_and_opens_the_door() {
    let (app, _) = house().await;
    fail(&app.browser(), OWNER, 10).await;
    let browser = app.browser();
    open(&browser, &ask_for_reset(&app, OWNER).await).await;
    choose(&browser, NEW).await;
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, NEW).await));
}

#[tokio::test]
async fn who_sets_a_new_password_is_no_stranger_in_that_browser() {
    let (app, _) = house().await;
    populate(&app, 300).await;
    stuff(&app, 300, botnet).await;
    let browser = app.browser();
    assert_eq!(try_to_sign_in(&browser, OWNER, GOOD).await.status, StatusCode::TOO_MANY_REQUESTS);
    open(&browser, &ask_for_reset(&app, OWNER).await).await;
    choose(&browser, NEW).await;
    assert!(is_in(&try_to_sign_in(&browser, OWNER, NEW).await));
    assert_eq!(try_to_sign_in(&app.browser(), OWNER, NEW).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn opening_a_link_ten_times_uses_nothing() {
    let (app, _) = house().await;
    let link = ask_for_reset(&app, OWNER).await;
    for _ in 0..10 {
        assert_eq!(open(&app.browser(), &link).await.status, StatusCode::OK);
    }
    let browser = app.browser();
    open(&browser, &link).await;
    assert_eq!(choose(&browser, NEW).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_newest_link_only_works_and_for_an_hour() {
    let (app, _) = house().await;
    let first = ask_for_reset(&app, OWNER).await;
    let second = ask_for_reset(&app, OWNER).await;
    assert_eq!(open(&app.browser(), &first).await.status, StatusCode::GONE);
    app.wait(TimeDelta::minutes(60));
    assert_eq!(open(&app.browser(), &second).await.status, StatusCode::GONE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_at_once_one_uses_the_link() {
    let (app, seed) = house().await;
    let link = ask_for_reset(&app, OWNER).await;
    let app = Arc::new(app);
    let tries: Vec<_> = (0..50)
        .map(|n| {
            let (app, link) = (app.clone(), link.clone());
            tokio::spawn(async move {
                let browser = app.browser();
                browser.get(&link).await;
                choose(&browser, &format!("{NEW} number {n}")).await.status
            })
        })
        .collect();
    let mut won = 0;
    for one in tries {
        won += i32::from(one.await.unwrap() == StatusCode::SEE_OTHER);
    }
    assert_eq!(won, 1);
    assert_eq!(audited(&app, seed.site, "password.reset").await, 1);
}

#[tokio::test]
async fn a_link_is_worthless_once_the_address_differs() {
    let (app, seed) = house().await;
    let link = ask_for_reset(&app, OWNER).await;
    let mut db = app.superuser().await;
    sqlx::query("update collaborator set email = 'new@example.com', email_canonical = 'new@example.com' where id = $1")
        .bind(seed.owner.0)
        .execute(&mut db)
        .await
        .unwrap();
    let browser = app.browser();
    assert_eq!(open(&browser, &link).await.status, StatusCode::GONE);
    assert_eq!(choose(&browser, NEW).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn links_lead_to_the_configured_address_and_mail_to_the_stored_one() {
    let (app, _) = house().await;
    let browser = app.browser();
    let body = serde_urlencoded::to_string([("email", "OWNER＠EXAMPLE.COM")]).unwrap();
    let request = browser
        .request(Method::POST, "/forgot-password")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example");
    let answer = browser.send(request.body(axum::body::Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    do_jobs(&app).await;
    let sent = mails(&app, OWNER).await;
    assert_eq!(sent.len(), 1, "to the address as it is stored");
    assert!(sent[0].contains("http://localhost:3000/reset-password?token=") && !sent[0].contains("evil"));
    for other in ["mıke@example.com", "owner@example.com.evil.example", "0wner@example.com"] {
        browser.post("/forgot-password", &[("email", other)]).await;
    }
    do_jobs(&app).await;
    assert_eq!(count(&app, "select count(*) from job where kind = 'mail'").await, 1);
    let doubled = browser.post("/forgot-password", &[("email", OWNER), ("email", "evil@evil.example")]).await;
    assert!(doubled.status.is_client_error());
}

#[tokio::test]
async fn no_step_can_be_skipped() {
    let (app, _) = house().await;
    assert_eq!(app.browser().get("/reset-password").await.status, StatusCode::GONE);
    assert_eq!(choose(&app.browser(), NEW).await.status, StatusCode::GONE);
    let forged = app.browser();
    forged.set_cookie("__Host-gatehouse-reset", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(choose(&forged, NEW).await.status, StatusCode::GONE);
    assert!(app.browser().post("/reset-password", &[]).await.status.is_client_error());
    let other_flow = app.browser();
    let set_up = gatehouse::kernel::secret::Token::random();
    other_flow.set_cookie("__Host-gatehouse-set-up", set_up.reveal());
    assert_eq!(choose(&other_flow, NEW).await.status, StatusCode::GONE);
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "nothing has changed");
}

#[tokio::test]
async fn a_weak_password_keeps_the_link_and_says_how_to_mend_it() {
    let (app, _) = house().await;
    let browser = app.browser();
    open(&browser, &ask_for_reset(&app, OWNER).await).await;
    for (bad, words) in [
        ("short otters", "at least 15"),
        ("passwordpassword", "attackers try first"),
        ("harbour books 2026", "harbour"),
        ("owner@example.com", "others would guess"),
        ("123456789012345678", "keyboard"),
    ] {
        let answer = choose(&browser, bad).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert!(
            answer.body.contains(words) && !answer.body.contains(&format!("value=\"{bad}\"")),
            "{bad}: {}",
            answer.body
        );
    }
    assert_eq!(
        choose(&browser, &"é".repeat(7).chars().chain("quiet lemons x".chars()).collect::<String>()).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn at_most_three_links_an_hour_are_sent() {
    let (app, _) = house().await;
    for _ in 0..6 {
        assert_eq!(
            app.browser().post("/forgot-password", &[("email", OWNER)]).await.location(),
            "/forgot-password?asked="
        );
    }
    do_jobs(&app).await;
    assert_eq!(mails(&app, OWNER).await.len(), 3);
}

#[tokio::test]
async fn an_ask_waits_for_nothing_that_only_known_accounts_have() {
    let (app, seed) = house().await;
    let mut busy = app.superuser().await;
    sqlx::query("begin").execute(&mut busy).await.unwrap();
    let held = sqlx::query("select 1 from collaborator where id = $1 for update").bind(seed.owner.0);
    held.fetch_one(&mut busy).await.unwrap();
    // More than there are connections: were one parked for each, nothing could be asked any more.
    let asks = (0..20).map(|_| {
        let browser = app.browser();
        async move { browser.post("/forgot-password", &[("email", OWNER)]).await.status }
    });
    let answered = tokio::time::timeout(Duration::from_secs(5), futures::future::join_all(asks)).await;
    let answered = answered.expect("answered while somebody else is at work on the account");
    assert!(answered.iter().all(|status| *status == StatusCode::SEE_OTHER), "{answered:?}");
    sqlx::query("commit").execute(&mut busy).await.unwrap();
    do_jobs(&app).await;
    assert_eq!(mails(&app, OWNER).await.len(), 3, "what was acknowledged is done, within its limit");
    assert_eq!(count(&app, "select count(*) from job where kind = 'reset_asked'").await, 0);
}

/// How many links were ordered so far: nobody has done a job yet.
async fn ordered(app: &TestApp) -> i64 {
    count(app, "select count(*) from job where kind = 'reset_asked'").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_networks_asks_twenty_are_heard_in_ten_minutes_and_all_are_answered_alike() {
    let (app, _) = house().await;
    let app = Arc::new(app);
    let ask = |n: usize| {
        let app = app.clone();
        let email = if n.is_multiple_of(8) { OWNER.to_owned() } else { format!("nobody{n}@example.com") };
        async move { app.browser().post("/forgot-password", &[("email", &email)]).await }
    };
    for one in (0..60).map(|n| tokio::spawn(ask(n))).collect::<Vec<_>>() {
        let answer = one.await.unwrap();
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/forgot-password?asked="));
    }
    assert_eq!(ordered(&app).await, 20);
    assert_eq!(try_to_sign_in(&app.browser(), OWNER, BAD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "asking is no failure to sign in");
    assert_eq!(app.browser().at("198.51.100.9").post("/forgot-password", &[("email", OWNER)]).await.status, 303);
    assert_eq!(ordered(&app).await, 21, "other networks are not concerned");
    app.wait(TimeDelta::minutes(10));
    ask(0).await;
    assert_eq!(ordered(&app).await, 22);
}

#[tokio::test]
async fn five_asks_for_one_address_are_heard_and_none_for_what_is_no_address() {
    let (app, _) = house().await;
    for _ in 0..9 {
        for email in [OWNER, "Owner@Example.com", "not an address"] {
            assert_eq!(app.browser().post("/forgot-password", &[("email", email)]).await.status, 303);
        }
    }
    assert_eq!(ordered(&app).await, 5);
    app.browser().post("/forgot-password", &[("email", "somebody-else@example.com")]).await;
    assert_eq!(ordered(&app).await, 6);
}

#[tokio::test]
async fn a_network_that_is_refused_for_its_failures_cannot_ask_either() {
    let (app, _) = house().await;
    for n in 0..20 {
        try_to_sign_in(&app.browser(), &format!("person{n}@example.com"), BAD).await;
    }
    for email in [OWNER, "nobody@example.com"] {
        let refused = app.browser().post("/forgot-password", &[("email", email)]).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{email}");
    }
    assert_eq!(ordered(&app).await, 0);
}
