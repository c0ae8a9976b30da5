//! The page of texts: who may write them, what is refused, a preview, a test.

use gatehouse::access::Role;
use gatehouse::platform::jobs::runner::run_due;

use super::stage::audited;
use crate::support::{Browser, Seed, TestApp};

const PATH: &str = "/s/harbour-books/messages";

async fn stage() -> (TestApp, Seed, Browser) {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    let seed = stage.seed().await;
    let mut db = stage.superuser().await;
    sqlx::query("insert into access_settings (site_id) values ($1) on conflict do nothing")
        .bind(seed.site.0)
        .execute(&mut db)
        .await
        .unwrap();
    let owner = stage.signed_in(seed.owner).await;
    (stage, seed, owner)
}

fn form<'a>(version: &'a str, sender: &'a str, body: &'a str) -> [(&'a str, &'a str); 4] {
    capped(version, sender, body, "500")
}

fn capped<'a>(version: &'a str, sender: &'a str, body: &'a str, cap: &'a str) -> [(&'a str, &'a str); 4] {
    [("base_version", version), ("sms_sender", sender), ("sms_body", body), ("sms_daily_cap", cap)]
}

#[tokio::test]
async fn an_owner_writes_the_words_and_the_log_says_so() {
    let (stage, _, owner) = stage().await;
    let saved = owner.post(PATH, &form("1", "Harbour", "Code: {code}")).await;
    assert_eq!(
        (saved.status.as_u16(), saved.location()),
        (303, "/s/harbour-books/messages?done=saved"),
        "{}",
        saved.body
    );
    let mut db = stage.superuser().await;
    let new: serde_json::Value =
        sqlx::query_scalar("select new from audit where action = 'messages.templates_changed'")
            .fetch_one(&mut db)
            .await
            .unwrap();
    assert_eq!(new, serde_json::json!({ "sms_sender": "Harbour", "sms_body": "Code: {code}" }));
}

#[tokio::test]
async fn what_misleads_is_refused_beside_its_field_with_the_input_kept() {
    let (_stage, _, owner) = stage().await;
    for (sender, body, words) in [
        ("Harbour & Sons", "", "Write 1 to 11 letters, digits or spaces without accents"),
        ("", "your code", "Write {code} exactly once"),
        ("", "{code} https://evil.example", "Write no web address"),
    ] {
        let answer = owner.post(PATH, &form("1", sender, body)).await;
        assert_eq!(answer.status, 422, "{sender} {body}");
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    let hostile = owner.post(PATH, &form("1", "\"><script>", "{code}")).await;
    assert!(!hostile.body.contains("\"><script>"), "{}", hostile.body);
}

#[tokio::test]
async fn a_preview_shows_and_saves_nothing() {
    let (stage, _, owner) = stage().await;
    let mut fields = form("1", "", "Look: {code}").to_vec();
    fields.push(("intent", "preview"));
    let answer = owner.post(PATH, &fields).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("Look: 042137"), "{}", answer.body);
    let mut db = stage.superuser().await;
    let kept: Option<String> =
        sqlx::query_scalar("select sms_body from access_settings").fetch_one(&mut db).await.unwrap();
    assert_eq!(kept, None);
}

#[tokio::test]
async fn the_second_of_two_who_save_sees_the_firsts_words() {
    let (_stage, _, owner) = stage().await;
    owner.post(PATH, &form("1", "First", "")).await;
    let second = owner.post(PATH, &form("1", "Second", "")).await;
    assert_eq!(second.status, 409);
    assert!(second.body.contains("First") && second.body.contains("value=\"Second\""), "{}", second.body);
}

#[tokio::test]
async fn a_test_goes_to_the_number_and_stands_in_the_list_masked() {
    let (stage, _, owner) = stage().await;
    assert_eq!(owner.get(PATH).await.words("name=\"country\"", "option"), "Choose a country");
    let sent = owner.post(&format!("{PATH}/test"), &[("country", "DE"), ("number", "0151 23456789")]).await;
    assert_eq!(sent.location(), "/s/harbour-books/messages?done=sent", "{}", sent.body);
    run_due(&stage.app).await.unwrap();
    let page = owner.get(PATH).await;
    assert!(page.body.contains("+49 ••••••89") && page.body.contains("Delivered"), "{}", page.body);
    assert!(!page.body.contains("15123456789"), "never the whole number");
    for (country, number, words) in [
        ("DE", "030 123456", "This is a landline number"),
        ("BR", "11 91234 5678", "Codes are not texted to numbers of Brazil"),
        ("DE", "", "Write a mobile number"),
        ("", "0151 23456789", "Choose the country"),
    ] {
        let refused = owner.post(&format!("{PATH}/test"), &[("country", country), ("number", number)]).await;
        assert_eq!(refused.status, 422, "{number}");
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
    }
}

