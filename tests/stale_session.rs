//! SE-10: every form that asks for a fresh proof, always or where it loosens a protection, posted by a session whose proof
//! is eleven minutes old. Which ones they are stands in `authorization.txt`: a form that is marked there and that nobody
//! fills in here is a red test, and so is one that is marked otherwise and asks.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::access::session::Assurance;
use gatehouse::api::key::KeyKind;
use gatehouse::api::scope::Scope;
use gatehouse::api::service::issue::{Wanted, issue_by_operator};
use gatehouse::decision::lists::{Field, Probe};
use gatehouse::kernel::id::{CollaboratorId, FactorId, InvitationId, ServiceId};
use gatehouse::platform::mail::{self, Letter};

use crate::access::factors::{Authenticator, authenticator, number};
use crate::access::passkey;
use crate::access::stage::{GOOD, give_password, link, mails, open};
use crate::authorization::agreed;
use crate::decision::stage::payment;
use crate::lists::{add_entry, hidden, matches, new_list};
use crate::support::{Answer, Browser, Seed, TestApp};

const SITE: &str = "/s/harbour-books";
const COLLEAGUE: &str = "mara@example.com";

/// Whether the answer asks for a proof, as a page or as JSON.
fn asks(answer: &Answer) -> bool {
    answer.location().starts_with("/me/confirm?next=")
        || answer.status == 403
            && (answer.body.contains("Confirm that it is you") || answer.body.contains("step_up_required"))
}

