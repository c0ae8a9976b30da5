//! Who may call what: every endpoint of the route table, asked by every role, by nobody, by somebody whose password alone
//! was right, by somebody whose time for a second factor is over, by the owner of another site and, below `/v1`, with
//! every wrong key. `authorization.txt` is the table as people agreed on it, written out on purpose: it must not follow
//! the code. An endpoint without a row there is a red test. What its marks say is held in `stale_session.rs`.

use std::collections::BTreeMap;

use axum::body::Body;
use gatehouse::access::{Role, session};
use gatehouse::api::key::KeyKind;
use gatehouse::api::scope::Scope;
use gatehouse::api::service::issue::{Wanted, issue_by_operator};
use gatehouse::kernel::id::{CollaboratorId, SiteId};
use http::{Method, header};

use crate::access::factors::{self, STEP_COOKIE, authenticator};
use crate::access::stage::{GOOD, give_password};
use crate::support::{Answer, Browser, Seed, TestApp};

/// What stands in a row behind method and path.
pub struct Row {
    /// Who may call it.
    pub who: Vec<String>,
    /// Whether a form takes a session whose proof is old.
    pub proof: Option<&'static str>,
    /// Whether it compares a password.
    pub password: bool,
}

/// The rows by method and path.
pub fn agreed() -> BTreeMap<(String, String), Row> {
    include_str!("authorization.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            let key = (words.next().unwrap(), words.next().unwrap_or_else(|| panic!("half a row: {line}")));
            let (marks, who): (Vec<_>, Vec<_>) =
                words.partition(|word| word.ends_with("-up") || word.ends_with("-proof") || word == "password");
            let (password, marks): (Vec<_>, Vec<_>) = marks.into_iter().partition(|mark| mark == "password");
            let proof = marks.first().map(|mark| match mark.as_str() {
                "step-up" => "step-up",
                "any-proof" => "any-proof",
                other => panic!("no mark: {other}"),
            });
            (key, Row { who, proof, password: !password.is_empty() })
        })
        .collect()
}

#[test]
fn every_row_is_of_a_kind_that_is_asked_below_and_every_form_of_a_person_is_marked() {
    for ((method, path), row) in agreed() {
        let who: Vec<&str> = row.who.iter().map(String::as_str).collect();
        let of_a_site = path.starts_with("/s/") && who.iter().all(|word| word.parse::<Role>().is_ok());
        let known = of_a_site || matches!(who[..], ["signed-in"] | ["anyone"] | ["demo"] | ["key", _]);
        assert!(known && !who.is_empty(), "{method} {path}: {who:?} is nobody");
        let marked = method != "GET" && (of_a_site || who == ["signed-in"]);
        assert_eq!(row.proof.is_some(), marked, "{method} {path}: step-up or any-proof for forms of people only");
    }
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

/// The same as an island asks.
async fn ask_for_json(browser: &Browser, method: &str, path: &str) -> Answer {
    let request = browser.request(method.parse().unwrap(), path).header("sec-fetch-site", "same-origin");
    let mut request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from("{}")).unwrap();
    request.headers_mut().insert(header::ACCEPT, header::HeaderValue::from_static("application/json"));
    browser.send(request).await
}

fn sent_to_sign_in(answer: &Answer) -> bool {
    answer.status == 303 && answer.location().starts_with("/sign-in")
}

/// An owner of the site who had to have a second factor long ago, signed in.
async fn overdue(stage: &TestApp, seed: &Seed) -> Browser {
    let who = stage.person("late@example.com").await;
    stage.member(seed.site, who, Role::Owner).await;
    sqlx::query(
        "update membership
         set mfa_own = true,
             required_since = created_at - interval '90 days'
         where collaborator_id = $1",
    )
    .bind(who.0)
    .execute(&mut stage.superuser().await)
    .await
    .unwrap();
    stage.signed_in(who).await
}

