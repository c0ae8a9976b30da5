//! Mail over SMTP: taken, deferred, refused.

use chrono::TimeDelta;
use gatehouse::platform::jobs::runner::run_due;
use gatehouse::platform::mail::{self, Letter};
use sqlx::Row as _;

use super::smtp_sink::SmtpSink;
use crate::support::TestApp;

async fn stage(sink: &SmtpSink) -> TestApp {
    let url = format!("smtp://{}", sink.address);
    TestApp::with(|parts| parts.config.smtp_url = Some(url)).await
}

async fn post(stage: &TestApp, to: &str) -> uuid::Uuid {
    let mut tx = stage.app.db.platform().await.unwrap();
    let letter = Letter::new("Ein Gruß").line("Hello <Ann>.").link("Open", "https://gate.example.com/x?token=abc");
    let id = mail::send(&mut tx, &stage.app, letter.to(to)).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn standing(stage: &TestApp) -> Option<(bool, String)> {
    let mut db = stage.superuser().await;
    let row = sqlx::query("select dead_at is not null, last_error from job").fetch_optional(&mut db).await.unwrap();
    row.map(|row| (row.get(0), row.get(1)))
}

#[tokio::test]
async fn a_mail_arrives_in_both_forms() {
    let sink = SmtpSink::start().await;
    let stage = stage(&sink).await;
    let id = post(&stage, "ann@bücher.example").await;
    assert_eq!(run_due(&stage.app).await.unwrap(), 1);
    assert_eq!(standing(&stage).await, None, "the job is gone, and what it carried");
    let received = sink.received();
    assert_eq!(received.len(), 1);
    for part in [
        "From: Gatehouse <no-reply@localhost>",
        "To: ann@xn--bcher-kva.example",
        &format!("Message-ID: <{id}@localhost>"),
        "Auto-Submitted: auto-generated",
        "Date: Mon, 02 Mar 2026 10:00:00 +0000",
        "multipart/alternative",
        "text/plain",
        "text/html",
    ] {
        assert!(received[0].contains(part), "{part} is missing in:\n{}", received[0]);
    }
}

#[tokio::test]
async fn a_deferred_mail_is_tried_again_and_a_refused_one_is_not() {
    let sink = SmtpSink::start().await;
    let stage = stage(&sink).await;
    for (to, said) in [
        ("defer@example.com", "the SMTP server deferred the mail with 451"),
        ("busy@example.com", "the SMTP server deferred the mail with 421"),
    ] {
        post(&stage, to).await;
        run_due(&stage.app).await.unwrap();
        assert_eq!(standing(&stage).await, Some((false, said.into())), "{to}");
        sqlx::query("delete from job").execute(&mut stage.superuser().await).await.unwrap();
    }
    post(&stage, "bounce@example.com").await;
    assert_eq!(run_due(&stage.app).await.unwrap(), 1);
    assert_eq!(
        standing(&stage).await,
        Some((true, "the SMTP server refused the mail with 550".into())),
        "without the address"
    );
    stage.wait(TimeDelta::days(1));
    assert_eq!(run_due(&stage.app).await.unwrap(), 0);
    post(&stage, "not an address").await;
    run_due(&stage.app).await.unwrap();
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn a_mail_waits_for_the_server_to_come_back() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let stage = TestApp::with(|parts| parts.config.smtp_url = Some(format!("smtp://{nowhere}"))).await;
    post(&stage, "ann@example.com").await;
    run_due(&stage.app).await.unwrap();
    assert_eq!(standing(&stage).await, Some((false, "the SMTP server cannot be reached".into())));
}

#[tokio::test]
async fn a_sender_that_is_none_is_refused_at_the_start() {
    let stage = TestApp::with(|parts| parts.config.mail_from = Some("nobody".into())).await;
    assert!(gatehouse::platform::mail::Mailer::new(&stage.app.config).is_err());
}