/// The page that asks for the proof: where the answer leads, or what it links to. What only scripts post has no page to go
/// on to, so nobody says what it is for.
fn proof_page(answer: &Answer) -> Option<String> {
    let at = answer.location();
    let link = regex::Regex::new(r#"href="(/me/confirm\?next=[^"]+)""#).unwrap();
    let linked = || link.captures(&answer.body).map(|found| found[1].to_owned());
    let page = if at.is_empty() { linked() } else { Some(at.to_owned()) };
    page.filter(|page| page != "/me/confirm?next=%2F")
}

/// Whether the page says what the proof is for, and lets the person turn back without one.
async fn says_what_for(owner: &Browser, page: &str) -> bool {
    let page = owner.get(page).await;
    let cancel = regex::Regex::new(r#"href="([^"]+)"[^>]*>Cancel"#).unwrap();
    let Some(back) = cancel.captures(&page.body).map(|found| found[1].to_owned()) else { return false };
    let there = owner.get(&back).await;
    page.body.contains("You are about to") && there.status.as_u16() < 400 && !asks(&there)
}

/// What there is to act on, each by the name it has in a path of the table.
pub struct House {
    pub key: String,
    pub who: String,
    pub invitation: String,
    /// A block list of all services, and its entry.
    pub block: String,
    pub entry: String,
    allow: String,
    pub service: String,
    archived: String,
    pub job: String,
    pub active: String,
    pub waiting: String,
    pub decision: String,
    owner: String,
    /// The numbers of forms that were opened in time.
    once: [String; 2],
    base: String,
}

/// A house in which every protection that can be loosened is tight, and whose owner has a second factor.
pub async fn furnish(stage: &TestApp, seed: &Seed, owner: &Browser) -> House {
    let who = stage.person(COLLEAGUE).await;
    stage.member(seed.site, who, Role::Support).await;
    let invited = [("email", "new@example.com"), ("role", "support")];
    assert_eq!(owner.post(&format!("{SITE}/collaborators/invite"), &invited).await.status, 303);
    let mut db = stage.superuser().await;
    let invitation: uuid::Uuid = sqlx::query_scalar("select id from invitation").fetch_one(&mut db).await.unwrap();

    // To join another house, by the link of its mail.
    let other = stage.seed_site("other-books").await;
    let asks = [("email", "owner@example.com"), ("role", "owner")];
    let host = stage.signed_in_with(other.owner, Assurance::Password).await;
    assert_eq!(host.post("/s/other-books/collaborators/invite", &asks).await.status, 303);
    open(owner, &link(mails(stage, "owner@example.com").await.last().unwrap())).await;

    let block = new_list(owner, &seed.handle, "block", "Testers").await;
    let allow = new_list(owner, &seed.handle, "allow", "Friends").await;
    add_entry(owner, &seed.handle, &block, "Ann", &[("email", "ann@example.com")]).await;
    let entry = matches(stage, seed, &Probe::new().with(Field::Email, "ann@example.com")).await[0].entry_id.to_string();
    let form = owner.get(&format!("{SITE}/lists/{allow}/entries/new")).await;
    let edit = owner.get(&format!("{SITE}/lists/{block}/edit")).await;

    for (base, payments) in [("0", "2"), ("1", "1")] {
        assert_eq!(owner.post(&format!("{SITE}/velocity"), &velocity(base, payments)).await.status, 303);
    }
    let panic = [("turn", "on"), ("typed", "harbour books"), ("reason", "card testing")];
    assert_eq!(owner.post(&format!("{SITE}/panic"), &panic).await.status, 303);

    let decision = payment(seed.site, seed.service, 1).sent(&stage.app).await.id.to_string();
    let from = owner.get(&format!("{SITE}/lists/entries/new?kind=allow&from={decision}&field=email")).await;

    let mut tx = stage.app.db.site(seed.site).await.unwrap();
    let wanted = Wanted { name: "Shop".into(), kind: KeyKind::Secret, scopes: Scope::ALL.to_vec(), expires_at: None };
    let key = issue_by_operator(&mut tx, &stage.app, seed.site, false, &wanted).await.unwrap().id.to_string();
    tx.commit().await.unwrap();
    let mut tx = stage.app.db.platform().await.unwrap();
    let letter = Letter::new("Subject").line("Text.").to("ann@example.com");
    let job = mail::send_for(&mut tx, &stage.app, seed.site, letter).await.unwrap();
    tx.commit().await.unwrap();
    sqlx::query("update job set dead_at = $2 where id = $1")
        .bind(job)
        .bind(stage.clock.now())
        .execute(&mut db)
        .await
        .unwrap();
    let service = [("name", "Old shop"), ("currency", "GBP")];
    assert_eq!(owner.post(&format!("{SITE}/services/new"), &service).await.status, 303);
    let archived: uuid::Uuid =
        sqlx::query_scalar("update service set archived_at = now() where name = 'Old shop' returning id")
            .fetch_one(&mut db)
            .await
            .unwrap();
    let begun = owner.post("/me/second-factor/totp", &[]).await;
    let waiting = begun.location().split('/').nth(3).unwrap().to_owned();
    House {
        key,
        who: who.to_string(),
        invitation: InvitationId(invitation).to_string(),
        once: [hidden(&form, "once"), hidden(&from, "once")],
        base: hidden(&edit, "base"),
        block,
        entry,
        allow,
        service: seed.service.to_string(),
        archived: ServiceId(archived).to_string(),
        job: job.to_string(),
        active: active_factor(stage, seed.owner).await,
        waiting,
        decision,
        owner: seed.owner.to_string(),
    }
}

fn velocity<'a>(base: &'a str, payments: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("base_version", base),
        ("mode", "enforce"),
        ("card_payments", payments),
        ("ip_payments", "3"),
        ("email_payments", "3"),
    ]
}

async fn active_factor(stage: &TestApp, who: CollaboratorId) -> String {
    let query =
        sqlx::query_scalar("select id from second_factor where collaborator_id = $1 and activated_at is not null");
    let id: uuid::Uuid = query.bind(who.0).fetch_one(&mut stage.superuser().await).await.unwrap();
    gatehouse::kernel::id::FactorId(id).to_string()
}

type Fields<'a> = Vec<(&'a str, &'a str)>;

