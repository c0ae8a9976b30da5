//! OP-02: the first owner and site.

use std::sync::Arc;

use gatehouse::access::service::set_up::invite;
use http::StatusCode;

use super::stage::*;
use crate::support::{Answer, Browser, TestApp};

async fn fill_in(browser: &Browser, email: &str) -> Answer {
    fill_in_kind(browser, email, "test").await
}

async fn fill_in_kind(browser: &Browser, email: &str, kind: &str) -> Answer {
    let fields = [
        ("site", "Harbour Books"),
        ("kind", kind),
        ("currency", "GBP"),
        ("time_zone", "Europe/London"),
        ("owner", "Mara Ellwood"),
        ("email", email),
        ("password", GOOD),
        ("again", GOOD),
    ];
    browser.post("/set-up", &fields).await
}

#[tokio::test]
async fn a_token_makes_the_first_owner_and_site_and_no_more() {
    let app = TestApp::new().await;
    assert_eq!(app.browser().get("/set-up").await.status, StatusCode::GONE, "nobody sets up without a token");
    let link = link(&invite(&app.app).await.unwrap());
    let browser = app.browser();
    let page = open(&browser, &link).await;
    assert!(page.status == StatusCode::OK && page.body.contains("At least 15 characters"), "{}", page.body);
    assert_eq!(fill_in(&browser, "mara@example.com").await.location(), "/sign-in?done=created");
    let owner = signed_in(&app, "mara@example.com", GOOD).await;
    assert_eq!(owner.get("/").await.location(), "/s/harbour-books/overview");
    assert_eq!(open(&app.browser(), &link).await.status, StatusCode::GONE);
    assert!(invite(&app.app).await.is_err(), "somebody is there");
}

#[tokio::test]
async fn the_making_of_a_token_is_on_record() {
    let app = TestApp::new().await;
    invite(&app.app).await.unwrap();
    assert_eq!(audited_anywhere(&app, "set_up.token_made").await, 1);
}

#[tokio::test]
async fn what_is_neither_live_nor_test_is_asked_again_and_spends_nothing() {
    let app = TestApp::new().await;
    let link = link(&invite(&app.app).await.unwrap());
    let browser = app.browser();
    open(&browser, &link).await;
    let answer = fill_in_kind(&browser, "mara@example.com", "Live").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("Choose live or test."));
    assert_eq!(fill_in_kind(&browser, "mara@example.com", "live").await.status, StatusCode::SEE_OTHER);
    assert_eq!(count(&app, "select count(*) from site where live").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_at_once_one_wins() {
    let app = Arc::new(TestApp::new().await);
    let link = link(&invite(&app.app).await.unwrap());
    let tries: Vec<_> = (0..50)
        .map(|n| {
            let (app, link) = (app.clone(), link.clone());
            tokio::spawn(async move {
                let browser = app.browser();
                browser.get(&link).await;
                fill_in(&browser, &format!("mara{n}@example.com")).await.status
            })
        })
        .collect();
    let mut won = 0;
    for one in tries {
        won += i32::from(one.await.unwrap() == StatusCode::SEE_OTHER);
    }
    assert_eq!(won, 1);
    assert_eq!(count(&app, "select count(*) from collaborator").await, 1);
    assert_eq!(count(&app, "select count(*) from site").await, 1);
}

#[tokio::test]
async fn a_token_lives_a_day_and_the_newest_only_works() {
    let app = TestApp::new().await;
    let first = link(&invite(&app.app).await.unwrap());
    let second = link(&invite(&app.app).await.unwrap());
    assert_eq!(open(&app.browser(), &first).await.status, StatusCode::GONE);
    app.wait(chrono::TimeDelta::hours(24));
    assert_eq!(open(&app.browser(), &second).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_the_input_kept() {
    let app = TestApp::new().await;
    let browser = app.browser();
    open(&browser, &link(&invite(&app.app).await.unwrap())).await;
    let fields = [
        ("site", "Harbour Books"),
        ("kind", "test"),
        ("currency", "GBX"),
        ("time_zone", "Europe/Nowhere"),
        ("owner", "Mara"),
        ("email", "mara"),
        ("password", "harbour books 1"),
        ("again", "harbour books 1"),
    ];
    let answer = browser.post("/set-up", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("value=\"Harbour Books\"")
            && answer.body.contains("f-currency-e")
            && answer.body.contains("f-email-e")
    );
    assert_eq!(count(&app, "select count(*) from site").await, 0);
    assert_eq!(fill_in(&browser, "mara@example.com").await.status, StatusCode::SEE_OTHER, "the token still works");
}
