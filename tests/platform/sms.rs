//! Texts: refused before they are sent, capped at any concurrency, sent through a peer, read back.

use chrono::TimeDelta;
use gatehouse::kernel::id::MessageId;
use gatehouse::kernel::phone::Phone;
use gatehouse::platform::jobs::runner::run_due;
use gatehouse::platform::sms::{self, Delivery, NumberIs, Refusal, Status, Text};
use sqlx::Row as _;

use super::sms_peer::{OURS, SmsPeer};
use crate::support::{Seed, TestApp};

const ANN: &str = "+4915123456789";

async fn demo() -> (TestApp, Seed) {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    let seed = stage.seed().await;
    settings(&stage, &seed, "sms_daily_cap = 500").await;
    (stage, seed)
}

/// Makes sure of the site's row and changes it.
async fn settings(stage: &TestApp, seed: &Seed, change: &str) {
    let mut db = stage.superuser().await;
    sqlx::query("insert into access_settings (site_id) values ($1) on conflict do nothing")
        .bind(seed.site.0)
        .execute(&mut db)
        .await
        .unwrap();
    let sql = format!("update access_settings set {change} where site_id = $1");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(seed.site.0).execute(&mut db).await.unwrap();
}

fn phone(text: &str) -> Phone {
    text.parse().unwrap()
}

async fn code(stage: &TestApp, seed: &Seed, number: &str, code: &str) -> Result<MessageId, Refusal> {
    let number = phone(number);
    let mut tx = stage.app.db.platform().await.unwrap();
    let number_is = NumberIs::New;
    let text = Text { site: None, who: seed.owner, number: &number, purpose: "sign_in", number_is, code };
    let ordered = sms::queue(&mut tx, &stage.app, text).await.unwrap();
    tx.commit().await.unwrap();
    ordered
}

async fn delivery(stage: &TestApp, seed: &Seed) -> Delivery {
    sms::latest(&stage.app, seed.owner, &phone(ANN)).await.unwrap().unwrap()
}

async fn outbox(stage: &TestApp) -> Vec<(String, String)> {
    let mut db = stage.superuser().await;
    sqlx::query_as("select recipient, body from outbox where kind = 'sms' order by at, id")
        .fetch_all(&mut db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_demo_keeps_its_texts_in_the_outbox_and_counts_them_as_delivered() {
    let (stage, seed) = demo().await;
    code(&stage, &seed, ANN, "042137").await.unwrap();
    assert_eq!(delivery(&stage, &seed).await.words(), "The text is on its way.");
    run_due(&stage.app).await.unwrap();
    let said = "042137 is your code. It works for five minutes. Nobody will ask you for it.";
    assert_eq!(outbox(&stage).await, [(ANN.to_owned(), said.to_owned())]);
    assert_eq!(delivery(&stage, &seed).await.status, Status::Delivered);
}

#[tokio::test]
async fn the_company_name_and_the_sites_own_words_appear_when_set() {
    let (stage, seed) = demo().await;
    let mut db = stage.superuser().await;
    sqlx::query("update site set company_name = 'Harbour Ltd'").execute(&mut db).await.unwrap();
    code(&stage, &seed, ANN, "000001").await.unwrap();
    settings(&stage, &seed, "sms_body = '{company} says {code}'").await;
    code(&stage, &seed, ANN, "000002").await.unwrap();
    run_due(&stage.app).await.unwrap();
    let said: Vec<String> = outbox(&stage).await.into_iter().map(|(_, body)| body).collect();
    assert!(said[0].starts_with("000001 is your Harbour Ltd code."), "{said:?}");
    assert_eq!(said[1], "Harbour Ltd says 000002");
}

#[tokio::test]
async fn a_site_that_shut_somebody_out_neither_words_nor_pays_their_texts() {
    let (stage, seed) = demo().await;
    settings(&stage, &seed, "sms_body = 'Harbour says {code}'").await;
    stage.wait(TimeDelta::seconds(1));
    let other = stage.seed_site("other-books").await;
    settings(&stage, &other, "sms_body = 'Other says {code}'").await;
    stage.member(other.site, seed.owner, gatehouse::access::Role::Support).await;
    code(&stage, &seed, ANN, "000001").await.unwrap();
    let mut db = stage.superuser().await;
    let shut = sqlx::query("update membership set disabled_at = $3 where site_id = $1 and collaborator_id = $2");
    shut.bind(seed.site.0).bind(seed.owner.0).bind(stage.clock.now()).execute(&mut db).await.unwrap();
    stage.wait(TimeDelta::seconds(1));
    code(&stage, &seed, ANN, "000002").await.unwrap();
    run_due(&stage.app).await.unwrap();
    let said: Vec<String> = outbox(&stage).await.into_iter().map(|(_, body)| body).collect();
    assert_eq!(said, ["Harbour says 000001", "Other says 000002"]);
    let payers: Vec<uuid::Uuid> =
        sqlx::query_scalar("select site_id from text_message order by created_at").fetch_all(&mut db).await.unwrap();
    assert_eq!(payers, [seed.site.0, other.site.0]);
}

#[tokio::test]
async fn the_code_stands_in_no_row_while_it_waits() {
    let (stage, seed) = demo().await;
    code(&stage, &seed, ANN, "739105").await.unwrap();
    let mut db = stage.superuser().await;
    let rows: Vec<String> =
        sqlx::query_scalar("select j::text from job j union all select t::text from text_message t")
            .fetch_all(&mut db)
            .await
            .unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| !row.contains("739105")), "{rows:?}");
}

