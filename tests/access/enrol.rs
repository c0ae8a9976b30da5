//! P-15 to P-22, MF-06 to MF-10, OT-10, OT-12, OT-14: a second factor is set up, changed and ended by its person.

use chrono::TimeDelta;
use gatehouse::access::totp::{Secret, step_of};
use gatehouse::kernel::id::CollaboratorId;
use gatehouse::platform::jobs::runner::{order_recurring, run_due};
use http::StatusCode;

use super::stage::*;
use crate::support::{Answer, Browser, Seed, TestApp};

const COOKIE: &str = "__Host-gatehouse";
const SET_UP: &str = "/me/second-factor/set-up";

/// The secret that an authenticator's page shows.
pub fn secret_on(page: &Answer) -> Secret {
    let key = page.body.split("id=\"key\">").nth(1).unwrap().split('<').next().unwrap();
    let mut bits = 0u64;
    let mut bytes = Vec::new();
    for (at, letter) in key.chars().filter(|c| *c != ' ').enumerate() {
        bits = bits << 5 | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).unwrap() as u64;
        if at % 8 == 7 {
            bytes.extend(&bits.to_be_bytes()[3..]);
            bits = 0;
        }
    }
    Secret::from_bytes(&bytes).unwrap()
}

/// Six digits that are not the secret's now or 30 seconds ago.
fn wrong_for(app: &TestApp, secret: &Secret) -> String {
    let step = step_of(app.clock.now());
    let right = [secret.code(step), secret.code(step - 1)];
    let six = ["000000", "111111", "222222"];
    six.into_iter().find(|code| right.iter().all(|r| r.reveal() != *code)).unwrap().to_owned()
}

pub fn right_for(app: &TestApp, secret: &Secret) -> String {
    secret.code(step_of(app.clock.now())).reveal().to_owned()
}

/// Begins with an authenticator: the path of its page, and its secret.
pub async fn begin_app(browser: &Browser) -> (String, Secret) {
    let begun = browser.post("/me/second-factor/totp", &[]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER);
    let path = begun.location().to_owned();
    let page = browser.get(&path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}");
    let secret = secret_on(&page);
    (path, secret)
}

/// Sets an authenticator up from beginning to end.
async fn enrol_app(app: &TestApp, browser: &Browser) -> (Answer, Secret) {
    let (path, secret) = begin_app(browser).await;
    let answer = browser.post(&path, &[("code", &right_for(app, &secret))]).await;
    (answer, secret)
}

/// The recovery codes on a page.
pub fn codes_on(page: &Answer) -> Vec<String> {
    let list = page.body.split("id=\"recovery-codes\"").nth(1).unwrap();
    let list = list.split_once('>').unwrap().1.split('<').next().unwrap();
    list.lines().map(str::to_owned).collect()
}

async fn run(app: &TestApp, sql: &'static str, who: CollaboratorId) {
    let mut db = app.superuser().await;
    sqlx::query(sql).bind(who.0).execute(&mut db).await.unwrap();
}

/// A person whose time for a second factor is over.
pub async fn overdue() -> (TestApp, Seed) {
    let (app, seed) = house().await;
    run(
        &app,
        "update membership set mfa_own = true, required_since = created_at - interval '90 days' where collaborator_id = $1",
        seed.owner,
    )
    .await;
    (app, seed)
}

/// The six digits in the newest mail to somebody.
pub async fn mailed_code(app: &TestApp, to: &str) -> String {
    let mail = mails(app, to).await.pop().unwrap();
    let six = regex::Regex::new(r"\b\d{6}\b").unwrap();
    six.find(&mail).expect("six digits").as_str().to_owned()
}

