//! MF-03, MF-04, P-09 to P-13: who needs a second factor at a site, until when, and what is left past the deadline.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::kernel::id::{CollaboratorId, SiteId};
use http::{Method, StatusCode, header};

use super::stage::*;
use crate::support::{Answer, Browser, Seed, TestApp};

const MFA: &str = "/s/harbour-books/mfa";
const OVERVIEW: &str = "/s/harbour-books/overview";
const SET_UP: &str = "/me/second-factor";

/// The form as the defaults stand, with changes; `required` is ticked unless `("required", "")` is among them.
fn form<'a>(version: &'a str, grace: &'a str, required: bool) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("base_version", version), ("grace", grace)];
    fields.extend(["sms", "totp", "passkey"].map(|kind| ("kinds", kind)));
    fields.push(("countries", "GB"));
    if required {
        fields.push(("required", "on"));
    }
    fields
}

async fn save(owner: &Browser, version: &str, grace: &str, required: bool) {
    let answer = owner.post(MFA, &form(version, grace, required)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.location()),
        (303, "/s/harbour-books/mfa?done=saved"),
        "{}",
        answer.body
    );
}

/// A fresh proof by the back door: what is tested here is something else.
async fn prove(app: &TestApp, who: CollaboratorId) {
    let mut db = app.superuser().await;
    let now = app.clock.now();
    sqlx::query("update session set proved_at = $2, last_active_at = $2, expires_at = $2 + interval '12 hours' where collaborator_id = $1")
        .bind(who.0).bind(now).execute(&mut db).await.unwrap();
}

/// Moves the clock with everybody still signed in, as people who work all day are.
async fn wait(app: &TestApp, by: TimeDelta) {
    app.wait(by);
    let mut db = app.superuser().await;
    sqlx::query("update session set last_active_at = $1, expires_at = $1 + interval '12 hours'")
        .bind(app.clock.now())
        .execute(&mut db)
        .await
        .unwrap();
}

/// An active authenticator, and sessions that were proved with it.
async fn give_factor(app: &TestApp, who: CollaboratorId) {
    let mut db = app.superuser().await;
    sqlx::query("insert into second_factor (id, collaborator_id, kind, name, secret_sealed, created_at, activated_at) values (gen_random_uuid(), $1, 'totp', 'Phone', '\\x00', $2, $2)")
        .bind(who.0).bind(app.clock.now()).execute(&mut db).await.unwrap();
    sqlx::query("update session set assurance = 'second_factor' where collaborator_id = $1")
        .bind(who.0)
        .execute(&mut db)
        .await
        .unwrap();
}

async fn set_membership(app: &TestApp, site: SiteId, who: CollaboratorId, change: &str) {
    let mut db = app.superuser().await;
    let sql = format!("update membership set {change} where site_id = $1 and collaborator_id = $2");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(site.0).bind(who.0).execute(&mut db).await.unwrap();
}

/// A site with its owner signed in, and an analyst who signed in before anything was required.
async fn stage() -> (TestApp, Seed, Browser, CollaboratorId, Browser) {
    let app = TestApp::new().await;
    let seed = app.seed().await;
    let owner = app.signed_in(seed.owner).await;
    let who = app.person("mara@example.com").await;
    app.member(seed.site, who, Role::Analyst).await;
    let mara = app.signed_in(who).await;
    (app, seed, owner, who, mara)
}

fn sent_to_set_up(answer: &Answer) -> bool {
    answer.status == StatusCode::SEE_OTHER && answer.location() == SET_UP
}

