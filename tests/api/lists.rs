//! Lists by API: made, filled, looked up, changed, removed; never another site's.

use chrono::TimeDelta;
use gatehouse::api::Scope;
use serde_json::{Value, json};

use super::{Server, fault, payment, problem};
use crate::decision::stage;
use crate::support::{Answer, TestApp};

fn block(values: &[&str]) -> Value {
    json!({ "conditions": [{ "field": "ip", "values": values }] })
}

#[tokio::test]
async fn a_blocked_range_rejects_from_the_next_decision_until_it_is_removed() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let list = server.post("/v1/lists", &json!({ "kind": "block", "name": "Card testers" })).await;
    assert_eq!(list.status, 201, "{}", list.body);
    let list = list.json();
    assert_eq!((&list["enabled"], &list["all_services"], &list["services"]), (&json!(true), &json!(true), &json!([])));
    let entries = format!("/v1/lists/{}/entries", list["id"].as_str().unwrap());
    let entry = server.post(&entries, &block(&["203.0.113.0/24"])).await;
    assert_eq!(entry.status, 201, "{}", entry.body);
    let entry = entry.json();
    assert_eq!(
        (&entry["name"], &entry["conditions"][0]["values"]),
        (&json!("203.0.113.0/24"), &json!(["203.0.113.0/24"]))
    );

    assert_eq!(server.post("/v1/decisions", &payment(&seed)).await.json()["outcome"], "reject");
    let found = server.post("/v1/lists/lookup", &json!({ "value": "203.0.113.77" })).await.json();
    assert_eq!(
        (&found["listed"], &found["hits"][0]["entry"], &found["hits"][0]["kind"]),
        (&json!(true), &entry["id"], &json!("block"))
    );

    let listed =
        async |value: &str| server.post("/v1/lists/lookup", &json!({ "value": value })).await.json()["listed"].clone();
    assert_eq!((listed("203.0.113.64/26").await, listed("203.0.112.0/23").await), (json!(true), json!(false)));

    let one = format!("{entries}/{}", entry["id"].as_str().unwrap());
    let changed = server.patch(&one, &json!({ "note": "Seen again", "expires_at": "2026-03-09T10:00:00Z" })).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let changed = changed.json();
    assert_ne!(changed["id"], entry["id"], "the old row stays for old decisions");
    assert_eq!((&changed["note"], &changed["expires_at"]), (&json!("Seen again"), &json!("2026-03-09T10:00:00Z")));
    assert_eq!(problem(&server.patch(&one, &json!({ "note": "Too late" })).await).1, "stale");
    let page = server.get(&entries).await.json();
    assert_eq!((page["data"].as_array().unwrap().len(), &page["data"][0]["id"]), (1, &changed["id"]));

    stage.wait(TimeDelta::days(7));
    assert_eq!(server.post("/v1/decisions", &payment(&seed)).await.json()["outcome"], "approve", "expired");
    assert_eq!(server.post("/v1/lists/lookup", &json!({ "value": "203.0.113.77" })).await.json()["listed"], false);

    let one = format!("{entries}/{}", changed["id"].as_str().unwrap());
    assert_eq!(server.delete(&one).await.status, 204);
    assert_eq!(server.delete(&one).await.status, 204, "gone is gone");
    assert_eq!(server.get(&entries).await.json()["data"], json!([]));
}

