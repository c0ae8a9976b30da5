//! Who gets through the gate of `/v1`, and who does not.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::api::Scope;
use gatehouse::api::key::KeyKind;
use gatehouse::api::service::issue::Wanted;
use gatehouse::kernel::id::CollaboratorId;
use gatehouse::platform::http::routes::Access;
use http::{Method, Request, header};
use sqlx::Row as _;

use super::{Server, made, payment, problem, wanted};
use crate::support::{Log, Seed, TestApp};

#[tokio::test]
async fn without_a_valid_key_nobody_gets_in() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    assert_eq!(server.get("/v1/lists").await.status, 200);

    let ask = async |lines: &[&str]| {
        let mut request =
            Request::builder().method(Method::GET).uri("/v1/lists").header(header::HOST, "localhost:3000");
        for line in lines {
            request = request.header(header::AUTHORIZATION, *line);
        }
        stage.browser().send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    let key = &server.key;
    let other = gatehouse::api::key::KeyText::random(KeyKind::Secret, false);
    for lines in [
        vec![],
        vec![String::new()],
        vec!["Bearer ".into()],
        vec![key.clone()],
        vec![format!("Basic {key}")],
        vec![format!("Bearer {}", &key[..key.len() - 1])],
        vec![format!("Bearer {}", key.to_uppercase())],
        vec![format!("Bearer {}", key.replace("test", "live"))],
        vec![format!("Bearer {}", other.reveal())],
        vec![format!("Bearer {key}"), format!("Bearer {key}")],
    ] {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let answer = ask(&lines).await;
        assert_eq!(problem(&answer).0, 401, "{lines:?}");
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
        assert!(!answer.body.contains(key.as_str()));
    }
    assert_eq!(ask(&[&format!("bearer {key}")]).await.status, 200, "the scheme's case means nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_keys_that_come_at_once_each_is_told_how_it_stands_and_a_broken_row_fails_only_its_own() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let good = Server::of(&stage, &seed).await;
    let narrow = Server::with(&stage, seed.site, &[Scope::DecisionsWrite]).await;
    let broken = Server::of(&stage, &seed).await;
    let mut db = stage.superuser().await;
    sqlx::query("update api_key set scopes = '{of:another:release}' where id = $1")
        .bind(broken.id.0)
        .execute(&mut db)
        .await
        .unwrap();
    let told = [(&good, 200), (&narrow, 403), (&broken, 500)];
    let asked = (0..60).map(|n| async move {
        let (server, status) = told[n % 3];
        (server.get("/v1/lists").await.status.as_u16(), status)
    });
    for (answered, expected) in futures::future::join_all(asked).await {
        assert_eq!(answered, expected);
    }
}

#[tokio::test]
async fn a_cookie_opens_nothing_below_v1() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let answer = owner.get("/v1/lists").await;
    assert_eq!(answer.status, 401);
    assert!(answer.body.starts_with('{'), "no page, no redirect: {}", answer.body);
    let server = Server::of(&stage, &seed).await;
    let both = owner.request(Method::GET, "/v1/lists").header(header::AUTHORIZATION, format!("Bearer {}", server.key));
    assert_eq!(owner.send(both.body(axum::body::Body::empty()).unwrap()).await.status, 200);
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_an_expired_one_at_its_time() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    assert_eq!(server.get("/v1/policy").await.status, 200);
    let owner = stage.signed_in(seed.owner).await;
    let revoke = format!("/s/harbour-books/api-keys/{}/revoke", server.id);
    for typed in [&[][..], &[("typed", "Shop")]] {
        let asked = owner.post(&revoke, typed).await;
        assert_eq!(asked.status, 422, "{}", asked.body);
        assert!(asked.body.contains("Type Shop server, the name of the key."));
    }
    assert_eq!(server.get("/v1/policy").await.status, 200, "not without its name");
    let gone = owner.post(&revoke, &[("typed", "Shop server")]).await;
    assert_eq!(gone.status, 303, "{}", gone.body);
    assert_eq!(problem(&server.get("/v1/policy").await).1, "key_revoked");

    let expires_at = Some(stage.clock.now() + TimeDelta::days(30));
    let made = made(&stage, seed.site, &Wanted { expires_at, ..wanted(&Scope::ALL) }).await;
    let server = Server { key: made.text.reveal().to_owned(), ..server };
    stage.wait(TimeDelta::days(30) - TimeDelta::seconds(1));
    assert_eq!(server.get("/v1/lists").await.status, 200);
    stage.wait(TimeDelta::seconds(1));
    assert_eq!(problem(&server.get("/v1/lists").await).1, "key_expired");
}

