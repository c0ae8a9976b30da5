//! The contract of decisions: ask, tell, look up.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Server, fault, payment, problem};
use crate::support::TestApp;

#[tokio::test]
async fn an_attempt_is_decided_told_and_found_again() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let answer = server.post("/v1/decisions", &payment(&seed)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let decision = answer.json();
    assert_eq!(decision["outcome"], "approve");
    assert!(decision["risk_score"].is_null() && decision["trust_score"].is_null());
    assert!(decision["policy_version"].is_i64());
    assert_eq!(decision["expires_at"], "2026-03-02T10:30:00Z");
    let reasons = decision["reasons"].as_array().unwrap();
    assert!(!reasons.is_empty());
    for reason in reasons {
        for field in ["check", "mode", "outcome", "code", "detail"] {
            assert!(reason[field].is_string(), "{reason}");
        }
        assert!(reason["points"].is_i64());
    }

    let id = decision["id"].as_str().unwrap();
    assert!(id.starts_with("dec_"));
    let told = server
        .post(&format!("/v1/decisions/{id}/outcome"), &json!({ "outcome": "approved", "cvc_check": "pass" }))
        .await;
    assert_eq!(told.status, 200, "{}", told.body);
    assert_eq!((&told.json()["outcome"], &told.json()["action"]), (&json!("approved"), &json!("none")));
    assert!(told.json()["findings"].is_array());

    let one = server.get(&format!("/v1/decisions/{id}")).await;
    assert_eq!(one.status, 200, "{}", one.body);
    let one = one.json();
    assert_eq!(
        (&one["id"], &one["outcome"], &one["told"]["outcome"]),
        (&json!(id), &json!("approve"), &json!("approved"))
    );
    let asked = payment(&seed);
    for field in
        ["kind", "service", "amount", "currency", "ip", "user_agent", "customer", "card", "billing", "shipping"]
    {
        let got = &one["attempt"][field];
        let same = match (got, &asked[field]) {
            (Value::Object(got), Value::Object(asked)) => {
                asked.iter().all(|(name, value)| got.get(name) == Some(value))
            }
            (got, asked) => got == asked,
        };
        assert!(same, "{field}: {got}");
    }

    let all = server.get("/v1/decisions?email=ANN@example.com&outcome=approve&became=approved").await.json();
    assert_eq!((&all["data"][0]["id"], &all["has_more"], &all["next"]), (&json!(id), &json!(false), &Value::Null));
    assert_eq!(server.get("/v1/decisions?outcome=reject").await.json()["data"], json!([]));
}

#[tokio::test]
async fn the_fourth_payment_of_a_card_is_rejected_with_http_200_and_the_numbers() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    for _ in 0..3 {
        assert_eq!(server.post("/v1/decisions", &payment(&seed)).await.json()["outcome"], "approve");
    }
    let answer = server.post("/v1/decisions", &payment(&seed)).await;
    assert_eq!(answer.status, 200);
    let decision = answer.json();
    assert_eq!(decision["outcome"], "reject");
    let reasons = decision["reasons"].as_array().unwrap();
    let card = reasons.iter().find(|r| r["check"] == "velocity_card_payments").unwrap();
    assert_eq!(
        (&card["outcome"], &card["mode"], &card["code"]),
        (&json!("reject"), &json!("enforce"), &json!("over_limit"))
    );
}

#[tokio::test]
async fn the_first_outcome_stands() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let id = server.post("/v1/decisions", &payment(&seed)).await.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/decisions/{id}/outcome");
    let declined = json!({ "outcome": "declined", "code": "do_not_honour", "message": "Declined" });
    let first = server.post(&path, &declined).await;
    assert_eq!(first.status, 200);
    assert_eq!(server.post(&path, &declined).await.json(), first.json(), "the same again changes nothing");
    let other = server.post(&path, &json!({ "outcome": "approved" })).await;
    assert_eq!((problem(&other).0, problem(&other).1.as_str()), (409, "outcome_stands"));
    let since = stage.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let (title, detail) = (other.json()["title"].clone(), other.json()["detail"].to_string());
    assert!(title == "Another outcome stands" && detail.contains(&since), "{title} {detail}");
    assert_eq!(
        problem(&server.post(&path, &json!({ "outcome": "refunded" })).await),
        fault("outcome", "unknown_value")
    );
    assert_eq!(
        problem(&server.post(&path, &json!({ "outcome": "approved", "cvc_check": "yes" })).await),
        fault("cvc_check", "unknown_value")
    );
}

