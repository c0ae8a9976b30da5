//! P-17 to P-21, OT-06, OT-07, OT-10, MF-10: a mobile number becomes a second factor.

use chrono::TimeDelta;
use gatehouse::kernel::secret::Purpose;
use gatehouse::platform::jobs::runner::{order_recurring, run_due};
use http::StatusCode;

use super::stage::*;
use crate::support::{Answer, Browser, Seed, TestApp};

const SMS: &str = "/me/second-factor/sms";
const NUMBER: &str = "+4915123456789";

/// A house from which texts leave (into the demo's outbox), and the owner signed in.
pub async fn texting_house() -> (TestApp, Seed, Browser) {
    let app = TestApp::with(|parts| parts.demo = true).await;
    let seed = app.seed().await;
    give_password(&app, seed.owner, GOOD).await;
    let mut db = app.superuser().await;
    sqlx::query("insert into access_settings (site_id) values ($1) on conflict (site_id) do nothing")
        .bind(seed.site.0)
        .execute(&mut db)
        .await
        .unwrap();
    let browser = signed_in(&app, OWNER, GOOD).await;
    (app, seed, browser)
}

/// The words of the newest text.
async fn newest_text(app: &TestApp) -> String {
    let mut db = app.superuser().await;
    let (message, sealed): (String, String) = sqlx::query_as(
        "select payload ->> 'message', payload ->> 'sealed' from job where kind = 'sms' order by id desc limit 1",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    let words = app.app.keys.open(Purpose::TextBody, message.as_bytes(), &hex::decode(sealed).unwrap()).unwrap();
    String::from_utf8(words).unwrap()
}

pub async fn texted_code(app: &TestApp) -> String {
    let six = regex::Regex::new(r"\b\d{6}\b").unwrap();
    six.find(&newest_text(app).await).expect("six digits").as_str().to_owned()
}

async fn texts(app: &TestApp) -> i64 {
    count(app, "select count(*) from text_message").await
}

/// Gives the number; the path of the page where its code is typed.
pub async fn begin(browser: &Browser, number: &str) -> String {
    let begun = browser.post(SMS, &[("phone", number)]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
    begun.location().to_owned()
}

fn send_path(page: &str) -> String {
    page.replace("/set-up", "/send")
}

fn refused(answer: &Answer, words: &str) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains(words), "{words}: {}", answer.body);
}

#[tokio::test]
async fn a_number_that_was_left_is_forgotten_with_its_codes() {
    let (app, _, browser) = texting_house().await;
    begin(&browser, NUMBER).await;
    order_recurring(&app.app).await.unwrap();
    app.wait(TimeDelta::days(3));
    run_due(&app.app).await.unwrap();
    assert_eq!(count(&app, "select count(*) from one_time_code").await, 0);
    assert_eq!(count(&app, "select count(*) from second_factor").await, 0);
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "it shut nobody out");
}

#[tokio::test]
async fn a_number_is_proved_by_the_code_texted_to_it() {
    let (app, seed, browser) = texting_house().await;
    let page = begin(&browser, "+49 151 234-567 89").await;
    let shown = browser.get(&page).await;
    assert!(shown.body.contains(NUMBER) && shown.body.contains("<time datetime=\"2026-03-02T10:05:00.000Z\""));
    assert_eq!(shown.words("id=\"f-code-h\"", "time"), "10:05:00 GMT");
    assert!(shown.body.contains("The text is on its way") && shown.body.contains("3 of 3 resends left"));
    let code = texted_code(&app).await;
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let done = browser.post(&page, &[("code", &spaced)]).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.body);
    let list = browser.get("/me/second-factor").await;
    assert!(list.body.contains("Text message, +49 ••••••89") && !list.body.contains(NUMBER));
    assert_eq!(audited(&app, seed.site, "second_factor.added").await, 1);
    refused(&browser.post(SMS, &[("phone", NUMBER)]).await, "one of your devices already");
}

