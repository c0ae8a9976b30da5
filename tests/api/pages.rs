//! The console's pages of keys.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::api::key::KeyKind;
use gatehouse::kernel::id::KeyId;

use super::Server;
use crate::support::{Answer, Browser, TestApp};

const NEW: &str = "/s/harbour-books/api-keys/new";

/// The secret in the page that shows it.
fn secret(page: &str) -> Option<&str> {
    let start = page.find("gh_sk_test_")?;
    let end = page[start..].find('<')?;
    Some(&page[start..start + end]).filter(|key| key.len() > 40)
}

#[tokio::test]
async fn a_developer_makes_a_key_sees_it_once_and_uses_it() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let developer = stage.actor(seed.site, Role::Developer).await;
    assert!(developer.get("/s/harbour-books/api-keys").await.body.contains("No key yet"));
    let form = developer.get(NEW).await;
    assert_eq!(form.status, 200, "{}", form.body);

    let answer = developer
        .post(NEW, &[("name", "Shop server"), ("expires", "90"), ("decisions_write", "on"), ("lists_read", "on")])
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let key = secret(&answer.body).unwrap().to_owned();

    let server =
        Server { browser: stage.browser(), key: key.clone(), id: gatehouse::kernel::id::KeyId(uuid::Uuid::nil()) };
    assert_eq!(server.get("/v1/lists").await.status, 200);
    assert_eq!(server.get("/v1/decisions").await.status, 403, "a scope that was not ticked");

    let list = developer.get("/s/harbour-books/api-keys").await;
    assert!(
        list.body.contains("Shop server") && list.body.contains("decisions:write") && list.body.contains(&key[..15])
    );
    assert!(!list.body.contains(&key), "it is never shown again");
    let audit: (String, String) =
        sqlx::query_as("select action, new::text from audit where action = 'api_key.created'")
            .fetch_one(&mut stage.superuser().await)
            .await
            .unwrap();
    assert!(audit.1.contains(&key[..15]) && !audit.1.contains(&key));
}

#[tokio::test]
async fn a_form_with_mistakes_comes_back_with_its_input() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let answer = owner.post(NEW, &[("name", "<b>Back office</b>"), ("expires", "7")]).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("&lt;b>Back office&lt;/b>") || answer.body.contains("&lt;b&gt;Back office"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("Tick at least one thing") && answer.body.contains("Choose one of the times"));
    assert_eq!(
        owner.post(NEW, &[("name", "4111 1111 1111 1111"), ("expires", "never"), ("lists_read", "on")]).await.status,
        422
    );
    assert_eq!(
        owner.post(NEW, &[("name", "x"), ("expires", "never"), ("lists_read", "on"), ("role", "owner")]).await.status,
        422,
        "an unknown field"
    );
    assert_eq!(stage.count("select count(*) from api_key").await, 0);
}

#[tokio::test]
async fn nobody_gives_a_key_more_than_they_may_do_themselves() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let developer = stage.actor(seed.site, Role::Developer).await;
    let answer = developer.post(NEW, &[("name", "Too much"), ("expires", "never"), ("lists_write", "on")]).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(answer.body.contains("may not give"));
    for role in [Role::Support, Role::Analyst] {
        let actor = stage.actor(seed.site, role).await;
        assert_eq!(
            actor.post(NEW, &[("name", "x"), ("expires", "never"), ("lists_read", "on")]).await.status,
            403,
            "{role:?}"
        );
    }
}

