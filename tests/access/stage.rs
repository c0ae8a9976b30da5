//! People with passwords, and what is seen behind the curtain.

use gatehouse::access::hashing::{Caller, Password};
use gatehouse::kernel::id::{CollaboratorId, SiteId};

use crate::support::{Answer, Browser, Seed, TestApp};

pub const GOOD: &str = "tired otters read maps";
pub const BAD: &str = "quiet lemons under glass";
pub const OWNER: &str = "owner@example.com";

/// A site whose owner signs in with [`OWNER`] and [`GOOD`].
pub async fn house() -> (TestApp, Seed) {
    let app = TestApp::new().await;
    let seed = app.seed().await;
    give_password(&app, seed.owner, GOOD).await;
    (app, seed)
}

/// The person's password, as today's cost hashes it.
pub async fn give_password(app: &TestApp, who: CollaboratorId, password: &str) {
    let hasher = app.app.hasher();
    let hash = hasher.hash(hasher.place(Caller::Known).unwrap(), Password::typed(password).unwrap()).await.unwrap();
    plant_hash(app, who, &hash).await;
}

pub async fn plant_hash(app: &TestApp, who: CollaboratorId, hash: &str) {
    let mut db = app.superuser().await;
    let query = sqlx::query("update collaborator set password_hash = $2, password_set_at = $3 where id = $1");
    query.bind(who.0).bind(hash).bind(app.clock.now()).execute(&mut db).await.unwrap();
}

pub async fn stored_hash(app: &TestApp, who: CollaboratorId) -> String {
    let mut db = app.superuser().await;
    sqlx::query_scalar("select password_hash from collaborator where id = $1")
        .bind(who.0)
        .fetch_one(&mut db)
        .await
        .unwrap()
}

/// Another person at the owner's site, with a password.
pub async fn colleague(app: &TestApp, seed: &Seed, email: &str) -> CollaboratorId {
    let who = app.person(email).await;
    app.member(seed.site, who, gatehouse::access::Role::Analyst).await;
    give_password(app, who, GOOD).await;
    who
}

/// Posts the sign-in form.
pub async fn try_to_sign_in(browser: &Browser, email: &str, password: &str) -> Answer {
    browser.post("/sign-in", &[("email", email), ("password", password)]).await
}

/// A browser in which the person has just signed in by the form.
pub async fn signed_in(app: &TestApp, email: &str, password: &str) -> Browser {
    let browser = app.browser();
    assert!(is_in(&try_to_sign_in(&browser, email, password).await));
    browser
}

/// A wrong password, `times` in a row.
pub async fn fail(browser: &Browser, email: &str, times: usize) {
    for _ in 0..times {
        assert!(!is_in(&try_to_sign_in(browser, email, BAD).await));
    }
}

/// Whether the answer let somebody in.
pub fn is_in(answer: &Answer) -> bool {
    answer.status == http::StatusCode::SEE_OTHER && answer.headers.contains_key(http::header::SET_COOKIE)
}

/// Whether the browser is signed in.
pub async fn sees_the_console(browser: &Browser) -> bool {
    let answer = browser.get("/").await;
    !answer.location().starts_with("/sign-in")
}

/// How often the audit log of a site has this action.
pub async fn audited(app: &TestApp, site: SiteId, action: &str) -> i64 {
    let mut db = app.superuser().await;
    let query = sqlx::query_scalar("select count(*) from audit where site_id = $1 and action = $2");
    query.bind(site.0).bind(action).fetch_one(&mut db).await.unwrap()
}

/// How often in the whole installation.
pub async fn audited_anywhere(app: &TestApp, action: &str) -> i64 {
    let mut db = app.superuser().await;
    sqlx::query_scalar("select count(*) from audit where action = $1").bind(action).fetch_one(&mut db).await.unwrap()
}

/// A single number from the database.
pub async fn count(app: &TestApp, sql: &'static str) -> i64 {
    app.count(sql).await
}

/// Texts of the mails queued to an address, oldest first.
pub async fn mails(app: &TestApp, to: &str) -> Vec<String> {
    let orders = app.waiting_mails().await;
    orders.iter().filter(|mail| mail["to"] == to).map(|mail| mail["text"].as_str().unwrap().to_owned()).collect()
}

/// The path of the link in a mail, with its token.
pub fn link(mail: &str) -> String {
    let line = mail.lines().find(|line| line.contains("?token=")).expect("a link with a token");
    line.strip_prefix("http://localhost:3000").expect("a link to GATEHOUSE_PUBLIC_URL").to_owned()
}

/// Does what was ordered; mail stays in the queue, since none can leave here.
pub async fn do_jobs(app: &TestApp) {
    gatehouse::platform::jobs::runner::run_due(&app.app).await.unwrap();
}

/// Asks for a new password and returns the link's path.
pub async fn ask_for_reset(app: &TestApp, email: &str) -> String {
    let answer = app.browser().post("/forgot-password", &[("email", email)]).await;
    assert_eq!(answer.location(), "/forgot-password?asked=");
    do_jobs(app).await;
    link(mails(app, email).await.last().unwrap())
}

/// Opens a link as a person does: the redirect to the clean path included.
pub async fn open(browser: &Browser, link: &str) -> Answer {
    let answer = browser.get(link).await;
    assert_eq!(answer.status, http::StatusCode::SEE_OTHER);
    browser.get(answer.location()).await
}
