//! What ends the sessions of a person ends those, too, that move to a new id at that very moment.

use std::time::Duration;

use gatehouse::access::service::collaborators::reset_mfa::by_operator;
use sqlx::PgConnection;

use super::stage::*;
use crate::support::{Browser, Seed, TestApp};

/// Holds the site's log: whatever is recorded waits, with all it has done before, until this is let go.
async fn hold_the_log(app: &TestApp, seed: &Seed) -> PgConnection {
    let mut log = app.superuser().await;
    sqlx::query("begin").execute(&mut log).await.unwrap();
    let held = sqlx::query("select 1 from audit_head where site_id = $1 for update").bind(seed.site.0);
    held.fetch_one(&mut log).await.unwrap();
    log
}

/// Until so many of the program's transactions wait for another.
async fn until_waiting(app: &TestApp, how_many: i64) {
    let waiting =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while count(app, waiting).await < how_many {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Two browsers of the owner's: one is about to move to a new id, the other is there.
async fn moving() -> (TestApp, Seed, PgConnection, tokio::task::JoinHandle<Browser>, Browser) {
    let (app, seed) = house().await;
    let (moving, other) = (signed_in(&app, OWNER, GOOD).await, signed_in(&app, OWNER, GOOD).await);
    let log = hold_the_log(&app, &seed).await;
    let moving = tokio::spawn(async move {
        assert_eq!(moving.post("/me/confirm", &[("password", GOOD)]).await.location(), "/");
        moving
    });
    until_waiting(&app, 1).await;
    (app, seed, log, moving, other)
}

const ALIVE: &str = "select count(*) from session where revoked_at is null";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn signing_out_everywhere_else_ends_a_session_on_its_way_to_a_new_id() {
    let (app, _seed, mut log, moving, other) = moving().await;
    let ending = tokio::spawn(async move {
        other.post("/me/sessions", &[]).await;
        other
    });
    until_waiting(&app, 2).await;
    sqlx::query("commit").execute(&mut log).await.unwrap();
    let (moved, other) = (moving.await.unwrap(), ending.await.unwrap());
    assert!(!sees_the_console(&moved).await && sees_the_console(&other).await);
    assert_eq!(count(&app, ALIVE).await, 1);
}

/// The key by which the list of sessions names another browser than the one that asks.
async fn key_of_the_other(browser: &Browser) -> String {
    let page = browser.get("/me/sessions").await;
    let key = regex::Regex::new(r#"name="key" value="([0-9a-f]{64})""#).unwrap();
    key.captures(&page.body).unwrap_or_else(|| panic!("no other session in {}", page.body))[1].to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ending_one_session_ends_it_on_its_way_to_a_new_id() {
    let (app, _seed, mut log, moving, other) = moving().await;
    // What the list shows is from before the move.
    let key = key_of_the_other(&other).await;
    let ending = tokio::spawn(async move {
        assert_eq!(other.post("/me/sessions", &[("key", &key)]).await.location(), "/me/sessions?done=revoked");
        other
    });
    until_waiting(&app, 2).await;
    sqlx::query("commit").execute(&mut log).await.unwrap();
    let (moved, other) = (moving.await.unwrap(), ending.await.unwrap());
    assert!(!sees_the_console(&moved).await && sees_the_console(&other).await);
    assert_eq!(count(&app, ALIVE).await, 1);
}

#[tokio::test]
async fn a_session_is_ended_by_any_id_it_had_and_no_other_session_is() {
    let (app, _seed) = house().await;
    let (moved, other) = (signed_in(&app, OWNER, GOOD).await, signed_in(&app, OWNER, GOOD).await);
    let key = key_of_the_other(&other).await;
    for _ in 0..2 {
        assert_eq!(moved.post("/me/confirm", &[("password", GOOD)]).await.location(), "/");
    }
    assert_eq!(other.post("/me/sessions", &[("key", &key)]).await.location(), "/me/sessions?done=revoked");
    assert!(!sees_the_console(&moved).await && sees_the_console(&other).await);
    let again = signed_in(&app, OWNER, GOOD).await;
    assert_eq!(other.post("/me/sessions", &[("key", &key)]).await.status, 404, "it has ended already");
    assert!(sees_the_console(&again).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reset_of_the_devices_ends_a_session_on_its_way_to_a_new_id() {
    let (app, _seed, mut log, moving, other) = moving().await;
    let program = app.app.clone();
    let ending =
        tokio::spawn(async move { by_operator(&program, &OWNER.parse().unwrap(), "Lost phone, seen in person").await });
    until_waiting(&app, 2).await;
    sqlx::query("commit").execute(&mut log).await.unwrap();
    let moved = moving.await.unwrap();
    ending.await.unwrap().unwrap();
    assert!(!sees_the_console(&moved).await && !sees_the_console(&other).await);
    assert_eq!(count(&app, ALIVE).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_move_and_many_who_end_leave_nobody_waiting_for_each_other() {
    let (app, seed) = house().await;
    colleague(&app, &seed, "mara@example.com").await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..24 {
        let browser = signed_in(&app, ["mara@example.com", OWNER][n % 2], GOOD).await;
        let program = app.app.clone();
        tasks.spawn(async move {
            match n % 3 {
                0 => browser.post("/me/confirm", &[("password", GOOD)]).await.status.is_server_error(),
                1 => browser.post("/me/sessions", &[]).await.status.is_server_error(),
                _ => by_operator(&program, &"mara@example.com".parse().unwrap(), "Lost phone").await.is_err(),
            }
        });
    }
    assert!(tasks.join_all().await.into_iter().all(|failed| !failed));
}
