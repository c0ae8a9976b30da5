//! What somebody does who has got hold of the password, and how the person gets rid of them.

use chrono::TimeDelta;
use gatehouse::access::service::collaborators::reset_mfa::by_operator;
use gatehouse::kernel::id::CollaboratorId;
use http::StatusCode;

use super::stage::*;
use crate::support::{Answer, Browser, TestApp};

const EVIL: &str = "evil@example.net";

async fn ask_for(browser: &Browser, email: &str) -> Answer {
    browser.post("/me/email", &[("email", email), ("password", GOOD)]).await
}

/// Presses the button behind the newest link to an address; whether it was taken.
async fn press(app: &TestApp, to: &str, path: &str) -> bool {
    let browser = app.browser();
    open(&browser, &link(mails(app, to).await.last().unwrap())).await;
    browser.post(path, &[]).await.status == StatusCode::SEE_OTHER
}

/// A second factor is required of the person, with a week to set one up.
async fn require_a_factor(app: &TestApp, who: CollaboratorId) {
    let mut db = app.superuser().await;
    sqlx::query("update membership set mfa_own = true, required_since = created_at where collaborator_id = $1")
        .bind(who.0)
        .execute(&mut db)
        .await
        .unwrap();
}

async fn address_of(app: &TestApp, who: CollaboratorId) -> String {
    let mut db = app.superuser().await;
    sqlx::query_scalar("select email from collaborator where id = $1").bind(who.0).fetch_one(&mut db).await.unwrap()
}

#[tokio::test]
async fn past_the_deadline_the_password_alone_leads_the_mailed_code_nowhere_else() {
    let (app, seed) = house().await;
    require_a_factor(&app, seed.owner).await;
    app.wait(TimeDelta::days(8));
    let thief = signed_in(&app, OWNER, GOOD).await;
    let answer = ask_for(&thief, EVIL).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("Set up your second factor first"), "{}", answer.body);
    assert_eq!(mails(&app, EVIL).await.len(), 0);
    assert_eq!(address_of(&app, seed.owner).await, OWNER);
}

#[tokio::test]
async fn a_link_asked_for_in_good_time_confirms_nothing_past_the_deadline() {
    let (app, seed) = house().await;
    require_a_factor(&app, seed.owner).await;
    app.wait(TimeDelta::days(7) + TimeDelta::hours(12));
    let thief = signed_in(&app, OWNER, GOOD).await;
    assert_eq!(ask_for(&thief, EVIL).await.location(), "/me/profile?done=sent");
    app.wait(TimeDelta::hours(12));
    let browser = app.browser();
    let page = open(&browser, &link(mails(&app, EVIL).await.last().unwrap())).await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(page.body.contains("a second factor has to be set up first"), "{}", page.body);
    assert_eq!(browser.post("/confirm-email", &[]).await.status, StatusCode::GONE);
    assert_eq!(address_of(&app, seed.owner).await, OWNER);
}

#[tokio::test]
async fn a_reset_of_the_devices_ends_what_was_asked_for_before() {
    let (app, seed) = house().await;
    let thief = signed_in(&app, OWNER, GOOD).await;
    ask_for(&thief, EVIL).await;
    by_operator(&app.app, &OWNER.parse().unwrap(), "Lost phone, seen in person").await.unwrap();
    assert!(!press(&app, EVIL, "/confirm-email").await);
    let again = signed_in(&app, OWNER, GOOD).await;
    assert_eq!(ask_for(&again, EVIL).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(address_of(&app, seed.owner).await, OWNER);
}
