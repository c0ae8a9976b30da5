//! The edge: what every request passes and every answer carries, on every row of the route table.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use gatehouse::kernel::ip::ClientAddress;
use gatehouse::platform::http::client_address::TrustedProxies;
use gatehouse::platform::http::edge;
use gatehouse::platform::http::routes::{Access, Endpoint};
use gatehouse::platform::state::App;
use http::{Method, Request, header};

use crate::support::{Answer, Browser, TestApp};

/// A path of the table with something in the places of its parameters.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| match part {
            "{site}" => "harbour-books",
            part if part.starts_with('{') => "x",
            part => part,
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn method(endpoint: &Endpoint) -> Method {
    endpoint.method.parse().unwrap()
}

fn text<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
}

/// BR-02 and BR-03.
fn assert_guarded(answer: &Answer, what: &str) {
    for (name, wanted) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ] {
        assert_eq!(text(answer, name), wanted, "{what}: {name}");
    }
    assert!(["same-origin", "no-referrer"].contains(&text(answer, "referrer-policy")), "{what}");
    assert!(text(answer, "permissions-policy").contains("camera=()"), "{what}");
    assert!(!text(answer, "x-request-id").is_empty(), "{what}");
    assert!(!text(answer, "cache-control").is_empty(), "{what}");
    let policy = text(answer, "content-security-policy");
    for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    for bad in ["unsafe-inline", "unsafe-eval'", "*", "http:", "https:"] {
        assert!(!policy.replace("'wasm-unsafe-eval'", "").contains(bad), "{what}: {policy}");
    }
    let nonces: Vec<_> = policy.split("'nonce-").skip(1).map(|rest| rest.split('\'').next().unwrap()).collect();
    for nonce in nonces {
        assert!(answer.body.contains(&format!("nonce=\"{nonce}\"")), "{what}: a nonce that no script of the page has");
    }
    assert!(!answer.body.contains(" style=\""), "{what}: an inline style");
    assert!(text(answer, "server").is_empty(), "{what}");
}

async fn https_stage() -> TestApp {
    TestApp::with(|parts| {
        parts.demo = true;
        parts.config.public_url = "https://localhost:3000".parse().unwrap();
    })
    .await
}

#[tokio::test]
async fn every_answer_of_every_endpoint_is_guarded() {
    let stage = https_stage().await;
    let seed = stage.seed().await;
    let (owner, stranger) = (stage.signed_in(seed.owner).await, stage.browser());
    for endpoint in gatehouse::app::routes().endpoints() {
        let path = filled(endpoint.path);
        for (who, browser) in [("a stranger", &stranger), ("the owner", &owner)] {
            if endpoint.path == "/sign-out" && who == "the owner" {
                continue;
            }
            let request = browser
                .request(method(endpoint), &path)
                .header("sec-fetch-site", "same-origin")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            let answer = browser.send(request.body(Body::empty()).unwrap()).await;
            let what = format!("{} {path} by {who}: {}", endpoint.method, answer.status);
            assert!(answer.status.as_u16() < 500, "{what}\n{}", answer.body);
            assert_guarded(&answer, &what);
        }
    }
    for path in ["/no/such/page", "/pkg/nothing.js", "/v1/nothing", "/pkg/%2e%2e/%2e%2e/etc/passwd"] {
        let answer = stranger.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_guarded(&answer, path);
    }
}