#[tokio::test]
async fn a_publishable_key_opens_no_server_endpoint() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let made = made(&stage, seed.site, &Wanted { kind: KeyKind::Publishable, ..wanted(&[]) }).await;
    let key = made.text.reveal();
    assert!(key.starts_with("gh_pk_"));
    for endpoint in gatehouse::api::v1::routes().endpoints() {
        let path = fill(endpoint.path);
        let method = Method::from_bytes(endpoint.method.as_bytes()).unwrap();
        // Ten a second from an address.
        stage.wait(TimeDelta::milliseconds(100));
        let answer = stage.browser().call(method, &path, key, None).await;
        assert_eq!(
            (problem(&answer).0, problem(&answer).1.as_str()),
            (403, "publishable_key"),
            "{} {path}",
            endpoint.method
        );
    }
}

/// The path with ids of nothing.
fn fill(path: &str) -> String {
    let (nothing, entry) = ("00000000000000000000000000", "ent_00000000000000000000000000");
    let whose = if path.starts_with("/v1/lists") { "lst" } else { "dec" };
    path.replace("{id}", &format!("{whose}_{nothing}")).replace("{entry}", entry)
}

#[tokio::test]
async fn each_scope_opens_exactly_its_endpoints() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    for scope in Scope::ALL {
        let server = Server::with(&stage, seed.site, &[scope]).await;
        for endpoint in gatehouse::api::v1::routes().endpoints() {
            let Access::Key(needed) = endpoint.access else { panic!("{} is not behind a key", endpoint.path) };
            let method = Method::from_bytes(endpoint.method.as_bytes()).unwrap();
            let answer = stage.browser().call(method, &fill(endpoint.path), &server.key, None).await;
            let refused = answer.status == 403;
            assert_eq!(refused, needed != scope, "{scope} at {} {}: {}", endpoint.method, endpoint.path, answer.body);
            if refused {
                assert_eq!(problem(&answer).1, "missing_scope");
            }
        }
    }
}

#[tokio::test]
async fn a_key_shrinks_with_the_person_who_made_it() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let admin = stage.person("admin@example.com").await;
    stage.member(seed.site, admin, Role::Admin).await;
    let server = Server::of(&stage, &seed).await;
    let mut db = stage.superuser().await;
    sqlx::query("update api_key set created_by = $1").bind(admin.0).execute(&mut db).await.unwrap();
    let list = serde_json::json!({ "kind": "block", "name": "One" });
    assert_eq!(server.post("/v1/lists", &list).await.status, 201);

    sqlx::query("update membership set role = 'developer' where collaborator_id = $1")
        .bind(admin.0)
        .execute(&mut db)
        .await
        .unwrap();
    let answer = server.post("/v1/lists", &list).await;
    assert_eq!(problem(&answer).1, "missing_scope");
    assert!(answer.body.contains("lost"), "{}", answer.body);
    assert_eq!(server.get("/v1/lists").await.status, 200, "what a developer may, the key still may");

    sqlx::query("update collaborator set disabled_at = now() where id = $1")
        .bind(admin.0)
        .execute(&mut db)
        .await
        .unwrap();
    assert_eq!(server.get("/v1/lists").await.status, 403, "a disabled person's key does nothing");
}

/// An admin of the site, and a server with a key of theirs.
async fn server_of_an_admin(stage: &TestApp, seed: &Seed) -> (CollaboratorId, Server) {
    let admin = stage.person("admin@example.com").await;
    stage.member(seed.site, admin, Role::Admin).await;
    let server = Server::of(stage, seed).await;
    let mut db = stage.superuser().await;
    sqlx::query("update api_key set created_by = $1").bind(admin.0).execute(&mut db).await.unwrap();
    (admin, server)
}