/// Where a marked form of the table is posted, and what makes it do its work if the proof is fresh.
pub fn filled_in<'a>(house: &'a House, path: &str) -> (String, Fields<'a>) {
    if let Some(rest) = path.strip_prefix("/s/{site}/lists") {
        return of_a_list(house, rest);
    }
    if let Some(rest) = path.strip_prefix("/s/{site}/collaborators") {
        return of_people(house, rest);
    }
    if let Some(rest) = path.strip_prefix("/me/second-factor") {
        return of_a_factor(house, rest);
    }
    let fields = match path {
        "/s/{site}/api-keys/new" => vec![("name", "x"), ("expires", "never"), ("lists_read", "on")],
        "/me/invitation" => vec![],
        "/s/{site}/leave" => vec![("site", "harbour-books")],
        "/s/{site}/messages" => {
            vec![("base_version", "1"), ("sms_sender", ""), ("sms_body", ""), ("sms_daily_cap", "501")]
        }
        "/s/{site}/messages/test" => vec![("country", "DE"), ("number", "0151 23456789")],
        "/s/{site}/api-keys/{key}/rate" => {
            vec![("per_second", "501"), ("burst", "2000"), ("seen_per_second", "500"), ("seen_burst", "2000")]
        }
        "/sites/new" => vec![
            ("name", "Second shop"),
            ("kind", "test"),
            ("currency", "GBP"),
            ("time_zone", "Europe/London"),
            ("support_email", "help@example.com"),
        ],
        "/s/{site}/mfa" => vec![("base_version", "1"), ("grace", "9"), ("kinds", "totp")],
        "/s/{site}/panic" => vec![("turn", "off")],
        "/s/{site}/passwords" => vec![
            ("base_version", "1"),
            ("preset", "relaxed"),
            ("shortest", "15"),
            ("failures", "50"),
            ("minutes", "30"),
        ],
        "/s/{site}/passwords/unlock" => vec![("who", house.who.as_str())],
        "/s/{site}/policy/{version}" => vec![("base_version", "3")],
        "/s/{site}/services/new" => vec![("name", "Tickets"), ("currency", "EUR")],
        "/s/{site}/services/{service}" => {
            vec![("base_version", "1"), ("name", "Web shop"), ("currency", "GBP")]
        }
        "/s/{site}/services/{service}/archive" => vec![("typed", "Checkout")],
        "/s/{site}/services/{service}/open" => vec![],
        "/s/{site}/api-keys/{key}/revoke" => vec![("typed", "Shop")],
        "/s/{site}/settings" => vec![
            ("base_version", "1"),
            ("name", "harbour books"),
            ("company_name", ""),
            ("support_email", ""),
            ("currency", "GBP"),
            ("time_zone", "Europe/London"),
            ("idle_minutes", "60"),
        ],
        "/s/{site}/system/jobs/{job}" => vec![("do", "discard")],
        "/s/{site}/velocity" => velocity("3", "50"),
        other => panic!("nobody fills {other} in"),
    };
    let service = if path.ends_with("/open") { &house.archived } else { &house.service };
    let url = path.replace("/s/{site}", SITE).replace("{version}", "1");
    (url.replace("{service}", service).replace("{key}", &house.key).replace("{job}", &house.job), fields)
}

fn of_a_list<'a>(house: &'a House, rest: &str) -> (String, Fields<'a>) {
    let (list, fields) = match rest {
        "/entries/new" => (
            &house.allow,
            vec![
                ("once", house.once[1].as_str()),
                ("from", house.decision.as_str()),
                ("kind", "allow"),
                ("list", house.allow.as_str()),
                ("name", "Friend"),
                ("note", ""),
                ("ends", ""),
                ("use", "email"),
            ],
        ),
        "/{list}/entries/new" => (
            &house.allow,
            vec![
                ("once", house.once[0].as_str()),
                ("name", "Friend"),
                ("field-1", "email"),
                ("values-1", "ann@example.com"),
            ],
        ),
        "/{list}/entries/{entry}/edit" => {
            (&house.block, vec![("name", "Ann"), ("field-1", "email"), ("values-1", "other@example.com")])
        }
        "/{list}/edit" => (
            &house.block,
            vec![("base", house.base.as_str()), ("name", "Testers"), ("reach", "all"), ("mode", "shadow")],
        ),
        "/{list}/switch" => (&house.block, vec![("to", "off")]),
        "/{list}/unlink" => (&house.block, vec![("service", house.service.as_str())]),
        "/{list}/remove" => (&house.block, vec![("typed", "Testers")]),
        "/{list}/entries/{entry}/remove" => (&house.block, vec![]),
        other => panic!("nobody fills lists{other} in"),
    };
    (format!("{SITE}/lists{}", rest.replace("{list}", list).replace("{entry}", &house.entry)), fields)
}

