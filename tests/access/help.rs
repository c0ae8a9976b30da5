//! P-28: "Unable to access device".

use chrono::TimeDelta;

use super::factors::*;
use super::stage::*;
use crate::support::{Answer, Browser, Seed, TestApp};

async fn ask(browser: &Browser) -> Answer {
    browser.post("/sign-in/second-step/help", &[]).await
}

async fn support(app: &TestApp, seed: &Seed, email: &str, required: bool) {
    let mut db = app.superuser().await;
    sqlx::query("update site set support_email = $2 where id = $1")
        .bind(seed.site.0)
        .bind(email)
        .execute(&mut db)
        .await
        .unwrap();
    sqlx::query(
        "insert into access_settings (site_id, mfa_required) values ($1, $2)
         on conflict (site_id) do update set mfa_required = excluded.mfa_required",
    )
    .bind(seed.site.0)
    .bind(required)
    .execute(&mut db)
    .await
    .unwrap();
}

#[tokio::test]
async fn the_sites_that_require_a_second_factor_are_told_at_most_three_times_an_hour() {
    let (app, seed, _) = guarded_house().await;
    let other = app.seed_site("other-books").await;
    app.member(other.site, seed.owner, gatehouse::access::Role::Analyst).await;
    support(&app, &seed, "help@harbour.example", true).await;
    support(&app, &other, "help@other.example", false).await;
    let browser = half_in(&app).await;
    for minute in 0..3 {
        let answer = ask(&browser).await;
        assert_eq!(answer.status, 303, "{minute}");
        assert!(browser.get(answer.location()).await.body.contains("We have told the people"));
        app.wait(TimeDelta::minutes(1));
    }
    let answer = ask(&half_in(&app).await).await;
    assert_eq!(answer.status, 429, "another browser changes nothing");
    assert!(answer.body.contains("Ask again at"));
    let told = mails(&app, "help@harbour.example").await;
    assert_eq!(told.len(), 3);
    assert!(told[0].contains("The password was right") && told[0].contains("203.0.113.1") && told[0].contains(OWNER));
    assert!(mails(&app, "help@other.example").await.is_empty(), "it requires nothing");
    assert_eq!(audited(&app, seed.site, "second_step.help_asked").await, 3);
    app.wait(TimeDelta::minutes(58));
    assert_eq!(ask(&half_in(&app).await).await.status, 303);
    assert!(!sees_the_console(&browser).await, "asking opens nothing");
}

#[tokio::test]
async fn sites_that_require_nothing_are_not_told_and_the_page_says_whom_to_ask() {
    let (app, seed, _) = guarded_house().await;
    support(&app, &seed, "help@harbour.example", false).await;
    let answer = ask(&half_in(&app).await).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("Ask an owner or admin of a site of yours in person"), "{}", answer.body);
    assert!(mails(&app, "help@harbour.example").await.is_empty());
    assert_eq!(audited(&app, seed.site, "second_step.help_asked").await, 0, "and nothing was used up");
}

#[tokio::test]
async fn where_nobody_can_be_told_the_page_says_so() {
    let (app, ..) = guarded_house().await;
    let answer = ask(&half_in(&app).await).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("Ask an owner or admin of a site of yours in person"));
}