#[tokio::test]
async fn the_keys_of_somebody_who_is_shut_out_stop_working_until_they_are_let_in_again() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let (admin, server) = server_of_an_admin(&stage, &seed).await;
    let owner = stage.signed_in(seed.owner).await;
    let person = format!("/s/harbour-books/collaborators/{admin}");
    assert!(owner.get(&format!("{person}/disable")).await.body.contains("API keys they have made stop working"));
    assert_eq!(server.get("/v1/lists").await.status, 200);
    assert_eq!(owner.post(&format!("{person}/disable"), &[("typed", "admin@example.com")]).await.status, 303);
    assert_eq!(problem(&server.get("/v1/lists").await).1, "missing_scope");
    assert_eq!(problem(&server.post("/v1/decisions", &payment(&seed)).await).1, "missing_scope");
    let page = owner.get("/s/harbour-books/api-keys").await;
    assert!(page.body.contains("shut out") && page.body.contains("decisions:write: lost"), "{}", page.body);
    assert_eq!(owner.post(&format!("{person}/enable"), &[]).await.status, 303);
    assert_eq!(server.get("/v1/lists").await.status, 200);
}

#[tokio::test]
async fn past_the_deadline_of_its_maker_a_key_decides_payments_and_nothing_else() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let (admin, server) = server_of_an_admin(&stage, &seed).await;
    let mut db = stage.superuser().await;
    sqlx::query("update membership set mfa_own = true, required_since = $2 where collaborator_id = $1")
        .bind(admin.0)
        .bind(stage.clock.now())
        .execute(&mut db)
        .await
        .unwrap();
    assert_eq!(server.get("/v1/policy").await.status, 200, "there is time");
    stage.wait(TimeDelta::days(8));
    for path in ["/v1/policy", "/v1/lists", "/v1/decisions"] {
        let answer = server.get(path).await;
        assert_eq!((problem(&answer).0, problem(&answer).1.as_str()), (403, "missing_scope"), "{path}");
        assert!(answer.body.contains("sets up the second factor"), "{}", answer.body);
    }
    assert_eq!(server.post("/v1/decisions", &payment(&seed)).await.status, 200, "the shop goes on");
    let page = stage.signed_in(seed.owner).await.get("/s/harbour-books/api-keys").await;
    assert!(page.body.contains("second factor is overdue") && page.body.contains("lists:write: lost"), "{}", page.body);
    assert!(!page.body.contains("decisions:write: lost"));

    let id = gatehouse::kernel::id::FactorId::new(stage.clock.now());
    sqlx::query("insert into second_factor (id, collaborator_id, kind, name, phone, created_at, activated_at) values ($1, $2, 'sms', 'Phone', '+447400123456', $3, $3)")
        .bind(id.0).bind(admin.0).bind(stage.clock.now()).execute(&mut db).await.unwrap();
    assert_eq!(server.get("/v1/policy").await.status, 200, "as soon as a device is set up");
}

#[tokio::test]
async fn use_is_written_down_once_a_minute_and_the_text_nowhere() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let mut db = stage.superuser().await;
    let first = stage.clock.now();
    for (wait, expected) in
        [(0, first), (59, first), (1, first + TimeDelta::seconds(60)), (30, first + TimeDelta::seconds(60))]
    {
        stage.wait(TimeDelta::seconds(wait));
        assert_eq!(server.get("/v1/lists").await.status, 200);
        let last: chrono::DateTime<chrono::Utc> =
            sqlx::query("select last_used_at from api_key").fetch_one(&mut db).await.unwrap().get(0);
        assert_eq!(last, expected);
    }
    for table in ["api_key", "audit", "audit_person", "idempotency"] {
        let statement = format!("select coalesce(string_agg(t::text, ' '), '') from {table} t");
        let all: String = sqlx::query(sqlx::AssertSqlSafe(statement)).fetch_one(&mut db).await.unwrap().get(0);
        assert!(!all.contains(&server.key[15..]), "the key stands in {table}");
    }
}

#[tokio::test]
async fn a_key_that_asks_too_fast_waits() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let mut db = stage.superuser().await;
    sqlx::query("update api_key set rate = 2, burst = 3").execute(&mut db).await.unwrap();
    for _ in 0..3 {
        assert_eq!(server.get("/v1/lists").await.status, 200);
    }
    let answer = server.get("/v1/lists").await;
    assert_eq!(problem(&answer).0, 429);
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    stage.wait(TimeDelta::milliseconds(500));
    assert_eq!(server.get("/v1/lists").await.status, 200);
}

