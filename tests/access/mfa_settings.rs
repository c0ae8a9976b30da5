//! The page of the second factor's settings: previewed, proved, versioned, recorded; an owner's only.

use chrono::TimeDelta;
use gatehouse::access::Role;

use super::stage::*;
use crate::support::{Browser, Seed, TestApp};

const PATH: &str = "/s/harbour-books/mfa";

fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("base_version", "1"), ("grace", "7"), ("kinds", "totp"), ("kinds", "passkey")];
    for (name, value) in changes {
        match fields.iter_mut().find(|(n, _)| n == name && !matches!(*n, "kinds" | "countries")) {
            Some(field) => field.1 = value,
            None => fields.push((name, value)),
        }
    }
    fields
}

async fn stage() -> (TestApp, Seed, Browser) {
    let app = TestApp::new().await;
    let seed = app.seed().await;
    let owner = app.signed_in(seed.owner).await;
    (app, seed, owner)
}

async fn is_required(app: &TestApp) -> bool {
    count(app, "select count(*) from access_settings where mfa_required").await == 1
}

#[tokio::test]
async fn a_preview_names_everybody_with_their_date_and_saves_nothing() {
    let (app, seed, owner) = stage().await;
    let who = app.person("mara@example.com").await;
    app.member(seed.site, who, Role::Support).await;
    let page = owner.post(PATH, &form(&[("required", "on"), ("grace", "14"), ("action", "preview")])).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for words in [
        "2 of 2 people would need a second factor: 2 with time",
        "By 16 Mar 2026, 14 days left",
        "mara",
        "now: Not required",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let at_once = owner.post(PATH, &form(&[("required", "on"), ("grace", "0"), ("action", "preview")])).await;
    assert!(at_once.body.contains("2 shut out until it is set up"), "{}", at_once.body);
    assert!(!is_required(&app).await);
    assert_eq!(count(&app, "select count(*) from membership where required_since is not null").await, 0);
}

#[tokio::test]
async fn only_an_owner_who_has_just_proved_it_saves() {
    let (app, seed, owner) = stage().await;
    for (role, read) in [(Role::Admin, 200), (Role::Analyst, 200), (Role::Developer, 403), (Role::Support, 403)] {
        let actor = app.actor(seed.site, role).await;
        let page = actor.get(PATH).await;
        assert_eq!(page.status.as_u16(), read, "{role:?}");
        assert!(!page.body.contains("savebar"), "{role:?} sees no button");
        let looks_there = matches!(role, Role::Admin | Role::Analyst);
        assert_eq!(page.body.contains("On the collaborators page"), looks_there, "{role:?} finds where to exempt");
        assert_eq!(actor.post(PATH, &form(&[("required", "on")])).await.status, 403, "{role:?}");
    }
    app.wait(TimeDelta::minutes(11));
    let answer = owner.post(PATH, &form(&[("required", "on"), ("grace", "21")])).await;
    assert_eq!(answer.status, 403);
    assert!(
        answer.body.contains("/me/confirm?next=%2Fs%2Fharbour-books%2Fmfa") && answer.body.contains("value=\"21\""),
        "{}",
        answer.body
    );
    assert!(!is_required(&app).await);
}

#[tokio::test]
async fn the_second_of_two_sees_the_others_change_and_keeps_the_input() {
    let (app, _, owner) = stage().await;
    assert_eq!(owner.post(PATH, &form(&[("grace", "10")])).await.status, 303);
    let second = owner.post(PATH, &form(&[("grace", "20"), ("required", "on")])).await;
    assert_eq!(second.status, 409);
    assert!(
        second.body.contains("Somebody saved while you were editing") && second.body.contains("10 days"),
        "{}",
        second.body
    );
    assert!(second.body.contains("name=\"base_version\" value=\"2\""));
    assert!(!is_required(&app).await);
    let again = owner.post(PATH, &form(&[("base_version", "2"), ("grace", "20"), ("required", "on")])).await;
    assert_eq!(again.location(), "/s/harbour-books/mfa?done=saved");
    assert!(is_required(&app).await);
}

#[tokio::test]
async fn a_save_on_one_page_leaves_what_is_typed_on_the_others_good() {
    const PASSWORDS: &str = "/s/harbour-books/passwords";
    const MESSAGES: &str = "/s/harbour-books/messages";
    let (app, _, owner) = stage().await;
    let passwords = |version: &'static str, failures: &'static str| {
        let rest = [("preset", "relaxed"), ("shortest", "15"), ("minutes", "30")];
        [("base_version", version), ("failures", failures)].into_iter().chain(rest).collect::<Vec<_>>()
    };
    let never = "Never: the defaults of a new site";
    // All three forms were opened while nobody had saved anything yet.
    assert_eq!(owner.post(PATH, &form(&[("grace", "10")])).await.location(), "/s/harbour-books/mfa?done=saved");
    assert!(owner.get(PASSWORDS).await.body.contains(never), "its own last change, not the other page's");
    let words = [("base_version", "1"), ("sms_sender", "Harbour"), ("sms_body", ""), ("sms_daily_cap", "500")];
    assert_eq!(owner.post(MESSAGES, &words).await.location(), "/s/harbour-books/messages?done=saved");
    let saved = owner.post(PASSWORDS, &passwords("1", "9")).await;
    assert_eq!(saved.location(), "/s/harbour-books/passwords?done=saved");
    assert_eq!(owner.post(PATH, &form(&[("base_version", "2"), ("grace", "20")])).await.status, 303);
    let cleared = [("base_version", "2"), ("sms_sender", ""), ("sms_body", ""), ("sms_daily_cap", "500")];
    assert_eq!(owner.post(MESSAGES, &cleared).await.status, 303);
    assert_eq!(owner.post(PASSWORDS, &passwords("2", "8")).await.status, 303);

    let second = owner.post(PASSWORDS, &passwords("2", "7")).await;
    assert_eq!(second.status, 409, "within a page the second is told");
    let told = second.words("Somebody saved while you were editing", "li");
    assert!(told.contains("now 8") && told.contains("you typed 7"), "{told}");
    assert!(second.body.contains("value=\"7\"") && second.body.contains("name=\"base_version\" value=\"3\""));
    assert_eq!(owner.post(MESSAGES, &words).await.status, 409);
    assert_eq!(count(&app, "select lockout_failures::bigint from access_settings").await, 8);
}

#[tokio::test]
async fn who_types_what_another_saved_meanwhile_is_told_that_nothing_changed() {
    let (_app, _, owner) = stage().await;
    owner.post(PATH, &form(&[("grace", "10")])).await;
    assert_eq!(owner.post(PATH, &form(&[("grace", "10")])).await.location(), "/s/harbour-books/mfa?done=unchanged");
}

#[tokio::test]
async fn what_is_wrong_is_told_beside_its_field_and_nothing_is_saved() {
    let (app, _, owner) = stage().await;
    for (field, bad, words) in [
        ("grace", "", "Grace period: write whole days from 0 to 90"),
        ("grace", "91", "Grace period: write whole days from 0 to 90"),
        ("grace", "-1", "Grace period: write whole days from 0 to 90"),
        ("kinds", "sms", "Tick at least one country"),
    ] {
        let answer = owner.post(PATH, &form(&[(field, bad), ("required", "on")])).await;
        assert_eq!(answer.status, 422, "{field} {bad}");
        assert!(answer.body.contains(words), "{field} {bad}: {}", answer.body);
    }
    let nothing = owner.post(PATH, &[("base_version", "1"), ("grace", "7"), ("required", "on")]).await;
    assert_eq!(nothing.status, 422);
    assert!(nothing.body.contains("Tick at least one kind"));
    assert_eq!(owner.post(PATH, &form(&[("countries", "XX")])).await.status, 400, "no country of ours");
    assert_eq!(owner.post(PATH, &[]).await.status, 400);
    assert!(!is_required(&app).await);
}

/// The form with these kinds alone.
fn only<'a>(kinds: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("base_version", "1"), ("grace", "0"), ("required", "on"), ("countries", "GB")];
    fields.extend(kinds.iter().map(|kind| ("kinds", *kind)));
    fields
}

