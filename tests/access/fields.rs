//! AZ-03: a form takes its own fields and no other, whoever they would flatter.

use gatehouse::access::Role;

use super::stage::{GOOD, OWNER, count, give_password, house, link, mails, open};
use crate::lists::hidden;
use crate::support::{Browser, TestApp};

/// What nobody may choose for themselves or for others by writing it into a form.
const STOLEN: [(&str, &str); 6] = [
    ("site_id", "00000000-0000-0000-0000-000000000000"),
    ("collaborator_id", "00000000-0000-0000-0000-000000000000"),
    ("email_canonical", "eve@example.com"),
    ("verified", "true"),
    ("required_since", "2099-01-01"),
    ("is_owner", "on"),
];

/// Refused with each stolen field, changing nothing; taken without.
async fn takes_only(app: &TestApp, browser: &Browser, path: &str, fields: &[(&str, &str)]) {
    const CHANGES: &str = "select count(*) from audit";
    let before = count(app, CHANGES).await;
    for stolen in STOLEN {
        let answer = browser.post(path, &[fields, &[stolen]].concat()).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{path} with {}: {}", stolen.0, answer.status);
    }
    // A field twice is one that the form does not have, too.
    if let Some(first) = fields.first() {
        let answer = browser.post(path, &[fields, &[*first]].concat()).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{path} with {} twice: {}", first.0, answer.status);
    }
    assert_eq!(count(app, CHANGES).await, before, "{path}: nothing was done");
    let answer = browser.post(path, fields).await;
    assert!(answer.status.is_redirection() || answer.status == 201, "{path}: {} {}", answer.status, answer.body);
}

#[tokio::test]
async fn forms_about_a_site_and_its_people_take_their_own_fields_only() {
    let (app, seed) = house().await;
    let who = app.person("mara@example.com").await;
    app.member(seed.site, who, Role::Support).await;
    let owner = app.signed_in(seed.owner).await;
    let site = "/s/harbour-books";
    let version = async |page: &str| hidden(&owner.get(&format!("{site}/{page}")).await, "base_version");
    let person = format!("{site}/collaborators/{who}");
    takes_only(
        &app,
        &owner,
        &format!("{site}/collaborators/invite"),
        &[("email", "a@example.com"), ("role", "support")],
    )
    .await;
    takes_only(&app, &owner, &person, &[("mfa", "on"), ("was_mfa", "false"), ("was_phone", "")]).await;
    takes_only(&app, &owner, &format!("{person}/role"), &[("role", "analyst"), ("was_role", "support")]).await;
    takes_only(
        &app,
        &owner,
        &format!("{person}/exempt"),
        &[("days", "3"), ("reason", "On a journey"), ("was_until", "")],
    )
    .await;
    takes_only(&app, &owner, &format!("{person}/remove"), &[("typed", "mara@example.com")]).await;
    let base = version("mfa").await;
    let mfa = [("base_version", base.as_str()), ("grace", "9"), ("kinds", "totp")];
    takes_only(&app, &owner, &format!("{site}/mfa"), &mfa).await;
    let base = version("passwords").await;
    let passwords = [
        ("base_version", base.as_str()),
        ("preset", "strong"),
        ("shortest", "15"),
        ("failures", "9"),
        ("minutes", "30"),
    ];
    takes_only(&app, &owner, &format!("{site}/passwords"), &passwords).await;
    let service = [("name", "Tickets"), ("currency", "EUR")];
    takes_only(&app, &owner, &format!("{site}/services/new"), &service).await;
    let base = version("settings").await;
    let settings = [
        ("base_version", base.as_str()),
        ("name", "Harbour & Sons"),
        ("company_name", ""),
        ("support_email", ""),
        ("currency", "GBP"),
        ("time_zone", "Europe/London"),
        ("idle_minutes", "20"),
    ];
    takes_only(&app, &owner, &format!("{site}/settings"), &settings).await;
}

