//! What is sent and refused: each a specific error, nothing changed.

use http::Method;
use serde_json::{Value, json};

use super::{Server, fault, payment, problem};
use crate::support::{Seed, TestApp};

const DECIDE: &str = "/v1/decisions";

async fn attempts(stage: &TestApp) -> i64 {
    stage.count("select count(*) from attempt").await
}

fn with(seed: &Seed, path: &str, value: Value) -> Value {
    let mut body = payment(seed);
    let mut at = &mut body;
    for step in path.split('.') {
        at = &mut at[step];
    }
    *at = value;
    body
}

#[tokio::test]
async fn what_is_not_json_is_malformed() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let good = payment(&seed).to_string();
    for body in [
        Vec::new(),
        b"{".to_vec(),
        b"null}".to_vec(),
        b"kind=payment&amount=1".to_vec(),
        format!("{good}{good}").into_bytes(),
        good.replace('"', "'").into_bytes(),
        b"\xff\xfe{}".to_vec(),
        good.replace("4900", "NaN").into_bytes(),
        good.replace("4900", "1e999").into_bytes(),
        format!("{}1{}", "[".repeat(100_000 / 4), "]".repeat(100_000 / 4)).into_bytes(),
    ] {
        let answer = server.text(DECIDE, body).await;
        assert_eq!((problem(&answer).0, problem(&answer).1.as_str()), (400, "malformed"), "{}", answer.body);
    }
    for kind in ["null", "[]", "\"payment\"", "1", "true"] {
        assert_eq!(problem(&server.text(DECIDE, kind).await), fault("body", "wrong_type"), "{kind}");
    }
    assert_eq!(attempts(&stage).await, 0);
}

#[tokio::test]
async fn only_json_is_read_and_only_64_kib_of_it() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let good = payment(&seed).to_string();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "application/jsonp",
        "multipart/form-data; boundary=x",
    ] {
        let answer = server.raw(Method::POST, DECIDE, &[("content-type", kind)], good.clone()).await;
        assert_eq!(problem(&answer).0, 415, "{kind}");
    }
    assert_eq!(problem(&server.raw(Method::POST, DECIDE, &[], good.clone()).await).0, 415, "no content type");
    let twice = [("content-type", "application/json"), ("content-type", "text/plain")];
    assert_eq!(problem(&server.raw(Method::POST, DECIDE, &twice, good.clone()).await).0, 415);

    for size in [64 * 1024 + 1, 1_000_000] {
        let mut body = payment(&seed);
        body["user_agent"] = "x".repeat(size).into();
        assert_eq!(problem(&server.text(DECIDE, body.to_string()).await).0, 413, "{size}");
        let stream = futures::stream::iter(
            body.to_string()
                .into_bytes()
                .chunks(1_000)
                .map(|c| Ok::<_, std::io::Error>(c.to_vec()))
                .collect::<Vec<_>>(),
        );
        assert_eq!(
            problem(&server.text(DECIDE, axum::body::Body::from_stream(stream)).await).0,
            413,
            "{size} without a stated length"
        );
    }
    // Nothing of what says that it is too long is read, and no more than the limit of what does not say so.
    let unread = futures::stream::poll_fn(|_| -> std::task::Poll<Option<std::io::Result<Vec<u8>>>> {
        panic!("the body was read")
    });
    let stated = [("content-type", "application/json"), ("content-length", "1000000")];
    assert_eq!(problem(&server.raw(Method::POST, DECIDE, &stated, axum::body::Body::from_stream(unread)).await).0, 413);
    let endless = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 1_000]));
    assert_eq!(problem(&server.text(DECIDE, axum::body::Body::from_stream(endless)).await).0, 413);
    assert_eq!(attempts(&stage).await, 0);
}

#[tokio::test]
async fn unknown_and_duplicate_fields_are_named() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    for field in [
        "site_id",
        "outcome",
        "id",
        "at",
        "label",
        "source",
        "customer.role",
        "card.number",
        "card.cvc",
        "billing.phone",
    ] {
        let answer = server.post(DECIDE, &with(&seed, field, json!("x"))).await;
        assert_eq!(problem(&answer), fault(field, "unknown_field"), "{}", answer.body);
    }
    let good = payment(&seed).to_string();
    for (twice, field) in [
        (good.replace("\"amount\":4900", "\"amount\":4900,\"amount\":1"), "amount"),
        (good.replace("\"amount\":4900", "\"amount\":4900,\"\\u0061mount\":1"), "amount"),
        (good.replace("\"last4\":\"4242\"", "\"last4\":\"4242\",\"last4\":\"4243\""), "card.last4"),
        (good.replace("\"Accept-Language\":\"en-GB\"", "\"Via\":\"a\",\"Via\":\"b\""), "headers.Via"),
    ] {
        assert_ne!(twice, good);
        assert_eq!(problem(&server.text(DECIDE, twice).await), fault(field, "duplicate_field"));
    }
    assert_eq!(attempts(&stage).await, 0);
}

