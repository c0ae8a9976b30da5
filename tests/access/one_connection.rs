//! Nobody who holds a connection of the database waits for a second one: as many requests as there are connections, each
//! waiting for another, would stop the program. Here there is only one.

use gatehouse::access::Role;
use gatehouse::access::service::collaborator::{disable, enable};
use http::StatusCode;

use super::passkey::{options, plant, present};
use super::stage::*;
use crate::support::{Seed, TestApp};

async fn narrow_house() -> (TestApp, Seed) {
    let app = TestApp::with(|parts| parts.config.db_connections = 1).await;
    let seed = app.seed().await;
    give_password(&app, seed.owner, GOOD).await;
    (app, seed)
}

#[tokio::test]
async fn a_passkey_signs_in_takes_the_second_step_and_confirms() {
    let (app, seed) = narrow_house().await;
    let mut device = plant(&app, seed.owner).await;
    let browser = app.browser();
    let asked = options(&browser, "/sign-in/passkey").await;
    assert!(is_in(&present(&browser, "/sign-in/passkey", &device.get(&asked)).await));
    let asked = options(&browser, "/me/confirm/passkey").await;
    assert!(is_in(&present(&browser, "/me/confirm/passkey", &device.get(&asked)).await));
    let half = app.browser();
    assert_eq!(try_to_sign_in(&half, OWNER, GOOD).await.location(), "/sign-in/second-step");
    let asked = options(&half, "/sign-in/second-step/passkey").await;
    assert!(is_in(&present(&half, "/sign-in/second-step/passkey", &device.get(&asked)).await));
}

#[tokio::test]
async fn an_owner_looks_at_somebody_unlocks_them_and_resets_their_devices() {
    let (app, seed) = narrow_house().await;
    let mara = colleague(&app, &seed, "mara@example.com").await;
    fail(&app.browser().at("198.51.100.9"), "mara@example.com", 10).await;
    let owner = app.signed_in(seed.owner).await;
    let path = format!("/s/harbour-books/collaborators/{mara}");
    assert_eq!(owner.get(&path).await.status, StatusCode::OK);
    assert!(owner.post(&format!("{path}/unlock"), &[]).await.location().ends_with("?done=saved"));
    let reset = owner.post(&format!("{path}/reset-mfa"), &[("reason", "Lost phone")]).await;
    assert_eq!(reset.status, StatusCode::SEE_OTHER, "{}", reset.body);
}

#[tokio::test]
async fn an_address_is_changed_and_taken_back() {
    let (app, _) = narrow_house().await;
    let owner = signed_in(&app, OWNER, GOOD).await;
    owner.post("/me/email", &[("email", "mara@new.example"), ("password", GOOD)]).await;
    for (to, path) in [("mara@new.example", "/confirm-email"), (OWNER, "/revert-email")] {
        let browser = app.browser();
        open(&browser, &link(mails(&app, to).await.last().unwrap())).await;
        assert_eq!(browser.post(path, &[]).await.status, StatusCode::SEE_OTHER, "{path}");
    }
}

#[tokio::test]
async fn the_operator_switches_somebody_off_and_on_and_keeps_the_last_owner() {
    let (app, seed) = narrow_house().await;
    colleague(&app, &seed, "mara@example.com").await;
    let mara = "mara@example.com".parse().unwrap();
    assert!(disable(&app.app, &mara, "Left the company").await.unwrap());
    assert!(enable(&app.app, &mara).await.unwrap());
    let refused = disable(&app.app, &OWNER.parse().unwrap(), "Left the company").await.unwrap_err();
    assert!(refused.detail.contains("is the only owner of harbour books"), "{refused}");
    app.actor(seed.site, Role::Owner).await;
    assert!(disable(&app.app, &OWNER.parse().unwrap(), "Left the company").await.unwrap());
}
