//! OT-03, OT-07, OT-09, P-20, P-21: when a code is texted, and when not.

use std::sync::Arc;

use chrono::TimeDelta;

use super::factors::*;
use super::stage::*;
use crate::support::{Answer, Browser, Seed, TestApp};

/// A house whose texts go to the demo's outbox, and its owner's number.
async fn texting_house() -> (TestApp, Seed, String) {
    let app = TestApp::with(|parts| parts.demo = true).await;
    let seed = app.seed().await;
    give_password(&app, seed.owner, GOOD).await;
    let mut db = app.superuser().await;
    sqlx::query("insert into access_settings (site_id) values ($1) on conflict do nothing")
        .bind(seed.site.0)
        .execute(&mut db)
        .await
        .unwrap();
    let phone = number(&app, seed.owner).await.to_string();
    (app, seed, phone)
}

async fn send(browser: &Browser, phone: &str) -> Answer {
    browser.post("/sign-in/second-step/code", &[("with", phone)]).await
}

async fn texts(app: &TestApp) -> i64 {
    count(app, "select count(*) from text_message").await
}

#[tokio::test]
async fn first_send_and_three_resends_then_fifteen_minutes_whatever_the_browser() {
    let (app, _, phone) = texting_house().await;
    let browser = half_in(&app).await;
    for n in 0..4 {
        if n > 0 {
            assert_eq!(send(&browser, &phone).await.status, 429, "a gap of 30 seconds");
            app.wait(TimeDelta::seconds(30));
        }
        assert_eq!(send(&browser, &phone).await.status, 303, "{n}");
    }
    app.wait(TimeDelta::seconds(60));
    let fifth = send(&browser, &phone).await;
    assert_eq!(fifth.status, 429);
    assert_eq!(fifth.headers.get("retry-after").unwrap(), "840");
    assert!(fifth.body.contains("The next code can be sent at 10:16:30 GMT, in 14 min 0 s"), "{}", fifth.body);
    let elsewhere = half_in(&app).await.at("198.51.100.7");
    assert_eq!(
        send(&elsewhere, &phone).await.status,
        429,
        "a new cookie, another address: the same account and number"
    );
    assert_eq!(texts(&app).await, 4);
    app.wait(TimeDelta::minutes(14));
    assert_eq!(send(&half_in(&app).await, &phone).await.status, 303);
}

#[tokio::test]
async fn the_page_says_how_many_resends_are_left_and_when_the_pause_ends() {
    let (app, _, phone) = texting_house().await;
    let browser = half_in(&app).await;
    let told = async || browser.get(STEP).await.words("id=\"sheet-h\"", "form");
    assert!(!told().await.contains("resends left"), "there is nothing to send again yet");
    for left in [3, 2, 1] {
        send(&browser, &phone).await;
        assert!(told().await.contains(&format!("{left} of 3 resends left")), "{}", told().await);
        app.wait(TimeDelta::seconds(30));
    }
    send(&browser, &phone).await;
    let paused = told().await;
    assert!(paused.contains("0 of 3 resends left ."), "what the countdown ends is said beside it: {paused}");
    assert!(paused.contains("Another code can be sent at 10:16:30 GMT , in 15:00"), "{paused}");
    app.wait(TimeDelta::minutes(6));
    let paused = told().await;
    assert!(paused.contains("0 of 3 resends left") && paused.contains(", in 9:00"), "the code is dead: {paused}");
}