#[tokio::test]
async fn a_list_is_changed_by_version_and_removed() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let list = server
        .post("/v1/lists", &json!({ "kind": "challenge", "name": "Odd", "services": [seed.service.to_string()] }))
        .await
        .json();
    assert_eq!(list["services"], json!([seed.service.to_string()]));
    let path = format!("/v1/lists/{}", list["id"].as_str().unwrap());
    let off = server.patch(&path, &json!({ "version": list["version"], "enabled": false })).await;
    assert_eq!(off.status, 200, "{}", off.body);
    assert_eq!((&off.json()["enabled"], &off.json()["name"]), (&json!(false), &json!("Odd")));
    for (change, mode, enabled) in [
        (json!({ "mode": "shadow" }), "shadow", false),
        (json!({ "note": "Looking" }), "shadow", false),
        (json!({ "enabled": true }), "enforce", true),
        (json!({ "mode": "off" }), "off", false),
    ] {
        let now = server.patch(&path, &change).await.json();
        assert_eq!((&now["mode"], &now["enabled"]), (&json!(mode), &json!(enabled)), "{change}");
    }
    let both = server.patch(&path, &json!({ "mode": "enforce", "enabled": true })).await;
    assert_eq!(problem(&both), fault("enabled", "one_of"));
    assert_eq!(problem(&server.patch(&path, &json!({ "mode": "on" })).await), fault("mode", "unknown_value"));
    assert_eq!(problem(&server.patch(&path, &json!({ "version": list["version"], "name": "Odder" })).await).1, "stale");
    assert_eq!(
        server.patch(&path, &json!({ "name": "Odder", "all_services": true })).await.json()["all_services"],
        true
    );
    server.post("/v1/lists", &json!({ "kind": "challenge", "name": "Second" })).await;
    assert_eq!(problem(&server.patch(&path, &json!({ "name": "second" })).await).1, "name_taken");
    assert_eq!(server.get("/v1/lists?kind=challenge").await.json()["data"].as_array().unwrap().len(), 2);
    let page = server.get("/v1/lists?limit=1").await.json();
    assert_eq!(page["has_more"], true);
    let rest = server.get(&format!("/v1/lists?limit=1&after={}", page["next"].as_str().unwrap())).await.json();
    assert_eq!((&rest["data"][0]["id"], &rest["has_more"]), (&list["id"], &json!(false)));
    assert_eq!(server.delete(&path).await.status, 204);
    assert_eq!(problem(&server.get(&path).await).0, 404);
    assert_eq!(problem(&server.delete(&path).await).0, 404);
}

#[tokio::test]
async fn another_sites_lists_do_not_exist() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let other = stage.seed_site("other-shop").await;
    let (server, stranger) = (Server::of(&stage, &seed).await, Server::of(&stage, &other).await);
    let list = server.post("/v1/lists", &json!({ "kind": "block", "name": "Testers" })).await.json();
    let path = format!("/v1/lists/{}", list["id"].as_str().unwrap());
    let entry = server.post(&format!("{path}/entries"), &block(&["203.0.113.7"])).await.json();
    let entry = format!("{path}/entries/{}", entry["id"].as_str().unwrap());
    assert_eq!(problem(&stranger.get(&path).await).0, 404);
    assert_eq!(problem(&stranger.patch(&path, &json!({ "enabled": false })).await).0, 404);
    assert_eq!(problem(&stranger.delete(&path).await).0, 404);
    assert_eq!(problem(&stranger.get(&format!("{path}/entries")).await).0, 404);
    assert_eq!(problem(&stranger.post(&format!("{path}/entries"), &block(&["10.0.0.1"])).await).0, 404);
    assert_eq!(problem(&stranger.patch(&entry, &json!({ "note": "x" })).await).0, 404);
    assert_eq!(problem(&stranger.delete(&entry).await).0, 404);
    assert_eq!(stranger.post("/v1/lists/lookup", &json!({ "value": "203.0.113.7" })).await.json()["entries"], 0);
    let foreign = json!({ "kind": "block", "name": "X", "services": [seed.service.to_string()] });
    assert_eq!(problem(&stranger.post("/v1/lists", &foreign).await), fault("services", "unknown_service"));
    let mine = stranger.post("/v1/lists", &json!({ "kind": "block", "name": "Testers" })).await.json();
    let mixed = format!("/v1/lists/{}/entries/{}", mine["id"].as_str().unwrap(), entry.rsplit('/').next().unwrap());
    assert_eq!(problem(&stranger.delete(&mixed).await).0, 404, "an entry of another site under a list of one's own");
    assert_eq!(server.get(&path).await.json()["current_entries"], 1, "and nothing has changed");
}

