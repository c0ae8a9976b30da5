//! AU-01: whatever is changed in the console or by the API leaves a row in the audit log. The whole route table is walked:
//! each row that is no GET either succeeds here and is seen in the log, or is named below with the reason.

use std::collections::BTreeSet;

use gatehouse::access::Role;
use gatehouse::access::service::set_up::invite;
use gatehouse::api::Scope;
use gatehouse::api::key::KeyKind;
use gatehouse::api::service::issue::{Wanted, issue_by_operator};
use gatehouse::kernel::id::CollaboratorId;
use gatehouse::platform::mail::{self, Letter};
use http::Method;
use regex::Regex;
use serde_json::json;
use uuid::Uuid;

use crate::access::stage::{GOOD, OWNER, ask_for_reset, colleague, fail, give_password, link, mails, open, signed_in};
use crate::decision::stage::payment;
use crate::support::{Answer, Seed, TestApp};

/// Rows that leave none, and why.
const LEAVE_NONE: [(&str, &str); 13] = [
    ("POST /demo/clock", "moves a demo's clock, which no ordinary installation has"),
    ("POST /me/confirm/passkey/options", "asks for a challenge"),
    ("POST /me/second-factor/passkey/options", "asks for a challenge"),
    ("POST /me/stay", "keeps the session alive"),
    ("POST /me/theme", "sets a cookie of the browser"),
    ("POST /s/{site}/lists/check-lines", "reads what is typed"),
    ("POST /s/{site}/lists/look-up", "a question"),
    ("POST /s/{site}/velocity/effect", "a preview"),
    ("POST /sign-in/passkey/options", "asks for a challenge"),
    ("POST /sign-in/second-step/passkey/options", "asks for a challenge"),
    ("POST /v1/decisions", "the attempt and the decision are its record, and append-only too"),
    ("POST /v1/decisions/{id}/outcome", "the outcome is its record, and append-only too"),
    ("POST /v1/lists/lookup", "a question"),
];

/// Rows that want a device in the hand: their rows in the log are counted where the device is.
const ELSEWHERE: [(&str, &str); 18] = [
    ("POST /me/confirm/code", "tests/access/sends.rs"),
    ("POST /me/confirm/passkey", "tests/access/passkey.rs"),
    ("POST /me/second-factor/mail", "tests/access/enrol.rs"),
    ("POST /me/second-factor/mail/send", "tests/access/enrol.rs"),
    ("POST /me/second-factor/passkey", "tests/access/passkey.rs"),
    ("POST /me/second-factor/recovery-codes", "tests/access/enrol.rs"),
    ("POST /me/second-factor/sms", "tests/access/enrol_number.rs"),
    ("POST /me/second-factor/totp", "tests/access/enrol.rs"),
    ("POST /me/second-factor/{factor}/end", "tests/access/enrol.rs"),
    ("POST /me/second-factor/{factor}/name", "tests/access/enrol.rs"),
    ("POST /me/second-factor/{factor}/send", "tests/access/enrol_number.rs"),
    ("POST /me/second-factor/{factor}/set-up", "tests/access/enrol.rs"),
    ("POST /s/{site}/messages/test", "tests/access/messages.rs"),
    ("POST /sign-in/passkey", "tests/access/passkey.rs"),
    ("POST /sign-in/second-step", "tests/access/second_step.rs"),
    ("POST /sign-in/second-step/code", "tests/access/sends.rs"),
    ("POST /sign-in/second-step/help", "tests/access/help.rs"),
    ("POST /sign-in/second-step/passkey", "tests/access/passkey.rs"),
];

const SITE: &str = "/s/harbour-books";

/// The way through the table so far.
struct Walk {
    app: TestApp,
    seed: Seed,
    walked: BTreeSet<&'static str>,
}

impl Walk {
    async fn rows(&self) -> i64 {
        self.app.count("select count(*) from audit").await
    }