async fn refused(app: &TestApp, owner: &Browser, kind: &str) {
    for action in ["save", "preview"] {
        let mut fields = only(&[kind]);
        fields.push(("action", action));
        let answer = owner.post(PATH, &fields).await;
        assert_eq!(answer.status, 422, "{kind} {action}");
        assert!(
            answer.body.contains("id=\"f-kinds-e\"") && answer.body.contains("Nobody could set up"),
            "{}",
            answer.body
        );
    }
    assert!(!is_required(app).await);
}

#[tokio::test]
async fn kinds_that_nobody_could_set_up_here_are_refused() {
    let (app, _, owner) = stage().await;
    refused(&app, &owner, "sms").await;
    assert_eq!(owner.post(PATH, &only(&["sms", "passkey"])).await.status, 303, "one of the two can be");

    // Here texts leave, but the console is opened by a number.
    let app = TestApp::with(|parts| {
        parts.demo = true;
        parts.config.public_url = "http://127.0.0.1:3000".parse().unwrap();
    })
    .await;
    let seed = app.seed().await;
    let owner = app.signed_in(seed.owner).await;
    refused(&app, &owner, "passkey").await;
    let number = [("phone", "07400 123456"), ("country", "GB")];
    assert_eq!(owner.post("/me/phone", &number).await.status, 303);
    assert_eq!(owner.post(PATH, &only(&["sms"])).await.status, 303);
}