#[tokio::test]
async fn a_country_that_is_not_served_is_refused_in_words_and_nothing_is_written() {
    let (stage, seed) = demo().await;
    settings(&stage, &seed, "sms_countries = '{GB}'").await;
    let refused = code(&stage, &seed, ANN, "042137").await.unwrap_err();
    assert_eq!(refused, Refusal::Country { country: "Germany" });
    assert!(refused.to_string().starts_with("codes are not texted to numbers of Germany"), "{refused}");
    let mut db = stage.superuser().await;
    let written: i64 = sqlx::query_scalar("select (select count(*) from text_message) + (select count(*) from job)")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(written, 0);
    assert!(code(&stage, &seed, "+447400123456", "042137").await.is_ok());
}

#[tokio::test]
async fn a_number_is_texted_ten_times_a_day_at_any_concurrency() {
    let (stage, seed) = demo().await;
    let tries = (0..30).map(|_| code(&stage, &seed, ANN, "042137"));
    let ordered = futures::future::join_all(tries).await;
    assert_eq!(ordered.iter().filter(|o| o.is_ok()).count(), 10);
    assert!(ordered.iter().all(|o| !matches!(o, Err(why) if *why != Refusal::NumberCap)), "{ordered:?}");
    stage.wait(TimeDelta::hours(24));
    assert!(code(&stage, &seed, ANN, "042137").await.is_ok(), "a day later there is room again");
}

#[tokio::test]
async fn who_gives_somebody_elses_number_uses_up_half_of_its_day_at_most() {
    let (stage, seed) = demo().await;
    let number = phone(ANN);
    let order = async |purpose: &'static str| {
        let mut tx = stage.app.db.platform().await.unwrap();
        let number_is = if purpose == "sign_in" { NumberIs::Device } else { NumberIs::New };
        let text = Text { site: None, who: seed.owner, number: &number, purpose, number_is, code: "042137" };
        let ordered = sms::queue(&mut tx, &stage.app, text).await.unwrap();
        tx.commit().await.unwrap();
        ordered
    };
    for n in 0..8 {
        assert_eq!(order(["enrol_phone", "test"][n % 2]).await.is_ok(), n < 5, "{n}");
    }
    for n in 0..6 {
        assert_eq!(order("sign_in").await.is_ok(), n < 5, "{n}");
    }
}

#[tokio::test]
async fn who_walks_through_neighbouring_numbers_is_stopped_after_twenty() {
    let (stage, seed) = demo().await;
    settings(&stage, &seed, "sms_daily_cap = 100000").await;
    for n in 0..1_000 {
        let answer = code(&stage, &seed, &format!("+4915123450{n:03}"), "042137").await;
        if n < 20 { assert!(answer.is_ok(), "{n}") } else { assert_eq!(answer, Err(Refusal::PrefixCap), "{n}") }
    }
    assert_eq!(code(&stage, &seed, "+4915123450099", "042137").await, Err(Refusal::PrefixCap));
    assert!(code(&stage, &seed, "+4915123460000", "042137").await.is_ok(), "others are not concerned");
    stage.wait(TimeDelta::hours(1));
    assert!(code(&stage, &seed, "+4915123450099", "042137").await.is_ok());
}

#[tokio::test]
async fn a_site_sends_no_more_than_its_cap_in_a_day_at_any_concurrency() {
    let (stage, seed) = demo().await;
    settings(&stage, &seed, "sms_daily_cap = 7").await;
    let numbers: Vec<String> = (0..25).map(|n| format!("+4915{:02}3450099", 10 + n % 15)).collect();
    let tries = numbers.iter().map(|number| code(&stage, &seed, number, "042137"));
    let ordered = futures::future::join_all(tries).await;
    assert_eq!(ordered.iter().filter(|o| o.is_ok()).count(), 7, "{ordered:?}");
}

#[tokio::test]
async fn all_sites_together_send_no_more_than_the_installations_cap_at_any_concurrency() {
    let stage = TestApp::with(|parts| {
        parts.demo = true;
        parts.config.sms_daily_cap = 7;
    })
    .await;
    let seeds = [stage.seed().await, stage.seed_site("other-books").await];
    for seed in &seeds {
        settings(&stage, seed, "sms_daily_cap = 500").await;
    }
    let numbers: Vec<String> = (0..24).map(|n| format!("+4915{:02}3450099", 10 + n % 15)).collect();
    let tries = numbers.iter().enumerate().map(|(n, number)| code(&stage, &seeds[n % 2], number, "042137"));
    let ordered = futures::future::join_all(tries).await;
    assert_eq!(ordered.iter().filter(|o| o.is_ok()).count(), 7, "{ordered:?}");
    assert!(ordered.iter().all(|o| !matches!(o, Err(why) if *why != Refusal::InstallationCap)), "{ordered:?}");
    stage.wait(TimeDelta::hours(24));
    assert!(code(&stage, &seeds[0], ANN, "042137").await.is_ok());
}

