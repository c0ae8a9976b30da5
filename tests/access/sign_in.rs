//! Who signs in, with what, and what the browser carries afterwards.

use gatehouse::access::{Cost, Role};
use gatehouse::kernel::secret::Token;
use http::StatusCode;

use super::stage::*;
use crate::support::TestApp;

#[tokio::test]
async fn the_right_password_opens_the_console_and_the_cookie_is_kept_from_everybody_else() {
    let (app, seed) = house().await;
    let browser = app.browser();
    let answer = browser
        .post("/sign-in", &[("email", OWNER), ("password", GOOD), ("next", "/s/harbour-books/lists?kind=block")])
        .await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/s/harbour-books/lists?kind=block"));
    for line in answer.headers.get_all(http::header::SET_COOKIE) {
        let line = line.to_str().unwrap();
        assert!(
            line.starts_with("__Host-")
                && line.contains("; Path=/; Secure; HttpOnly; SameSite=Lax")
                && !line.contains("Domain"),
            "{line}"
        );
    }
    let cookie = browser.cookie("__Host-gatehouse").unwrap();
    assert!(cookie.len() >= 43, "256 bits");
    let mut db = app.superuser().await;
    let stored: Vec<u8> = sqlx::query_scalar("select id_hash from session").fetch_one(&mut db).await.unwrap();
    assert_eq!(stored, Token::presented(&cookie).hash());
    assert!(sees_the_console(&browser).await);
    assert_eq!(audited(&app, seed.site, "sign_in.succeeded").await, 1);
}

#[tokio::test]
async fn a_person_of_two_sites_signs_in_once_and_both_sites_record_it() {
    let (app, seed) = house().await;
    let other = app.seed_site("hill-shop").await;
    app.member(other.site, seed.owner, Role::Analyst).await;
    signed_in(&app, OWNER, GOOD).await;
    assert_eq!(audited(&app, seed.site, "sign_in.succeeded").await, 1);
    assert_eq!(audited(&app, other.site, "sign_in.succeeded").await, 1);
}

#[tokio::test]
async fn next_leads_nowhere_else() {
    let (app, _) = house().await;
    for (next, leads_to) in [
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/me/profile", "/me/profile"),
    ] {
        let answer = app.browser().post("/sign-in", &[("email", OWNER), ("password", GOOD), ("next", next)]).await;
        assert_eq!(answer.location(), leads_to, "{next}");
        let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let page = app.browser().get(&format!("/sign-in?next={query}")).await;
        assert!(!page.body.contains("evil.example"), "{next}");
    }
}

#[tokio::test]
async fn the_page_needs_no_script_and_a_refusal_keeps_the_address_only() {
    let (app, _) = house().await;
    let page = app.browser().get("/sign-in").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.body.matches("<script").count(), 1, "that of passkeys");
    assert!(page.body.contains("autocomplete=\"current-password\""));
    let refused = try_to_sign_in(&app.browser(), "o\"><script>x@example.com", BAD).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.body.contains(BAD) && !refused.body.contains("<script>"));
}

#[tokio::test]
async fn spellings_of_an_address_and_of_a_password_are_one() {
    let (app, seed) = house().await;
    give_password(&app, seed.owner, "caf\u{e9} under the old pier").await;
    for (email, password) in [
        ("OWNER@EXAMPLE.COM", "caf\u{e9} under the old pier"),
        (" owner@example.com ", "cafe\u{301} under the old pier"),
        ("ｏwner＠example.com", "caf\u{e9} under the old pier"),
    ] {
        assert!(is_in(&try_to_sign_in(&app.browser(), email, password).await), "{email}");
    }
    assert!(
        !is_in(&try_to_sign_in(&app.browser(), OWNER, " caf\u{e9} under the old pier").await),
        "a leading space matters"
    );
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, "CAF\u{c9} under the old pier").await), "so does the case");
}

#[tokio::test]
async fn a_hash_says_its_cost_and_is_raised_at_sign_in() {
    let app = TestApp::with(|parts| parts.config.hash_cost = Cost { memory: 128, passes: 1, lanes: 1 }).await;
    let seed = app.seed().await;
    let (cheaper, cheap) = house().await;
    plant_hash(&app, seed.owner, &stored_hash(&cheaper, cheap.owner).await).await;
    assert!(stored_hash(&app, seed.owner).await.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    let mut db = app.superuser().await;
    let remembered = "insert into password_history select id, password_hash, password_set_at from collaborator";
    sqlx::query(remembered).execute(&mut db).await.unwrap();
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    assert!(stored_hash(&app, seed.owner).await.starts_with("$argon2id$v=19$m=128,t=1,p=1$"));
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "the raised hash opens too");
    let kept = "select count(*) from password_history h join collaborator c on c.id = h.collaborator_id and c.password_hash = h.password_hash";
    assert_eq!(
        (count(&app, "select count(*) from password_history").await, count(&app, kept).await),
        (1, 1),
        "the old hash of it is gone"
    );
}

#[tokio::test]
async fn a_planted_hash_that_asks_for_absurd_memory_fails_fast() {
    let (app, seed) = house().await;
    plant_hash(&app, seed.owner, &format!("$argon2id$v=19$m=4194304,t=2,p=1${}${}", "A".repeat(22), "A".repeat(43)))
        .await;
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
}

#[tokio::test]
async fn an_endless_password_is_refused_unhashed() {
    let (app, _) = house().await;
    assert_eq!(try_to_sign_in(&app.browser(), OWNER, &"x".repeat(1_025)).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        try_to_sign_in(&app.browser(), OWNER, &"x".repeat(1_000_000)).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(audited_anywhere(&app, "sign_in.failed").await, 0);
}

#[tokio::test]
async fn a_disabled_person_is_refused_and_their_sessions_end() {
    let (app, seed) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let mut db = app.superuser().await;
    sqlx::query("update collaborator set disabled_at = $2 where id = $1")
        .bind(seed.owner.0)
        .bind(app.clock.now())
        .execute(&mut db)
        .await
        .unwrap();
    assert!(!sees_the_console(&browser).await);
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
}

#[tokio::test]
async fn another_site_cannot_sign_somebody_in() {
    let (app, _) = house().await;
    let browser = app.browser();
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "null"),
        ("origin", "https://evil.example"),
    ] {
        let request = browser
            .request(http::Method::POST, "/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header(name, value);
        let body = serde_urlencoded::to_string([("email", OWNER), ("password", GOOD)]).unwrap();
        let answer = browser.send(request.body(axum::body::Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
}

#[tokio::test]
async fn doubled_and_unknown_fields_are_refused() {
    let (app, _) = house().await;
    for fields in [
        vec![("email", OWNER), ("email", "other@example.com"), ("password", GOOD)],
        vec![("email[]", OWNER), ("password", GOOD)],
        vec![("email", OWNER), ("password", GOOD), ("role", "owner")],
        vec![],
    ] {
        let answer = app.browser().post("/sign-in", &fields).await;
        assert!(answer.status.is_client_error() && !is_in(&answer), "{fields:?}");
    }
}
