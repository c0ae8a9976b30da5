//! The published description against the router: complete, and nothing more.

use std::collections::{BTreeMap, BTreeSet};

use gatehouse::api::Scope;
use gatehouse::platform::http::routes::Access;
use serde_json::{Value, json};

use super::{Server, payment};
use crate::support::TestApp;

async fn document() -> (TestApp, Value) {
    let stage = TestApp::new().await;
    let answer = stage.browser().get("/openapi.json").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/json");
    let document = answer.json();
    (stage, document)
}

#[tokio::test]
async fn it_lists_exactly_the_endpoints_and_their_scopes() {
    let (_stage, document) = document().await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let published: BTreeMap<(String, String), String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
        })
        .map(|(path, method, operation)| {
            let scope = operation["security"][0]["key"][0].as_str().unwrap().to_owned();
            ((method.to_uppercase(), path.clone()), scope)
        })
        .collect();
    let mounted: BTreeMap<(String, String), String> = gatehouse::app::routes()
        .endpoints()
        .iter()
        .filter(|e| e.path.starts_with("/v1/"))
        .map(|e| {
            let Access::Key(scope) = e.access else { panic!("{} {} is not behind a key", e.method, e.path) };
            ((e.method.to_owned(), e.path.to_owned()), scope.to_string())
        })
        .collect();
    assert_eq!(published, mounted);
    let used: BTreeSet<_> = mounted.values().cloned().collect();
    assert_eq!(used, Scope::ALL.iter().map(ToString::to_string).collect(), "every scope opens something");
}

#[tokio::test]
async fn it_publishes_the_order_of_a_decision_and_the_name_of_every_check() {
    let (stage, document) = document().await;
    let said = document["info"]["description"].as_str().unwrap();
    for words in [
        "The order of a decision",
        "6. **Block lists**",
        "Nothing switches off steps 1, 2, 4, 6 and 12",
        "Payment by API: Steps 1, 4",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let decided = server.post("/v1/decisions", &payment(&seed)).await.json();
    let told: Vec<&Value> = decided["reasons"].as_array().unwrap().iter().map(|reason| &reason["check"]).collect();
    let published = document["components"]["schemas"]["Reason"]["properties"]["check"]["enum"].as_array().unwrap();
    assert_eq!(published.iter().collect::<Vec<_>>(), told);
    let page = stage.signed_in(seed.owner).await.get(&format!("/s/{}/order", seed.handle)).await;
    for words in ["How a decision is made", "Anti-fraud set", "Not in use yet", "velocity_card_payments"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| match (name.as_str(), value) {
            ("$ref", Value::String(to)) => {
                found.insert(to.clone());
            }
            (_, value) => references(value, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_everything_is_explained() {
    let (_stage, document) = document().await;
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 10);
    for to in found {
        assert!(document.pointer(&to[1..]).is_some(), "{to} leads nowhere");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            assert!(
                operation["summary"].is_string()
                    && operation["description"].is_string()
                    && operation["operationId"].is_string(),
                "{what}"
            );
            let asked = operation["parameters"].as_array().unwrap();
            assert!(asked.iter().any(|p| p["name"] == "X-Request-Id" && p["in"] == "header"), "{what}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(response["headers"]["X-Request-Id"]["schema"].is_object(), "{what} {status}");
                let waits = ["409", "429", "503"].contains(&status.as_str());
                assert_eq!(response["headers"]["Retry-After"].is_object(), waits, "{what} {status}");
            }
            let statuses: Vec<&String> = operation["responses"].as_object().unwrap().keys().collect();
            assert!(statuses.iter().any(|s| s.starts_with('2')), "{what}");
            for always in ["400", "401", "500", "503"] {
                assert!(statuses.iter().any(|s| *s == always), "{what} may answer {always}");
            }
            for name in path.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}')) {
                let parameters = operation["parameters"].as_array().unwrap();
                assert!(parameters.iter().any(|p| p["name"] == name && p["in"] == "path"), "{what}: {name}");
            }
            if ["post", "patch"].contains(&method.as_str()) {
                let body = &operation["requestBody"]["content"]["application/json"];
                assert!(body["schema"].is_object() && body["example"].is_object(), "{what} has an example");
            }
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name} is not explained");
    }
}

#[tokio::test]
async fn each_example_is_accepted_as_it_stands() {
    let (stage, document) = document().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let decision = server.post("/v1/decisions", &payment(&seed)).await.json()["id"].as_str().unwrap().to_owned();
    let list = server.post("/v1/lists", &json!({ "kind": "block", "name": "First" })).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let entries = format!("/v1/lists/{list}/entries");
    let entry =
        server.post(&entries, &json!({ "conditions": [{ "field": "last4", "values": ["0001"] }] })).await.json();
    let entry = entry["id"].as_str().unwrap().to_owned();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let example = &operation["requestBody"]["content"]["application/json"]["example"];
            if example.is_null() {
                continue;
            }
            let mut example = example.clone();
            if path == "/v1/decisions" {
                example["service"] = seed.service.to_string().into();
            }
            let id = if path.starts_with("/v1/lists") { &list } else { &decision };
            let to = path.replace("{id}", id).replace("{entry}", &entry);
            let answer = match method.as_str() {
                "post" => server.post(&to, &example).await,
                "patch" => server.patch(&to, &example).await,
                other => panic!("{other}"),
            };
            assert!(answer.status.is_success(), "{method} {path}: {}", answer.body);
        }
    }
}