#[tokio::test]
async fn what_another_site_sends_changes_nothing() {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let evil: [(&str, &[(&str, &str)]); 8] = [
        ("cross-site", &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")]),
        ("cross-site with our origin", &[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:3000")]),
        ("same-site", &[("sec-fetch-site", "same-site"), ("origin", "http://shop.localhost:3000")]),
        ("neither header", &[]),
        ("origin null", &[("origin", "null")]),
        ("another origin", &[("origin", "https://evil.example")]),
        ("another port", &[("origin", "http://localhost:3001")]),
        ("our origin as a prefix", &[("origin", "http://localhost:3000.evil.example")]),
    ];
    let mut seen = 0;
    for endpoint in gatehouse::app::routes().endpoints() {
        if endpoint.method == "GET" || endpoint.path.starts_with("/v1/") {
            continue;
        }
        assert!(!matches!(endpoint.access, Access::Key(_)), "{}: keys work below /v1 only", endpoint.path);
        seen += 1;
        let path = filled(endpoint.path);
        for (what, headers) in &evil {
            for kind in ["application/x-www-form-urlencoded", "text/plain", "application/json"] {
                let mut request = owner.request(method(endpoint), &path).header(header::CONTENT_TYPE, kind);
                request.headers_mut().unwrap().insert(header::ACCEPT, "application/json".parse().unwrap());
                for (name, value) in *headers {
                    request = request.header(*name, *value);
                }
                let answer = owner.send(request.body(Body::from("{}")).unwrap()).await;
                assert_eq!(
                    (answer.status.as_u16(), answer.json()["code"].as_str()),
                    (403, Some("cross_site")),
                    "{} {path}: {what}, {kind}",
                    endpoint.method
                );
            }
        }
    }
    assert!(seen > 1, "no form was found");
    let upgrade =
        owner.request(Method::GET, "/").header(header::UPGRADE, "websocket").header("sec-fetch-site", "cross-site");
    assert_eq!(owner.send(upgrade.body(Body::empty()).unwrap()).await.status, 403, "an upgrade is no safe read");
}

#[tokio::test]
async fn only_our_own_name_is_served() {
    let stage = TestApp::new().await;
    let browser = stage.browser();
    let ask = async |uri: &str, hosts: &[&str], more: &[(&str, &str)]| {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        browser.send(request.body(Body::empty()).unwrap()).await.status.as_u16()
    };
    assert_eq!(ask("/nothing", &["localhost:3000"], &[]).await, 404);
    assert_eq!(ask("/nothing", &["LocalHost:3000"], &[]).await, 404);
    for host in [
        "evil.example",
        "localhost",
        "localhost:3001",
        "localhost:3000.evil.example",
        "evil@localhost:3000",
        "localhost:3000/x",
        "127.0.0.1:3000",
        "",
    ] {
        assert_eq!(ask("/nothing", &[host], &[]).await, 421, "{host:?}");
    }
    assert_eq!(ask("/nothing", &[], &[]).await, 421, "no host at all");
    assert_eq!(ask("/nothing", &["localhost:3000", "evil.example"], &[]).await, 421, "two hosts");
    assert_eq!(ask("http://evil.example/nothing", &["localhost:3000"], &[]).await, 421, "another absolute address");
    assert_eq!(ask("http://localhost:3000/nothing", &["localhost:3000"], &[]).await, 404);
    assert_eq!(
        ask(
            "/nothing",
            &["localhost:3000"],
            &[("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example")]
        )
        .await,
        404,
        "others' words are not read"
    );
    assert_eq!(ask("/healthz", &["10.0.0.7:3000"], &[]).await, 200, "health checks come by address");
}

#[tokio::test]
async fn a_card_number_in_an_address_leads_to_the_page_without_it() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    for (asked, page) in [
        ("/s/harbour-books/decisions?q=4111+1111+1111+1111", "/s/harbour-books/decisions"),
        ("/s/harbour-books/audit?actor=x&q=378282246310005", "/s/harbour-books/audit"),
        ("/s/harbour-books/lists/look-up?value=4111-1111-1111-1111", "/s/harbour-books/lists/look-up"),
        ("/me/confirm?next=/s/harbour-books/decisions%3Fq%3D4111111111111111", "/me/confirm"),
    ] {
        let led = owner.get(asked).await;
        assert_eq!(
            (led.status.as_u16(), led.location()),
            (303, &*format!("{page}?done=card_number_left_out")),
            "{asked}"
        );
        let shown = owner.get(led.location()).await;
        assert!(shown.status == 200 && shown.body.contains("That was a card number"), "{asked}: {}", shown.status);
    }
    for (asked, to) in [("//evil.example/x?q=4111111111111111", "/"), ("/sign-in?next=4111111111111111", "/")] {
        assert_eq!(owner.get(asked).await.location(), format!("{to}?done=card_number_left_out"), "{asked}");
    }
    let last_four = owner.get("/s/harbour-books/decisions?q=1111").await;
    assert_eq!(last_four.status, 200);
    assert!(!last_four.body.contains("That was a card number"));
}

#[tokio::test]
async fn a_zero_byte_in_an_address_is_refused_in_the_callers_form() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    for path in [
        "/s/%00",
        "/s/%00/overview",
        "/s/harbour-books/lists/x?q=%00",
        "/s/harbour-books/decisions?q=a%00b",
        "/v1/decisions/%00",
        "/nowhere?%00",
        "/sign-in?next=%%00",
    ] {
        let refused = owner.get(path).await;
        assert_eq!(refused.status, 400, "{path}");
        let machine = path.starts_with("/v1/");
        assert_eq!(refused.body.contains("<!doctype html>"), !machine, "{path}: {}", refused.body);
        assert!(refused.body.contains("zero byte"), "{path}: {}", refused.body);
    }
    assert_eq!(owner.get("/s/harbour-books/decisions?q=%2500").await.status, 200, "that is a percent sign");
}

#[tokio::test]
async fn a_zero_byte_in_a_form_is_refused_or_taken_out_and_is_no_fault_of_ours() {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let forms: [(&str, &[(&str, &str)]); 7] = [
        ("/sign-in", &[("email", "a\0b@example.com"), ("password", "a\0b"), ("next", "/\0")]),
        ("/forgot-password", &[("email", "\0")]),
        ("/s/harbour-books/services/new", &[("name", "a\0b"), ("currency", "GBP")]),
        ("/s/harbour-books/lists/look-up", &[("field", "email"), ("value", "a\0b")]),
        ("/s/harbour-books/lists/new", &[("kind", "block"), ("name", "a"), ("note", "a\0b"), ("reach", "all")]),
        ("/s/harbour-books/collaborators/invite", &[("email", "new@example.com"), ("role", "a\0b"), ("phone", "\0")]),
        ("/me/profile", &[("name", "a\0b"), ("phone", "")]),
    ];
    for (path, fields) in forms {
        let answer = owner.post(path, fields).await;
        assert!(answer.status.as_u16() < 500, "{path}: {} {}", answer.status, answer.body);
    }
}

/// A table of our own behind the same edge.
async fn edge_stage(change: impl FnOnce(&mut gatehouse::platform::state::Parts)) -> (TestApp, Browser) {
    let stage = TestApp::with(change).await;
    let table: Router<App> = Router::new()
        .route(
            "/address",
            get(|axum::Extension(address): axum::Extension<ClientAddress>| async move { address.to_string() }),
        )
        .route(
            "/form",
            post(|axum::Form(form): axum::Form<Vec<(String, String)>>| async move { form.len().to_string() }),
        )
        .route("/v1/json", post(|axum::Json(body): axum::Json<serde_json::Value>| async move { body.to_string() }))
        .route("/panic", get(panics))
        .route("/missing-extension", get(|axum::Extension(n): axum::Extension<u32>| async move { n.to_string() }));
    let router = edge::wrap(stage.app.clone(), table);
    (stage, Browser::new(router))
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up_and_says_when_to_come_back() {
    let stage = TestApp::new().await;
    let table: Router<App> = Router::new()
        .route("/v1/slow", get(std::future::pending::<&'static str>))
        .route("/v1/swift", get(|| async { "done" }));
    let browser = Browser::new(edge::wrap_within(Duration::from_millis(50), stage.app.clone(), table));
    let given_up = browser.get("/v1/slow").await;
    assert_eq!((given_up.status.as_u16(), text(&given_up, "retry-after")), (503, "5"), "{}", given_up.body);
    assert_eq!(given_up.json()["code"], "unavailable");
    assert_eq!(browser.get("/v1/swift").await.body, "done");
}

async fn panics() -> &'static str {
    panic!("the secret is 4711")
}

#[tokio::test]
async fn what_cannot_be_served_is_refused_in_the_callers_form() {
    let (_stage, browser) = edge_stage(|_| {}).await;
    let large = "a=".to_owned() + &"b".repeat(edge::BODY_LIMIT);
    let post_form = |body: String, kind: &str| {
        browser
            .request(Method::POST, "/form")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap()
    };
    let page = browser.send(post_form(large.clone(), "application/x-www-form-urlencoded")).await;
    assert_eq!(page.status, 413);
    assert!(text(&page, "content-type").starts_with("text/html") && page.body.contains("Too large"), "{}", page.body);
    assert_eq!(browser.send(post_form("a=b".into(), "text/plain")).await.status, 415);
    assert_eq!(browser.send(post_form("a=b".into(), "application/x-www-form-urlencoded")).await.status, 200);
    assert_eq!(browser.get("/form").await.status, 405);
    assert_eq!(text(&browser.get("/form").await, "allow"), "POST");

    let call = async |body: String, kind: &str| {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/v1/json")
            .header(header::HOST, "localhost:3000")
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, kind);
        browser.send(request.body(Body::from(body)).unwrap()).await
    };
    for (body, kind, status, code) in [
        (format!("\"{large}\""), "application/json", 413, "too_large"),
        ("{}".into(), "text/plain", 415, "unsupported_media_type"),
        ("{".into(), "application/json", 400, "malformed"),
    ] {
        let answer = call(body, kind).await;
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(text(&answer, "content-type"), "application/problem+json", "/v1 never answers with a page");
        let problem = answer.json();
        assert_eq!((problem["code"].as_str(), problem["status"].as_u64()), (Some(code), Some(status.into())));
        assert_eq!(problem["request_id"].as_str(), Some(text(&answer, "x-request-id")));
        for field in ["type", "title", "detail"] {
            assert!(problem[field].is_string(), "{field}");
        }
    }
}

#[tokio::test]
async fn a_fault_of_ours_tells_nothing_and_looks_like_ours() {
    let (_stage, browser) = edge_stage(|_| {}).await;
    for path in ["/panic", "/missing-extension"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 500);
        assert!(
            page.body.starts_with("<!doctype html>") && page.body.contains("Something went wrong on our side"),
            "{}",
            page.body
        );
        assert!(!page.body.contains("4711") && !page.body.contains("xtension"), "{}", page.body);
        assert!(page.body.contains(text(&page, "x-request-id")), "what to tell the operator");
        assert!(text(&page, "content-security-policy").contains("script-src 'none'"));
    }
    let page = browser.get("/nowhere").await;
    assert_eq!(page.status, 404);
    assert!(page.body.starts_with("<!doctype html>") && page.body.contains("Nothing here"), "{}", page.body);
}

#[tokio::test]
async fn request_ids_are_echoed_when_they_are_harmless() {
    let (_stage, browser) = edge_stage(|_| {}).await;
    let ask = async |id: &str| {
        let answer = browser
            .send(browser.request(Method::GET, "/address").header("x-request-id", id).body(Body::empty()).unwrap())
            .await;
        text(&answer, "x-request-id").to_owned()
    };
    assert_eq!(ask("shop-42.a_B").await, "shop-42.a_B");
    for bad in ["", "a b", "<script>", "a\"b", &"x".repeat(65)] {
        let id = ask(bad).await;
        assert!(id.starts_with("req_") && id.len() == 24, "{bad:?} became {id}");
    }
}

#[tokio::test]
async fn the_client_address_is_what_trusted_proxies_say_and_nobody_else() {
    let ask = async |browser: &Browser, from: &str, lines: &[&[u8]]| {
        let browser = browser.at(from);
        let mut request = browser.request(Method::GET, "/address");
        for line in lines {
            request = request.header("x-forwarded-for", http::HeaderValue::from_bytes(line).unwrap());
        }
        browser.send(request.body(Body::empty()).unwrap()).await.body
    };
    let (_plain, plain) = edge_stage(|_| {}).await;
    assert_eq!(ask(&plain, "127.0.0.1", &[b"203.0.113.9"]).await, "127.0.0.1", "nobody is trusted");
    let (_stage, proxied) =
        edge_stage(|parts| parts.config.trusted_proxies = TrustedProxies::parse("1").unwrap()).await;
    assert_eq!(ask(&proxied, "127.0.0.1", &[b"6.6.6.6, 203.0.113.9"]).await, "203.0.113.9");
    assert_eq!(
        ask(&proxied, "127.0.0.1", &[b"6.6.6.6", b"::ffff:203.0.113.9"]).await,
        "203.0.113.9",
        "mapped IPv4 is IPv4"
    );
    assert_eq!(ask(&proxied, "127.0.0.1", &[b"203.0.113.9", b"not an address"]).await, "unknown address");
    assert_eq!(
        ask(&proxied, "127.0.0.1", &[b"\xff\xfe"]).await,
        "unknown address",
        "a line that is no text is no reason to believe the proxy's own address"
    );
    assert_eq!(ask(&proxied, "127.0.0.1", &[b"\xff, 203.0.113.9"]).await, "203.0.113.9");
    assert_eq!(
        ask(&proxied, "198.51.100.7", &[b"203.0.113.9"]).await,
        "198.51.100.7",
        "a count is believed from near peers only"
    );
}