#[tokio::test]
async fn times_are_those_of_the_site_the_person_was_at_last() {
    let (app, seed, phone) = texting_house().await;
    let other = app.seed_site("night-market").await;
    app.member(other.site, seed.owner, gatehouse::access::Role::Owner).await;
    let change = async |sql: &'static str| {
        sqlx::query(sql).execute(&mut app.superuser().await).await.unwrap();
    };
    change("update site set time_zone = 'America/New_York' where handle = 'night-market'").await;
    sqlx::query("update membership set last_seen_at = $1 where site_id = $2")
        .bind(app.clock.now())
        .bind(other.site.0)
        .execute(&mut app.superuser().await)
        .await
        .unwrap();
    let browser = half_in(&app).await;
    send(&browser, &phone).await;
    let early = send(&browser, &phone).await;
    assert!(early.body.contains("The next code can be sent at 05:00:30 EST, in 30 s"), "{}", early.body);
    assert!(early.body.contains("title=\"2 March 2026, 05:00:30\">05:00:30 EST"), "{}", early.body);
    change("delete from membership").await;
    let nowhere = browser.get(STEP).await;
    assert!(nowhere.body.contains(">10:00:30 UTC<"), "{}", nowhere.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_sends_at_once_are_one_text() {
    let (app, _, phone) = texting_house().await;
    let browser = Arc::new(half_in(&app).await);
    let sends: Vec<_> = (0..20)
        .map(|_| {
            let (browser, phone) = (browser.clone(), phone.clone());
            tokio::spawn(async move { send(&browser, &phone).await.status.as_u16() })
        })
        .collect();
    let mut answers = Vec::new();
    for one in sends {
        answers.push(one.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
    assert_eq!(texts(&app).await, 1);
}

#[tokio::test]
async fn a_new_code_kills_the_one_before_and_the_page_says_where_it_stands() {
    let (app, _, phone) = texting_house().await;
    let browser = half_in(&app).await;
    assert!(browser.get(STEP).await.body.contains("Send the code"));
    assert_eq!(texts(&app).await, 0, "opening the page sends nothing");
    send(&browser, &phone).await;
    let page = browser.get(STEP).await;
    let told = page.words("id=\"sheet-h\"", "form");
    assert!(told.contains("Another code can be sent at 10:00:30 GMT , in 0:30"), "{told}");
    assert!(told.contains("3 of 3 resends left , then a pause of 15 minutes."), "{told}");
    assert!(page.body.contains("data-seconds=\"30\"") && page.body.contains("/pkg/countdown.js"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self';"), "the script may run: {policy}");
    assert!(told.contains("It is good until 10:05:00 GMT") && !page.body.contains("+4915123456789"), "{told}");
    for moment in ["10:00:30", "10:05:00", "10:10:00"] {
        let machine = format!("<time datetime=\"2026-03-02T{moment}.000Z\"");
        assert!(page.body.contains(&machine), "{moment} for machines: {}", page.body);
    }
    app.wait(TimeDelta::seconds(30));
    send(&browser, &phone).await;
    assert_eq!(count(&app, "select count(*) from one_time_code where ended_at is null").await, 1);
    assert_eq!(count(&app, "select count(*) from one_time_code").await, 2);
}

#[tokio::test]
async fn a_pause_is_not_cut_short_by_a_right_code_and_a_success_before_it_begins_anew() {
    let (app, seed, phone) = texting_house().await;
    let id = phone.parse().unwrap();
    for _ in 0..3 {
        let browser = half_in(&app).await;
        assert_eq!(send(&browser, &phone).await.status, 303);
        plant_code(&app, seed.owner, id, &browser, "012345").await;
        assert!(is_in(&type_code(&browser, &phone, "012345").await));
        app.wait(TimeDelta::seconds(31));
    }
    let browser = half_in(&app).await;
    for _ in 0..4 {
        assert_eq!(send(&browser, &phone).await.status, 303);
        app.wait(TimeDelta::seconds(31));
    }
    plant_code(&app, seed.owner, id, &browser, "012345").await;
    assert!(is_in(&type_code(&browser, &phone, "012345").await));
    assert_eq!(send(&half_in(&app).await, &phone).await.status, 429);
}

#[tokio::test]
async fn who_has_no_other_device_than_a_number_signs_in_fifteen_times_a_day() {
    let (app, seed, phone) = texting_house().await;
    for n in 0..15 {
        let browser = half_in(&app).await;
        let sent = send(&browser, &phone).await;
        assert_eq!(sent.status, 303, "{n}: {}", sent.body);
        plant_code(&app, seed.owner, phone.parse().unwrap(), &browser, "012345").await;
        assert!(is_in(&type_code(&browser, &phone, "012345").await), "{n}");
        app.wait(TimeDelta::minutes(30));
    }
}

async fn set(app: &TestApp, change: &str) {
    let mut db = app.superuser().await;
    let sql = format!("update access_settings set {change}");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
}

#[tokio::test]
async fn a_refusal_is_said_and_counts_nothing() {
    let (app, _, phone) = texting_house().await;
    set(&app, "sms_daily_cap = 0").await;
    let browser = half_in(&app).await;
    for _ in 0..6 {
        let answer = send(&browser, &phone).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("Your site has sent as many texts"), "{}", answer.body);
    }
    assert_eq!(texts(&app).await + count(&app, "select count(*) from one_time_code").await, 0);
}

#[tokio::test]
async fn a_country_taken_off_the_list_shuts_nobody_out_whose_device_is_a_number_of_it() {
    let (app, seed, phone) = texting_house().await;
    set(&app, "sms_countries = '{FR}'").await;
    let browser = half_in(&app).await;
    assert_eq!(send(&browser, &phone).await.status, 303);
    plant_code(&app, seed.owner, phone.parse().unwrap(), &browser, "012345").await;
    assert!(is_in(&type_code(&browser, &phone, "012345").await));
    let another = browser.post("/me/second-factor/sms", &[("phone", "+4915123456780")]).await;
    assert_eq!(another.status, 422);
    assert!(another.body.contains("numbers of Germany"), "{}", another.body);
    assert_eq!(texts(&app).await, 1);
}

#[tokio::test]
async fn nothing_is_sent_while_too_many_guesses_close_the_step() {
    let (app, seed, phone) = texting_house().await;
    let id = phone.parse().unwrap();
    let browser = half_in(&app).await;
    for _ in 0..2 {
        plant_code(&app, seed.owner, id, &browser, "012345").await;
        for _ in 0..5 {
            type_code(&browser, &phone, "999999").await;
        }
    }
    let answer = send(&browser, &phone).await;
    assert_eq!(answer.status, 429);
    assert!(answer.body.contains("Codes are sent again at 11:00:00 GMT"), "{}", answer.body);
    assert_eq!(texts(&app).await, 0);
    let page = browser.get(STEP).await;
    assert_eq!(page.headers.get("refresh").unwrap(), "3600");
}

#[tokio::test]
async fn a_session_alone_texts_nobody_to_confirm() {
    let (app, seed, phone) = texting_house().await;
    let browser = app.signed_in_with(seed.owner, gatehouse::access::session::Assurance::SecondFactor).await;
    let page = browser.get("/me/confirm").await;
    assert!(page.body.contains("formaction=\"/me/confirm/code\""), "{}", page.body);
    for password in ["", BAD] {
        let refused = browser.post("/me/confirm/code", &[("with", &phone), ("password", password)]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("That is not your password"), "{}", refused.body);
    }
    assert_eq!(texts(&app).await, 0);
    let sent = browser.post("/me/confirm/code", &[("with", &phone), ("password", GOOD), ("code", "")]).await;
    assert_eq!(sent.status, 303);
    assert!(sent.location().starts_with("/me/confirm?with="), "{}", sent.location());
    assert_eq!(texts(&app).await, 1);
}

#[tokio::test]
async fn a_sent_code_is_recorded_with_its_device_and_a_masked_number_and_without_the_code() {
    let (app, seed, phone) = texting_house().await;
    let browser = half_in(&app).await.at("198.51.100.7");
    assert_eq!(send(&browser, &phone).await.status, 303);
    assert_eq!(send(&browser, &phone).await.status, 429);
    assert_eq!(audited(&app, seed.site, "code.sent").await, 1, "what was not sent is not recorded");
    gatehouse::platform::jobs::runner::run_due(&app.app).await.unwrap();
    let mut db = app.superuser().await;
    let text: String = sqlx::query_scalar("select body from outbox").fetch_one(&mut db).await.unwrap();
    let code = &text[..6];

    let owner = app.signed_in_with(seed.owner, gatehouse::access::session::Assurance::SecondFactor).await;
    let page = owner.get("/s/harbour-books/audit?action=code.sent").await;
    for words in ["Code sent", "+49 ••••••89", "sms", "sign_in", OWNER, "198.51.100.7"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains(code) && !page.body.contains(NUMBER), "{}", page.body);
    let said: Vec<String> = sqlx::query_scalar(
        "select new::text from audit where action = 'code.sent' union all select s::text from audit_subject s",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert!(said.len() == 2 && said.iter().all(|row| !row.contains(code)), "{said:?}");
}
