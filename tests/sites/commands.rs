//! `gatehouse site create`, at the server.

use gatehouse::sites::commands::{CreateSite, create_site};

use crate::support::TestApp;

#[tokio::test]
async fn the_operator_makes_a_site_as_they_said_and_the_audit_log_knows_it_was_them() {
    let stage = TestApp::new().await;
    let make = async |name: &str, test: bool| {
        let args = CreateSite {
            name: name.parse().unwrap(),
            test,
            currency: "JPY".parse().unwrap(),
            time_zone: "Asia/Tokyo".parse().unwrap(),
            support_email: Some("help@example.com".parse().unwrap()),
        };
        let mut said = Vec::new();
        create_site(&stage.app, args, &mut said).await.unwrap();
        String::from_utf8(said).unwrap()
    };
    let said = make("Tea & Sons", false).await;
    assert!(said.starts_with("Created the live site Tea & Sons (site_"), "{said}");
    assert!(said.contains("gatehouse collaborator create --site tea-sons --role owner"), "what to do next: {said}");
    assert!(make("Tea & Sons", true).await.contains("Created the test site Tea & Sons"));

    for (handle, live) in [("tea-sons", true), ("tea-sons-2", false)] {
        let site = gatehouse::sites::by_handle(&stage.app.db, handle).await.unwrap().unwrap();
        assert_eq!((site.name.as_str(), site.live), ("Tea & Sons", live));
        assert_eq!((site.currency.code(), site.time_zone.name()), ("JPY", "Asia/Tokyo"));
        assert_eq!(site.support_email.as_deref(), Some("help@example.com"));
        let rows: Vec<(String, String)> =
            sqlx::query_as("select actor_kind, action from audit where site_id = $1 order by seq")
                .bind(site.id.0)
                .fetch_all(&mut stage.superuser().await)
                .await
                .unwrap();
        assert_eq!(rows, [("command_line".to_owned(), "site.created".to_owned())], "{handle}");
    }
}