    /// One row of the table, which has to succeed and to be seen in the log.
    async fn step(&mut self, row: &'static str, asking: impl Future<Output = Answer>) -> Answer {
        let before = self.rows().await;
        let answer = asking.await;
        let turned_away = ["/sign-in?next", "/me/confirm"].iter().any(|page| answer.location().starts_with(page));
        assert!(
            (answer.status.is_success() || answer.status == 303) && !turned_away,
            "{row} did not succeed: {} {}\n{}",
            answer.status,
            answer.location(),
            answer.body
        );
        assert!(self.rows().await > before, "{row} left nothing in the log");
        self.walked.insert(row);
        answer
    }

    /// The form that a page shows, sent as it stands but for some fields.
    async fn form(&mut self, row: &'static str, page: &str, changes: &[(&str, &str)]) -> Answer {
        let action = page.split('?').next().unwrap().to_owned();
        self.form_on(row, page, &action, changes).await
    }

    /// One of the forms that a page shows, sent so.
    async fn form_on(&mut self, row: &'static str, page: &str, action: &str, changes: &[(&str, &str)]) -> Answer {
        let shown = self.app.signed_in(self.seed.owner).await;
        let mut fields = fields(&shown.get(page).await, action);
        for (name, value) in changes {
            fields.retain(|(field, _)| field != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.step(row, async { shown.post(action, &fields).await }).await
    }

    /// A button: a form with few fields or none.
    async fn press(&mut self, row: &'static str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let owner = self.app.signed_in(self.seed.owner).await;
        self.step(row, async { owner.post(path, fields).await }).await
    }

    async fn id(&self, sql: &'static str) -> Uuid {
        sqlx::query_scalar(sql).fetch_one(&mut self.app.superuser().await).await.unwrap()
    }

    async fn colleague(&self, email: &str) -> CollaboratorId {
        colleague(&self.app, &self.seed, email).await
    }
}

/// What the page's form to `action` would send untouched.
fn fields(page: &Answer, action: &str) -> Vec<(String, String)> {
    assert_eq!(page.status, 200, "{action}: {}", page.body);
    let forms = Regex::new(r#"(?s)<form([^>]*)>(.*?)</form>"#).unwrap();
    let to = format!("action=\"{action}\"");
    let form = forms.captures_iter(&page.body).find(|form| form[1].contains(&to));
    let form = form.unwrap_or_else(|| panic!("no form to {action} in {}", page.body));
    let attribute = |tag: &str, name: &str| {
        let found = Regex::new(&format!(r#"\s{name}="([^"]*)""#)).unwrap();
        found.captures(tag).map(|found| found[1].replace("&quot;", "\"").replace("&amp;", "&"))
    };
    let tags = Regex::new(r#"(?s)<input([^>]*)>|<select([^>]*)>(.*?)</select>|<textarea([^>]*)>([^<]*)</textarea>"#);
    let mut found = Vec::new();
    for tag in tags.unwrap().captures_iter(&form[2]) {
        let text = |at: usize| tag.get(at).map(|text| text.as_str());
        let own = text(1).or(text(2)).or(text(4)).unwrap();
        let Some(name) = attribute(own, "name").filter(|_| !own.contains(" disabled")) else { continue };
        let value = match (text(1), text(3), text(5)) {
            (Some(input), ..) => {
                let ticked = matches!(attribute(input, "type").as_deref(), Some("checkbox" | "radio"));
                if ticked && !input.contains(" checked") {
                    continue;
                }
                attribute(input, "value").unwrap_or_else(|| if ticked { "on".into() } else { String::new() })
            }
            (_, Some(options), _) => {
                let options = options.split("<option").skip(1);
                let chosen = options.clone().find(|option| option.contains(" selected")).or(options.clone().next());
                chosen.and_then(|option| attribute(option.split('>').next().unwrap(), "value")).unwrap_or_default()
            }
            (_, _, text) => text.unwrap_or_default().to_owned(),
        };
        found.push((name, value));
    }
    found
}

#[tokio::test]
async fn whatever_is_changed_is_in_the_audit_log() {
    let app = TestApp::new().await;
    let seed = app.seed().await;
    give_password(&app, seed.owner, GOOD).await;
    let mut walk = Walk { app, seed, walked: BTreeSet::new() };
    settings(&mut walk).await;
    protection(&mut walk).await;
    services_keys_and_jobs(&mut walk).await;
    people(&mut walk).await;
    api(&mut walk).await;
    oneself(&mut walk).await;
    first_house(&mut walk).await;

    let known: BTreeSet<String> = gatehouse::app::routes()
        .endpoints()
        .iter()
        .filter(|row| row.method != "GET")
        .map(|row| format!("{} {}", row.method, row.path))
        .collect();
    let named: BTreeSet<_> = LEAVE_NONE.iter().chain(&ELSEWHERE).map(|(row, _)| *row).collect();
    let seen: BTreeSet<_> = walk.walked.union(&named).map(|row| (*row).to_owned()).collect();
    assert_eq!(known, seen, "each row is walked, or named with a reason");
    assert!(walk.walked.is_disjoint(&named), "what was walked needs no reason");
}

async fn settings(walk: &mut Walk) {
    sqlx::query("insert into access_settings (site_id) values ($1) on conflict do nothing")
        .bind(walk.seed.site.0)
        .execute(&mut walk.app.superuser().await)
        .await
        .unwrap();
    walk.form("POST /s/{site}/settings", &format!("{SITE}/settings"), &[("company_name", "Harbour Ltd")]).await;
    walk.form("POST /s/{site}/messages", &format!("{SITE}/messages"), &[("sms_body", "Code: {code}")]).await;
    walk.form("POST /s/{site}/mfa", &format!("{SITE}/mfa"), &[("grace", "10")]).await;
    walk.form("POST /s/{site}/passwords", &format!("{SITE}/passwords"), &[("failures", "9")]).await;
    let name = [("name", "Night Market"), ("kind", "test"), ("currency", "EUR"), ("time_zone", "Europe/Madrid")];
    walk.form("POST /sites/new", "/sites/new", &name).await;
}

async fn protection(walk: &mut Walk) {
    let velocity = format!("{SITE}/velocity");
    for payments in ["2", "1"] {
        walk.form("POST /s/{site}/velocity", &velocity, &[("card_payments", payments)]).await;
    }
    walk.press("POST /s/{site}/policy/{version}", &format!("{SITE}/policy/1"), &[("base_version", "2")]).await;
    let panic = [("turn", "on"), ("typed", "harbour books"), ("reason", "a try")];
    walk.press("POST /s/{site}/panic", &format!("{SITE}/panic"), &panic).await;
    walk.press("POST /s/{site}/panic", &format!("{SITE}/panic"), &[("turn", "off")]).await;

    walk.form("POST /s/{site}/lists/new", &format!("{SITE}/lists/new?kind=block"), &[("name", "Testers")]).await;
    let list = gatehouse::kernel::id::ListId(walk.id("select id from list").await);
    let list = format!("{SITE}/lists/{list}");
    walk.form("POST /s/{site}/lists/{list}/edit", &format!("{list}/edit"), &[("name", "Known testers")]).await;
    let ann = [("name", "Ann"), ("field-1", "email"), ("values-1", "ann@example.com"), ("action", "save")];
    walk.form("POST /s/{site}/lists/{list}/entries/new", &format!("{list}/entries/new"), &ann).await;
    let entry = |id| format!("{list}/entries/{}", gatehouse::kernel::id::EntryId(id));
    let standing = "select id from list_entry where valid_to is null";
    let first = entry(walk.id(standing).await);
    let bob = [("values-1", "bob@example.com"), ("action", "save")];
    walk.form("POST /s/{site}/lists/{list}/entries/{entry}/edit", &format!("{first}/edit"), &bob).await;
    let second = entry(walk.id(standing).await);
    walk.press("POST /s/{site}/lists/{list}/entries/{entry}/remove", &format!("{second}/remove"), &[]).await;
    // What refuses less than half of those who bought needs no number typed.
    for n in 2..4 {
        payment(walk.seed.site, walk.seed.service, n).sent(&walk.app.app).await;
    }
    let decision = payment(walk.seed.site, walk.seed.service, 1).sent(&walk.app.app).await.id;
    let from = format!("{SITE}/lists/entries/new?from={decision}&kind=block&field=ip");
    walk.form("POST /s/{site}/lists/entries/new", &from, &[("name", "Caught")]).await;
    walk.press("POST /s/{site}/lists/{list}/switch", &format!("{list}/switch"), &[("to", "off")]).await;
    let service = walk.seed.service.to_string();
    let unlink = [("service", service.as_str())];
    sqlx::query("update list set all_services = false").execute(&mut walk.app.superuser().await).await.unwrap();
    sqlx::query("insert into list_service (site_id, list_id, service_id) select l.site_id, l.id, s.id from list l, service s where s.site_id = l.site_id")
        .execute(&mut walk.app.superuser().await)
        .await
        .unwrap();
    walk.press("POST /s/{site}/lists/{list}/unlink", &format!("{list}/unlink"), &unlink).await;
    walk.press("POST /s/{site}/lists/{list}/remove", &format!("{list}/remove"), &[("typed", "Known testers")]).await;
}

async fn services_keys_and_jobs(walk: &mut Walk) {
    walk.form("POST /s/{site}/services/new", &format!("{SITE}/services/new"), &[("name", "Till")]).await;
    let service = format!("{SITE}/services/{}", walk.seed.service);
    walk.form("POST /s/{site}/services/{service}", &service, &[("name", "Desk")]).await;
    walk.press("POST /s/{site}/services/{service}/archive", &format!("{service}/archive"), &[("typed", "Desk")]).await;
    walk.press("POST /s/{site}/services/{service}/open", &format!("{service}/open"), &[]).await;

    walk.form("POST /s/{site}/api-keys/new", &format!("{SITE}/api-keys/new"), &[("name", "Shop")]).await;
    let key = gatehouse::kernel::id::KeyId(walk.id("select id from api_key").await);
    let key = format!("{SITE}/api-keys/{key}");
    walk.form("POST /s/{site}/api-keys/{key}/rate", &format!("{key}/rate"), &[("per_second", "5")]).await;
    walk.press("POST /s/{site}/api-keys/{key}/revoke", &format!("{key}/revoke"), &[("typed", "Shop")]).await;

    let mut tx = walk.app.app.db.platform().await.unwrap();
    let letter = Letter::new("x").line("x").to("ann@example.com");
    let job = mail::send_for(&mut tx, &walk.app.app, walk.seed.site, letter).await.unwrap();
    tx.commit().await.unwrap();
    sqlx::query("update job set dead_at = created_at").execute(&mut walk.app.superuser().await).await.unwrap();
    let path = format!("{SITE}/system/jobs/{job}");
    walk.press("POST /s/{site}/system/jobs/{job}", &path, &[("do", "try_again")]).await;
}

async fn people(walk: &mut Walk) {
    let people = format!("{SITE}/collaborators");
    let ask = |email| [("email", email), ("role", "analyst")];
    walk.press("POST /s/{site}/collaborators/invite", &format!("{people}/invite"), &ask("ruth@example.com")).await;
    walk.app.wait(chrono::TimeDelta::minutes(1));
    let sent = link(mails(&walk.app, "ruth@example.com").await.last().unwrap());
    let ruth = walk.app.browser();
    open(&ruth, &sent).await;
    let joining = [("name", "Ruth"), ("password", GOOD), ("again", GOOD)];
    walk.step("POST /invitation", async { ruth.post("/invitation", &joining).await }).await;
    let wren = walk.app.person("wren@example.com").await;
    walk.press("POST /s/{site}/collaborators/invite", &format!("{people}/invite"), &ask("wren@example.com")).await;
    let wren = walk.app.signed_in(wren).await;
    open(&wren, &link(mails(&walk.app, "wren@example.com").await.last().unwrap())).await;
    walk.step("POST /me/invitation", async { wren.post("/me/invitation", &[]).await }).await;
    walk.press("POST /s/{site}/collaborators/invite", &format!("{people}/invite"), &ask("late@example.com")).await;
    let late = walk.id("select id from invitation where email = 'late@example.com'").await;
    let late = format!("{people}/invitations/{}", gatehouse::kernel::id::InvitationId(late));
    walk.app.wait(chrono::TimeDelta::minutes(1));
    walk.press("POST /s/{site}/collaborators/invitations/{invitation}/send", &format!("{late}/send"), &[]).await;
    walk.press("POST /s/{site}/collaborators/invitations/{invitation}/revoke", &format!("{late}/revoke"), &[]).await;

    let ben = walk.colleague("ben@example.com").await;
    let his = |verb: &str| format!("{people}/{ben}{verb}");
    let page = his("");
    walk.form("POST /s/{site}/collaborators/{who}", &page, &[("mfa", "on")]).await;
    let why = [("days", "3"), ("reason", "On a journey")];
    walk.form_on("POST /s/{site}/collaborators/{who}/exempt", &page, &his("/exempt"), &why).await;
    walk.form_on("POST /s/{site}/collaborators/{who}/end-exemption", &page, &his("/end-exemption"), &[]).await;
    let role = [("role", "developer")];
    walk.form_on("POST /s/{site}/collaborators/{who}/role", &page, &his("/role"), &role).await;
    walk.press("POST /s/{site}/collaborators/{who}/reset-mfa", &his("/reset-mfa"), &[("reason", "Lost phone")]).await;
    let typed = [("typed", "ben@example.com")];
    walk.press("POST /s/{site}/collaborators/{who}/disable", &his("/disable"), &typed).await;
    walk.press("POST /s/{site}/collaborators/{who}/enable", &his("/enable"), &[]).await;
    fail(&walk.app.browser(), "ben@example.com", 9).await;
    walk.press("POST /s/{site}/collaborators/{who}/unlock", &his("/unlock"), &[]).await;
    fail(&walk.app.browser(), "ben@example.com", 9).await;
    let who = ben.to_string();
    walk.press("POST /s/{site}/passwords/unlock", &format!("{SITE}/passwords/unlock"), &[("who", &who)]).await;
    walk.press("POST /s/{site}/collaborators/{who}/remove", &his("/remove"), &typed).await;

    let (one, other) = (walk.app.actor(walk.seed.site, Role::Owner).await, walk.colleague("eve@example.com").await);
    let hand_over = format!("{people}/{other}/hand-over");
    walk.step("POST /s/{site}/collaborators/{who}/hand-over", async {
        one.post(&hand_over, &[("typed", "eve@example.com")]).await
    })
    .await;
    let leaver = walk.app.actor(walk.seed.site, Role::Analyst).await;
    let leaving = [("site", "harbour-books")];
    walk.step("POST /s/{site}/leave", async { leaver.post(&format!("{SITE}/leave"), &leaving).await }).await;
}

async fn api(walk: &mut Walk) {
    let mut tx = walk.app.app.db.site(walk.seed.site).await.unwrap();
    let wanted = Wanted { name: "Shop".into(), kind: KeyKind::Secret, scopes: Scope::ALL.to_vec(), expires_at: None };
    let made = issue_by_operator(&mut tx, &walk.app.app, walk.seed.site, false, &wanted).await.unwrap();
    tx.commit().await.unwrap();
    let (server, key) = (walk.app.browser(), made.text.reveal().to_owned());
    let call = async |method: Method, path: &str, body: serde_json::Value| {
        let body = (method != Method::DELETE).then_some(body);
        server.call(method, path, &key, body.as_ref()).await
    };
    let list = json!({ "kind": "block", "name": "By the shop" });
    let made = walk.step("POST /v1/lists", call(Method::POST, "/v1/lists", list)).await;
    let list = format!("/v1/lists/{}", made.json()["id"].as_str().unwrap());
    walk.step("PATCH /v1/lists/{id}", call(Method::PATCH, &list, json!({ "name": "By the server" }))).await;
    let entries = format!("{list}/entries");
    let entry = json!({ "conditions": [{ "field": "last4", "values": ["0001"] }] });
    let made = walk.step("POST /v1/lists/{id}/entries", call(Method::POST, &entries, entry)).await;
    let entry = format!("{entries}/{}", made.json()["id"].as_str().unwrap());
    let change = json!({ "name": "First" });
    let changed = walk.step("PATCH /v1/lists/{id}/entries/{entry}", call(Method::PATCH, &entry, change)).await;
    let entry = format!("{entries}/{}", changed.json()["id"].as_str().unwrap());
    walk.step("DELETE /v1/lists/{id}/entries/{entry}", call(Method::DELETE, &entry, json!({}))).await;
    walk.step("DELETE /v1/lists/{id}", call(Method::DELETE, &list, json!({}))).await;
}

async fn oneself(walk: &mut Walk) {
    walk.press("POST /me/profile", "/me/profile", &[("name", "Mara Ellwood")]).await;
    let number = [("phone", "+44 7400 123456"), ("country", "")];
    walk.press("POST /me/phone", "/me/phone", &number).await;
    walk.press("POST /me/confirm", "/me/confirm", &[("password", GOOD)]).await;
    walk.press("POST /me/sessions", "/me/sessions", &[]).await;
    let new = "gravel lanterns hum at dusk";
    let change = [("current_password", GOOD), ("new_password", new), ("again", new)];
    walk.press("POST /me/password", "/me/password", &change).await;
    let browser = walk.app.browser();
    let typed = [("email", OWNER), ("password", new)];
    walk.step("POST /sign-in", async { browser.post("/sign-in", &typed).await }).await;
    walk.step("POST /sign-out", async { browser.post("/sign-out", &[]).await }).await;

    walk.press("POST /me/email", "/me/email", &[("email", "mara@new.example"), ("password", new)]).await;
    let confirm = walk.app.browser();
    open(&confirm, &link(mails(&walk.app, "mara@new.example").await.last().unwrap())).await;
    walk.step("POST /confirm-email", async { confirm.post("/confirm-email", &[]).await }).await;
    let revert = walk.app.browser();
    open(&revert, &link(mails(&walk.app, OWNER).await.last().unwrap())).await;
    walk.step("POST /revert-email", async { revert.post("/revert-email", &[]).await }).await;
    let (forgetful, app) = (walk.app.browser(), walk.app.app.clone());
    let asking = async {
        let answer = forgetful.post("/forgot-password", &[("email", OWNER)]).await;
        // A job looks whether somebody signs in with the address, and writes it down.
        gatehouse::platform::jobs::runner::run_due(&app).await.unwrap();
        answer
    };
    walk.step("POST /forgot-password", asking).await;
    let reset = walk.app.browser();
    open(&reset, &ask_for_reset(&walk.app, OWNER).await).await;
    let chosen = [("password", GOOD), ("again", GOOD)];
    walk.step("POST /reset-password", async { reset.post("/reset-password", &chosen).await }).await;
    let afraid = signed_in(&walk.app, OWNER, GOOD).await;
    let owner = walk.seed.owner.to_string();
    let me = [("who", &*owner)];
    walk.step("POST /me/activity/not-me", async { afraid.post("/me/activity/not-me", &me).await }).await;
}

/// The first owner and site, on an installation of their own.
async fn first_house(walk: &mut Walk) {
    let app = TestApp::new().await;
    let seed = walk.seed.clone();
    let owner = app.browser();
    open(&owner, &link(&invite(&app.app).await.unwrap())).await;
    let mut new = Walk { app, seed, walked: BTreeSet::new() };
    let fields = [
        ("site", "Harbour Books"),
        ("kind", "test"),
        ("currency", "GBP"),
        ("time_zone", "Europe/London"),
        ("owner", "Mara Ellwood"),
        ("email", OWNER),
        ("password", GOOD),
        ("again", GOOD),
    ];
    new.step("POST /set-up", async { owner.post("/set-up", &fields).await }).await;
    walk.walked.extend(new.walked);
}