fn of_people<'a>(house: &'a House, rest: &str) -> (String, Fields<'a>) {
    let fields = match rest {
        "/invite" => vec![("email", "another@example.com"), ("role", "support")],
        "/{who}" => vec![("mfa", "on"), ("was_mfa", "false"), ("was_phone", "")],
        "/{who}/exempt" => vec![("days", "3"), ("reason", "On a journey"), ("was_until", "")],
        "/{who}/reset-mfa" => vec![("reason", "Lost phone")],
        "/{who}/role" => vec![("role", "analyst"), ("was_role", "support")],
        "/{who}/end-exemption" => vec![("was_until", "")],
        "/{who}/disable" | "/{who}/remove" | "/{who}/hand-over" => vec![("typed", COLLEAGUE)],
        "/invitations/{invitation}/send" | "/invitations/{invitation}/revoke" | "/{who}/enable" | "/{who}/unlock" => {
            vec![]
        }
        other => panic!("nobody fills collaborators{other} in"),
    };
    let rest = rest.replace("{who}", &house.who).replace("{invitation}", &house.invitation);
    (format!("{SITE}/collaborators{rest}"), fields)
}

fn of_a_factor<'a>(house: &'a House, rest: &str) -> (String, Fields<'a>) {
    let (factor, fields) = match rest {
        "/{factor}/end" => (&house.active, vec![("reason", "lost")]),
        "/{factor}/set-up" => (&house.waiting, vec![("code", "012345")]),
        "/{factor}/send" => (&house.waiting, vec![]),
        "/sms" => (&house.waiting, vec![("phone", "+4915123456789")]),
        "/mail" => (&house.waiting, vec![("code", "012345")]),
        "/recovery-codes" => (&house.waiting, vec![("who", house.owner.as_str())]),
        "/passkey" => (&house.waiting, vec![("credential", "{}"), ("name", "Laptop")]),
        "/mail/send" | "/totp" | "/passkey/options" => (&house.waiting, vec![]),
        other => panic!("nobody fills second-factor{other} in"),
    };
    (format!("/me/second-factor{}", rest.replace("{factor}", factor)), fields)
}

/// Where a form of the table that takes any proof is posted, and what it is filled in with.
pub fn any_proof(house: &House, path: &str) -> (String, Vec<(String, String)>) {
    let new = "seven kites over water";
    let entry =
        [("once", house.once[0].as_str()), ("name", "Friend"), ("field-1", "email"), ("values-1", "a@example.com")];
    let fields: Fields<'_> = match path {
        "/me/activity/not-me" => vec![("who", &house.owner)],
        "/me/confirm" | "/me/confirm/code" => vec![("password", GOOD)],
        "/me/confirm/passkey" => vec![("credential", "{}"), ("next", "")],
        "/me/email" => vec![("email", "new@example.com"), ("password", GOOD)],
        "/me/password" => vec![("current_password", GOOD), ("new_password", new), ("again", new)],
        "/me/phone" => vec![("phone", ""), ("country", "")],
        "/me/profile" => vec![("name", "Olive")],
        "/me/second-factor/{factor}/name" => vec![("name", "Pocket")],
        "/me/theme" => vec![("theme", "dark")],
        "/me/confirm/passkey/options" | "/me/sessions" | "/me/stay" | "/sign-out" => vec![],
        "/s/{site}/lists/check-lines" => entry.to_vec(),
        "/s/{site}/lists/look-up" => vec![("value", "ann@example.com")],
        "/s/{site}/lists/new" => {
            vec![("kind", "block"), ("name", "New"), ("note", ""), ("reach", "all"), ("mode", "shadow")]
        }
        "/s/{site}/velocity/effect" => velocity("3", "50"),
        other => panic!("nobody fills {other} in"),
    };
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    (path.replace("/s/{site}", SITE).replace("{factor}", &house.active), fields)
}

