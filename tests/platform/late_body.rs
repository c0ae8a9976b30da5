//! SE-04, SE-06, AK-01: a request whose body arrives late does what its sender may do then, not when it began.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use gatehouse::access::Role;
use gatehouse::api::key::KeyKind;
use gatehouse::api::scope::Scope;
use gatehouse::api::service::issue::{Wanted, issue_by_operator};
use http::{Method, header};
use tokio::sync::Notify;

use crate::support::{Answer, Browser, TestApp};

/// Sends a request, does something while its body is awaited, then lets the body arrive.
async fn late(
    browser: &Browser,
    request: http::request::Builder,
    body: String,
    meanwhile: impl AsyncFnOnce(),
) -> Answer {
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (asking, going) = (asked.clone(), go.clone());
    let body = futures::stream::once(async move {
        asking.notify_one();
        going.notified().await;
        Ok::<_, Infallible>(body)
    });
    let request = request.body(Body::from_stream(body)).unwrap();
    let then = async {
        asked.notified().await;
        meanwhile().await;
        go.notify_one();
    };
    futures::future::join(browser.send(request), then).await.0
}

fn form(browser: &Browser, path: &str) -> http::request::Builder {
    browser
        .request(Method::POST, path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
}

const SERVICE: &str = "name=Late&currency=GBP";

async fn services(stage: &TestApp) -> i64 {
    stage.count("select count(*) from service where name = 'Late'").await
}

#[tokio::test]
async fn a_form_that_arrives_after_its_session_ended_does_nothing() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let other_tab = owner.at("203.0.113.1");
    let request = form(&owner, "/s/harbour-books/services/new");
    let answer = late(&owner, request, SERVICE.into(), async || {
        assert_eq!(other_tab.post("/sign-out", &[]).await.status, 303);
    })
    .await;
    assert!(answer.location().starts_with("/sign-in?next="), "{} {}", answer.status, answer.location());
    assert_eq!(services(&stage).await, 0);
}

#[tokio::test]
async fn a_form_that_arrives_after_its_sender_was_shut_out_does_nothing() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let admin = stage.actor(seed.site, Role::Admin).await;
    let request = form(&admin, "/s/harbour-books/services/new");
    let answer = late(&admin, request, SERVICE.into(), async || {
        let shut = sqlx::query("update membership set disabled_at = $1 where role = 'admin'").bind(stage.clock.now());
        shut.execute(&mut stage.superuser().await).await.unwrap();
    })
    .await;
    assert_eq!(answer.status, 403);
    assert_eq!(services(&stage).await, 0);
}

#[tokio::test]
async fn a_call_that_arrives_after_its_key_was_revoked_does_nothing() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let wanted = Wanted { name: "Shop".into(), kind: KeyKind::Secret, scopes: Scope::ALL.to_vec(), expires_at: None };
    let mut tx = stage.app.db.site(seed.site).await.unwrap();
    let key = issue_by_operator(&mut tx, &stage.app, seed.site, false, &wanted).await.unwrap();
    tx.commit().await.unwrap();
    let shop = stage.browser();
    let request = shop
        .request(Method::POST, "/v1/lists")
        .header(header::AUTHORIZATION, format!("Bearer {}", key.text.reveal()))
        .header(header::CONTENT_TYPE, "application/json");
    let answer = late(&shop, request, r#"{"kind":"block","name":"Late"}"#.into(), async || {
        let revoke = sqlx::query("update api_key set revoked_at = $1").bind(stage.clock.now());
        revoke.execute(&mut stage.superuser().await).await.unwrap();
    })
    .await;
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert_eq!(stage.count("select count(*) from list where name = 'Late'").await, 0);
}

#[tokio::test]
async fn a_body_that_is_too_large_or_breaks_off_is_refused_before_anybody_acts_on_it() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let large = format!("{SERVICE}&more={}", "x".repeat(gatehouse::platform::http::edge::BODY_LIMIT));
    let refused = owner.send(form(&owner, "/s/harbour-books/services/new").body(Body::from(large)).unwrap()).await;
    assert_eq!(refused.status, 413);
    assert!(refused.body.contains("larger than 64 KiB"), "{}", refused.body);
    let broken = futures::stream::iter([Ok(SERVICE.to_owned()), Err(std::io::Error::other("gone"))]);
    let request = form(&owner, "/s/harbour-books/services/new").body(Body::from_stream(broken)).unwrap();
    assert_eq!(owner.send(request).await.status, 400);
    assert_eq!(services(&stage).await, 0);
}