#[tokio::test]
async fn making_and_revoking_ask_again_who_it_is() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let server = Server::of(&stage, &seed).await;
    stage.wait(TimeDelta::minutes(11));
    let revoke = format!("/s/harbour-books/api-keys/{}/revoke", server.id);
    for answer in
        [owner.get(NEW).await, owner.post(NEW, &[("name", "x"), ("expires", "never"), ("lists_read", "on")]).await]
    {
        assert_eq!(
            (answer.status.as_u16(), answer.location()),
            (303, "/me/confirm?next=%2Fs%2Fharbour-books%2Fapi-keys%2Fnew")
        );
    }
    for answer in [owner.get(&revoke).await, owner.post(&revoke, &[]).await] {
        assert_eq!(answer.status, 303);
        assert!(answer.location().starts_with("/me/confirm?next="));
    }
    assert_eq!(server.get("/v1/lists").await.status, 200, "nothing was done");
}

#[tokio::test]
async fn a_key_of_another_site_cannot_be_revoked() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let other = stage.seed_site("other-shop").await;
    let server = Server::of(&stage, &other).await;
    let owner = stage.signed_in(seed.owner).await;
    assert_eq!(owner.get(&format!("/s/harbour-books/api-keys/{}/revoke", server.id)).await.status, 404);
    assert_eq!(owner.post(&format!("/s/harbour-books/api-keys/{}/revoke", server.id), &[]).await.status, 404);
    assert_eq!(owner.post(&format!("/s/other-shop/api-keys/{}/revoke", server.id), &[]).await.status, 404);
    assert_eq!(server.get("/v1/lists").await.status, 200);
}

/// Another rate of a key, from the one that stands.
async fn set_rate(browser: &Browser, key: KeyId, new: (&str, &str), seen: (&str, &str)) -> Answer {
    let form = [("per_second", new.0), ("burst", new.1), ("seen_per_second", seen.0), ("seen_burst", seen.1)];
    browser.post(&format!("/s/harbour-books/api-keys/{key}/rate"), &form).await
}