#[tokio::test]
async fn an_authenticator_is_set_up_and_the_first_device_brings_ten_recovery_codes() {
    let (app, seed) = house().await;
    let (browser, other) = (signed_in(&app, OWNER, GOOD).await, signed_in(&app, OWNER, GOOD).await);
    let before = browser.get("/me/second-factor").await;
    assert!(before.body.contains("Inactive") && before.body.contains("No device yet"));
    let (path, secret) = begin_app(&browser).await;
    let page = browser.get(&path).await;
    assert!(page.body.contains("class=\"qr\"") && page.body.contains("autocomplete=\"one-time-code\""));

    let wrong = wrong_for(&app, &secret);
    let refused = browser.post(&path, &[("code", &wrong)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("That code is not right") && !refused.body.contains(&format!("value=\"{wrong}\"")));
    let old = browser.cookie(COOKIE).unwrap();

    let done = browser.post(&path, &[("code", &right_for(&app, &secret))]).await;
    assert_eq!(done.status, StatusCode::CREATED);
    let codes = codes_on(&done);
    assert_eq!(codes.len(), 10);
    assert!(done.body.contains("download=\"gatehouse-recovery-codes.txt\"") && done.body.contains("href=\"/\""));

    assert!(sees_the_console(&browser).await);
    assert_ne!(browser.cookie(COOKIE).unwrap(), old, "a new id");
    let thief = app.browser();
    thief.set_cookie(COOKIE, &old);
    assert!(!sees_the_console(&thief).await && !sees_the_console(&other).await);
    let page = browser.get("/me/second-factor").await;
    assert!(
        page.body.contains("Active") && page.body.contains("Authenticator app") && page.body.contains("10 of 10 left")
    );
    assert!(!page.body.contains(&codes[0]) && !page.body.contains(&secret.base32()));
    assert_eq!(count(&app, "select count(*) from known_device where ended_at is null").await, 1, "this browser");
    assert_eq!(
        count(&app, "select count(*) from session where revoked_at is null and assurance = 'second_factor'").await,
        1
    );
    assert!(mails(&app, OWNER).await.last().unwrap().contains("has a new device"));
    assert_eq!(audited(&app, seed.site, "second_factor.added").await, 1);
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND, "its secret is not shown again");
}

#[tokio::test]
async fn neither_secret_nor_codes_stand_in_the_database() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let (done, secret) = enrol_app(&app, &browser).await;
    let mut db = app.superuser().await;
    let kept: Vec<u8> = sqlx::query_scalar("select secret_sealed from second_factor").fetch_one(&mut db).await.unwrap();
    assert!(!kept.windows(secret.bytes().len()).any(|part| part == secret.bytes()));
    let texts: Vec<String> = sqlx::query_scalar(
        "select coalesce(new::text, '') || coalesce(old::text, '') from audit union all select payload::text from job",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    for code in codes_on(&done) {
        assert!(texts.iter().all(|text| !text.contains(&code) && !text.contains(&secret.base32())));
    }
    let hashes: i64 = sqlx::query_scalar("select count(*) from recovery_code where length(code_hash) = 32")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(hashes, 10);
}

#[tokio::test]
async fn a_set_up_that_is_left_shuts_nobody_out_and_weakens_nothing() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let (path, _) = begin_app(&browser).await;
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "the password alone still signs in");
    let list = browser.get("/me/second-factor").await;
    assert!(list.body.contains("Inactive") && list.body.contains("No device yet"), "{}", list.body);
    app.wait(TimeDelta::minutes(61));
    let browser = signed_in(&app, OWNER, GOOD).await;
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.post(&path, &[("code", "123456")]).await.status, StatusCode::NOT_FOUND);
    assert_ne!(begin_app(&browser).await.0, path);
}

