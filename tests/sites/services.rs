//! Payment services of a site.

use gatehouse::access::Role;

use crate::lists::new_list;
use crate::support::TestApp;

const LIST: &str = "/s/harbour-books/services";

#[tokio::test]
async fn a_developer_makes_renames_and_archives_a_service() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let developer = stage.actor(seed.site, Role::Developer).await;
    let made = developer.post(&format!("{LIST}/new"), &[("name", "Subscriptions"), ("currency", "EUR")]).await;
    assert_eq!(
        (made.status.as_u16(), made.location()),
        (303, "/s/harbour-books/services?done=created"),
        "{}",
        made.body
    );
    let list = developer.get(LIST).await;
    assert!(list.body.contains("Subscriptions") && list.body.contains("Checkout"), "{}", list.body);

    let one = format!("{LIST}/{}", seed.service);
    assert_eq!(
        developer.post(&one, &[("base_version", "1"), ("name", "Web shop"), ("currency", "EUR")]).await.status,
        303
    );
    let page = developer.get(&one).await;
    assert!(page.body.contains("Web shop") && page.body.contains("value=\"EUR\" selected"), "{}", page.body);

    let question = developer.get(&format!("{one}/archive")).await;
    assert!(question.body.contains("Archive Web shop?") && question.body.contains("None came in the last 24 hours."));
    for typed in [&[][..], &[("typed", "Checkout")]] {
        assert_eq!(developer.post(&format!("{one}/archive"), typed).await.status, 422, "not without its name");
    }
    let archived = developer.post(&format!("{one}/archive"), &[("typed", "Web shop")]).await;
    assert_eq!((archived.status.as_u16(), archived.location()), (303, format!("{one}?done=archived").as_str()));
    assert!(developer.get(&one).await.body.contains("Open again"));
    assert_eq!(developer.post(&format!("{one}/open"), &[]).await.status, 303);
    assert!(!developer.get(&one).await.body.contains("Open again"));

    let mut db = stage.superuser().await;
    let actions: Vec<String> =
        sqlx::query_scalar("select action from audit order by seq").fetch_all(&mut db).await.unwrap();
    assert_eq!(actions, ["service.created", "service.changed", "service.archived", "service.reopened"]);
}

#[tokio::test]
async fn changing_services_asks_for_a_fresh_proof_and_keeps_the_input() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let one = format!("{LIST}/{}", seed.service);
    stage.wait(chrono::TimeDelta::minutes(11));

    let new = owner.post(&format!("{LIST}/new"), &[("name", "Tickets"), ("currency", "EUR")]).await;
    assert_eq!(new.status, 403, "{}", new.body);
    assert!(
        new.body.contains("/me/confirm?next=%2Fs%2Fharbour-books%2Fservices%2Fnew") && new.body.contains("Tickets")
    );
    let confirm = format!("/me/confirm?next={}", one.replace('/', "%2F"));
    let changed = owner.post(&one, &[("base_version", "1"), ("name", "Web shop"), ("currency", "GBP")]).await;
    assert_eq!(changed.status, 403, "{}", changed.body);
    assert!(changed.body.contains(&confirm) && changed.body.contains("Web shop"));
    let archived = owner.post(&format!("{one}/archive"), &[]).await;
    let asked = format!("{confirm}%2Farchive");
    assert_eq!((archived.status.as_u16(), archived.location()), (303, asked.as_str()));

    let mut db = stage.superuser().await;
    let untouched: (i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where name = 'Checkout' and archived_at is null) from service",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(untouched, (1, 1));
}

#[tokio::test]
async fn two_services_cannot_share_a_name() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let answer = owner.post(&format!("{LIST}/new"), &[("name", "Checkout"), ("currency", "USD")]).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("Another service of this site has this name")
            && answer.body.contains("value=\"USD\" selected"),
        "{}",
        answer.body
    );
    let nameless = owner.post(&format!("{LIST}/new"), &[("name", ""), ("currency", "XXX")]).await;
    assert_eq!(nameless.status, 422);
    assert!(nameless.body.contains("Write a name.") && nameless.body.contains("2 things"), "{}", nameless.body);
}

#[tokio::test]
async fn the_currency_stands_once_there_are_attempts() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let mut db = stage.superuser().await;
    sqlx::query(
        "insert into attempt (site_id, id, at, kind, service_id, source) values ($1, $2, $3, 'payment', $4, 'api')",
    )
    .bind(seed.site.0)
    .bind(gatehouse::kernel::id::new_uuid(stage.clock.now()))
    .bind(stage.clock.now())
    .bind(seed.service.0)
    .execute(&mut db)
    .await
    .unwrap();
    let one = format!("{LIST}/{}", seed.service);
    let page = owner.get(&one).await;
    assert!(page.body.contains("Fixed, since the service has attempts"), "{}", page.body);
    let changed = owner.post(&one, &[("base_version", "1"), ("name", "Checkout"), ("currency", "EUR")]).await;
    assert_eq!(changed.status, 422);
    assert!(changed.body.contains("This service has attempts in its currency"), "{}", changed.body);
    assert_eq!(owner.post(&one, &[("base_version", "1"), ("name", "Till")]).await.status, 303, "the name may change");
}

#[tokio::test]
async fn a_stale_service_form_is_not_saved() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let one = format!("{LIST}/{}", seed.service);
    assert_eq!(owner.post(&one, &[("base_version", "1"), ("name", "First"), ("currency", "GBP")]).await.status, 303);
    let second = owner.post(&one, &[("base_version", "1"), ("name", "Second"), ("currency", "GBP")]).await;
    assert_eq!(second.status, 409);
    assert!(second.body.contains("First") && second.body.contains("Second"), "{}", second.body);
}

#[tokio::test]
async fn services_of_another_site_are_not_there() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let other = stage.seed_site("night-market").await;
    let owner = stage.signed_in(seed.owner).await;
    assert_eq!(owner.get(&format!("{LIST}/{}", other.service)).await.status, 404);
    assert_eq!(owner.post(&format!("{LIST}/{}/archive", other.service), &[]).await.status, 404);
    assert_eq!(owner.get("/s/night-market/services").await.status, 404);
    assert_eq!(owner.get(&format!("{LIST}/nonsense")).await.status, 404);
}

#[tokio::test]
async fn readers_read_and_support_does_not() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let analyst = stage.actor(seed.site, Role::Analyst).await;
    assert!(!analyst.get(LIST).await.body.contains("New service"));
    assert_eq!(analyst.get(&format!("{LIST}/{}", seed.service)).await.status, 200);
    assert_eq!(analyst.get(&format!("{LIST}/new")).await.status, 403);
    assert_eq!(stage.actor(seed.site, Role::Support).await.get(LIST).await.status, 403);
}

#[tokio::test]
async fn a_service_names_the_lists_that_look_at_it() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let page = format!("{LIST}/{}", seed.service);
    assert!(owner.get(&page).await.body.contains("No list is linked to it"));
    let everywhere = new_list(&owner, &seed.handle, "block", "Known fraud").await;
    let elsewhere = new_list(&owner, &seed.handle, "challenge", "Gift card runs").await;
    sqlx::query("update list set all_services = false where name = 'Gift card runs'")
        .execute(&mut stage.superuser().await)
        .await
        .unwrap();
    let body = owner.get(&page).await.body;
    assert!(body.contains(&format!("/s/{}/lists/{everywhere}", seed.handle)), "{body}");
    assert!(body.contains("Known fraud") && !body.contains(&elsewhere), "{body}");
}