#[tokio::test]
async fn who_texts_several_numbers_waits_for_nobody_who_waits_for_them() {
    let (stage, seed) = demo().await;
    let (one, two) = (phone("+4915112340001"), phone("+4915112350001"));
    let both = async |first: &Phone, second: &Phone| {
        let mut tx = stage.app.db.platform().await.unwrap();
        for number in [first, second] {
            let notice = sms::Notice { who: seed.owner, number, words: "A word." };
            sms::notice(&mut tx, &stage.app, notice).await.unwrap().unwrap();
        }
        tx.rollback().await.unwrap();
    };
    for _ in 0..20 {
        futures::future::join(both(&one, &two), both(&two, &one)).await;
    }
}

#[tokio::test]
async fn without_a_provider_nothing_is_promised() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    settings(&stage, &seed, "sms_daily_cap = 500").await;
    assert_eq!(code(&stage, &seed, ANN, "042137").await, Err(Refusal::NotSetUp));
}

#[tokio::test]
async fn a_peer_takes_the_text_and_its_word_on_the_delivery_is_shown() {
    let peer = SmsPeer::start().await;
    let stage = TestApp::with(|parts| parts.config.sms = Some(peer.provider())).await;
    let seed = stage.seed().await;
    settings(&stage, &seed, "sms_daily_cap = 500").await;

    code(&stage, &seed, ANN, "042137").await.unwrap();
    assert_eq!(run_due(&stage.app).await.unwrap(), 1);
    let sent = peer.messages().await;
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0]["to"].as_str(), sent[0]["from"].as_str()), (Some(ANN), Some(OURS)), "the peer knows no names");
    assert!(sent[0]["body"].as_str().unwrap().starts_with("042137 is your code."));
    assert_eq!(delivery(&stage, &seed).await.status, Status::Sent);

    stage.wait(TimeDelta::seconds(3));
    run_due(&stage.app).await.unwrap();
    assert_eq!(delivery(&stage, &seed).await.status, Status::Sent, "not yet");
    peer.settle(sent[0]["sid"].as_str().unwrap(), "delivered", None).await;
    stage.wait(TimeDelta::seconds(7));
    run_due(&stage.app).await.unwrap();
    assert_eq!(delivery(&stage, &seed).await.status, Status::Delivered);
    stage.wait(TimeDelta::hours(1));
    assert_eq!(run_due(&stage.app).await.unwrap(), 0, "and nobody looks again");
}

#[tokio::test]
async fn a_text_that_a_carrier_drops_is_told_to_the_person() {
    let peer = SmsPeer::start().await;
    let stage = TestApp::with(|parts| parts.config.sms = Some(peer.provider())).await;
    let seed = stage.seed().await;
    settings(&stage, &seed, "sms_daily_cap = 500").await;
    code(&stage, &seed, ANN, "042137").await.unwrap();
    run_due(&stage.app).await.unwrap();
    let sid = peer.messages().await[0]["sid"].as_str().unwrap().to_owned();
    peer.settle(&sid, "undelivered", Some("30003")).await;
    stage.wait(TimeDelta::seconds(3));
    run_due(&stage.app).await.unwrap();
    let said = delivery(&stage, &seed).await;
    assert_eq!(said.status, Status::Failed);
    assert!(said.words().starts_with("The text was not delivered"), "{}", said.words());
}

#[tokio::test]
async fn a_provider_that_turns_us_away_is_tried_again_until_the_code_has_run_out() {
    let peer = SmsPeer::start().await;
    let stage = TestApp::with(|parts| parts.config.sms = Some(peer.with_token("wrong"))).await;
    let seed = stage.seed().await;
    settings(&stage, &seed, "sms_daily_cap = 500").await;
    code(&stage, &seed, ANN, "042137").await.unwrap();
    run_due(&stage.app).await.unwrap();
    assert_eq!(
        delivery(&stage, &seed).await.words(),
        "The text has not left yet: the SMS provider refused our sign-in. We keep trying."
    );
    stage.wait(TimeDelta::minutes(5));
    run_due(&stage.app).await.unwrap();
    let said = delivery(&stage, &seed).await;
    assert_eq!(said.status, Status::Failed);
    let mut db = stage.superuser().await;
    let row = sqlx::query("select dead_at is not null, last_error, payload::text from job where kind = 'sms'")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert!(row.get::<bool, _>(0), "a dead letter");
    assert!(!row.get::<String, _>(2).contains("042137"));
    assert!(peer.messages().await.is_empty());
}
