//! The console's pages of keys.

use chrono::TimeDelta;
use gatehouse::access::Role;

use super::Server;
use crate::support::TestApp;

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