#[tokio::test]
async fn everybody_sees_the_date_and_past_it_the_site_is_shut_to_sessions_opened_before() {
    let (app, seed, owner, who, mara) = stage().await;
    assert!(!mara.get(OVERVIEW).await.body.contains("Set up multi-factor"));
    save(&owner, "1", "7", true).await;
    for path in [OVERVIEW, "/me/profile", "/s/harbour-books/decisions"] {
        let page = mara.get(path).await;
        assert!(page.body.contains("by Monday 9 March 2026, 7 days left"), "{path}: {}", page.body);
    }
    // Noon of the last day, then the minute after midnight.
    wait(&app, TimeDelta::hours(7 * 24 + 2)).await;
    assert!(mara.get(OVERVIEW).await.body.contains("today is the last day"));
    wait(&app, TimeDelta::hours(12)).await;
    for path in [OVERVIEW, "/s/harbour-books", MFA, "/s/harbour-books/lists"] {
        assert!(sent_to_set_up(&mara.get(path).await), "{path}");
    }
    assert!(sent_to_set_up(&mara.post("/s/harbour-books/lists/new", &[]).await), "a form too");
    let mut island = mara
        .request(Method::POST, "/s/harbour-books/lists/check-lines")
        .header("sec-fetch-site", "same-origin")
        .body(axum::body::Body::empty())
        .unwrap();
    island.headers_mut().insert(header::ACCEPT, header::HeaderValue::from_static("application/json"));
    let json = mara.send(island).await;
    assert_eq!(json.status, 403);
    assert!(json.body.contains("second_factor_required"), "{}", json.body);
    assert!(mara.get("/me/profile").await.body.contains("Set up multi-factor authentication now."));
    let fresh = app.signed_in(who).await;
    assert!(sent_to_set_up(&fresh.get(OVERVIEW).await), "signing in again changes nothing");

    give_factor(&app, who).await;
    let page = mara.get(OVERVIEW).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("Set up multi-factor"), "the banner is gone");
    assert_eq!(audited(&app, seed.site, "mfa.settings_changed").await, 1);
    let told = mails(&app, "mara@example.com").await;
    assert!(told.len() == 1 && told[0].contains("by Monday 9 March 2026"), "{told:?}");
}

#[tokio::test]
async fn sign_out_and_other_sites_stay_open_past_the_deadline() {
    let (app, _, owner, who, mara) = stage().await;
    let other = app.seed_site("other-books").await;
    app.member(other.site, who, Role::Analyst).await;
    save(&owner, "1", "0", true).await;
    assert!(sent_to_set_up(&mara.get(OVERVIEW).await), "no grace is at once");
    assert!(sent_to_set_up(&owner.get(OVERVIEW).await), "for the owner who chose it too");
    assert_eq!(mara.get("/s/other-books/overview").await.status, 200);
    assert_eq!(mara.post("/sign-out", &[]).await.location(), "/sign-in?done=signed_out");
}

#[tokio::test]
async fn nothing_that_people_do_moves_the_deadline_later_and_a_shorter_grace_moves_it_earlier() {
    let (app, seed, owner, who, mara) = stage().await;
    save(&owner, "1", "7", true).await;
    wait(&app, TimeDelta::days(3)).await;
    prove(&app, seed.owner).await;
    save(&owner, "2", "7", false).await;
    assert!(!mara.get(OVERVIEW).await.body.contains("Set up multi-factor"));
    wait(&app, TimeDelta::days(2)).await;
    prove(&app, seed.owner).await;
    save(&owner, "3", "7", true).await;
    set_membership(&app, seed.site, who, "role = 'support'").await;
    assert!(mara.get(OVERVIEW).await.body.contains("by Monday 9 March 2026, 2 days left"), "off and on again");
    save(&owner, "4", "30", true).await;
    assert!(mara.get(OVERVIEW).await.body.contains("by Wednesday 1 April 2026, 25 days left"), "longer is later");
    save(&owner, "5", "3", true).await;
    assert!(sent_to_set_up(&mara.get(OVERVIEW).await), "shorter is earlier, at once");
}

#[tokio::test]
async fn after_thirty_days_without_it_a_requirement_begins_anew() {
    let (app, seed, owner, _, mara) = stage().await;
    save(&owner, "1", "7", true).await;
    save(&owner, "2", "7", false).await;
    wait(&app, TimeDelta::days(30)).await;
    prove(&app, seed.owner).await;
    save(&owner, "3", "7", true).await;
    assert!(mara.get(OVERVIEW).await.body.contains("7 days left"));
}

#[tokio::test]
async fn who_joins_later_has_the_whole_grace_from_then() {
    let (app, seed, owner, _, _) = stage().await;
    save(&owner, "1", "3", true).await;
    app.wait(TimeDelta::days(20));
    let site = gatehouse::sites::by_handle(&app.app.db, &seed.handle).await.unwrap().unwrap();
    let new = gatehouse::access::service::collaborator::NewCollaborator {
        email: "new@example.com".parse().unwrap(),
        name: "New Person".into(),
        role: Role::Analyst,
        password: Some(gatehouse::access::hashing::Password::typed(GOOD).unwrap()),
        by: gatehouse::audit::Actor::CommandLine,
    };
    let made = gatehouse::access::service::collaborator::create(&app.app, &site, new).await.unwrap();
    let gatehouse::access::service::collaborator::Made::Person(who) = made else { panic!("{made:?}") };
    let browser = app.signed_in(who).await;
    assert!(browser.get(OVERVIEW).await.body.contains("by Wednesday 25 March 2026, 3 days left"));
}