#[tokio::test]
async fn a_setting_that_would_shut_every_owner_out_for_good_is_refused() {
    let app = TestApp::with(|parts| parts.demo = true).await;
    let seed = app.seed().await;
    let owner = app.signed_in(seed.owner).await;
    let texts_to_new_zealand = |action: &'static str, grace: &'static str| {
        let rest = [("required", "on"), ("kinds", "sms"), ("countries", "NZ")];
        [("base_version", "1"), ("action", action), ("grace", grace)].into_iter().chain(rest).collect::<Vec<_>>()
    };
    for action in ["save", "preview"] {
        let answer = owner.post(PATH, &texts_to_new_zealand(action, "0")).await;
        assert_eq!(answer.status, 422, "{action}");
        assert!(answer.body.contains("Every owner would be shut out at once"), "{}", answer.body);
    }
    assert!(!is_required(&app).await);
    assert_eq!(owner.get("/s/harbour-books/overview").await.status, 200);
    // With time, or with a colleague who has what counts, somebody can mend it.
    assert_eq!(owner.post(PATH, &texts_to_new_zealand("preview", "1")).await.status, 200);
    let colleague = app.person("mara@example.com").await;
    app.member(seed.site, colleague, Role::Admin).await;
    super::factors::number(&app, colleague).await;
    assert_eq!(owner.post(PATH, &texts_to_new_zealand("preview", "0")).await.status, 422, "an admin is no owner");
    let mut db = app.superuser().await;
    sqlx::query("update membership set role = 'owner'").execute(&mut db).await.unwrap();
    assert_eq!(owner.post(PATH, &texts_to_new_zealand("save", "0")).await.status, 303);
}

#[tokio::test]
async fn a_country_is_added_by_a_button_and_kept_with_the_rest_of_the_input() {
    let (_app, _, owner) = stage().await;
    let page = owner.post(PATH, &form(&[("add_country", "JP"), ("action", "add_country"), ("grace", "33")])).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("Japan (+81)") && page.body.contains("value=\"33\""));
    let none = owner.post(PATH, &form(&[("add_country", ""), ("action", "add_country")])).await;
    assert_eq!(none.status, 422);
    let saved = owner.post(PATH, &form(&[("kinds", "sms"), ("countries", "JP"), ("countries", "GB")])).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = owner.get(PATH).await;
    assert!(page.body.contains("Japan (+81)") && !page.body.contains("id=\"f-countries-US\""));
}

#[tokio::test]
async fn the_log_keeps_the_old_and_the_new_values() {
    let (app, _, owner) = stage().await;
    owner.post(PATH, &form(&[("required", "on"), ("grace", "14")])).await;
    let mut db = app.superuser().await;
    let (old, new): (serde_json::Value, serde_json::Value) =
        sqlx::query_as("select old, new from audit where action = 'mfa.settings_changed'")
            .fetch_one(&mut db)
            .await
            .unwrap();
    assert_eq!((&old["required_of_everybody"], &new["required_of_everybody"]), (&"no".into(), &"yes".into()));
    assert_eq!((&old["grace_period"], &new["grace_period"]), (&"7 days".into(), &"14 days".into()));
    assert_eq!(new["kinds_that_count"], "Authenticator app, Passkey");
    let same = owner.post(PATH, &form(&[("base_version", "2"), ("required", "on"), ("grace", "14")])).await;
    assert_eq!(same.location(), "/s/harbour-books/mfa?done=unchanged");
    assert_eq!(audited_anywhere(&app, "mfa.settings_changed").await, 1);
}

#[tokio::test]
async fn who_builds_the_shop_reads_nothing_of_who_works_at_it() {
    let app = TestApp::new().await;
    let seed = app.seed().await;
    sqlx::query("insert into access_settings (site_id) values ($1) on conflict do nothing")
        .bind(seed.site.0)
        .execute(&mut app.superuser().await)
        .await
        .unwrap();
    let pages = ["collaborators", "mfa", "passwords", "messages"].map(|page| format!("/s/harbour-books/{page}"));
    for (role, may) in [(Role::Developer, false), (Role::Analyst, true)] {
        let browser = app.actor(seed.site, role).await;
        let overview = browser.get("/s/harbour-books/overview").await;
        for page in &pages {
            assert_eq!(browser.get(page).await.status, if may { 200 } else { 403 }, "{role:?} {page}");
            assert_eq!(overview.body.contains(&format!("href=\"{page}\"")), may, "{role:?} {page}");
        }
    }
}