#[tokio::test]
async fn a_number_that_cannot_be_texted_to_is_said_before_anything_is_sent() {
    let (app, _, browser) = texting_house().await;
    let picker = browser.get("/me/second-factor/set-up?kind=sms").await.words("name=\"country\"", "option");
    assert_eq!(picker, "Choose a country", "no country is taken for granted");
    for (number, country, words) in [
        ("", "", "Write a mobile number"),
        ("+86 138 1234 5678", "", "codes are not texted to numbers of China"),
        ("+44 20 7946 0000", "", "landline"),
        ("0151 23456789", "", "hoose the country"),
        ("+49 151 abc", "", "igits only"),
        ("+٤٩١٥١٢٣٤٥٦٧٨٩", "", "igits only"),
        ("+999 123456", "", "alling code"),
    ] {
        let answer = browser.post(SMS, &[("phone", number), ("country", country)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
        assert!(answer.body.to_lowercase().contains(&words.to_lowercase()), "{number}: {}", answer.body);
        assert!(number.is_empty() || answer.body.contains(&format!("value=\"{number}\"")), "{number} is kept");
    }
    assert_eq!(texts(&app).await, 0);
    assert_eq!(count(&app, "select count(*) from second_factor").await, 0);
    assert!(browser.post(SMS, &[("phone", "0151 23456789"), ("country", "DE")]).await.location().ends_with("/set-up"));
    assert_eq!(count(&app, "select count(*) from second_factor where phone = '+4915123456789'").await, 1);
}

#[tokio::test]
async fn who_waits_out_the_pause_gets_a_second_round() {
    let (app, _, mut browser) = texting_house().await;
    for round in 0..2 {
        let page = begin(&browser, NUMBER).await;
        for resend in 0..3 {
            app.wait(TimeDelta::seconds(30));
            let sent = browser.post(&send_path(&page), &[]).await;
            assert_eq!(sent.location(), format!("{page}?done=sent"), "round {round}, {resend}: {}", sent.body);
        }
        assert_eq!(texts(&app).await, (round + 1) * 4);
        if round == 1 {
            let code = texted_code(&app).await;
            assert_eq!(browser.post(&page, &[("code", &code)]).await.status, StatusCode::CREATED);
        }
        app.wait(TimeDelta::minutes(15));
        browser = app.browser();
        try_to_sign_in(&browser, OWNER, GOOD).await;
    }
}

#[tokio::test]
async fn who_tries_many_numbers_is_told_after_five_what_else_to_do() {
    let (app, _, browser) = texting_house().await;
    for n in 0..5 {
        begin(&browser, &format!("+4915{}3450099", 11 + n)).await;
    }
    refused(&browser.post(SMS, &[("phone", NUMBER)]).await, "texts sent to five other numbers within a day");
    assert_eq!(texts(&app).await, 5);
}

#[tokio::test]
async fn three_resends_thirty_seconds_apart_and_then_a_quarter_of_an_hour() {
    let (app, _, browser) = texting_house().await;
    let page = begin(&browser, NUMBER).await;
    let first = texted_code(&app).await;
    let early = browser.post(&send_path(&page), &[]).await;
    assert_eq!((early.status, early.headers["retry-after"].to_str().unwrap()), (StatusCode::TOO_MANY_REQUESTS, "30"));
    for left in [2, 1, 0] {
        app.wait(TimeDelta::seconds(30));
        assert_eq!(browser.post(&send_path(&page), &[]).await.location(), format!("{page}?done=sent"));
        assert!(browser.get(&page).await.body.contains(&format!("{left} of 3 resends left")));
    }
    let newest = texted_code(&app).await;
    if newest != first {
        assert_eq!(browser.post(&page, &[("code", &first)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    app.wait(TimeDelta::seconds(30));
    let fourth = browser.post(&send_path(&page), &[]).await;
    assert_eq!(
        (fourth.status, fourth.headers["retry-after"].to_str().unwrap()),
        (StatusCode::TOO_MANY_REQUESTS, "870")
    );
    assert!(fourth.body.contains("The next code can be sent at 10:16:30 GMT"), "{}", fourth.body);
    let other = signed_in(&app, OWNER, GOOD).await;
    begin(&other, NUMBER).await;
    assert_eq!(texts(&app).await, 4, "another browser sends no more either");
    assert_eq!(
        browser.post(&page, &[("code", &newest)]).await.status,
        StatusCode::CREATED,
        "the last one is still good"
    );
}

#[tokio::test]
async fn a_code_proves_the_number_it_was_sent_to_in_the_session_that_asked() {
    let (app, _, browser) = texting_house().await;
    let first = begin(&browser, NUMBER).await;
    let second = begin(&browser, "+4915123456780").await;
    let code = texted_code(&app).await;
    let other = signed_in(&app, OWNER, GOOD).await;
    assert_eq!(other.post(&second, &[("code", &code)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(browser.post(&first, &[("code", &code)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(count(&app, "select count(*) from second_factor where activated_at is not null").await, 0);
}

#[tokio::test]
async fn a_code_is_good_for_five_minutes_and_five_tries() {
    let (app, _, browser) = texting_house().await;
    let page = begin(&browser, NUMBER).await;
    let code = texted_code(&app).await;
    app.wait(TimeDelta::minutes(5));
    refused(&browser.post(&page, &[("code", &code)]).await, "older than five minutes");

    assert_eq!(browser.post(&send_path(&page), &[]).await.status, StatusCode::SEE_OTHER);
    let code = texted_code(&app).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(browser.post(&page, &[("code", wrong)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(browser.post(&page, &[("code", &code)]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "dead");
}

#[tokio::test]
async fn a_suggested_number_only_fills_the_field_in() {
    let (app, seed, browser) = texting_house().await;
    suggest(&app, &seed).await;
    let page = browser.get("/me/second-factor/set-up?kind=sms").await;
    assert!(page.body.contains(&format!("value=\"{NUMBER}\"")) && page.body.contains("Germany (+49)"));
    assert_eq!(texts(&app).await, 0);
    assert_eq!(count(&app, "select count(*) from second_factor").await, 0);
}

async fn suggest(app: &TestApp, seed: &Seed) {
    let mut db = app.superuser().await;
    sqlx::query("update membership set suggested_phone = $2 where collaborator_id = $1")
        .bind(seed.owner.0)
        .bind(NUMBER)
        .execute(&mut db)
        .await
        .unwrap();
}

async fn keep_number(browser: &Browser, country: &str, number: &str) -> Answer {
    browser.post("/me/phone", &[("country", country), ("phone", number)]).await
}

#[tokio::test]
async fn the_profiles_number_is_filled_in_before_what_an_admin_typed() {
    let (app, seed, browser) = texting_house().await;
    suggest(&app, &seed).await;
    assert_eq!(keep_number(&browser, "GB", "07400 123456").await.location(), "/me/profile?done=saved");
    assert_eq!(keep_number(&browser, "", "+44 7400 123456").await.location(), "/me/profile?done=unchanged");
    assert!(browser.get("/me/profile").await.body.contains("value=\"+447400123456\""));
    let page = browser.get("/me/second-factor/set-up?kind=sms").await;
    assert!(page.body.contains("value=\"+447400123456\"") && !page.body.contains(NUMBER), "{}", page.body);
    assert_eq!(keep_number(&browser, "GB", " ").await.location(), "/me/profile?done=saved");
    let page = browser.get("/me/second-factor/set-up?kind=sms").await;
    assert!(page.body.contains(&format!("value=\"{NUMBER}\"")), "{}", page.body);
    assert_eq!(audited(&app, seed.site, "profile.phone_changed").await, 2);
    assert_eq!(count(&app, "select count(*) from audit where audit::text like '%7400123456%'").await, 0);
    assert_eq!(texts(&app).await, 0);
}

#[tokio::test]
async fn a_number_that_cannot_be_texted_to_stands_in_no_profile() {
    let (app, _, browser) = texting_house().await;
    for (country, number, words) in [
        ("", "0151 23456789", "Choose the country"),
        ("GB", "020 7946 0000", "This is a landline number"),
        ("DE", "0151 abc", "Write digits only"),
        ("", "+999 123456", "No country has this calling code"),
        ("XX", "0151 23456789", "Choose the country"),
    ] {
        let answer = keep_number(&browser, country, number).await;
        refused(&answer, words);
        assert!(answer.body.contains(&format!("value=\"{number}\"")), "{number} is kept");
    }
    assert_eq!(count(&app, "select count(*) from collaborator where phone is not null").await, 0);
}

#[tokio::test]
async fn a_number_learns_of_a_new_device_by_text() {
    let (app, _, browser) = texting_house().await;
    let page = begin(&browser, NUMBER).await;
    browser.post(&page, &[("code", &texted_code(&app).await)]).await;
    let second = begin(&browser, "+4915123456780").await;
    let code = texted_code(&app).await;
    assert_eq!(browser.post(&second, &[("code", &code)]).await.location(), "/");
    assert_eq!(
        count(&app, "select count(*) from text_message where purpose = 'notice' and number = '+4915123456789'").await,
        1
    );
    assert!(newest_text(&app).await.contains("a new device"));
}

/// Makes another number a factor.
async fn enrol(app: &TestApp, browser: &Browser, number: &str) {
    let page = begin(browser, number).await;
    let code = texted_code(app).await;
    assert!(browser.post(&page, &[("code", &code)]).await.status.as_u16() < 400, "{number}");
}

/// The numbers that have been told something, oldest first.
async fn told(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("select number from text_message where purpose = 'notice' order by id")
        .fetch_all(&mut app.superuser().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_number_learns_of_a_device_that_was_removed_but_a_lost_one_does_not() {
    let (app, _, browser) = texting_house().await;
    let (first, lost, removed) = (NUMBER, "+4915123456780", "+4915123456781");
    for number in [first, lost, removed] {
        enrol(&app, &browser, number).await;
    }
    let end = async |number: &str, reason: &str| {
        let query = sqlx::query_scalar("select id from second_factor where phone = $1");
        let id: gatehouse::kernel::id::FactorId =
            query.bind(number).fetch_one(&mut app.superuser().await).await.unwrap();
        let before = told(&app).await.len();
        let answer = browser.post(&format!("/me/second-factor/{id}/end"), &[("reason", reason)]).await;
        assert_eq!(answer.location(), "/me/second-factor?done=removed");
        let mut told = told(&app).await.split_off(before);
        told.sort();
        told
    };
    assert_eq!(end(lost, "lost").await, [removed, first], "whoever found the phone need not know");
    assert!(newest_text(&app).await.contains("a device for the second step was removed"));
    assert_eq!(end(removed, "removed").await, [removed, first]);
}

#[tokio::test]
async fn a_text_that_did_not_arrive_is_said_where_its_code_is_waited_for() {
    let (app, seed, browser) = texting_house().await;
    let page = begin(&browser, NUMBER).await;
    let fail = async || {
        let sql = "update text_message set status = 'failed', error = 'the phone was off'";
        sqlx::query(sql).execute(&mut app.superuser().await).await.unwrap();
    };
    fail().await;
    let words = "The text was not delivered: the phone was off.";
    let set_up = browser.get(&page).await;
    assert!(set_up.body.contains(words), "{}", set_up.body);
    assert!(set_up.body.contains("Check the number, or choose another device."), "{}", set_up.body);
    assert!(!looks_again(&set_up), "nothing more becomes of it: {}", set_up.body);

    let phone = super::factors::number(&app, seed.owner).await.to_string();
    app.wait(TimeDelta::seconds(31));
    let half = super::factors::half_in(&app).await;
    let sent = half.post("/sign-in/second-step/code", &[("with", &phone)]).await;
    let under_way = half.get(sent.location()).await;
    assert!(under_way.body.contains("The text is on its way") && looks_again(&under_way), "{}", under_way.body);
    assert_eq!(under_way.words("id=\"delivery\"", "a"), "Look again", "for people without scripts");
    fail().await;
    let failed = half.get(sent.location()).await;
    assert!(failed.body.contains(words) && !looks_again(&failed), "{}", failed.body);
}

/// Whether the page goes on asking what becomes of a text.
fn looks_again(page: &Answer) -> bool {
    let tag = regex::Regex::new("<p[^>]* id=\"delivery\"[^>]*>").unwrap();
    let tag = tag.find(&page.body).unwrap_or_else(|| panic!("nothing is said of a text: {}", page.body)).as_str();
    assert!(tag.contains("aria-live=\"polite\""), "{tag}");
    let asks = tag.contains("data-refresh=\"4\"");
    assert_eq!(page.body.contains("/pkg/refresh.js"), asks, "{}", page.body);
    asks
}

#[tokio::test]
async fn what_becomes_of_a_text_is_looked_for_while_its_code_can_be_typed() {
    let (app, _, browser) = texting_house().await;
    let page = begin(&browser, NUMBER).await;
    assert!(looks_again(&browser.get(&page).await));
    let becomes = async |status: &str| {
        let sql = sqlx::query("update text_message set status = $1").bind(status.to_owned());
        sql.execute(&mut app.superuser().await).await.unwrap();
        browser.get(&page).await
    };
    assert!(looks_again(&becomes("sent").await), "the carrier has it");
    assert!(!looks_again(&becomes("delivered").await), "the phone has it");
    becomes("sent").await;
    app.wait(TimeDelta::minutes(5));
    assert!(!looks_again(&browser.get(&page).await), "its code is no longer taken");
}

#[tokio::test]
async fn the_wait_for_the_next_code_is_counted_down_by_a_script_and_said_without_one() {
    let (app, _, browser) = texting_house().await;
    let page = begin(&browser, NUMBER).await;
    let waiting = browser.get(&page).await;
    let form = waiting.words("data-waits", "p");
    assert_eq!(form, "Another code can be sent at 10:00:30 GMT , in 0:30 . Look again");
    assert!(waiting.body.contains("data-seconds=\"30\"") && waiting.body.contains("/pkg/countdown.js"));
    app.wait(TimeDelta::seconds(30));
    let over = browser.get(&page).await;
    assert!(!over.body.contains("data-seconds") && !over.body.contains("countdown.js"), "nothing to count");
}
