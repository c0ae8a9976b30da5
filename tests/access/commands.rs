//! `gatehouse collaborator create`, at the server.

use gatehouse::access::Role;
use gatehouse::access::commands::{CreateCollaborator, create_collaborator};

use crate::support::TestApp;

fn asked(site: &str, email: &str, role: Role) -> CreateCollaborator {
    CreateCollaborator {
        site: site.to_owned(),
        role,
        email: Some(email.parse().unwrap()),
        name: None,
        password_stdin: false,
    }
}

#[tokio::test]
async fn the_operator_gives_somebody_who_is_there_a_place_and_asks_no_password() {
    let stage = TestApp::new().await;
    let (here, there) = (stage.seed().await, stage.seed_site("hill-shop").await);
    let mut said = Vec::new();
    let args = asked("hill-shop", "Owner@example.com", Role::Analyst);
    create_collaborator(&stage.app, args, &mut said).await.unwrap();
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("was there already and is now analyst of hill-shop."), "{said}");

    let browser = stage.signed_in(here.owner).await;
    assert_eq!(browser.get("/s/hill-shop/decisions").await.status, 200);
    assert_eq!(browser.get("/s/hill-shop/api-keys/new").await.status, 403, "an analyst, not more");
    let rows: Vec<(String, String)> =
        sqlx::query_as("select actor_kind, action from audit where site_id = $1 order by seq")
            .bind(there.site.0)
            .fetch_all(&mut stage.superuser().await)
            .await
            .unwrap();
    assert_eq!(rows, [("command_line".to_owned(), "collaborator.created".to_owned())]);
}

#[tokio::test]
async fn a_site_that_is_not_there_is_told_with_the_way_to_make_one() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let args = asked("harbour-boks", "owner@example.com", Role::Owner);
    let refused = create_collaborator(&stage.app, args, &mut Vec::new()).await.unwrap_err().to_string();
    assert!(refused.contains("\"harbour-boks\"") && refused.contains("gatehouse site create"), "{refused}");
    let places = sqlx::query_scalar::<_, i64>("select count(*) from membership where site_id = $1").bind(seed.site.0);
    assert_eq!(places.fetch_one(&mut stage.superuser().await).await.unwrap(), 1);
}