#[tokio::test]
async fn a_keys_rate_is_seen_and_changed_and_counts_from_the_next_request_on() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let developer = stage.actor(seed.site, Role::Developer).await;
    let rates = async || developer.get("/s/harbour-books/api-keys").await.words("<table", "tbody");
    assert!(rates().await.contains("500 a second 2,000 at once"), "{}", rates().await);
    let page = developer.get(&format!("/s/harbour-books/api-keys/{}/rate", server.id)).await;
    assert!(page.body.contains(r#"value="500""#) && page.body.contains(r#"value="2000""#), "{}", page.body);

    let saved = set_rate(&developer, server.id, ("1", "2"), ("500", "2000")).await;
    assert_eq!(saved.location(), "/s/harbour-books/api-keys?done=saved", "{}", saved.body);
    assert!(rates().await.contains("1 a second 2 at once"), "{}", rates().await);
    assert_eq!(server.get("/v1/lists").await.status, 200);
    assert_eq!(server.get("/v1/lists").await.status, 200);
    let refused = server.get("/v1/lists").await;
    assert_eq!((refused.status.as_u16(), refused.headers["retry-after"].to_str().unwrap()), (429, "1"));
    assert!(refused.json()["detail"].as_str().unwrap().contains("1 requests a second, 2 at once"), "{}", refused.body);
    let (old, new): (serde_json::Value, serde_json::Value) =
        sqlx::query_as("select old, new from audit where action = 'api_key.rate_changed'")
            .fetch_one(&mut stage.superuser().await)
            .await
            .unwrap();
    assert_eq!((&old["rate"]["per_second"], &new["rate"]["burst"]), (&500.into(), &2.into()));

    let stale = set_rate(&developer, server.id, ("9", "9"), ("500", "2000")).await;
    assert_eq!(stale.status, 409);
    assert!(stale.body.contains("Somebody saved while you were editing"), "{}", stale.body);
    for (new, field) in [(("0", "2"), "per_second"), (("100001", "2"), "per_second"), (("1", "1e9"), "burst")] {
        let wrong = set_rate(&developer, server.id, new, ("1", "2")).await;
        assert_eq!(wrong.status, 422, "{new:?}");
        assert!(wrong.body.contains(&format!("id=\"f-{field}-e\"")), "{new:?}: {}", wrong.body);
    }
    stage.wait(TimeDelta::minutes(11));
    let unproved = set_rate(&developer, server.id, ("600", "2"), ("1", "2")).await;
    assert_eq!(unproved.status, 403);
    assert!(unproved.body.contains("Confirm that it is you") && unproved.body.contains(r#"value="600""#));
    let analyst = stage.actor(seed.site, Role::Analyst).await;
    assert!(!analyst.get("/s/harbour-books/api-keys").await.body.contains("/rate"));
    assert_eq!(stage.count("select count(*) from api_key where rate = 1 and burst = 2").await, 1);
}

#[tokio::test]
async fn a_new_key_is_as_fast_as_the_form_says() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let make = async |name: &str, per_second: &str, burst: &str| {
        let fields =
            [("name", name), ("expires", "never"), ("lists_read", "on"), ("per_second", per_second), ("burst", burst)];
        owner.post(NEW, &fields).await.status
    };
    assert_eq!(make("Slow", "5", "7").await, 201);
    assert_eq!(make("Usual", "", " ").await, 201);
    assert_eq!(make("Wrong", "-5", "7").await, 422);
    let rates: Vec<(String, i32, i32)> = sqlx::query_as("select name, rate, burst from api_key order by name")
        .fetch_all(&mut stage.superuser().await)
        .await
        .unwrap();
    assert_eq!(rates, [("Slow".to_owned(), 5, 7), ("Usual".to_owned(), 500, 2_000)]);
    let id: uuid::Uuid = sqlx::query_scalar("select id from api_key where name = 'Slow'")
        .fetch_one(&mut stage.superuser().await)
        .await
        .unwrap();
    let like = owner.get(&format!("{NEW}?like={}", KeyId(id))).await;
    assert!(like.body.contains(r#"value="5""#) && like.body.contains(r#"value="7""#), "rotated, it stays as slow");
}

#[tokio::test]
async fn a_publishable_key_asks_ten_times_a_second_from_each_address() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let mut wanted = super::wanted(&[]);
    wanted.kind = KeyKind::Publishable;
    let key = super::made(&stage, seed.site, &wanted).await.text.reveal().to_owned();
    let ask = async |from: &str| {
        stage.browser().at(from).call(http::Method::GET, "/v1/lists", &key, None).await.status.as_u16()
    };
    for _ in 0..10 {
        assert_eq!(ask("203.0.113.1").await, 403, "it may do nothing yet");
    }
    assert_eq!(ask("203.0.113.1").await, 429);
    assert_eq!(ask("198.51.100.7").await, 403, "another address is another's matter");
    let owner = stage.signed_in(seed.owner).await;
    let table = owner.get("/s/harbour-books/api-keys").await.words("<table", "tbody");
    assert!(table.contains("10 a second 10 at once, each address"), "{table}");
}

#[tokio::test]
async fn no_key_is_hidden_by_many_others() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    for n in 0..60 {
        let mut wanted = super::wanted(&[gatehouse::api::Scope::ListsRead]);
        wanted.name = format!("Key number {n}");
        super::made(&stage, seed.site, &wanted).await;
        stage.wait(TimeDelta::seconds(1));
    }
    let owner = stage.signed_in(seed.owner).await;
    let first = owner.get("/s/harbour-books/api-keys").await;
    assert!(first.body.contains("Key number 59") && !first.body.contains("Key number 9<"), "{}", first.body);
    let next = regex::Regex::new(r#"/s/harbour-books/api-keys\?after=key_[0-9a-z]+"#).unwrap();
    let next = next.find(&first.body).unwrap_or_else(|| panic!("no way on in {}", first.body)).as_str();
    let second = owner.get(next).await;
    assert!(second.body.contains("Key number 9<") && second.body.contains("Key number 0<"), "{}", second.body);
    assert!(!second.body.contains("?after="), "nothing further");
}