#[tokio::test]
async fn a_secret_that_another_session_was_shown_becomes_nobodys_device() {
    let (app, _) = house().await;
    let thief = signed_in(&app, OWNER, GOOD).await;
    let (left, known) = begin_app(&thief).await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let (path, secret) = begin_app(&browser).await;
    assert_ne!(secret.base32(), known.base32());
    assert_eq!(thief.get(&left).await.status, StatusCode::NOT_FOUND, "given up");
    for path in [&left, &path] {
        let answer = browser.post(path, &[("code", &right_for(&app, &known))]).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
    }
    assert_eq!(browser.post(&path, &[("code", &right_for(&app, &secret))]).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn upkeep_forgets_what_was_begun_and_left_and_keeps_what_counts() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    enrol_app(&app, &browser).await;
    begin_app(&browser).await;
    begin_app(&browser).await;
    let all = "select count(*) from second_factor";
    order_recurring(&app.app).await.unwrap();
    run_due(&app.app).await.unwrap();
    assert_eq!(count(&app, all).await, 3, "it may still be finished");
    app.wait(TimeDelta::hours(25));
    run_due(&app.app).await.unwrap();
    assert_eq!(count(&app, all).await, 1, "neither the one that waited nor the one given up");
    assert_eq!(count(&app, "select count(*) from second_factor where activated_at is not null").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_first_code_posted_twenty_times_at_once_counts_once() {
    let (app, seed) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let (path, secret) = begin_app(&browser).await;
    let code = right_for(&app, &secret);
    let flying: Vec<_> = (0..20)
        .map(|_| {
            let (twin, path, code) = (browser.at("203.0.113.1"), path.clone(), code.clone());
            tokio::spawn(async move { twin.post(&path, &[("code", &code)]).await.status })
        })
        .collect();
    let mut made = 0;
    for one in flying {
        made += usize::from(one.await.unwrap() == StatusCode::CREATED);
    }
    assert_eq!(made, 1);
    assert_eq!(audited(&app, seed.site, "second_factor.added").await, 1);
    assert_eq!(count(&app, "select count(*) from recovery_code").await, 10);
}

#[tokio::test]
async fn who_has_chosen_a_number_is_asked_for_it_after_whatever_comes_first() {
    let (app, _) = overdue().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let number = "/me/second-factor/set-up?kind=sms";
    let next = "%2Fme%2Fsecond-factor%2Fset-up%3Fkind%3Dsms";
    assert_eq!(browser.get(number).await.location(), format!("/me/second-factor/mail?next={next}"));
    browser.post("/me/second-factor/mail/send", &[("next", number)]).await;
    let code = mailed_code(&app, OWNER).await;
    assert_eq!(browser.post("/me/second-factor/mail", &[("code", &code), ("next", number)]).await.location(), number);
    app.wait(TimeDelta::minutes(11));
    assert_eq!(browser.get(number).await.location(), format!("/me/confirm?next={next}"));
    let typed = browser.post("/me/second-factor/sms", &[("phone", "+447700900123")]).await;
    assert_eq!(typed.location(), format!("/me/confirm?next={next}"));
}

#[tokio::test]
async fn setting_up_and_ending_ask_for_a_fresh_proof() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let (path, secret) = begin_app(&browser).await;
    app.wait(TimeDelta::minutes(11));
    for page in [SET_UP, &path] {
        let answer = browser.get(page).await;
        assert!(
            answer.location().starts_with("/me/confirm?next=%2Fme%2Fsecond-factor%2F"),
            "{page}: {}",
            answer.status
        );
    }
    for (form, fields) in [
        ("/me/second-factor/totp", vec![]),
        ("/me/second-factor/sms", vec![("phone", "+447700900123")]),
        (path.as_str(), vec![("code", right_for(&app, &secret).leak() as &str)]),
    ] {
        assert!(browser.post(form, &fields).await.location().starts_with("/me/confirm?"), "{form}");
    }
    assert_eq!(count(&app, "select count(*) from second_factor where activated_at is not null").await, 0);
}

#[tokio::test]
async fn a_further_device_leads_to_the_dashboard_and_leaves_the_codes_alone() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    enrol_app(&app, &browser).await;
    let (second, _) = enrol_app(&app, &browser).await;
    assert_eq!((second.status, second.location()), (StatusCode::SEE_OTHER, "/"));
    assert!(sees_the_console(&browser).await);
    assert_eq!(count(&app, "select count(*) from second_factor where activated_at is not null").await, 2);
    assert_eq!(count(&app, "select count(*) from recovery_code where used_at is null").await, 10);
}

#[tokio::test]
async fn nobody_reaches_another_persons_devices() {
    let (app, seed) = house().await;
    let owner = signed_in(&app, OWNER, GOOD).await;
    enrol_app(&app, &owner).await;
    let (waiting, secret) = begin_app(&owner).await;
    colleague(&app, &seed, "other@example.com").await;
    let other = signed_in(&app, "other@example.com", GOOD).await;
    let mut db = app.superuser().await;
    let id: gatehouse::kernel::id::FactorId =
        sqlx::query_scalar("select id from second_factor where activated_at is not null")
            .fetch_one(&mut db)
            .await
            .unwrap();
    let device = format!("/me/second-factor/{id}");
    assert_eq!(other.get(&device).await.status, StatusCode::NOT_FOUND);
    assert_eq!(other.get(&waiting).await.status, StatusCode::NOT_FOUND);
    for (form, fields) in [
        (format!("{device}/name"), vec![("name", "Mine")]),
        (format!("{device}/end"), vec![("reason", "lost")]),
        (waiting, vec![("code", right_for(&app, &secret).leak() as &str)]),
    ] {
        assert_eq!(other.post(&form, &fields).await.status, StatusCode::NOT_FOUND, "{form}");
    }
    assert_eq!(count(&app, "select count(*) from second_factor where name = 'Mine' or end_reason = 'lost'").await, 0);
}

/// The path of the only active device.
async fn only_device(app: &TestApp) -> String {
    let mut db = app.superuser().await;
    let id: gatehouse::kernel::id::FactorId =
        sqlx::query_scalar("select id from second_factor where activated_at is not null and ended_at is null")
            .fetch_one(&mut db)
            .await
            .unwrap();
    format!("/me/second-factor/{id}")
}

#[tokio::test]
async fn a_device_gets_another_name() {
    let (app, seed) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    enrol_app(&app, &browser).await;
    let path = only_device(&app).await;
    let form = format!("{path}/name");
    assert_eq!(browser.post(&form, &[("name", "  ")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let saved = browser.post(&form, &[("name", " Work   <b>phone</b> ")]).await;
    assert_eq!(saved.location(), "/me/second-factor?done=saved");
    assert!(browser.get("/me/second-factor").await.body.contains("Work &lt;b&gt;phone"));
    assert_eq!(audited(&app, seed.site, "second_factor.renamed").await, 1);
}

#[tokio::test]
async fn the_last_device_stays_while_a_site_requires_it_and_goes_otherwise() {
    let (app, seed) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    enrol_app(&app, &browser).await;
    run(
        &app,
        "update membership set mfa_own = true, required_since = created_at where collaborator_id = $1",
        seed.owner,
    )
    .await;
    let path = only_device(&app).await;
    let refused = browser.post(&format!("{path}/end"), &[("reason", "lost")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("harbour books requires a second step"), "{}", refused.body);
    assert_eq!(count(&app, "select count(*) from second_factor where ended_at is null").await, 1);

    run(&app, "update membership set mfa_own = false where collaborator_id = $1", seed.owner).await;
    let old = browser.cookie(COOKIE).unwrap();
    let gone = browser.post(&format!("{path}/end"), &[("reason", "lost")]).await;
    assert_eq!(gone.location(), "/me/second-factor?done=removed");
    assert_ne!(browser.cookie(COOKIE).unwrap(), old);
    assert!(sees_the_console(&browser).await);
    assert_eq!(count(&app, "select count(*) from recovery_code").await, 0, "worthless without a device");
    assert!(mails(&app, OWNER).await.last().unwrap().contains("It was the last one"));
    assert_eq!(audited(&app, seed.site, "second_factor.lost").await, 1);
}

#[tokio::test]
async fn without_one_of_the_two_reasons_no_device_ends() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    enrol_app(&app, &browser).await;
    let end = format!("{}/end", only_device(&app).await);
    for fields in [&[][..], &[("reason", "")], &[("reason", "reset")], &[("reason", "lost"), ("reason", "removed")]] {
        assert_eq!(browser.post(&end, fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
    }
    assert_eq!(count(&app, "select count(*) from second_factor where ended_at is null").await, 1);
    assert_eq!(browser.post(&end, &[("reason", "removed")]).await.location(), "/me/second-factor?done=removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_devices_both_removed_at_once_one_stays_where_it_is_required() {
    let (app, seed) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    for _ in 0..2 {
        enrol_app(&app, &browser).await;
    }
    run(
        &app,
        "update membership set mfa_own = true, required_since = created_at where collaborator_id = $1",
        seed.owner,
    )
    .await;
    let mut db = app.superuser().await;
    let devices: Vec<gatehouse::kernel::id::FactorId> =
        sqlx::query_scalar("select id from second_factor where activated_at is not null")
            .fetch_all(&mut db)
            .await
            .unwrap();
    assert_eq!(devices.len(), 2);
    // A browser each, so that neither is signed out before it has asked.
    let mut tasks = tokio::task::JoinSet::new();
    for id in devices {
        let own = app.signed_in_with(seed.owner, gatehouse::access::session::Assurance::SecondFactor).await;
        tasks.spawn(async move { own.post(&format!("/me/second-factor/{id}/end"), &[("reason", "lost")]).await });
    }
    let answers = tasks.join_all().await;
    let ended = answers.iter().filter(|answer| answer.location() == "/me/second-factor?done=removed").count();
    assert_eq!(ended, 1, "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
    assert_eq!(count(&app, "select count(*) from second_factor where ended_at is null").await, 1);
}

#[tokio::test]
async fn what_cannot_be_undone_is_asked_about_on_a_page_of_its_own() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let codes = "/me/second-factor/recovery-codes";
    assert_eq!(browser.get(codes).await.location(), "/me/second-factor", "there are none to make anew");
    enrol_app(&app, &browser).await;
    let device = only_device(&app).await;
    for (path, words) in [
        (format!("{device}/end?reason=lost"), "Mark Authenticator app as lost?"),
        (format!("{device}/end?reason=removed"), "Remove Authenticator app?"),
        (codes.to_owned(), "Make ten new recovery codes?"),
    ] {
        let question = browser.get(&path).await;
        assert_eq!(question.status, StatusCode::OK, "{path}");
        assert!(question.body.contains(words), "{path}: {}", question.body);
    }
    assert!(browser.get(&format!("{device}/end?reason=lost")).await.body.contains("It is your last device"));
    let list = browser.get("/me/second-factor").await;
    assert!(list.body.contains(&format!("href=\"{codes}\"")) && !list.body.contains(&format!("action=\"{codes}\"")));
    let page = browser.get(&device).await;
    assert!(!page.body.contains(&format!("action=\"{device}/end\"")), "no device ends at one press");
    assert_eq!(
        count(&app, "select count(*) from second_factor where ended_at is null").await,
        1,
        "asking ends nothing"
    );
    assert_eq!(count(&app, "select count(*) from recovery_code where used_at is null").await, 10);
    app.wait(TimeDelta::minutes(11));
    for path in [format!("{device}/end?reason=lost"), codes.to_owned()] {
        let asked = browser.get(&path).await;
        let back: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        assert_eq!(asked.location(), format!("/me/confirm?next={back}"));
    }
}

#[tokio::test]
async fn three_recovery_codes_left_are_few_and_the_page_and_the_mail_say_so() {
    let (app, seed) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let (done, secret) = enrol_app(&app, &browser).await;
    let codes = codes_on(&done);
    let sign_in = async |code: &str| {
        let browser = super::factors::half_in(&app).await;
        assert!(is_in(&super::factors::type_code(&browser, "recovery", code).await));
    };
    let newest = async || mails(&app, OWNER).await.pop().unwrap();
    for code in &codes[..6] {
        sign_in(code).await;
    }
    assert!(newest().await.contains("Codes left: 4") && !newest().await.contains("Few are left"));
    let page = async || {
        app.wait(TimeDelta::seconds(30));
        let browser = super::factors::half_in(&app).await;
        let device = only_device(&app).await;
        let id = device.rsplit('/').next().unwrap().to_owned();
        assert!(is_in(&super::factors::type_code(&browser, id, &right_for(&app, &secret)).await));
        browser.get("/me/second-factor").await.body
    };
    let four = page().await;
    assert!(four.contains("4 of 10 left") && !four.contains("are left."), "{four}");
    sign_in(&codes[6]).await;
    assert!(newest().await.contains("Codes left: 3") && newest().await.contains("Few are left. Make new ones"));
    let three = page().await;
    assert!(three.contains("3 of 10 left") && three.contains("3 are left."), "{three}");
    assert_eq!(audited(&app, seed.site, "sign_in.succeeded").await, 10, "seven by a code of the ten");
}

#[tokio::test]
async fn new_recovery_codes_make_the_old_worthless() {
    let (app, seed) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let (form, me) = ("/me/second-factor/recovery-codes", [("who", &*seed.owner.to_string())]);
    assert_eq!(browser.post(form, &me).await.location(), "/me/second-factor", "none yet");
    let (done, _) = enrol_app(&app, &browser).await;
    let old = codes_on(&done);
    assert_eq!(browser.post(form, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(count(&app, "select count(*) from audit where action = 'recovery_codes.made'").await, 0);
    let made = browser.post(form, &me).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let new = codes_on(&made);
    assert!(new.len() == 10 && new.iter().all(|code| !old.contains(code)));
    assert!(!spend(&app, seed.owner, &old[0]).await);
    assert!(spend(&app, seed.owner, &new[0]).await);
    assert!(browser.get("/me/second-factor").await.body.contains("9 of 10 left"));
    assert!(mails(&app, OWNER).await.last().unwrap().contains("ten new recovery codes"));
    assert_eq!(audited(&app, seed.site, "recovery_codes.made").await, 1);
}

async fn spend(app: &TestApp, who: CollaboratorId, code: &str) -> bool {
    let mut tx = app.app.db.platform().await.unwrap();
    let right = gatehouse::access::service::recovery::spend(&mut tx, who, code, app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    right
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_recovery_code_used_fifty_times_at_once_is_good_once_and_for_its_person_only() {
    let (app, seed) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let (done, _) = enrol_app(&app, &browser).await;
    let code = codes_on(&done).remove(3);
    let other = colleague(&app, &seed, "other@example.com").await;
    assert!(!spend(&app, other, &code).await);
    let app = std::sync::Arc::new(app);
    let flying: Vec<_> = (0..50)
        .map(|_| {
            let (app, code) = (app.clone(), code.clone());
            tokio::spawn(async move { spend(&app, seed.owner, &code).await })
        })
        .collect();
    let mut good = 0;
    for one in flying {
        good += usize::from(one.await.unwrap());
    }
    assert_eq!(good, 1);
}

#[tokio::test]
async fn past_the_deadline_the_first_device_needs_a_mailed_code_as_well() {
    let (app, seed) = overdue().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    assert_eq!(browser.get(SET_UP).await.location(), "/me/second-factor/mail?next=%2Fme%2Fsecond-factor%2Fset-up");
    for form in ["/me/second-factor/totp", "/me/second-factor/sms"] {
        assert!(browser.post(form, &[]).await.location().starts_with("/me/second-factor/mail?"), "{form}");
    }
    assert!(browser.get("/me/second-factor/mail").await.body.contains("Mail me a code"));
    let sent = browser.post("/me/second-factor/mail/send", &[]).await;
    assert_eq!(sent.location(), "/me/second-factor/mail?next=%2Fme%2Fsecond-factor%2Fset-up&done=sent");
    let again = browser.post("/me/second-factor/mail/send", &[]).await;
    assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(again.headers["retry-after"], "30");

    let code = mailed_code(&app, OWNER).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = browser.post("/me/second-factor/mail", &[("code", wrong)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("4 more tries"), "{}", refused.body);
    let other = signed_in(&app, OWNER, GOOD).await;
    assert_eq!(
        other.post("/me/second-factor/mail", &[("code", &code)]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "good in the session that asked only"
    );
    assert_eq!(browser.post("/me/second-factor/mail", &[("code", &code)]).await.location(), SET_UP);
    assert_eq!(other.get(SET_UP).await.status, StatusCode::SEE_OTHER);
    assert_eq!(enrol_app(&app, &browser).await.0.status, StatusCode::CREATED);
    assert_eq!(audited(&app, seed.site, "second_factor.address_proved").await, 1);
}

#[tokio::test]
async fn after_a_reset_the_first_device_needs_a_mailed_code_and_within_the_grace_it_does_not() {
    let (app, seed) = house().await;
    run(
        &app,
        "update membership set mfa_own = true, required_since = created_at where collaborator_id = $1",
        seed.owner,
    )
    .await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    assert_eq!(browser.get(SET_UP).await.status, StatusCode::OK);
    enrol_app(&app, &browser).await;
    run(
        &app,
        "update second_factor set ended_at = activated_at + interval '1 second', end_reason = 'reset' where collaborator_id = $1",
        seed.owner,
    )
    .await;
    app.wait(TimeDelta::minutes(1));
    let browser = signed_in(&app, OWNER, GOOD).await;
    assert!(browser.get(SET_UP).await.location().starts_with("/me/second-factor/mail"), "after a reset");
}

#[tokio::test]
async fn the_page_says_who_asks_and_until_when() {
    let (app, seed) = house().await;
    run(
        &app,
        "update membership set mfa_own = true, required_since = created_at where collaborator_id = $1",
        seed.owner,
    )
    .await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let page = browser.get("/me/second-factor").await;
    let asked = page.words("Multi-factor authentication", "li");
    assert_eq!(asked, "harbour books requires a second step by the end of Monday 9 March 2026 : 7 days left .");
    assert!(page.body.contains("<time datetime=\"2026-03-10T00:00:00.000Z\""), "{}", page.body);
    enrol_app(&app, &browser).await;
    assert!(browser.get("/me/second-factor").await.body.contains("Yours is active"));
}

#[tokio::test]
async fn a_kind_that_no_site_accepts_is_neither_offered_nor_taken() {
    let (app, seed) = house().await;
    let mut db = app.superuser().await;
    sqlx::query("insert into access_settings (site_id, factor_kinds) values ($1, '{passkey}') on conflict (site_id) do update set factor_kinds = '{passkey}'")
        .bind(seed.site.0)
        .execute(&mut db)
        .await
        .unwrap();
    let browser = signed_in(&app, OWNER, GOOD).await;
    let page = browser.get(SET_UP).await;
    assert!(page.body.contains("/me/second-factor/passkey") && !page.body.contains("/me/second-factor/totp"));
    for form in ["/me/second-factor/totp", "/me/second-factor/sms"] {
        assert_eq!(browser.post(form, &[("phone", "+447700900123")]).await.status, StatusCode::CONFLICT, "{form}");
    }
}