/// What only the browser that posts the form has: the code on its device, the number of a page it has opened.
async fn at_hand(somebody: &Browser, path: &str, devices: &Devices, stage: &TestApp) -> Vec<(String, String)> {
    let fields = match path {
        "/me/confirm" => vec![("with", devices.app.id.to_string()), ("code", devices.app.code(stage, 0))],
        "/me/confirm/code" => vec![("with", devices.number.to_string())],
        "/s/{site}/lists/new" => {
            vec![("once", hidden(&somebody.get(&format!("{SITE}/lists/new?kind=block")).await, "once"))]
        }
        _ => vec![],
    };
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What the owner proves with.
struct Devices {
    app: Authenticator,
    number: FactorId,
}

#[tokio::test]
async fn every_marked_form_asks_a_stale_session_who_it_is_and_no_other_does() {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    let seed = stage.seed().await;
    sqlx::query("insert into access_settings (site_id) values ($1)")
        .bind(seed.site.0)
        .execute(&mut stage.superuser().await)
        .await
        .unwrap();
    let app = authenticator(&stage, seed.owner).await;
    // A second owner, so that leaving is possible.
    stage.actor(seed.site, Role::Owner).await;
    let owner = stage.signed_in_with(seed.owner, Assurance::SecondFactor).await;
    let house = furnish(&stage, &seed, &owner).await;
    stage.wait(TimeDelta::minutes(11));
    let before = stage.count("select count(*) from audit").await;
    let (mut marked, mut silent, mut vague) = (0, Vec::new(), Vec::new());
    for ((method, path), row) in agreed() {
        if row.proof != Some("step-up") {
            continue;
        }
        assert_eq!(method, "POST");
        let (url, fields) = filled_in(&house, &path);
        let answer = owner.post(&url, &fields).await;
        marked += 1;
        if !asks(&answer) {
            silent.push(format!("{path}: {} {} {}", answer.status, answer.location(), answer.body));
        }
        if let Some(page) = proof_page(&answer)
            && !says_what_for(&owner, &page).await
        {
            vague.push(format!("{path}: {page}"));
        }
    }
    assert!(marked > 40 && silent.is_empty(), "of {marked} forms these do not ask:\n{}", silent.join("\n"));
    assert!(vague.is_empty(), "these do not say what is confirmed, or do not turn back:\n{}", vague.join("\n"));
    assert_eq!(stage.count("select count(*) from audit").await, before, "nothing was done");
    // These do their work, or refuse what no test can make; nobody fails to read them.
    give_password(&stage, seed.owner, GOOD).await;
    passkey::plant(&stage, seed.owner).await;
    let devices = Devices { app, number: number(&stage, seed.owner).await };
    let mut any: Vec<_> = agreed().into_iter().filter(|(_, row)| row.proof == Some("any-proof")).collect();
    // It shuts everything, the devices too.
    any.sort_by_key(|((_, path), _)| path == "/me/activity/not-me");
    for ((method, path), _) in any {
        let somebody = stage.signed_in_with(seed.owner, Assurance::SecondFactor).await;
        stage.wait(TimeDelta::minutes(11));
        let (url, mut fields) = any_proof(&house, &path);
        fields.extend(at_hand(&somebody, &path, &devices, &stage).await);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        let answer = somebody.post(&url, &fields).await;
        assert!(!asks(&answer), "{method} {path} is marked any-proof and asks: {}", answer.location());
        let refused = path == "/me/confirm/passkey" && answer.body.contains("Confirm that it is you");
        assert!(answer.status.as_u16() < 400 || refused, "{method} {path}: {} {}", answer.status, answer.body);
    }
}
