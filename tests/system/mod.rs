//! The System page: what it says of the installation, and to whom. Dead letters are in `platform/jobs`.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::kernel::id::SiteId;
use gatehouse::platform::jobs::runner::order_recurring;
use gatehouse::platform::mail::{self, Letter};

use crate::decision::stage::payment;
use crate::support::{Answer, Browser, Seed, TestApp};

const PATH: &str = "/s/harbour-books/system";

async fn stage() -> (TestApp, Seed, Browser) {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    (stage, seed, owner)
}

fn strip(page: &Answer) -> String {
    assert_eq!(page.status, 200, "{}", page.body);
    page.words("<dl class=\"strip\"", "dl")
}

fn jobs(page: &Answer) -> String {
    page.words("<dl class=\"strip\"", "tbody")
}

/// Orders a mail of the site.
async fn send(stage: &TestApp, site: SiteId) -> uuid::Uuid {
    let mut tx = stage.app.db.platform().await.unwrap();
    let letter = Letter::new("A very private subject").line("And its text.");
    let id = mail::send_for(&mut tx, &stage.app, site, letter.to("ann@example.com")).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// The job has been tried for the last time.
async fn give_up(stage: &TestApp, id: uuid::Uuid) {
    sqlx::query("update job set dead_at = $2, attempts = 8, last_error = 'no' where id = $1")
        .bind(id)
        .bind(stage.clock.now())
        .execute(&mut stage.superuser().await)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_sites_jobs_are_counted_where_they_stand_and_named_without_what_they_carry() {
    let (stage, seed, owner) = stage().await;
    let other = stage.seed_site("hill-shop").await;
    order_recurring(&stage.app).await.unwrap();
    send(&stage, other.site).await;
    let page = owner.get(PATH).await;
    assert!(strip(&page).starts_with("Waiting 0 Due or at work 0 Dead letters none "), "{}", strip(&page));
    assert!(page.body.contains("Nothing to do"), "upkeep and other sites' jobs are not this site's");

    let id = send(&stage, seed.site).await;
    let page = owner.get(PATH).await;
    assert!(strip(&page).starts_with("Waiting 0 Due or at work 1 Dead letters none "), "{}", strip(&page));
    assert!(jobs(&page).starts_with("Send a mail Due 0 "), "{}", jobs(&page));
    assert!(
        !page.body.contains("ann@example.com") && !page.body.contains("private subject"),
        "a payload is never shown"
    );

    give_up(&stage, id).await;
    let page = owner.get(PATH).await;
    let said = strip(&page);
    assert!(
        said.starts_with("Waiting 0 Due or at work 0 Dead letters 1 At the server: gatehouse jobs list "),
        "{said}"
    );
    assert!(jobs(&page).starts_with("Send a mail Dead letter 8 "), "{}", jobs(&page));
}

#[tokio::test]
async fn dead_letters_of_the_installation_are_seen_without_whom_they_concern() {
    let (stage, _, owner) = stage().await;
    let dead = |page: &Answer| page.words("aria-label=\"Jobs of the installation\"", "tbody");
    order_recurring(&stage.app).await.unwrap();
    let mut tx = stage.app.db.platform().await.unwrap();
    let letter = Letter::new("A very private subject").line("And its text.");
    let id = mail::send(&mut tx, &stage.app, letter.to("ann@example.com")).await.unwrap();
    tx.commit().await.unwrap();
    let page = owner.get(PATH).await;
    assert!(dead(&page).contains("Send a mail 1 none none"), "{}", dead(&page));
    assert!(!page.body.contains("gatehouse jobs list"), "nothing to settle");
    sqlx::query("update job set dead_at = $2, attempts = 8, last_error = 'the SMTP server refused the mail with 550: <ann@example.com>' where id = $1")
        .bind(id)
        .bind(stage.clock.now())
        .execute(&mut stage.superuser().await)
        .await
        .unwrap();
    let page = owner.get(PATH).await;
    assert!(
        dead(&page).starts_with("Send a mail 0 1 Now the SMTP server refused the mail with 550"),
        "{}",
        dead(&page)
    );
    assert!(page.body.contains("gatehouse jobs list"));
    assert!(!page.body.contains("ann@example.com") && !page.body.contains("private subject"), "{}", page.body);
}

#[tokio::test]
async fn versions_ages_and_the_clock_are_those_of_the_installation() {
    let (stage, seed, owner) = stage().await;
    let before = owner.get(PATH).await;
    assert!(before.words("aria-label=\"This site", "dl").contains("Newest decision none yet Oldest decision none yet"));
    payment(seed.site, seed.service, 1).sent(&stage.app).await;
    stage.wait(TimeDelta::hours(2));
    payment(seed.site, seed.service, 2).sent(&stage.app).await;
    stage.wait(TimeDelta::minutes(5));
    // Two idle hours ended the session.
    let page = stage.signed_in(seed.owner).await.get(PATH).await;
    let versions = page.words("aria-label=\"Versions\"", "dl");
    let schema: i64 = stage.count("select max(version) from _sqlx_migrations").await;
    assert!(versions.contains(&format!("Gatehouse {} PostgreSQL ", env!("CARGO_PKG_VERSION"))), "{versions}");
    assert!(versions.contains(&format!("Schema migration {schema:04}")), "{versions}");
    assert!(versions.contains("Partitions January 2026 to March 2027"), "{versions}");
    let ages = page.words("aria-label=\"This site", "dl");
    assert!(ages.contains("Newest decision 5 min ago Oldest decision 2 h ago"), "{ages}");
    let clock = page.words("aria-label=\"Clock\"", "dl");
    assert!(clock.contains("2 h 5 min ahead of the machine"), "{clock}");
}

#[tokio::test]
async fn who_runs_the_site_settles_dead_letters_and_an_analyst_reads_of_them() {
    let (stage, seed, _) = stage().await;
    let id = send(&stage, seed.site).await;
    give_up(&stage, id).await;
    for (role, status, settles) in [
        (Role::Owner, 200, true),
        (Role::Admin, 200, true),
        (Role::Analyst, 200, false),
        (Role::Developer, 403, false),
        (Role::Support, 403, false),
    ] {
        let page = stage.actor(seed.site, role).await.get(PATH).await;
        assert_eq!(page.status, status, "{role:?}");
        assert_eq!(page.body.contains(&format!("{PATH}/jobs/{id}")), settles, "{role:?}");
    }
}