#[tokio::test]
async fn another_sites_decisions_do_not_exist() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let other = stage.seed_site("other-shop").await;
    let (server, stranger) = (Server::of(&stage, &seed).await, Server::of(&stage, &other).await);
    let id = server.post("/v1/decisions", &payment(&seed)).await.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(problem(&stranger.get(&format!("/v1/decisions/{id}")).await).0, 404);
    assert_eq!(
        problem(&stranger.post(&format!("/v1/decisions/{id}/outcome"), &json!({ "outcome": "approved" })).await).0,
        404
    );
    assert_eq!(stranger.get("/v1/decisions").await.json()["data"], json!([]));
    assert!(server.get(&format!("/v1/decisions/{id}")).await.json()["told"].is_null());
}

#[tokio::test]
async fn pages_hang_together_and_parameters_are_checked() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let mut made = Vec::new();
    for n in 0..5 {
        let mut body = payment(&seed);
        body["customer"] = json!({ "email": format!("p{n}@example.com") });
        body["card"] = json!({ "fingerprint": format!("fp_{n}") });
        body["ip"] = format!("203.0.113.{n}").into();
        made.push(server.post("/v1/decisions", &body).await.json()["id"].as_str().unwrap().to_owned());
        stage.wait(TimeDelta::seconds(1));
    }
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = server.get(&format!("/v1/decisions?limit=2{after}")).await.json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|d| d["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
        assert!(seen.len() < 10);
    }
    made.reverse();
    assert_eq!(seen, made);
    for (query, field, code) in [
        ("limit=0", "limit", "out_of_range"),
        ("limit=101", "limit", "out_of_range"),
        ("limit=ten", "limit", "out_of_range"),
        ("limit=1&limit=2", "limit", "duplicate_parameter"),
        ("site_id=1", "site_id", "unknown_parameter"),
        ("after=lst_00000000000000000000000000", "after", "not_an_id"),
        ("from=yesterday", "from", "not_a_time"),
        ("outcome=approved", "outcome", "unknown_value"),
        ("ip=1.2.3", "ip", "not_an_address"),
        ("shadow=1", "shadow", "wrong_type"),
        ("amount_to=500", "currency", "missing"),
        ("amount_to=500&currency=pounds", "currency", "not_a_currency"),
    ] {
        assert_eq!(problem(&server.get(&format!("/v1/decisions?{query}")).await), fault(field, code), "{query}");
    }
}

#[tokio::test]
async fn the_settings_in_force_are_told() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let answer = server.get("/v1/policy").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let policy = &answer.json()["policy"];
    assert_eq!(policy["velocity"]["mode"], "enforce");
    assert_eq!(policy["velocity"]["card"], json!({ "payments": 3, "amounts": {}, "declines": null }));
    assert_eq!((&policy["panic"], &policy["panic_mode"]), (&json!(false), &json!("off")));
}

#[tokio::test]
async fn no_key_finds_or_asks_for_a_collaborators_sign_in() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    stage.browser().post("/sign-in", &[("email", "owner@example.com"), ("password", "wrong wrong wrong")]).await;
    let id: sqlx::types::Uuid =
        sqlx::query_scalar("select id from sign_in_decision").fetch_one(&mut stage.superuser().await).await.unwrap();
    let id = gatehouse::kernel::id::DecisionId(id);
    assert_eq!(server.get(&format!("/v1/decisions/{id}")).await.status, 404);
    let told = server.post(&format!("/v1/decisions/{id}/outcome"), &json!({ "outcome": "abandoned" })).await;
    assert_eq!(told.status, 404);
    assert_eq!(server.get("/v1/decisions").await.json()["data"], json!([]));
    let kind = "collaborator_sign_in";
    assert_eq!(problem(&server.get(&format!("/v1/decisions?kind={kind}")).await), fault("kind", "unknown_value"));
    let mut asked = payment(&seed);
    asked["kind"] = json!(kind);
    assert_eq!(problem(&server.post("/v1/decisions", &asked).await), fault("kind", "unknown_value"));
}
