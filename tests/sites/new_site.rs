//! A new site, made in the console.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::kernel::id::SiteId;

use crate::support::TestApp;

fn form<'a>(name: &'a str, kind: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("name", name),
        ("kind", kind),
        ("currency", "EUR"),
        ("time_zone", "Europe/Madrid"),
        ("support_email", "help@example.com"),
    ]
}

#[tokio::test]
async fn an_owner_makes_another_site_and_owns_it() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    assert_eq!(owner.get("/sites/new").await.status, 200);
    let made = owner.post("/sites/new", &form("Harbour Books", "live")).await;
    assert_eq!((made.status.as_u16(), made.location()), (303, "/s/harbour-books-2?done=created"), "{}", made.body);
    assert_eq!(
        owner.post("/sites/new", &form("Harbour Books", "test")).await.location(),
        "/s/harbour-books-3?done=created"
    );

    let page = owner.get("/s/harbour-books-2/settings").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Live.") && page.body.contains("help@example.com"), "{}", page.body);
    let mine = gatehouse::sites::service::of(&stage.app.db, seed.owner).await.unwrap();
    let handles: Vec<(&str, Role)> = mine.iter().map(|m| (m.handle.as_str(), m.role)).collect();
    assert_eq!(
        handles,
        [("harbour-books", Role::Owner), ("harbour-books-2", Role::Owner), ("harbour-books-3", Role::Owner)]
    );

    let site = mine[1].id;
    let mut db = stage.superuser().await;
    let versions: Vec<i32> = sqlx::query_scalar("select version from policy where site_id = $1")
        .bind(site.0)
        .fetch_all(&mut db)
        .await
        .unwrap();
    assert_eq!(versions, [1], "the defaults of a new site are its first version");
    let actions: Vec<String> = sqlx::query_scalar("select action from audit where site_id = $1 order by seq")
        .bind(site.0)
        .fetch_all(&mut db)
        .await
        .unwrap();
    assert_eq!(actions, ["site.created", "collaborator.created"]);
    assert!(gatehouse::audit::verify(&stage.app.db, &stage.app.keys, site).await.unwrap().is_ok());
}

#[tokio::test]
async fn others_make_none() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    for role in [Role::Support, Role::Developer, Role::Analyst] {
        let actor = stage.actor(seed.site, role).await;
        assert_eq!(actor.get("/sites/new").await.status, 403, "{role:?}");
        assert_eq!(actor.post("/sites/new", &form("Mine", "test")).await.status, 403, "{role:?}");
    }
    let homeless = stage.person("new@example.com").await;
    assert_eq!(stage.signed_in(homeless).await.get("/sites/new").await.status, 403);
    let mut db = stage.superuser().await;
    let sites: Vec<uuid::Uuid> = sqlx::query_scalar("select id from site").fetch_all(&mut db).await.unwrap();
    assert_eq!(sites.into_iter().map(SiteId).collect::<Vec<_>>(), [seed.site]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_person_makes_ten_sites_a_day_however_many_at_once() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = std::sync::Arc::new(stage.signed_in(seed.owner).await);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..15 {
        let owner = owner.clone();
        tasks.spawn(
            async move { owner.post("/sites/new", &form(&format!("Branch {n}"), "test")).await.status.as_u16() },
        );
    }
    let mut statuses = tasks.join_all().await;
    statuses.sort_unstable();
    assert_eq!((statuses.iter().filter(|s| **s == 303).count(), statuses[14]), (10, 429), "{statuses:?}");
    assert_eq!(stage.count("select count(*) from site").await, 11);
    stage.wait(TimeDelta::minutes(5));
    let refused = owner.post("/sites/new", &form("Too soon", "test")).await;
    let seconds: i64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!(refused.status, 429);
    stage.wait(TimeDelta::seconds(seconds - 60));
    let owner = stage.signed_in(seed.owner).await;
    assert_eq!(owner.post("/sites/new", &form("A minute early", "test")).await.status, 429);
    stage.wait(TimeDelta::minutes(1));
    assert_eq!(owner.post("/sites/new", &form("Tomorrow", "test")).await.status, 303);
}

#[tokio::test]
async fn a_new_site_wants_a_fresh_proof_and_keeps_the_input() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    stage.wait(TimeDelta::minutes(11));
    let answer = owner.post("/sites/new", &form("Kept Books", "test")).await;
    assert_eq!(answer.status, 403);
    assert!(
        answer.body.contains("/me/confirm?next=%2Fsites%2Fnew") && answer.body.contains("Kept Books"),
        "{}",
        answer.body
    );
    assert_eq!(stage.count("select count(*) from site").await, 1);
}

#[tokio::test]
async fn who_is_shut_out_everywhere_for_want_of_a_second_factor_makes_none() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let other = stage.seed_site("other-books").await;
    stage.member(other.site, seed.owner, Role::Admin).await;
    let owner = stage.signed_in(seed.owner).await;
    let mut db = stage.superuser().await;
    let overdue = "update membership set mfa_own = true, required_since = created_at - interval '90 days' where collaborator_id = $1 and site_id = $2";
    for (site, status) in [(seed.site, 200), (other.site, 403)] {
        sqlx::query(overdue).bind(seed.owner.0).bind(site.0).execute(&mut db).await.unwrap();
        assert_eq!(owner.get("/sites/new").await.status, status);
    }
    assert_eq!(owner.post("/sites/new", &form("Mine", "test")).await.status, 403);
    assert_eq!(stage.count("select count(*) from site").await, 2);
}

#[tokio::test]
async fn a_bad_new_site_is_explained_and_the_input_kept() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let answer = owner
        .post(
            "/sites/new",
            &[
                ("name", ""),
                ("kind", "both"),
                ("currency", "EUR"),
                ("time_zone", "Mars/Base"),
                ("support_email", "kept@example.com"),
            ],
        )
        .await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("Write a name.")
            && answer.body.contains("Choose live or test.")
            && answer.body.contains("Choose a time zone"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("kept@example.com"));
}
