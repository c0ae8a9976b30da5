//! Kinds of device that count: a site that requires a second factor is opened by a kind that it accepts, and no other.

use gatehouse::kernel::id::{CollaboratorId, SiteId};
use http::StatusCode;

use super::factors::*;
use super::passkey::{options, plant, present};
use super::stage::*;
use crate::support::{Answer, Browser, Seed, TestApp};

const OVERVIEW: &str = "/s/harbour-books/overview";
const CONFIRM: &str = "/me/confirm?next=%2Fs%2Fharbour-books%2Foverview";

/// The site requires a second factor and counts these kinds.
async fn count_only(app: &TestApp, site: SiteId, kinds: &[&str]) {
    let mut db = app.superuser().await;
    sqlx::query("insert into access_settings (site_id, mfa_required, factor_kinds) values ($1, true, $2) on conflict (site_id) do update set mfa_required = true, factor_kinds = $2")
        .bind(site.0).bind(kinds).execute(&mut db).await.unwrap();
}

/// The owner, signed in with a texted code.
async fn by_text(app: &TestApp, who: CollaboratorId) -> Browser {
    let phone = number(app, who).await;
    let browser = half_in(app).await;
    plant_code(app, who, phone, &browser, "012345").await;
    assert!(is_in(&type_code(&browser, phone, "012345").await));
    browser
}

fn led_to_the_proof(answer: &Answer) -> bool {
    (answer.status, answer.location()) == (StatusCode::SEE_OTHER, CONFIRM)
}

async fn house_with_two_sites() -> (TestApp, Seed) {
    let (app, seed) = house().await;
    let other = app.seed_site("other-books").await;
    app.member(other.site, seed.owner, gatehouse::access::Role::Analyst).await;
    (app, seed)
}

#[tokio::test]
async fn a_site_of_passkeys_stays_shut_to_a_session_proved_by_text() {
    let (app, seed) = house_with_two_sites().await;
    let mut laptop = plant(&app, seed.owner).await;
    let browser = by_text(&app, seed.owner).await;
    count_only(&app, seed.site, &["passkey"]).await;
    assert!(led_to_the_proof(&browser.get(OVERVIEW).await));
    let island = browser.post_json("/s/harbour-books/lists/check-lines", &serde_json::json!({})).await;
    assert_eq!(island.status, StatusCode::FORBIDDEN);
    assert!(island.body.contains("other_factor_required"), "{}", island.body);
    assert_eq!(browser.get("/s/other-books/overview").await.status, StatusCode::OK, "others are not concerned");
    let page = browser.get(CONFIRM).await;
    assert!(page.body.contains("only this opens the site: Passkey"), "{}", page.body);

    let asked = options(&browser, "/me/confirm/passkey").await;
    assert_eq!(present(&browser, "/me/confirm/passkey", &laptop.get(&asked)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get(OVERVIEW).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_last_proof_counts_and_a_new_password_does_not_change_it() {
    let (app, seed) = house().await;
    let mut laptop = plant(&app, seed.owner).await;
    let pocket = authenticator(&app, seed.owner).await;
    count_only(&app, seed.site, &["passkey"]).await;
    let browser = app.browser();
    let asked = options(&browser, "/sign-in/passkey").await;
    assert!(is_in(&present(&browser, "/sign-in/passkey", &laptop.get(&asked)).await));
    assert_eq!(browser.get(OVERVIEW).await.status, StatusCode::OK);
    let changed = [("current_password", GOOD), ("new_password", BAD), ("again", BAD)];
    assert_eq!(browser.post("/me/password", &changed).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get(OVERVIEW).await.status, StatusCode::OK, "under a new id, by the same means");
    let fields = [("password", BAD), ("with", &*pocket.id.to_string()), ("code", &*pocket.code(&app, 0))];
    assert_eq!(browser.post("/me/confirm", &fields).await.status, StatusCode::SEE_OTHER);
    assert!(led_to_the_proof(&browser.get(OVERVIEW).await), "confirmed by an authenticator since");
}

#[tokio::test]
async fn a_recovery_code_opens_sites_of_codes_and_where_passkeys_alone_count_only_the_way_to_another() {
    let (app, seed) = house().await;
    plant(&app, seed.owner).await;
    authenticator(&app, seed.owner).await;
    let codes = recovery_codes(&app, seed.owner).await;
    count_only(&app, seed.site, &["totp"]).await;
    let browser = half_in(&app).await;
    assert!(is_in(&type_code(&browser, "recovery", &codes[0]).await));
    assert_eq!(browser.get(OVERVIEW).await.status, StatusCode::OK);
    count_only(&app, seed.site, &["passkey"]).await;
    assert!(led_to_the_proof(&browser.get(OVERVIEW).await));
    assert_eq!(browser.get("/me/second-factor/passkey").await.status, StatusCode::OK);
}

#[tokio::test]
async fn where_nothing_is_required_every_kind_opens() {
    let (app, seed) = house().await;
    let browser = by_text(&app, seed.owner).await;
    count_only(&app, seed.site, &["passkey"]).await;
    let mut db = app.superuser().await;
    sqlx::query("update access_settings set mfa_required = false").execute(&mut db).await.unwrap();
    assert_eq!(browser.get(OVERVIEW).await.status, StatusCode::OK);
}
