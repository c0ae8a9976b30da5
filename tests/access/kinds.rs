//! Kinds of device that count: a site that requires a second factor is opened by a kind that it accepts, and no other.

use gatehouse::kernel::id::{CollaboratorId, SiteId};
use http::StatusCode;

use super::enrol::mailed_code;
use super::factors::*;
use super::passkey::{options, plant, present};
use super::stage::*;
use crate::support::{Answer, Browser, Seed, TestApp};

const OVERVIEW: &str = "/s/harbour-books/overview";
const CONFIRM: &str = "/me/confirm?next=%2Fs%2Fharbour-books%2Foverview";
const ENROL: &str = "/me/second-factor/passkey";
const CONFIRM_ENROL: &str = "/me/confirm?next=%2Fme%2Fsecond-factor%2Fpasskey";

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
    // The way there leads by the mail: the code alone may have been found.
    assert_eq!(browser.get(ENROL).await.location(), "/me/second-factor/mail?next=%2Fme%2Fsecond-factor%2Fpasskey");
    assert_eq!(
        browser.post_json(&format!("{ENROL}/options"), &serde_json::json!({})).await.status,
        StatusCode::FORBIDDEN
    );
    browser.post("/me/second-factor/mail/send", &[("next", ENROL)]).await;
    let code = mailed_code(&app, OWNER).await;
    assert_eq!(browser.post("/me/second-factor/mail", &[("code", &code), ("next", ENROL)]).await.location(), ENROL);
    assert_eq!(browser.get(ENROL).await.status, StatusCode::OK);
    assert!(options(&browser, ENROL).await["publicKey"].is_object());
}

#[tokio::test]
async fn a_recovery_code_and_a_mail_led_elsewhere_not_long_ago_open_no_way_to_another() {
    let (app, seed) = house().await;
    plant(&app, seed.owner).await;
    let codes = recovery_codes(&app, seed.owner).await;
    count_only(&app, seed.site, &["passkey"]).await;
    let browser = half_in(&app).await;
    assert!(is_in(&type_code(&browser, "recovery", &codes[0]).await));
    let wanted = [("email", "other@example.net"), ("password", GOOD)];
    assert_eq!(browser.post("/me/email", &wanted).await.status, StatusCode::SEE_OTHER);
    open(&browser, &link(mails(&app, "other@example.net").await.last().unwrap())).await;
    assert_eq!(browser.post("/confirm-email", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get(ENROL).await.location(), CONFIRM_ENROL);
}

#[tokio::test]
async fn another_passkey_for_a_site_of_passkeys_is_set_up_by_a_passkey_alone() {
    let (app, seed) = house_with_two_sites().await;
    let mut laptop = plant(&app, seed.owner).await;
    count_only(&app, seed.site, &["passkey"]).await;
    let browser = by_text(&app, seed.owner).await;
    assert_eq!(browser.get(ENROL).await.location(), CONFIRM_ENROL);
    let answer = browser.post_json(&format!("{ENROL}/options"), &serde_json::json!({})).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("Confirm that it is you"), "{}", answer.body);
    let made = [("credential", "{}"), ("name", "Thief's")];
    assert_eq!(browser.post(ENROL, &made).await.location(), CONFIRM_ENROL);
    let page = browser.get(CONFIRM_ENROL).await;
    assert!(page.body.contains("Only this opens harbour books: Passkey"), "{}", page.body);
    let app_first = browser.post("/me/second-factor/totp", &[]).await;
    assert!(app_first.location().ends_with("/set-up"), "an app opens nothing there: {}", app_first.location());

    let asked = options(&browser, "/me/confirm/passkey").await;
    assert_eq!(present(&browser, "/me/confirm/passkey", &laptop.get(&asked)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get(ENROL).await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_has_nothing_that_counts_sets_the_first_of_it_up_by_what_they_have() {
    let (app, seed) = house().await;
    count_only(&app, seed.site, &["passkey"]).await;
    let browser = by_text(&app, seed.owner).await;
    assert_eq!(browser.get(ENROL).await.status, StatusCode::OK);
}

#[tokio::test]
async fn from_a_session_that_does_not_open_a_site_nothing_is_done_by_the_role_there() {
    let (app, seed) = house().await;
    let other = app.seed_site("other-books").await;
    let mara = app.person("mara@example.com").await;
    for site in [seed.site, other.site] {
        app.member(site, mara, gatehouse::access::Role::Support).await;
    }
    app.member(other.site, seed.owner, gatehouse::access::Role::Owner).await;
    plant(&app, seed.owner).await;
    let browser = by_text(&app, seed.owner).await;
    let reset = format!("/s/harbour-books/collaborators/{mara}/reset-mfa");
    assert_eq!(browser.get(&reset).await.status, StatusCode::OK);
    assert_eq!(browser.get("/sites/new").await.status, StatusCode::OK);
    count_only(&app, other.site, &["passkey"]).await;
    assert_eq!(browser.post(&reset, &[("reason", "Lost phone")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/sites/new").await.status, StatusCode::OK, "by the other site");
    count_only(&app, seed.site, &["passkey"]).await;
    assert_eq!(browser.get("/sites/new").await.status, StatusCode::FORBIDDEN);
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

#[tokio::test]
async fn a_kind_that_is_not_known_here_opens_nothing() {
    let (app, seed) = house().await;
    let browser = by_text(&app, seed.owner).await;
    count_only(&app, seed.site, &["sms"]).await;
    assert_eq!(browser.get(OVERVIEW).await.status, StatusCode::OK);
    let change = async |table: &str, column: &str, value: &str| {
        for sql in [
            format!("alter table {table} drop constraint if exists {table}_{column}_check"),
            format!("update {table} set {column} = '{value}'"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut app.superuser().await).await.unwrap();
        }
        [browser.get(OVERVIEW).await.status.as_u16(), browser.get("/s/harbour-books/mfa").await.status.as_u16()]
    };
    assert_eq!(change("access_settings", "factor_kinds", "{sms,fax}").await, [500, 500], "rather than without it");
    assert_eq!(change("access_settings", "factor_kinds", "{sms}").await, [200, 200]);
    assert_eq!(change("session", "proved_with", "fax").await, [500, 500]);
    assert_eq!(change("session", "proved_with", "sms").await, [200, 200]);
}
