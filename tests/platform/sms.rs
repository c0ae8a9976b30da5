//! Texts: refused before they are sent, capped at any concurrency, sent through a peer, read back.

use chrono::TimeDelta;
use gatehouse::kernel::id::{CollaboratorId, MessageId};
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

/// A code to a number that is the owner's device.
async fn code(stage: &TestApp, seed: &Seed, number: &str, code: &str) -> Result<MessageId, Refusal> {
    order(stage, seed.owner, number, ("sign_in", NumberIs::Device, code)).await
}

/// A code to a number that somebody says is theirs.
async fn claim(stage: &TestApp, who: CollaboratorId, number: &str) -> Result<MessageId, Refusal> {
    order(stage, who, number, ("enrol_phone", NumberIs::New, "042137")).await
}

async fn order(
    stage: &TestApp,
    who: CollaboratorId,
    number: &str,
    (purpose, number_is, code): (&'static str, NumberIs, &str),
) -> Result<MessageId, Refusal> {
    let number = phone(number);
    let mut tx = stage.app.db.platform().await.unwrap();
    let text = Text { site: None, who, number: &number, purpose, number_is, code };
    let ordered = sms::queue(&mut tx, &stage.app, text).await.unwrap();
    tx.commit().await.unwrap();
    ordered
}

/// So many people of the site.
async fn people(stage: &TestApp, seed: &Seed, how_many: usize) -> Vec<CollaboratorId> {
    let mut people = Vec::new();
    for n in 0..how_many {
        let who = stage.person(&format!("person{n}@example.com")).await;
        stage.member(seed.site, who, gatehouse::access::Role::Support).await;
        people.push(who);
    }
    people
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
    let refused = claim(&stage, seed.owner, ANN).await.unwrap_err();
    assert_eq!(refused, Refusal::Country { country: "Germany" });
    assert!(refused.to_string().starts_with("codes are not texted to numbers of Germany"), "{refused}");
    let mut db = stage.superuser().await;
    let written: i64 = sqlx::query_scalar("select (select count(*) from text_message) + (select count(*) from job)")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(written, 0);
    assert!(claim(&stage, seed.owner, "+447400123456").await.is_ok());
}

#[tokio::test]
async fn a_number_is_texted_forty_times_a_day_at_any_concurrency() {
    let (stage, seed) = demo().await;
    let tries = (0..60).map(|_| code(&stage, &seed, ANN, "042137"));
    let ordered = futures::future::join_all(tries).await;
    assert_eq!(ordered.iter().filter(|o| o.is_ok()).count(), 40);
    assert!(ordered.iter().all(|o| !matches!(o, Err(why) if *why != Refusal::NumberCap)), "{ordered:?}");
    stage.wait(TimeDelta::hours(24));
    assert!(code(&stage, &seed, ANN, "042137").await.is_ok(), "a day later there is room again");
}

#[tokio::test]
async fn who_gives_somebody_elses_number_takes_little_of_its_day() {
    let (stage, seed) = demo().await;
    let strangers = people(&stage, &seed, 4).await;
    for n in 0..12 {
        let purpose = ["enrol_phone", "test"][n % 2];
        let ordered = order(&stage, strangers[n % 4], ANN, (purpose, NumberIs::New, "042137")).await;
        if n < 8 { assert!(ordered.is_ok(), "{n}") } else { assert_eq!(ordered, Err(Refusal::NumberCap), "{n}") }
    }
    for n in 0..33 {
        assert_eq!(code(&stage, &seed, ANN, "042137").await.is_ok(), n < 32, "{n}");
    }
}

#[tokio::test]
async fn twenty_five_neighbours_who_sign_in_at_nine_and_again_at_half_past_all_get_their_codes() {
    let (stage, seed) = demo().await;
    let people = people(&stage, &seed, 25).await;
    for round in 0..2 {
        for (n, who) in people.iter().enumerate() {
            let number = format!("+49151234500{n:02}");
            let ordered = order(&stage, *who, &number, ("sign_in", NumberIs::Device, "042137")).await;
            assert!(ordered.is_ok(), "{n} in round {round}: {ordered:?}");
        }
        stage.wait(TimeDelta::minutes(25));
    }
    assert!(claim(&stage, seed.owner, "+4915123450099").await.is_ok(), "nor do they keep a neighbour from enrolling");
}

#[tokio::test]
async fn a_team_of_twenty_five_enrols_in_one_hour_and_some_ask_for_their_code_again() {
    let (stage, seed) = demo().await;
    for (n, who) in people(&stage, &seed, 25).await.into_iter().enumerate() {
        for again in 0..=n % 3 {
            let ordered = claim(&stage, who, &format!("+49151234500{n:02}")).await;
            assert!(ordered.is_ok(), "{n}, {again}: {ordered:?}");
        }
    }
}

#[tokio::test]
async fn who_tries_one_number_after_the_other_is_stopped_after_five_at_any_concurrency() {
    let (stage, seed) = demo().await;
    let numbers: Vec<String> = (0..30).map(|n| format!("+4915{:02}3450099", 10 + n % 15)).collect();
    let tries = numbers.iter().map(|number| claim(&stage, seed.owner, number));
    futures::future::join_all(tries).await;
    let mut db = stage.superuser().await;
    let texted: Vec<String> =
        sqlx::query_scalar("select distinct number from text_message").fetch_all(&mut db).await.unwrap();
    assert_eq!(texted.len(), 5, "{texted:?}");
    assert_eq!(claim(&stage, seed.owner, ANN).await, Err(Refusal::NumbersCap));
    assert!(claim(&stage, seed.owner, &texted[0]).await.is_ok(), "another code to one of the five");
    assert!(code(&stage, &seed, ANN, "042137").await.is_ok(), "a device of theirs is none of them");
    stage.wait(TimeDelta::hours(24));
    assert!(claim(&stage, seed.owner, ANN).await.is_ok());
}

#[tokio::test]
async fn many_people_who_walk_through_neighbouring_numbers_are_stopped_after_sixty() {
    let (stage, seed) = demo().await;
    settings(&stage, &seed, "sms_daily_cap = 100000").await;
    let people = people(&stage, &seed, 40).await;
    for n in 0..1_000 {
        let answer = claim(&stage, people[n / 5 % 40], &format!("+4915123450{n:03}")).await;
        match n {
            0..60 => assert!(answer.is_ok(), "{n}: {answer:?}"),
            60..200 => assert_eq!(answer, Err(Refusal::PrefixCap), "{n}"),
            _ => assert!(answer.is_err(), "{n}"),
        }
    }
    assert_eq!(claim(&stage, people[39], "+4915123450999").await, Err(Refusal::PrefixCap));
    assert!(claim(&stage, people[39], "+4915123460000").await.is_ok(), "others are not concerned");
    assert!(code(&stage, &seed, "+4915123450099", "042137").await.is_ok(), "nor is who has proved theirs");
    stage.wait(TimeDelta::hours(1));
    assert!(claim(&stage, people[39], "+4915123450999").await.is_ok());
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
