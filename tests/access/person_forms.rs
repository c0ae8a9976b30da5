//! The forms of a person's page in the hands of two who have it open at once.

use gatehouse::access::Role;
use gatehouse::kernel::id::CollaboratorId;

use super::stage::{count, house};
use crate::support::{Answer, Browser, TestApp};

/// The page of somebody in support, open in the browsers of two owners.
async fn stage() -> (TestApp, CollaboratorId, Browser, Browser) {
    let (app, seed) = house().await;
    sqlx::query("insert into access_settings (site_id, sms_countries) values ($1, '{GB,DE}')")
        .bind(seed.site.0)
        .execute(&mut app.superuser().await)
        .await
        .unwrap();
    let who = app.person("mara@example.com").await;
    app.member(seed.site, who, Role::Support).await;
    let (one, two) = (app.signed_in(seed.owner).await, app.actor(seed.site, Role::Owner).await);
    (app, who, one, two)
}

fn path(who: CollaboratorId) -> String {
    format!("/s/harbour-books/collaborators/{who}")
}

/// The page's hidden fields of these names, as a browser posts them along.
pub fn hidden(page: &Answer, names: &[&'static str]) -> Vec<(&'static str, String)> {
    let value = |name: &str| {
        let field =
            page.body.split(&format!("name=\"{name}\"")).nth(1).unwrap_or_else(|| panic!("{name}: {}", page.body));
        let tag = field.split('>').next().unwrap();
        tag.split("value=\"").nth(1).map_or_else(String::new, |rest| rest.split('"').next().unwrap().to_owned())
    };
    names.iter().map(|name| (*name, value(name))).collect()
}

async fn post(browser: &Browser, path: &str, typed: &[(&str, &str)], hidden: &[(&str, String)]) -> Answer {
    let fields: Vec<_> = typed.iter().copied().chain(hidden.iter().map(|(n, v)| (*n, v.as_str()))).collect();
    browser.post(path, &fields).await
}

fn stale(answer: &Answer, words: &[&str]) {
    assert_eq!(answer.status, 409, "{}", answer.body);
    for words in words.iter().chain(&["Somebody saved while you were editing"]) {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
}

#[tokio::test]
async fn the_second_to_save_the_switch_sees_the_others_change_and_keeps_the_input() {
    let (app, who, one, two) = stage().await;
    let (path, names) = (path(who), ["was_mfa", "was_phone"]);
    let opened = hidden(&two.get(&path).await, &names);
    let first = [("mfa", "on"), ("phone", "+44 7400 123456")];
    assert_eq!(post(&one, &path, &first, &hidden(&one.get(&path).await, &names)).await.status, 303);

    let second = [("phone", "+49 151 23456789")];
    let wrong = post(&two, &path, &[("phone", "+49 30 123456")], &opened).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(hidden(&wrong, &names), opened, "a mistake of theirs has shown them nothing of the other's");
    let answer = post(&two, &path, &second, &opened).await;
    stale(&answer, &["+447400123456", "value=\"+49 151 23456789\""]);
    let told = answer.words("id=\"problems\"", "ul");
    assert!(told.contains("Phone") && !told.contains("Enable MFA"), "the switch was not touched: {told}");
    let second = [("mfa", "on"), second[0]];
    assert_eq!(
        count(&app, "select count(*) from membership where mfa_own and suggested_phone = '+447400123456'").await,
        1
    );
    assert_eq!(post(&two, &path, &second, &hidden(&answer, &names)).await.status, 303, "knowingly");
    assert_eq!(
        count(&app, "select count(*) from membership where suggested_phone = '+4915123456789' and mfa_own").await,
        1
    );
}

#[tokio::test]
async fn the_second_to_change_a_role_sees_the_first_ones_choice() {
    let (app, who, one, two) = stage().await;
    let opened = hidden(&two.get(&path(who)).await, &["was_role"]);
    let role = format!("{}/role", path(who));
    assert_eq!(post(&one, &role, &[("role", "analyst")], &opened).await.status, 303);
    let answer = post(&two, &role, &[("role", "admin")], &opened).await;
    stale(&answer, &["Analyst", "Admin"]);
    assert_eq!(count(&app, "select count(*) from membership where role = 'analyst'").await, 1);
    assert_eq!(
        post(&two, &role, &[("role", "analyst")], &opened).await.location(),
        format!("{}?done=unchanged", path(who))
    );
}

#[tokio::test]
async fn an_exemption_is_neither_shortened_nor_ended_unseen() {
    let (app, who, one, two) = stage().await;
    let (exempt, end) = (format!("{}/exempt", path(who)), format!("{}/end-exemption", path(who)));
    let opened = hidden(&two.get(&path(who)).await, &["was_until"]);
    assert_eq!(post(&one, &exempt, &[("days", "30"), ("reason", "New phone")], &opened).await.status, 303);
    let answer = post(&two, &exempt, &[("days", "2"), ("reason", "On a journey")], &opened).await;
    stale(&answer, &["until 1 April 2026", "2 days: On a journey", "value=\"On a journey\""]);

    let seen = hidden(&answer, &["was_until"]);
    app.wait(chrono::TimeDelta::minutes(1));
    assert_eq!(post(&one, &exempt, &[("days", "3"), ("reason", "New phone")], &seen).await.status, 303);
    stale(&post(&two, &end, &[], &seen).await, &["until 5 March 2026"]);
    assert_eq!(count(&app, "select count(*) from membership where exempt_until is not null").await, 1);
    let seen = hidden(&two.get(&path(who)).await, &["was_until"]);
    assert_eq!(post(&two, &end, &[], &seen).await.status, 303);
    assert_eq!(count(&app, "select count(*) from membership where exempt_until is not null").await, 0);
}

#[tokio::test]
async fn a_form_that_says_nothing_of_what_was_seen_changes_nothing() {
    let (app, who, one, _) = stage().await;
    for (verb, fields) in [
        ("", &[("mfa", "on")][..]),
        ("", &[("mfa", "on"), ("was_mfa", "maybe"), ("was_phone", "")]),
        ("/role", &[("role", "admin")]),
        ("/role", &[("role", "admin"), ("was_role", "king")]),
        ("/exempt", &[("days", "3"), ("reason", "On a journey")]),
        ("/end-exemption", &[]),
        ("/end-exemption", &[("was_until", "tomorrow")]),
    ] {
        let answer = one.post(&format!("{}{verb}", path(who)), fields).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{verb} {fields:?}: {}", answer.status);
    }
    assert_eq!(count(&app, "select count(*) from audit where action like 'collaborator.%'").await, 0);
}