#[tokio::test]
async fn no_secret_stands_in_an_address() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    assert_eq!(problem(&server.get(&format!("/v1/lists?after={}", server.key)).await).1, "key_in_address");
    for query in ["external_id=4111111111111111", "external_id=4111%201111%201111+1111", "4111111111111111=x"] {
        let answer = server.get(&format!("/v1/decisions?{query}")).await;
        assert_eq!(problem(&answer).1, "card_number_refused");
        assert!(!answer.body.contains("4111"));
    }
    for path in [
        "/v1/decisions/4111111111111111",
        "/v1/decisions/4111%201111%201111%201111",
        "/v1/decisions/4111.1111.1111.1111/outcome",
        "/v1/lists/%D9%A4111111111111111/entries",
    ] {
        let answer = server.get(path).await;
        let answer = if answer.status == 405 { server.post(path, &serde_json::json!({})).await } else { answer };
        assert_eq!(problem(&answer).1, "card_number_refused", "{path}");
        assert!(!answer.body.contains("1111"));
    }
}

#[tokio::test]
async fn no_card_number_stands_in_a_header_that_is_kept() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let body = super::payment(&seed);
    for key in ["4111111111111111", "order:4111-1111-1111-1111", "4111.1111.1111.1111/1228"] {
        let answer = server.once("/v1/decisions", key, &body).await;
        assert_eq!(problem(&answer).1, "card_number_refused", "{key}");
        assert!(!answer.body.contains("1111"));
    }
    for id in ["4111111111111111", "4111-1111-1111-1111", "4111.1111.1111.1111"] {
        let answer = server.raw(http::Method::GET, "/v1/lists", &[("x-request-id", id)], "").await;
        assert!(answer.headers["x-request-id"].to_str().unwrap().starts_with("req_"), "{id}");
    }
}

#[tokio::test]
async fn keys_and_card_numbers_are_never_logged() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let log = Log::default();
    let listening = log.listen(tracing::Level::TRACE);
    let mut body = payment(&seed);
    body["customer"]["external_id"] = "4111 1111 1111 1111".into();
    server.post("/v1/decisions", &body).await;
    server.get(&format!("/v1/lists?after={}", server.key)).await;
    server.get("/v1/lists?q=5555555555554444").await;
    drop(listening);
    let text = log.text();
    assert!(text.contains("/v1/decisions"), "the log was caught");
    // Four digits alone stand in an instant or an id now and then.
    for secret in [&server.key[15..], "4111 1111", "41111111", "4111+1111", "4111%201111", "55555555"] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is logged");
    }
}

/// Why keys were refused, as the site's log has it, oldest first.
async fn refusals(stage: &TestApp, seed: &Seed) -> Vec<String> {
    sqlx::query_scalar(
        "select new ->> 'why' from audit where site_id = $1 and action = 'api_key.refused' and actor_kind = 'api_key' order by seq",
    )
    .bind(seed.site.0)
    .fetch_all(&mut stage.superuser().await)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refused_key_that_exists_leaves_a_row_an_hour_for_each_reason_and_garbage_none() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let narrow = Server::with(&stage, seed.site, &[Scope::ListsRead]).await;
    let garbage = gatehouse::api::key::KeyText::random(KeyKind::Secret, false);
    let crowd = async |key: &str| {
        let asks: Vec<_> = (0..20)
            .map(|_| {
                let (browser, key) = (stage.browser(), key.to_owned());
                tokio::spawn(async move { browser.call(Method::GET, "/v1/policy", &key, None).await.status })
            })
            .collect();
        for ask in asks {
            assert!(ask.await.unwrap().is_client_error());
        }
    };
    crowd(garbage.reveal()).await;
    assert!(refusals(&stage, &seed).await.is_empty());
    crowd(&narrow.key).await;
    assert_eq!(refusals(&stage, &seed).await, ["missing_scope"]);
    let owner = stage.signed_in(seed.owner).await;
    owner.post(&format!("/s/harbour-books/api-keys/{}/revoke", narrow.id), &[("typed", "Shop server")]).await;
    crowd(&narrow.key).await;
    assert_eq!(refusals(&stage, &seed).await, ["missing_scope", "key_revoked"]);
    stage.wait(TimeDelta::hours(1));
    crowd(&narrow.key).await;
    assert_eq!(refusals(&stage, &seed).await, ["missing_scope", "key_revoked", "key_revoked"]);
    let page = stage.signed_in(seed.owner).await.get("/s/harbour-books/audit").await;
    assert!(page.body.contains("API key refused") && page.body.contains("key_revoked"), "{}", page.body);
}
