//! What a person sees of their own account, and the emergency brake.

use super::stage::{
    BAD, GOOD, OWNER, audited, house, is_in, link, mails, open, sees_the_console, signed_in, try_to_sign_in,
};
use crate::support::TestApp;

#[tokio::test]
async fn a_person_sees_their_last_sign_ins_and_nobody_elses() {
    let (app, seed) = house().await;
    try_to_sign_in(&app.browser().at("198.51.100.9"), OWNER, BAD).await;
    let owner = signed_in(&app, OWNER, GOOD).await;
    let page = owner.get("/me/activity").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Signed in") && page.body.contains("203.0.113.1"), "{}", page.body);
    assert!(page.body.contains("Wrong password") && page.body.contains("198.51.100.9"), "{}", page.body);
    let other = app.person("other@example.com").await;
    app.member(seed.site, other, gatehouse::access::Role::Analyst).await;
    let page = app.signed_in(other).await.get("/me/activity").await;
    assert!(page.body.contains("Nothing yet") && !page.body.contains("198.51.100.9"), "{}", page.body);
}

#[tokio::test]
async fn this_was_not_me_shuts_everything_and_mails_the_way_back() {
    let (app, seed) = house().await;
    let (owner, thief) = (signed_in(&app, OWNER, GOOD).await, signed_in(&app, OWNER, GOOD).await);
    assert!(owner.get("/me/activity/not-me").await.body.contains("Was this not you?"));
    assert!(sees_the_console(&owner).await, "asking changes nothing");
    assert_eq!(owner.post("/me/activity/not-me", &[]).await.status, 422, "and so does an empty answer");
    assert_eq!(owner.post("/me/activity/not-me", &[("who", "somebody")]).await.status, 404);
    assert!(sees_the_console(&owner).await);
    let me = [("who", &*seed.owner.to_string())];
    assert_eq!(owner.post("/me/activity/not-me", &me).await.location(), "/sign-in?done=account_secured");
    assert!(!sees_the_console(&owner).await && !sees_the_console(&thief).await);
    assert!(!is_in(&try_to_sign_in(&thief, OWNER, GOOD).await), "the old password is void");
    let mail = mails(&app, OWNER).await.pop().unwrap();
    let browser = app.browser();
    open(&browser, &link(&mail)).await;
    let new = "seven candles on a boat";
    let answer = browser.post("/reset-password", &[("password", new), ("again", new)]).await;
    assert_eq!(answer.location(), "/sign-in?done=password_changed");
    assert!(is_in(&try_to_sign_in(&browser, OWNER, new).await));
    assert_eq!(audited(&app, seed.site, "account.disowned").await, 1);
}

#[tokio::test]
async fn a_browser_that_is_ended_from_another_stands_in_the_account() {
    let (app, _) = house().await;
    let (owner, other) = (signed_in(&app, OWNER, GOOD).await, signed_in(&app, OWNER, GOOD).await);
    let cookie = other.cookie("__Host-gatehouse").unwrap();
    let key = hex::encode(gatehouse::kernel::secret::Token::presented(&cookie).hash());
    assert_eq!(owner.post("/me/sessions", &[("key", &key)]).await.location(), "/me/sessions?done=revoked");
    let page = owner.get("/me/activity").await;
    assert!(page.body.contains("Another browser signed out"), "{}", page.body);
}

#[tokio::test]
async fn own_pages_tell_times_in_the_zone_of_the_site_and_name_it() {
    let app = TestApp::new().await;
    let seed = app.seed().await;
    let owner = app.signed_in(seed.owner).await;
    let device = super::factors::number(&app, seed.owner).await;
    sqlx::query("update session set assurance = 'second_factor', proved_with = 'sms'")
        .execute(&mut app.superuser().await)
        .await
        .unwrap();
    let pages = [
        "/me/sessions".to_owned(),
        "/me/activity".to_owned(),
        "/me/second-factor".to_owned(),
        format!("/me/second-factor/{device}"),
    ];
    let all_say = async |words: &str, offset: &str| {
        for page in &pages {
            let shown = owner.get(page).await;
            assert!(shown.body.contains(words), "{page} {words}: {}", shown.body);
        }
        let set_up = owner.get(&pages[3]).await;
        assert!(set_up.body.contains("<time datetime=\"") && set_up.body.contains(offset), "{}", set_up.body);
    };
    all_say("Times are in Europe/London.", "UTC+00:00").await;
    let change = async |sql: &'static str| {
        sqlx::query(sql).execute(&mut app.superuser().await).await.unwrap();
    };
    change("update site set time_zone = 'America/New_York'").await;
    all_say("Times are in America/New York.", "UTC-05:00").await;
    change("delete from membership").await;
    all_say("Times are in UTC.", "UTC+00:00").await;
}
