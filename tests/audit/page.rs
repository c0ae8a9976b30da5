//! The log as people read it.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::audit::{Actor, Entry, Target, Values, record};
use gatehouse::kernel::ip::ClientAddress;
use serde_json::json;

use crate::support::{Seed, TestApp};

async fn write(stage: &TestApp, seed: &Seed, action: &'static str, who: &str, target: &str, new: serde_json::Value) {
    let mut tx = stage.app.db.site(seed.site).await.unwrap();
    let actor = Actor::Collaborator {
        id: seed.owner,
        name: who.into(),
        email: format!("{who}@example.com"),
        address: ClientAddress::parse("203.0.113.7"),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".into(),
    };
    let (target, new) = (Target::plain(target), Some(Values::plain_document(new)));
    record(&mut tx, &stage.app, seed.site, Entry { actor, action, target, old: None, new }).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_log_is_read_filtered_and_paged() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let empty = owner.get("/s/harbour-books/audit").await;
    assert!(empty.body.contains("Nothing recorded yet"), "{}", empty.body);

    write(&stage, &seed, "policy.saved", "ann", "version 2", json!({"velocity": {"card": {"payments": 2}}})).await;
    stage.wait(TimeDelta::days(1));
    write(
        &stage,
        &seed,
        "list.created",
        "bob",
        "Hosting ranges",
        json!({"name": "<script>alert(1)</script>\u{1b}[2J"}),
    )
    .await;
    let owner = stage.signed_in(seed.owner).await;
    let all = owner.get("/s/harbour-books/audit").await;
    assert_eq!(all.status, 200);
    for part in [
        "Policy saved",
        "velocity › card › payments",
        "List created",
        "Hosting ranges",
        "203.0.113.7",
        "Firefox, Linux",
        "ann@example.com",
    ] {
        assert!(all.body.contains(part), "{part} is missing");
    }
    assert!(!all.body.contains("<script>alert") && !all.body.contains('\u{1b}'));

    let cases: [(&str, &[&str], &[&str]); 7] = [
        ("action=policy.saved", &["version 2"], &["Hosting ranges"]),
        ("actor=BOB", &["Hosting ranges"], &["version 2"]),
        ("actor=203.0.113.7", &["Hosting ranges", "version 2"], &[]),
        ("q=hosting", &["Hosting ranges"], &["version 2"]),
        ("until=2026-03-02", &["version 2"], &["Hosting ranges"]),
        ("from=2026-03-03&until=2026-03-03", &["Hosting ranges"], &["version 2"]),
        ("q=%25", &["No row fits"], &["version 2", "Hosting ranges"]),
    ];
    for (query, there, gone) in cases {
        let page = owner.get(&format!("/s/harbour-books/audit?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert!(there.iter().all(|part| page.body.contains(part)), "{query}");
        assert!(gone.iter().all(|part| !page.body.contains(part)), "{query}");
    }
    assert_eq!(owner.get("/s/harbour-books/audit?from=yesterday").await.status, 422);

    for n in 0..60 {
        write(&stage, &seed, "list.created", "bob", &format!("number {n}."), json!(n)).await;
    }
    let first = owner.get("/s/harbour-books/audit?action=list.created").await;
    assert!(
        first.body.contains("number 59.") && first.body.contains("number 10.") && !first.body.contains("number 9.")
    );
    let next = first
        .body
        .split("href=\"")
        .map(|rest| rest.split('"').next().unwrap())
        .find(|href| href.contains("after="))
        .expect("a next page")
        .replace("&amp;", "&");
    let second = owner.get(&next).await;
    assert!(
        second.body.contains("number 9.")
            && second.body.contains("Hosting ranges")
            && !second.body.contains("number 10.")
    );
    assert!(!second.body.contains("version 2"), "the filter stays");
}

#[tokio::test]
async fn people_are_found_by_name_or_address_though_rows_hold_their_ids() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let (mara, gone) = (stage.person("mara@example.com").await, stage.person("gone@example.com").await);
    stage.member(seed.site, mara, Role::Support).await;
    for (who, role) in [(mara, "analyst"), (gone, "developer"), (seed.owner, "owner")] {
        write(&stage, &seed, "collaborator.role_changed", "bob", &who.to_string(), json!({ "role": role })).await;
    }
    let (mut tx, old) = (
        stage.app.db.site(seed.site).await.unwrap(),
        Values::new().personal("name", "Gone Girl").personal("email", "gone@example.com"),
    );
    let entry = Entry {
        actor: Actor::System,
        action: "collaborator.removed",
        target: Target::plain(gone.to_string()),
        old: Some(old),
        new: None,
    };
    record(&mut tx, &stage.app, seed.site, entry).await.unwrap();
    tx.commit().await.unwrap();
    let owner = stage.signed_in(seed.owner).await;
    for (query, found) in [("MARA", [true, false]), ("gone+girl", [false, true]), ("mara%25", [false, false])] {
        let page = owner.get(&format!("/s/harbour-books/audit?q={query}&action=collaborator.role_changed")).await;
        assert_eq!(["analyst", "developer"].map(|role| page.body.contains(role)), found, "{query}");
    }
}

#[tokio::test]
async fn only_some_roles_read_it_and_only_their_own_sites() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let other = stage.seed_site("other-shop").await;
    write(&stage, &seed, "policy.saved", "ann", "the secret plan", json!(1)).await;
    for (role, status) in
        [(Role::Owner, 200), (Role::Admin, 200), (Role::Analyst, 200), (Role::Support, 403), (Role::Developer, 403)]
    {
        assert_eq!(stage.actor(seed.site, role).await.get("/s/harbour-books/audit").await.status, status, "{role:?}");
    }
    let stranger = stage.signed_in(other.owner).await;
    assert_eq!(stranger.get("/s/harbour-books/audit").await.status, 404);
    assert!(!stranger.get("/s/other-shop/audit").await.body.contains("the secret plan"));
}