#[tokio::test]
async fn bad_lists_and_entries_are_refused_field_by_field() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    for (body, field, code) in [
        (json!({ "kind": "white", "name": "A" }), "kind", "unknown_value"),
        (json!({ "kind": "block", "name": "  " }), "name", "not_a_name"),
        (json!({ "kind": "block" }), "name", "missing"),
        (json!({ "kind": "block", "name": "A", "services": ["svc_1"] }), "services[0]", "not_an_id"),
        (json!({ "kind": "block", "name": "A", "all_services": false }), "services", "missing"),
        (
            json!({ "kind": "block", "name": "A", "also_challenge_list": true }),
            "also_challenge_list",
            "allow_lists_only",
        ),
        (json!({ "kind": "block", "name": "A", "id": "lst_1" }), "id", "unknown_field"),
    ] {
        assert_eq!(problem(&server.post("/v1/lists", &body).await), fault(field, code), "{body}");
    }
    let list = server.post("/v1/lists", &json!({ "kind": "block", "name": "A" })).await.json();
    let path = format!("/v1/lists/{}/entries", list["id"].as_str().unwrap());
    let one = |field: &str, value: Value| json!({ "conditions": [{ "field": field, "values": [value] }] });
    for (body, field, code) in [
        (json!({ "conditions": [] }), "conditions", "not_conditions"),
        (json!({ "conditions": [{ "field": "ip", "values": [] }] }), "conditions[0].values", "missing"),
        (one("ipv4", json!("1.2.3.4")), "conditions[0].field", "unknown_value"),
        (one("ip", json!("1.2.3.4/33")), "conditions[0].values[0]", "not_a_value"),
        (one("ip", json!("1.2.3.4/24")), "conditions[0].values[0]", "not_a_value"),
        (one("ip", json!(1)), "conditions[0].values[0]", "wrong_type"),
        (one("email", json!("ann")), "conditions[0].values[0]", "not_a_value"),
        (one("bin", json!("42")), "conditions[0].values[0]", "not_a_value"),
        (
            json!({ "conditions": [{ "field": "ip", "values": ["1.2.3.4"] }], "expires_at": "2026-03-02T09:59:59Z" }),
            "expires_at",
            "out_of_range",
        ),
        (
            json!({ "conditions": [{ "field": "ip", "values": ["1.2.3.4"] }], "expires_at": "tomorrow" }),
            "expires_at",
            "not_a_time",
        ),
    ] {
        assert_eq!(problem(&server.post(&path, &body).await), fault(field, code), "{body}");
    }
    assert_eq!(
        problem(&server.post(&path, &one("card_holder", json!("4111 1111 1111 1111"))).await).1,
        "card_number_refused"
    );
    assert_eq!(server.get(&path).await.json()["data"], json!([]));
    assert_eq!(
        problem(&server.post("/v1/lists/lookup", &json!({ "value": "x", "field": "ip" })).await),
        fault("value", "not_a_value")
    );
    assert_eq!(problem(&server.post("/v1/lists/lookup", &json!({ "value": "" })).await), fault("value", "empty"));
}

#[tokio::test]
async fn what_a_key_changes_is_in_the_audit_log_under_its_name() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::with(&stage, seed.site, &[Scope::ListsWrite]).await;
    assert_eq!(server.post("/v1/lists", &json!({ "kind": "allow", "name": "Staff" })).await.status, 201);
    let row: (String, String, uuid::Uuid) =
        sqlx::query_as("select actor_kind, action, actor_id from audit where action = 'list.created'")
            .fetch_one(&mut stage.superuser().await)
            .await
            .unwrap();
    assert_eq!(row, ("api_key".into(), "list.created".into(), server.id.0));
}

/// Refused until the number is named, then done.
async fn asks_for(server: &Server, many: u64, send: impl AsyncFn(&Server, Option<u64>) -> Answer) {
    for named in [None, Some(many + 1)] {
        let asked = send(server, named).await;
        let code = "confirmation_required";
        assert_eq!(problem(&asked), (409, code.into(), "confirm".into(), code.into()), "{named:?}: {}", asked.body);
        assert_eq!(asked.json()["confirm"], json!(many));
    }
    let done = send(server, Some(many)).await;
    assert!(done.status.is_success(), "{}", done.body);
}

fn naming(mut body: Value, confirm: Option<u64>) -> Value {
    if let Some(confirm) = confirm {
        body["confirm"] = json!(confirm);
    }
    body
}