#[tokio::test]
async fn forms_about_oneself_take_their_own_fields_only() {
    let (app, seed) = house().await;
    give_password(&app, seed.owner, GOOD).await;
    let owner = app.signed_in(seed.owner).await;
    takes_only(&app, &owner, "/me/profile", &[("name", "Ann Other")]).await;
    takes_only(&app, &owner, "/me/email", &[("email", "ann@new.example"), ("password", GOOD)]).await;
    takes_only(&app, &owner, "/me/confirm", &[("password", GOOD)]).await;
    let new = "gravel lanterns hum at dusk";
    let changed = [("current_password", GOOD), ("new_password", new), ("again", new)];
    takes_only(&app, &owner, "/me/password", &changed).await;
}

#[tokio::test]
async fn who_joins_or_sets_a_password_chooses_no_more_than_the_form_asks() {
    let (app, seed) = house().await;
    let owner = app.signed_in(seed.owner).await;
    let invite = [("email", "ruth@example.com"), ("role", "analyst")];
    assert_eq!(owner.post("/s/harbour-books/collaborators/invite", &invite).await.status, 303);
    let ruth = app.browser();
    open(&ruth, &link(&mails(&app, "ruth@example.com").await[0])).await;
    let join = [("name", "Ruth"), ("password", GOOD), ("again", GOOD)];
    let greedy = [&join[..], &[("role", "owner")]].concat();
    assert!(matches!(ruth.post("/invitation", &greedy).await.status.as_u16(), 400 | 422));
    takes_only(&app, &ruth, "/invitation", &join).await;
    assert_eq!(count(&app, "select count(*) from membership where role = 'owner'").await, 1);

    let reset = app.browser();
    open(&reset, &super::stage::ask_for_reset(&app, OWNER).await).await;
    let new = "gravel lanterns hum at dusk";
    takes_only(&app, &reset, "/reset-password", &[("password", new), ("again", new)]).await;
}

#[tokio::test]
async fn no_form_keeps_a_card_number() {
    const CARD: &str = "4111 1111 1111 1111";
    let (app, seed) = house().await;
    sqlx::query("insert into access_settings (site_id) values ($1) on conflict do nothing")
        .bind(seed.site.0)
        .execute(&mut app.superuser().await)
        .await
        .unwrap();
    let who = app.person("mara@example.com").await;
    app.member(seed.site, who, Role::Support).await;
    let owner = app.signed_in(seed.owner).await;
    let (site, why) = ("/s/harbour-books", format!("tries {CARD}"));
    let person = format!("{site}/collaborators/{who}");
    let address = "4111111111111111@example.com";
    let before = count(&app, "select count(*) from audit").await;
    for (path, fields) in [
        (format!("{site}/panic"), vec![("turn", "on"), ("typed", "harbour books"), ("reason", &*why)]),
        (format!("{person}/exempt"), vec![("days", "3"), ("reason", &*why), ("was_until", "")]),
        (format!("{person}/reset-mfa"), vec![("reason", &*why)]),
        (format!("{site}/collaborators/invite"), vec![("email", address), ("role", "support")]),
        ("/me/profile".to_owned(), vec![("name", &*why)]),
        ("/me/email".to_owned(), vec![("email", address), ("password", GOOD)]),
        (
            format!("{site}/messages"),
            vec![
                ("base_version", "1"),
                ("sms_sender", ""),
                ("sms_body", "{code} 4111111111111111"),
                ("sms_daily_cap", "500"),
            ],
        ),
        (
            format!("{site}/settings"),
            vec![
                ("base_version", "1"),
                ("name", &*why),
                ("company_name", CARD),
                ("support_email", address),
                ("currency", "GBP"),
                ("time_zone", "UTC"),
                ("idle_minutes", "30"),
            ],
        ),
    ] {
        let answer = owner.post(&path, &fields).await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.body);
        assert!(answer.body.contains("his contains what looks like a full card number"), "{path}: {}", answer.body);
    }
    assert_eq!(count(&app, "select count(*) from audit").await, before, "and nothing was done");
}