#[tokio::test]
async fn an_exemption_holds_until_its_end() {
    let (app, seed, owner, who, mara) = stage().await;
    save(&owner, "1", "0", true).await;
    set_membership(&app, seed.site, who, "exempt_until = '2026-03-05T10:00:00Z', exempt_reason = 'phone in repair'")
        .await;
    let page = mara.get(OVERVIEW).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("Set up multi-factor"));
    wait(&app, TimeDelta::days(3)).await;
    assert!(sent_to_set_up(&mara.get(OVERVIEW).await));
}

#[tokio::test]
async fn a_reset_gives_a_fresh_grace_of_at_most_seven_days() {
    let (app, seed, owner, who, mara) = stage().await;
    save(&owner, "1", "30", true).await;
    wait(&app, TimeDelta::days(60)).await;
    assert!(sent_to_set_up(&mara.get(OVERVIEW).await));
    let at = app.clock.now().to_rfc3339();
    set_membership(&app, seed.site, who, &format!("grace_restarted_at = '{at}'")).await;
    assert!(mara.get(OVERVIEW).await.body.contains("7 days left"));
}

#[tokio::test]
async fn a_kind_that_the_site_does_not_accept_does_not_count() {
    let (app, _, owner, who, mara) = stage().await;
    give_factor(&app, who).await;
    let mut fields = form("1", "7", true);
    fields.retain(|field| *field != ("kinds", "totp"));
    assert_eq!(owner.post(MFA, &fields).await.status, 303);
    assert!(mara.get(OVERVIEW).await.body.contains("7 days left"), "an authenticator is not among the kinds");
}

#[tokio::test]
async fn who_is_switched_off_at_a_site_or_altogether_is_refused_at_the_next_request() {
    let (app, seed, _, who, mara) = stage().await;
    let other = app.seed_site("other-books").await;
    app.member(other.site, who, Role::Analyst).await;
    set_membership(&app, seed.site, who, "disabled_at = now()").await;
    let answer = mara.get(OVERVIEW).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("switched off"), "{}", answer.body);
    let elsewhere = mara.get("/s/other-books/overview").await;
    assert_eq!(elsewhere.status, 200, "one site only");
    assert!(!elsewhere.body.contains("harbour books"), "the switcher does not offer it");
    let mut db = app.superuser().await;
    sqlx::query("update collaborator set disabled_at = now() where id = $1")
        .bind(who.0)
        .execute(&mut db)
        .await
        .unwrap();
    assert!(mara.get("/s/other-books/overview").await.location().starts_with("/sign-in"));
}

#[tokio::test]
async fn each_sign_in_without_a_factor_during_the_grace_is_recorded_as_such() {
    let (app, seed) = house().await;
    let owner = app.signed_in(seed.owner).await;
    let mara = colleague(&app, &seed, "mara@example.com").await;
    let other = app.seed_site("other-shop").await;
    app.member(other.site, mara, Role::Support).await;
    let used = async |site: SiteId| audited(&app, site, "mfa_grace.used").await;
    signed_in(&app, "mara@example.com", GOOD).await;
    assert_eq!(used(seed.site).await, 0, "nothing is required yet");

    save(&owner, "1", "7", true).await;
    for times in 1..=2 {
        signed_in(&app, "mara@example.com", GOOD).await;
        assert_eq!(used(seed.site).await, times);
    }
    assert_eq!(used(other.site).await, 0, "the other site asks for nothing");
    let page = app.signed_in(seed.owner).await.get("/s/harbour-books/audit?action=mfa_grace.used").await;
    for words in ["MFA grace used", "mara@example.com", "second factor due", "2026-03-10"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }

    app.wait(TimeDelta::days(9));
    signed_in(&app, "mara@example.com", GOOD).await;
    assert_eq!(used(seed.site).await, 2, "past the deadline there is no grace to use");
    give_factor(&app, seed.owner).await;
    assert_eq!(try_to_sign_in(&app.browser(), OWNER, GOOD).await.location(), "/sign-in/second-step");
    assert_eq!(used(seed.site).await, 2);
}