#[tokio::test]
async fn unacceptable_values_are_named_with_their_place() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    for (field, value, code) in [
        ("kind", json!("refund"), "unknown_value"),
        ("kind", json!(["payment"]), "wrong_type"),
        ("amount", json!(-1), "negative"),
        ("amount", json!(9_000_000_000_000_000_003i64), "too_large"),
        ("amount", json!(0.5), "wrong_type"),
        ("amount", json!("4900"), "wrong_type"),
        ("amount", json!(true), "wrong_type"),
        ("amount", json!(null), "missing"),
        ("currency", json!("EURO"), "not_a_currency"),
        ("currency", json!("gbp"), "not_a_currency"),
        ("ip", json!("300.1.1.1"), "not_an_address"),
        ("ip", json!("203.0.113.0/24"), "not_an_address"),
        ("ip", json!("203.0.113.7, 10.0.0.1"), "not_an_address"),
        ("ip", json!("localhost"), "not_an_address"),
        ("ip", json!(3_405_803_783u64), "wrong_type"),
        ("customer", json!([]), "wrong_type"),
        ("customer.email", json!("ann@"), "not_an_email"),
        ("customer.email", json!(["ann@example.com"]), "wrong_type"),
        ("customer.external_id", json!("\u{0}"), "control_character"),
        ("card.bin", json!("42424"), "wrong_digits"),
        ("card.exp_month", json!(0), "out_of_range"),
        ("card.country", json!("England"), "not_a_country"),
        ("headers", json!({ "X": 1 }), "wrong_type"),
    ] {
        let answer = server.post(DECIDE, &with(&seed, field, value.clone())).await;
        let (status, _, at, what) = problem(&answer);
        assert_eq!((status, what.as_str()), (422, code), "{field} = {value}: {}", answer.body);
        assert!(at.starts_with(field), "{field} = {value}: {}", answer.body);
    }
    assert_eq!(attempts(&stage).await, 0);
}

#[tokio::test]
async fn a_service_must_be_the_sites_own_and_the_currency_the_services() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let other = stage.seed_site("other-shop").await;
    let server = Server::of(&stage, &seed).await;
    let (status, _, field, _) =
        problem(&server.post(DECIDE, &with(&seed, "service", json!(other.service.to_string()))).await);
    assert_eq!((status, field.as_str()), (422, "service"));
    let (status, _, field, _) = problem(&server.post(DECIDE, &with(&seed, "currency", json!("EUR"))).await);
    assert_eq!((status, field.as_str()), (422, "currency"));
    assert_eq!(attempts(&stage).await, 0);
}

/// Every text of a body, by path.
fn texts(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(path.to_owned()),
        Value::Object(fields) => {
            for (name, value) in fields {
                texts(value, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, found);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn a_card_number_is_refused_in_every_field() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let mut paths = Vec::new();
    texts(&payment(&seed), "", &mut paths);
    assert!(paths.len() > 25, "{paths:?}");
    paths.push("captcha".into());
    paths.push("amount".into());
    for path in paths {
        for number in ["4111111111111111", "4111 1111 1111 1111", "3782-822463-10005"] {
            let answer = server.post(DECIDE, &with(&seed, &path, json!(format!("x {number} y")))).await;
            let (status, code, field, _) = problem(&answer);
            assert_eq!(
                (status, code.as_str(), field.as_str()),
                (422, "card_number_refused", path.as_str()),
                "{}",
                answer.body
            );
            assert!(!answer.body.contains(&number[..8]));
        }
    }
    let answer = server.text(DECIDE, payment(&seed).to_string().replace("4900", "4111111111111111")).await;
    assert_eq!(problem(&answer).1, "card_number_refused", "as a number too");
    let told = json!({ "outcome": "declined", "message": "card 4111111111111111 declined" });
    assert_eq!(
        problem(&server.post("/v1/decisions/dec_00000000000000000000000000/outcome", &told).await).1,
        "card_number_refused"
    );
    assert_eq!(attempts(&stage).await, 0);
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_are_problems() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    for path in [
        "/v1/",
        "/v1/nothing",
        "/v1/decisions/",
        "/v1/decisions/x",
        "/v1/decisions/dec_1",
        "/v1/decisions/lst_00000000000000000000000000",
    ] {
        assert_eq!(problem(&server.get(path).await).0, 404, "{path}");
    }
    let answer = server.delete("/v1/decisions").await;
    assert_eq!(problem(&answer).0, 405);
    let allow = answer.headers[http::header::ALLOW].to_str().unwrap();
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
}

#[tokio::test]
async fn the_request_id_comes_back() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let answer = server.raw(Method::GET, "/v1/lists", &[("x-request-id", "order-1042.a_b")], "").await;
    assert_eq!(answer.headers["x-request-id"], "order-1042.a_b");
    let answer = server.raw(Method::GET, "/v1/nothing", &[("x-request-id", "<script>")], "").await;
    assert_ne!(answer.headers["x-request-id"], "<script>", "what could do harm is replaced");
    problem(&answer);
}