#[tokio::test]
async fn what_refuses_most_good_payments_is_done_for_a_key_that_names_how_many() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    for n in 0..3 {
        stage::payment(seed.site, seed.service, n).card(&format!("card-{n}")).sent(&stage.app).await;
    }
    let list = server.post("/v1/lists", &json!({ "kind": "block", "name": "Networks" })).await.json();
    let path = format!("/v1/lists/{}", list["id"].as_str().unwrap());
    let entries = format!("{path}/entries");
    let everybody = ["0.0.0.0/0", "::/0"];
    let one_of_three = server.post(&entries, &block(&["10.0.0.1"])).await;
    assert_eq!(one_of_three.status, 201, "less than half is nobody's business: {}", one_of_three.body);
    let one = format!("{entries}/{}", one_of_three.json()["id"].as_str().unwrap());
    assert_eq!(server.delete(&one).await.status, 204);

    asks_for(&server, 3, async |server, named| server.post(&entries, &naming(block(&everybody), named)).await).await;
    assert_eq!(stage.count("select count(*) from list_entry where valid_to is null").await, 1);

    let entry = server.get(&entries).await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    let narrow = server.patch(&format!("{entries}/{entry}"), &block(&["192.0.2.1"])).await;
    assert_eq!(narrow.status, 200, "{}", narrow.body);
    let entry = format!("{entries}/{}", narrow.json()["id"].as_str().unwrap());
    assert_eq!(
        server.patch(&entry, &json!({ "conditions": [], "note": "x" })).await.status,
        422,
        "told field by field"
    );
    asks_for(&server, 3, async |server, named| server.patch(&entry, &naming(block(&everybody), named)).await).await;

    assert_eq!(server.patch(&path, &json!({ "mode": "shadow" })).await.status, 200);
    assert_eq!(server.patch(&path, &json!({ "note": "Tried first" })).await.status, 200);
    let enforce = json!({ "mode": "enforce" });
    asks_for(&server, 3, async |server, named| server.patch(&path, &naming(enforce.clone(), named)).await).await;
}

#[tokio::test]
async fn a_key_that_takes_trust_from_most_good_payments_names_how_many() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let list = server.post("/v1/lists", &json!({ "kind": "allow", "name": "Friends" })).await.json();
    let path = format!("/v1/lists/{}", list["id"].as_str().unwrap());
    let entry = server.post(&format!("{path}/entries"), &block(&["192.0.2.7"])).await.json();
    let entry = format!("{path}/entries/{}", entry["id"].as_str().unwrap());
    for n in 0..8 {
        let paid = stage::payment(seed.site, seed.service, n).address("192.0.2.7").card(&format!("card-{n}"));
        paid.sent(&stage.app).await;
    }
    let gone = |path: &str, named: Option<u64>| named.map_or(path.to_owned(), |many| format!("{path}?confirm={many}"));
    assert_eq!(problem(&server.delete(&path).await).1, "confirmation_required");
    assert_eq!(problem(&server.delete(&format!("{path}?confirm=all")).await), fault("confirm", "wrong_type"));
    asks_for(&server, 5, async |server, named| server.delete(&gone(&entry, named)).await).await;
    assert_eq!(server.delete(&entry).await.status, 204, "gone is gone");
    assert_eq!(server.delete(&path).await.status, 204, "it trusts nobody any more");
}

#[tokio::test]
async fn a_named_number_that_was_sent_twice_is_answered_alike() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    stage::payment(seed.site, seed.service, 1).card("card-1").sent(&stage.app).await;
    let list = server.post("/v1/lists", &json!({ "kind": "block", "name": "Networks" })).await.json();
    let entries = format!("/v1/lists/{}/entries", list["id"].as_str().unwrap());
    let body = naming(block(&["0.0.0.0/0"]), None);
    assert_eq!(problem(&server.once(&entries, "entry-1", &body).await).1, "confirmation_required");
    let body = naming(body, Some(1));
    let first = server.once(&entries, "entry-1", &body).await;
    assert_eq!(first.status, 201, "a refusal takes no key: {}", first.body);
    let again = server.once(&entries, "entry-1", &body).await;
    assert_eq!((again.status.as_u16(), again.body), (201, first.body));
    assert_eq!(stage.count("select count(*) from list_entry").await, 1);
}