#[tokio::test]
async fn a_test_asks_who_you_are_and_the_log_says_who_sent_it() {
    let (stage, seed, owner) = stage().await;
    let test = [("country", "DE"), ("number", "0151 23456789")];
    assert_eq!(owner.post(&format!("{PATH}/test"), &test).await.status, 303);
    assert_eq!(audited(&stage, seed.site, "messages.test_sent").await, 1);
    assert_eq!(stage.count("select count(*) from audit where audit::text like '%23456789%'").await, 0, "masked");
    let landline = [("country", "DE"), ("number", "030 123456")];
    assert_eq!(owner.post(&format!("{PATH}/test"), &landline).await.status, 422);
    stage.wait(chrono::TimeDelta::minutes(11));
    let answer = owner.post(&format!("{PATH}/test"), &test).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("/me/confirm?next=%2Fs%2Fharbour-books%2Fmessages"), "{}", answer.body);
    assert!(answer.body.contains("value=\"0151 23456789\""), "what was typed is kept");
    assert_eq!(audited(&stage, seed.site, "messages.test_sent").await, 1);
    assert_eq!(stage.count("select count(*) from text_message").await, 1);
}

#[tokio::test]
async fn the_daily_cap_is_set_here_and_raising_it_asks_who_you_are() {
    let (stage, seed, owner) = stage().await;
    for bad in ["", "0", "100001", "-1", "many", "5.5"] {
        let answer = owner.post(PATH, &capped("1", "", "", bad)).await;
        assert_eq!(answer.status, 422, "{bad}");
        assert!(answer.body.contains("Write a whole number from 1 to 100000."), "{bad}: {}", answer.body);
    }
    stage.wait(chrono::TimeDelta::minutes(11));
    let raised = owner.post(PATH, &capped("1", "Kept", "", "501")).await;
    assert_eq!(raised.status, 403);
    assert!(raised.body.contains("/me/confirm?next=") && raised.body.contains("value=\"Kept\""), "{}", raised.body);
    assert_eq!(owner.post(PATH, &capped("1", "", "", "1")).await.location(), format!("{PATH}?done=saved"), "lowering");
    let new: serde_json::Value =
        sqlx::query_scalar("select new from audit where action = 'messages.templates_changed'")
            .fetch_one(&mut stage.superuser().await)
            .await
            .unwrap();
    assert_eq!(new, serde_json::json!({ "sms_daily_cap": 1 }));

    let owner = stage.signed_in(seed.owner).await;
    let test = [("country", "DE"), ("number", "0151 23456789")];
    assert_eq!(owner.post(&format!("{PATH}/test"), &test).await.status, 303);
    let second = owner.post(&format!("{PATH}/test"), &test).await;
    assert!(second.body.contains("Your site has sent as many texts"), "it is the cap in force: {}", second.body);
    assert_eq!(owner.post(PATH, &capped("2", "", "", "100000")).await.status, 303, "freshly proved");
}

#[tokio::test]
async fn another_sender_and_other_words_ask_who_you_are() {
    let (stage, seed, owner) = stage().await;
    assert_eq!(owner.post(PATH, &form("1", "Harbour", "Code: {code}")).await.status, 303, "freshly proved");
    stage.wait(chrono::TimeDelta::minutes(11));
    for (sender, body) in [("Other", "Code: {code}"), ("", "Code: {code}"), ("Harbour", "{code}"), ("Harbour", "")] {
        let asked = owner.post(PATH, &form("2", sender, body)).await;
        assert_eq!(asked.status, 403, "{sender} {body}");
        assert!(asked.body.contains("/me/confirm?next=%2Fs%2Fharbour-books%2Fmessages"), "{}", asked.body);
        assert!(asked.body.contains(&format!("value=\"{sender}\"")), "what was typed is kept: {}", asked.body);
    }
    assert_eq!(audited(&stage, seed.site, "messages.templates_changed").await, 1, "nothing was saved");
    assert_eq!(owner.post(PATH, &form("2", "Harbour", "Code: {code}")).await.status, 303, "nothing differs");
    let lower = capped("2", "Harbour", "Code: {code}", "400");
    assert_eq!(owner.post(PATH, &lower).await.status, 303, "a lower cap asks nobody");
    let owner = stage.signed_in(seed.owner).await;
    assert_eq!(owner.post(PATH, &capped("3", "Other", "{code}", "400")).await.status, 303);
}

#[tokio::test]
async fn tests_go_to_other_peoples_numbers_five_times_a_day_and_to_ones_own_as_codes_do() {
    let (stage, seed, _) = stage().await;
    let mine = super::factors::number(&stage, seed.owner).await;
    let owner = stage.signed_in_with(seed.owner, gatehouse::access::session::Assurance::SecondFactor).await;
    let test = async |browser: &Browser, number: &str| {
        browser.post(&format!("{PATH}/test"), &[("country", "DE"), ("number", number)]).await
    };
    for n in 0..5 {
        assert_eq!(test(&owner, &format!("0151 2345000{n}")).await.status, 303, "{n}");
    }
    let refused = test(&owner, "0151 23450009").await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("five tests within a day"), "{}", refused.body);
    assert_eq!(test(&owner, super::factors::NUMBER).await.status, 303, "{mine} is theirs");
    let other = stage.actor(seed.site, Role::Admin).await;
    assert_eq!(test(&other, "0151 23460000").await.status, 303, "another person's are counted apart");
}

#[tokio::test]
async fn who_may_only_read_gets_no_form() {
    let (stage, seed, _) = stage().await;
    let analyst = stage.actor(seed.site, Role::Analyst).await;
    let page = analyst.get(PATH).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("Send the test") && !page.body.contains(">Save<"), "{}", page.body);
    assert_eq!(analyst.post(PATH, &form("1", "Mine", "")).await.status, 403);
    assert_eq!(stage.actor(seed.site, Role::Support).await.get(PATH).await.status, 403);
}
