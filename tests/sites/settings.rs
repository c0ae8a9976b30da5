//! What a site is called and how it shows times and money.

use gatehouse::access::Role;

use crate::support::{Browser, TestApp};

const PATH: &str = "/s/harbour-books/settings";

fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("base_version", "1"),
        ("name", "Harbour Books"),
        ("company_name", ""),
        ("support_email", ""),
        ("currency", "GBP"),
        ("time_zone", "Europe/London"),
        ("idle_minutes", "30"),
    ];
    for (name, value) in changes {
        fields.iter_mut().find(|(n, _)| n == name).unwrap().1 = value;
    }
    fields
}

async fn stage() -> (TestApp, Browser) {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    (stage, owner)
}

#[tokio::test]
async fn an_owner_changes_the_settings_and_the_log_says_so() {
    let (stage, owner) = stage().await;
    let answer = owner
        .post(PATH, &form(&[("name", "Harbour & Sons"), ("company_name", "Harbour Ltd"), ("idle_minutes", "15")]))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.location()),
        (303, "/s/harbour-books/settings?done=saved"),
        "{}",
        answer.body
    );
    let page = owner.get(PATH).await;
    assert!(page.body.contains("Harbour &amp; Sons") && page.body.contains("Harbour Ltd"), "{}", page.body);
    let mut db = stage.superuser().await;
    let (old, new): (serde_json::Value, serde_json::Value) =
        sqlx::query_as("select old, new from audit where action = 'site.settings_changed'")
            .fetch_one(&mut db)
            .await
            .unwrap();
    assert_eq!(old, serde_json::json!({ "name": "harbour books", "company_name": null, "idle_minutes": 30 }));
    assert_eq!(new, serde_json::json!({ "name": "Harbour & Sons", "company_name": "Harbour Ltd", "idle_minutes": 15 }));
}

#[tokio::test]
async fn what_is_wrong_is_told_beside_its_field_and_nothing_is_saved() {
    let (stage, owner) = stage().await;
    let long = "x".repeat(61);
    for (field, bad, words) in [
        ("name", " ", "Write a name."),
        ("name", long.as_str(), "Write at most 60 characters."),
        ("support_email", "nobody", "Write an address such as name@example.com."),
        ("currency", "GPB", "Use the three letters"),
        ("time_zone", "Europe/Atlantis", "Choose a time zone"),
        ("idle_minutes", "14", "Write whole minutes from 15 to 480."),
        ("idle_minutes", "abc", "Write whole minutes from 15 to 480."),
    ] {
        let answer = owner.post(PATH, &form(&[(field, bad), ("company_name", "Kept Company")])).await;
        assert_eq!(answer.status, 422, "{field} {bad}");
        assert!(answer.body.contains(words), "{field} {bad}: {}", answer.body);
        assert!(answer.body.contains("Kept Company"), "the rest of the input is kept");
    }
    let site = gatehouse::sites::by_handle(&stage.app.db, "harbour-books").await.unwrap().unwrap();
    assert_eq!((site.name.as_str(), site.company_name, site.settings_version), ("harbour books", None, 1));
}

#[tokio::test]
async fn the_second_of_two_sees_the_others_change_and_keeps_the_input() {
    let (_stage, owner) = stage().await;
    assert_eq!(owner.post(PATH, &form(&[("company_name", "First Ltd")])).await.status, 303);
    let second = owner.post(PATH, &form(&[("company_name", "Second Ltd")])).await;
    assert_eq!(second.status, 409);
    assert!(second.body.contains("Somebody saved while you were editing"), "{}", second.body);
    assert!(second.body.contains("First Ltd") && second.body.contains("Second Ltd"));
    assert!(second.body.contains("name=\"base_version\" value=\"2\""), "the next save starts from the other's version");
}

#[tokio::test]
async fn what_others_rely_on_asks_who_you_are() {
    let (stage, owner) = stage().await;
    assert_eq!(owner.post(PATH, &form(&[("support_email", "help@harbour.example")])).await.status, 303);
    stage.wait(chrono::TimeDelta::minutes(11));
    for (field, value, words) in [
        ("idle_minutes", "60", "a longer idle limit"),
        ("support_email", "me@evil.example", "another support address"),
        ("support_email", "", "another support address"),
        ("time_zone", "Pacific/Auckland", "another time zone"),
    ] {
        let mut fields =
            vec![("base_version", "2"), ("support_email", "help@harbour.example"), ("company_name", "Kept")];
        fields.push((field, value));
        let answer = owner.post(PATH, &form(&fields)).await;
        assert_eq!(answer.status, 403, "{field}");
        assert!(answer.body.contains("/me/confirm?next=%2Fs%2Fharbour-books%2Fsettings"), "{}", answer.body);
        assert!(answer.body.contains("Kept") && answer.body.contains(words), "{words}: {}", answer.body);
    }
    let site = gatehouse::sites::by_handle(&stage.app.db, "harbour-books").await.unwrap().unwrap();
    assert_eq!((site.support_email.as_deref(), site.settings_version), (Some("help@harbour.example"), 2));
    let kept = [("base_version", "2"), ("support_email", "help@harbour.example")];
    let shorter = owner.post(PATH, &form(&[kept[0], kept[1], ("idle_minutes", "20"), ("name", "Shop")])).await;
    assert_eq!(shorter.status, 303, "a shorter limit and another name do not");
}

#[tokio::test]
async fn others_read_or_do_not_even_that() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    for (role, read, write) in
        [(Role::Admin, 200, 303), (Role::Developer, 200, 403), (Role::Analyst, 200, 403), (Role::Support, 403, 403)]
    {
        let actor = stage.actor(seed.site, role).await;
        let page = actor.get(PATH).await;
        assert_eq!(page.status.as_u16(), read, "{role:?} reads");
        if write == 403 {
            assert!(!page.body.contains("Save settings"), "{role:?} sees no button");
        }
        assert_eq!(actor.post(PATH, &form(&[])).await.status.as_u16(), write, "{role:?} writes");
    }
}

#[tokio::test]
async fn a_name_cannot_become_markup() {
    let (_stage, owner) = stage().await;
    let name = "\"><script>alert(1)</script>";
    assert_eq!(owner.post(PATH, &form(&[("name", name), ("company_name", name)])).await.status, 303);
    for path in [PATH, "/s/harbour-books/services", "/s/harbour-books/panic", "/sites/new"] {
        let page = owner.get(path).await;
        assert!(!page.body.contains("<script>alert"), "{path}: {}", page.body);
    }
}
