//! Two people change different things of the same form: the second is told, keeps their own change and undoes nothing of
//! the other's, on every form that is shared. Velocity filters and entries of lists, whose base is a version that is kept,
//! are walked beside their own tests.

use gatehouse::access::Role;

use crate::api::Server;
use crate::lists::new_list;
use crate::support::{Answer, TestApp};

type Field<'a> = (&'a str, &'a str);

/// A form, what the first changes of it and what the second does: the field, its value, and how the banner calls it.
/// Of a set of boxes the value is ticked, or unticked where it was.
struct Shared<'a> {
    path: String,
    theirs: &'a [Field<'a>],
    mine: Field<'a>,
    label: &'static str,
}

fn shared<'a>(path: &str, theirs: &'a [Field<'a>], mine: Field<'a>, label: &'static str) -> Shared<'a> {
    Shared { path: format!("/s/harbour-books/{path}"), theirs, mine, label }
}

const BOXES: [&str; 3] = ["kinds", "countries", "service"];

type Fields = Vec<(String, String)>;

/// The form with another value in it.
fn with(mut form: Fields, (name, value): (&str, &str)) -> Fields {
    if BOXES.contains(&name) {
        let before = form.len();
        form.retain(|field| *field != (name.to_owned(), value.to_owned()));
        if form.len() == before {
            form.push((name.to_owned(), value.to_owned()));
        }
        return form;
    }
    match form.iter_mut().find(|field| field.0 == name) {
        Some(field) => field.1 = value.to_owned(),
        None => form.push((name.to_owned(), value.to_owned())),
    }
    form
}

fn holds(form: &Fields, (name, value): (&str, &str)) -> bool {
    form.contains(&(name.to_owned(), value.to_owned()))
}

#[tokio::test]
async fn who_saves_second_is_told_keeps_their_change_and_undoes_nothing() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let (first, second) = (stage.signed_in(seed.owner).await, stage.actor(seed.site, Role::Owner).await);
    sqlx::query("insert into access_settings (site_id) values ($1)")
        .bind(seed.site.0)
        .execute(&mut stage.superuser().await)
        .await
        .unwrap();
    let key = Server::of(&stage, &seed).await.id;
    let who = stage.person("mara@example.com").await;
    stage.member(seed.site, who, Role::Support).await;
    let (service, rate, person) =
        (format!("services/{}", seed.service), format!("api-keys/{key}/rate"), format!("collaborators/{who}"));
    let linked = seed.service.to_string();
    let list = format!("lists/{}/edit", new_list(&first, "harbour-books", "allow", "Regulars").await);
    for Shared { path, theirs, mine, label } in [
        shared(
            "settings",
            &[("name", "Harbour & \"Sons\""), ("support_email", "help@harbour.example")],
            ("company_name", "Mine & Co"),
            "Company name",
        ),
        shared(
            "messages",
            &[("sms_sender", "Harbour"), ("sms_body", "Code {code}")],
            ("sms_daily_cap", "400"),
            "Texts a day",
        ),
        shared("passwords", &[("preset", "custom"), ("classes", "on")], ("minutes", "45"), "Minutes of the lock"),
        shared("mfa", &[("required", "on"), ("kinds", "sms")], ("grace", "21"), "Grace period"),
        shared("mfa", &[("countries", "DE"), ("kinds", "sms")], ("countries", "FR"), "Countries for SMS"),
        shared(&service, &[("currency", "EUR")], ("name", "Mine"), "Name"),
        shared(&rate, &[("per_second", "7")], ("burst", "70"), "At once after a pause"),
        shared(&person, &[("phone", "+447400123456")], ("mfa", "on"), "Enable MFA"),
        shared(
            &list,
            &[("note", "Theirs"), ("mode", "shadow"), ("also_challenge_list", "on")],
            ("name", "Mine"),
            "Name",
        ),
        shared(&list, &[("reach", "chosen"), ("service", &linked)], ("note", "Mine"), "Note"),
        shared(&list, &[("name", "Theirs")], ("service", &linked), "Acts on"),
    ] {
        let opened = first.get(&path).await.form(&path);
        let there = theirs.iter().copied().fold(opened.clone(), with);
        let saved = first.post(&path, &as_posted(&there)).await;
        assert_eq!(saved.status, 303, "{path}: {}", saved.body);
        let here = with(opened, mine);
        let told: Answer = second.post(&path, &as_posted(&here)).await;
        assert_eq!(told.status, 409, "{path} {here:?}: {}", told.body);
        let banner = told.words("id=\"problems\"", "div");
        assert!(banner.contains("Somebody saved while you were editing"), "{path}: {banner}");
        assert!(banner.contains(&format!("{label} : now")) && banner.matches(": now").count() == 1, "{path}: {banner}");
        let shown = told.form(&path);
        for (field, by) in theirs.iter().map(|field| (*field, &there)).chain([(mine, &here)]) {
            assert_eq!(holds(&shown, field), holds(by, field), "{path} {field:?}: {shown:?}");
        }
        let again = second.post(&path, &as_posted(&shown)).await;
        assert_eq!(again.status, 303, "{path}: {}", again.body);
        let stands = first.get(&path).await.form(&path);
        for field in theirs.iter().copied().chain([mine]) {
            assert_eq!(holds(&stands, field), holds(&shown, field), "{path} {field:?}: {stands:?}");
        }
    }
}

fn as_posted(form: &Fields) -> Vec<(&str, &str)> {
    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
