//! Who may call what: every endpoint of the route table, asked by every role, by nobody, by the owner of another site
//! and, below `/v1`, with every wrong key. `authorization.txt` is the table as people agreed on it, written out on
//! purpose: it must not follow the code. An endpoint without a row there is a red test.

use std::collections::BTreeMap;

use axum::body::Body;
use gatehouse::access::Role;
use gatehouse::api::key::KeyKind;
use gatehouse::api::scope::Scope;
use gatehouse::api::service::issue::{Wanted, issue_by_operator};
use gatehouse::kernel::id::SiteId;
use http::{Method, header};

use crate::support::{Answer, Browser, TestApp};

/// A row: method and path, and who may call it.
type Table = BTreeMap<(String, String), Vec<String>>;

fn agreed() -> Table {
    include_str!("authorization.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            let key = (words.next().unwrap(), words.next().unwrap_or_else(|| panic!("half a row: {line}")));
            (key, words.collect())
        })
        .collect()
}

#[test]
fn every_endpoint_has_a_row_and_every_row_an_endpoint() {
    let rows: Vec<_> = agreed().into_keys().collect();
    let mut endpoints: Vec<_> =
        gatehouse::app::routes().endpoints().iter().map(|e| (e.method.to_owned(), e.path.to_owned())).collect();
    endpoints.sort();
    let missing: Vec<_> = endpoints.iter().filter(|e| !rows.contains(e)).collect();
    let idle: Vec<_> = rows.iter().filter(|r| !endpoints.contains(r)).collect();
    assert!(
        missing.is_empty() && idle.is_empty(),
        "without a row in tests/authorization.txt: {missing:?}\nrows of nothing: {idle:?}"
    );
}

/// The path with the site filled in and ids that lead nowhere.
fn filled(path: &str, handle: &str) -> String {
    let path = path.replace("{site}", handle);
    let mut out = String::new();
    for part in path.split('/').skip(1) {
        out.push('/');
        out.push_str(if part.starts_with('{') { "nowhere" } else { part });
    }
    if out.is_empty() { "/".into() } else { out }
}

async fn ask(browser: &Browser, method: &str, path: &str) -> Answer {
    if method == "GET" { browser.get(path).await } else { browser.post(path, &[]).await }
}

fn sent_to_sign_in(answer: &Answer) -> bool {
    answer.status == 303 && answer.location().starts_with("/sign-in")
}

#[tokio::test]
async fn each_page_answers_exactly_the_roles_of_its_row() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let neighbour = stage.seed_site("other-books").await;
    let stranger = stage.signed_in(neighbour.owner).await;
    let mut actors = Vec::new();
    for role in Role::ALL {
        actors.push((role, stage.actor(seed.site, role).await));
    }
    for ((method, path), who) in agreed() {
        if !path.starts_with("/s/") {
            continue;
        }
        let url = filled(&path, &seed.handle);
        let nobody = ask(&stage.browser(), &method, &url).await;
        assert!(sent_to_sign_in(&nobody), "{method} {path}: nobody got {}", nobody.status);
        let other = ask(&stranger, &method, &url).await;
        assert_eq!(other.status, 404, "{method} {path}: another site's owner must not learn that it exists");
        for (role, browser) in &actors {
            // Who leaves has no place any more, so somebody else does.
            let leaver = if path.ends_with("/leave") { Some(stage.actor(seed.site, *role).await) } else { None };
            let answer = ask(leaver.as_ref().unwrap_or(browser), &method, &url).await;
            let may = who.iter().any(|w| w == role.as_str());
            assert!(!sent_to_sign_in(&answer) && answer.status != 401, "{method} {path}: {role:?} is signed in");
            assert!(!answer.status.is_server_error(), "{method} {path}: {role:?} got {}", answer.status);
            assert_eq!(answer.status != 403, may, "{method} {path}: {role:?} got {}", answer.status);
        }
    }
}

#[tokio::test]
async fn personal_pages_want_a_session_and_nothing_else() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    for ((method, path), who) in agreed() {
        if who != ["signed-in"] {
            continue;
        }
        let url = filled(&path, "");
        let nobody = ask(&stage.browser(), &method, &url).await;
        assert!(sent_to_sign_in(&nobody), "{method} {path}: nobody got {}", nobody.status);
        // Signing out and the like end the session, so each row has its own.
        let somebody = ask(&stage.signed_in(seed.owner).await, &method, &url).await;
        assert!(
            !matches!(somebody.status.as_u16(), 401 | 403) && !somebody.status.is_server_error(),
            "{method} {path}: {}",
            somebody.status
        );
    }
}

#[tokio::test]
async fn the_api_answers_a_key_with_the_scope_and_no_cookie() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    for ((method, path), who) in agreed() {
        let ["key", scope] = who.iter().map(String::as_str).collect::<Vec<_>>()[..] else { continue };
        let url = filled(&path, "");
        let verb: Method = method.parse().unwrap();
        let cookie_only = owner
            .request(verb.clone(), &url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("sec-fetch-site", "same-origin");
        assert_eq!(
            owner.send(cookie_only.body(Body::from("{}")).unwrap()).await.status,
            401,
            "{method} {path} by cookie"
        );
        let all_but = Scope::ALL.into_iter().filter(|s| s.as_str() != scope).collect();
        for (scopes, kind, wanted) in [(all_but, KeyKind::Secret, 403), (Vec::new(), KeyKind::Publishable, 403)] {
            let key = key(&stage, seed.site, kind, scopes).await;
            let answer = stage.browser().call(verb.clone(), &url, &key, Some(&serde_json::json!({}))).await;
            assert_eq!(
                answer.status,
                wanted,
                "{method} {path} with a {} key without {scope}: {}",
                kind.as_str(),
                answer.body
            );
        }
        let right =
            key(&stage, seed.site, KeyKind::Secret, Scope::ALL.into_iter().filter(|s| s.as_str() == scope).collect())
                .await;
        let answer = stage.browser().call(verb, &url, &right, Some(&serde_json::json!({}))).await;
        assert!(
            !matches!(answer.status.as_u16(), 401 | 403) && !answer.status.is_server_error(),
            "{method} {path}: {} {}",
            answer.status,
            answer.body
        );
    }
}

async fn key(stage: &TestApp, site: SiteId, kind: KeyKind, scopes: Vec<Scope>) -> String {
    let mut tx = stage.app.db.site(site).await.unwrap();
    let wanted = Wanted { name: "test".into(), kind, scopes, expires_at: None };
    let made = issue_by_operator(&mut tx, &stage.app, site, false, &wanted).await.unwrap();
    tx.commit().await.unwrap();
    made.text.reveal().to_owned()
}