/// An owner of the site whose password was right and whose second step is still to come, by the way of the forms; and a
/// browser that shows the cookie of the step as if it were a session's.
async fn half_in(stage: &TestApp, seed: &Seed) -> [Browser; 2] {
    give_password(stage, seed.owner, GOOD).await;
    authenticator(stage, seed.owner).await;
    let half = factors::half_in(stage).await;
    let bold = stage.browser();
    bold.set_cookie(session::COOKIE, &half.cookie(STEP_COOKIE).unwrap());
    [half, bold]
}

#[tokio::test]
async fn half_signed_in_reaches_what_anyone_reaches() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let halves = half_in(&stage, &seed).await;
    for ((method, path), row) in agreed() {
        if row.who == ["anyone"] || row.who == ["demo"] || row.who[0] == "key" {
            continue;
        }
        let url = filled(&path, &seed.handle);
        for half in &halves {
            let page = ask(half, &method, &url).await;
            assert!(
                page.status == 303 && page.location().starts_with("/sign-in?next="),
                "{method} {path}: {}",
                page.status
            );
            let json = ask_for_json(half, &method, &url).await;
            assert_eq!(json.status, 401, "{method} {path} as JSON");
        }
    }
}

#[tokio::test]
async fn past_the_deadline_nothing_of_the_site_is_reached_and_ones_own_pages_are() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let late = overdue(&stage, &seed).await;
    for (method, path) in agreed().into_keys().filter(|(_, path)| path.starts_with("/s/")) {
        let url = filled(&path, &seed.handle);
        let page = ask(&late, &method, &url).await;
        assert_eq!((page.status.as_u16(), page.location()), (303, "/me/second-factor"), "{method} {path}");
        let json = ask_for_json(&late, &method, &url).await;
        assert_eq!(json.status, 403, "{method} {path} as JSON");
        assert_eq!(json.json()["code"], "second_factor_required", "{method} {path} as JSON");
    }
    for ((method, path), row) in agreed() {
        if row.who != ["signed-in"] {
            continue;
        }
        // Signing out and the like end the session, so each row has its own.
        let answer = ask(&again(&stage, "late@example.com").await, &method, &filled(&path, "")).await;
        let let_in = !answer.location().starts_with("/sign-in?next=") && answer.status != 401;
        assert!(let_in && !answer.status.is_server_error(), "{method} {path}: {}", answer.status);
    }
    assert_eq!(stage.count("select count(*) from second_factor").await, 0, "and nothing was skipped by it");
}

/// Another session of somebody.
async fn again(stage: &TestApp, email: &str) -> Browser {
    let query = sqlx::query_scalar("select id from collaborator where email = $1");
    let id: uuid::Uuid = query.bind(email).fetch_one(&mut stage.superuser().await).await.unwrap();
    stage.signed_in(CollaboratorId(id)).await
}

#[tokio::test]
async fn what_is_for_anyone_asks_nobody_who_they_are() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let late = overdue(&stage, &seed).await;
    let owner = stage.signed_in(seed.owner).await;
    let [half, bold] = half_in(&stage, &seed).await;
    for ((method, path), row) in agreed() {
        if row.who != ["anyone"] {
            continue;
        }
        let url = filled(&path, "");
        for (name, actor) in
            [("nobody", &stage.browser()), ("owner", &owner), ("half", &half), ("bold", &bold), ("late", &late)]
        {
            let answer = ask(actor, &method, &url).await;
            // A step without the one in front of it is 401 in its own words.
            let turned_away = answer.location().starts_with("/sign-in?next=")
                || answer.status == 403
                || answer.status == 401 && answer.body.contains("Sign in first.");
            assert!(
                !turned_away && !answer.status.is_server_error(),
                "{method} {path}: {name} got {} {}",
                answer.status,
                answer.body
            );
        }
    }
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
    for ((method, path), Row { who, .. }) in agreed() {
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
    for ((method, path), Row { who, .. }) in agreed() {
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
    for ((method, path), Row { who, .. }) in agreed() {
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
