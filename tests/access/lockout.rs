//! LK-01 to LK-08, LK-12: when the door shuts, for whom, and that nobody outside can tell.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use gatehouse::access::Pace;
use gatehouse::access::hashing::Caller;
use gatehouse::access::session::{Assurance, COOKIE};
use http::StatusCode;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::compared;
use super::factors::number;
use super::stage::*;
use crate::decision::stage::{Order, child, start};
use crate::support::{Answer, Browser, Seed, TestApp};

fn period() -> TimeDelta {
    TimeDelta::minutes(30)
}

#[tokio::test]
async fn nine_failures_leave_the_door_open_and_the_tenth_shuts_it() {
    let (app, seed) = house().await;
    fail(&app.browser(), OWNER, 9).await;
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    fail(&app.browser(), OWNER, 10).await;
    assert!(
        !is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await),
        "the right password does not open a locked door"
    );
    assert_eq!(audited(&app, seed.site, "sign_in.failed").await, 19, "what is turned away is not evaluated");
    assert_eq!(audited(&app, seed.site, "account.locked").await, 1);
}

#[tokio::test]
async fn the_lock_ends_to_the_second_and_is_not_extended_by_trying() {
    let (app, seed) = house().await;
    fail(&app.browser(), OWNER, 10).await;
    for _ in 0..20 {
        app.wait(TimeDelta::seconds(60));
        fail(&app.browser(), OWNER, 3).await;
    }
    app.wait(period() - TimeDelta::minutes(20) - TimeDelta::seconds(1));
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    app.wait(TimeDelta::seconds(1));
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    assert_eq!(audited(&app, seed.site, "sign_in.failed").await, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_at_once_are_evaluated_at_most_ten_times() {
    let (app, seed) = house().await;
    let app = Arc::new(app);
    for run in 1..=20 {
        let tries: Vec<_> = (0..200)
            .map(|_| {
                let app = app.clone();
                tokio::spawn(async move { is_in(&try_to_sign_in(&app.browser(), OWNER, BAD).await) })
            })
            .collect();
        for one in tries {
            assert!(!one.await.unwrap());
        }
        assert_eq!(audited(&app, seed.site, "sign_in.failed").await, run * 10, "run {run}");
        assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
        app.wait(period());
        // A success between runs: a hundred failures without one would close the door for good.
        assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "run {run}");
    }
}

/// Asks, and hangs up while the failure is being recorded: its slot is taken and nothing else is done.
async fn hang_up(app: &TestApp, slots: i64, asking: impl Future<Output = Answer>) {
    let mut clerk = app.superuser().await;
    sqlx::raw_sql("begin; lock table audit in share mode").execute(&mut clerk).await.unwrap();
    let counted = async {
        while count(app, "select coalesce(max(cardinality(slots)), 0)::bigint from lockout").await < slots {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        answer = asking => panic!("answered {} before the failure was recorded", answer.status),
        () = counted => {}
    }
    sqlx::raw_sql("rollback").execute(&mut clerk).await.unwrap();
}

/// Waits until the log has it: nobody waits for the answer any more.
async fn is_recorded(app: &TestApp, seed: &Seed, action: &str) {
    for _ in 0..300 {
        if audited(app, seed.site, action).await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{action} was never recorded");
}

/// Fails nine times, says so and waits to be killed.
#[tokio::test]
#[ignore = "a role that another test starts as a process of its own"]
async fn fail_nine_times() {
    let (app, ..) = child().await;
    fail(&Browser::new(gatehouse::app::router(app)), OWNER, 9).await;
    println!("\nfailed");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn nine_failures_survive_a_program_that_is_killed() {
    let app = TestApp::shared().await;
    let seed = app.seed().await;
    give_password(&app, seed.owner, GOOD).await;
    let order = Order { role: "access::lockout::fail_nine_times", words: "fail".into() };
    let (mut running, mut lines) = start(&app, &seed, &order);
    while lines.next_line().await.unwrap().expect("it lives until it is killed") != "failed" {}
    running.kill().await.unwrap();
    assert_eq!(audited(&app, seed.site, "sign_in.failed").await, 9);
    fail(&app.browser(), OWNER, 1).await;
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "the tenth locks");
    assert_eq!(audited(&app, seed.site, "account.locked").await, 1);
}

/// How many passwords were hashed since the recorder listens.
fn hashed(metrics: &PrometheusHandle) -> u64 {
    let text = metrics.render();
    let line = text.lines().find_map(|line| line.strip_prefix("gatehouse_password_hashes_total "));
    line.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn nothing_is_hashed_behind_a_locked_door() {
    let (app, _) = house().await;
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _listening = metrics::set_default_local_recorder(&recorder);
    fail(&app.browser(), OWNER, 10).await;
    assert_eq!(hashed(&metrics), 10);
    fail(&app.browser(), OWNER, 50).await;
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    assert_eq!(hashed(&metrics), 10);
    app.wait(period());
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    assert_eq!(hashed(&metrics), 11);
}

/// Posts the form that asks for the password again.
async fn confirm(browser: &Browser) -> StatusCode {
    browser.post("/me/confirm", &[("password", GOOD)]).await.status
}

#[tokio::test]
async fn who_confirms_on_and_on_takes_two_places_of_the_queue_and_shuts_nobody_out() {
    let (app, seed) = house().await;
    let who = colleague(&app, &seed, "other@example.com").await;
    let busy = signed_in(&app, "other@example.com", GOOD).await;
    // Two of theirs are on their way.
    let comparing = [(); 2].map(|()| app.app.hasher().place_of(who, Caller::Known).unwrap());
    let third = busy.post("/me/confirm", &[("password", GOOD)]).await;
    assert_eq!((third.status, &third.headers["retry-after"]), (StatusCode::TOO_MANY_REQUESTS, &"1".parse().unwrap()));
    assert_eq!(try_to_sign_in(&busy, "other@example.com", GOOD).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "the owner is not concerned");
    drop(comparing);
    assert_eq!(confirm(&busy).await, StatusCode::SEE_OTHER);
    assert_eq!(audited(&app, seed.site, "sign_in.failed").await, 0, "and nothing was counted");
}

#[tokio::test]
async fn the_places_kept_for_known_devices_are_no_sessions_to_use() {
    let (app, seed) = house().await;
    let known = signed_in(&app, OWNER, GOOD).await;
    let elsewhere = app.signed_in(seed.owner).await;
    let flood: Vec<_> = std::iter::from_fn(|| app.app.hasher().place(Caller::Stranger).ok()).collect();
    assert_eq!(confirm(&elsewhere).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(confirm(&known).await, StatusCode::SEE_OTHER);
    drop(flood);
    assert_eq!(confirm(&elsewhere).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_person_is_told_of_locks_once_a_day() {
    let (app, _) = house().await;
    let told =
        async || mails(&app, OWNER).await.iter().filter(|mail| mail.contains("too many wrong passwords")).count();
    fail(&app.browser().at("198.51.100.7"), OWNER, 9).await;
    assert_eq!(told().await, 0);
    fail(&app.browser().at("198.51.100.7"), OWNER, 1).await;
    assert!(mails(&app, OWNER).await[0].contains("Last tried from: 198.51.100.7"));
    for _ in 0..2 {
        app.wait(period());
        fail(&app.browser(), OWNER, 10).await;
    }
    assert_eq!(told().await, 1, "three locks, one mail");
    app.wait(TimeDelta::hours(23));
    fail(&app.browser(), OWNER, 10).await;
    assert_eq!(told().await, 2, "and another a day later");
}

#[tokio::test]
async fn a_browser_that_hangs_up_has_failed_all_the_same() {
    let (app, seed) = house().await;
    fail(&app.browser(), OWNER, 9).await;
    let browser = app.browser();
    hang_up(&app, 10, try_to_sign_in(&browser, OWNER, BAD)).await;
    // Asked of another process: what counts is in the database.
    let elsewhere = Browser::new(gatehouse::app::router(app.second_process().await));
    assert!(!is_in(&try_to_sign_in(&elsewhere, OWNER, GOOD).await));
    is_recorded(&app, &seed, "account.locked").await;
}

#[tokio::test]
async fn hanging_up_saves_nobody_from_the_lock_wherever_a_password_is_asked_for() {
    for path in compared::places() {
        let app = TestApp::with(|parts| parts.demo = true).await;
        let seed = app.seed().await;
        give_password(&app, seed.owner, GOOD).await;
        let known = signed_in(&app, OWNER, GOOD).await;
        let phone = number(&app, seed.owner).await;
        let session = app.signed_in_with(seed.owner, Assurance::SecondFactor).await;
        known.set_cookie(COOKIE, &session.cookie(COOKIE).unwrap());
        for _ in 0..9 {
            assert!(!compared::takes(&known, &path, BAD, phone).await, "{path}");
        }
        let form = compared::fields(&path, BAD, phone);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, &**value)).collect();
        hang_up(&app, 10, known.post(&path, &form)).await;
        is_recorded(&app, &seed, "account.locked").await;
        assert_eq!(audited(&app, seed.site, "sign_in.failed").await, 10, "{path}");
        assert_eq!(count(&app, "select count(*) from known_device where ended_at is null").await, 0, "{path}");
        assert_eq!(mails(&app, OWNER).await.len(), 1, "{path}");
    }
}

/// What an outsider sees, without the request's id, which differs between any two answers.
fn seen(answer: &Answer, email: &str) -> (StatusCode, Vec<(String, String)>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let mut headers: Vec<_> = headers.map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned())).collect();
    headers.sort();
    (answer.status, headers, answer.body.replace(email, "EMAIL"))
}

#[tokio::test]
async fn wrong_unknown_locked_and_disabled_look_alike_and_leave_on_the_same_beat() {
    let notes: Arc<std::sync::Mutex<Vec<Duration>>> = Arc::default();
    let pace = Pace::Noted(notes.clone());
    let app = TestApp::with(|parts| parts.config.pace = pace).await;
    let seed = app.seed().await;
    give_password(&app, seed.owner, GOOD).await;
    // Addresses of one length, since the page repeats what was typed.
    let wrong = seen(&try_to_sign_in(&app.browser(), OWNER, BAD).await, OWNER);
    let unknown = seen(&try_to_sign_in(&app.browser(), "nobdy@example.com", BAD).await, "nobdy@example.com");
    fail(&app.browser(), OWNER, 9).await;
    let locked = seen(&try_to_sign_in(&app.browser(), OWNER, GOOD).await, OWNER);
    let new = app.person("fresh@example.com").await;
    let empty = seen(&try_to_sign_in(&app.browser(), "fresh@example.com", "").await, "fresh@example.com");
    give_password(&app, new, GOOD).await;
    let mut db = app.superuser().await;
    sqlx::query("update collaborator set disabled_at = $2 where id = $1")
        .bind(new.0)
        .bind(app.clock.now())
        .execute(&mut db)
        .await
        .unwrap();
    let disabled = seen(&try_to_sign_in(&app.browser(), "fresh@example.com", GOOD).await, "fresh@example.com");
    for (name, other) in
        [("unknown", unknown), ("locked", locked), ("without a password", empty), ("disabled", disabled)]
    {
        assert_eq!(wrong, other, "{name}");
    }
    let notes = notes.lock().unwrap();
    assert_eq!(notes.len(), 14);
    assert!(notes.iter().all(|wait| *wait == Duration::from_millis(250)), "{notes:?}");
}

#[tokio::test]
async fn unknown_accounts_lock_like_others_in_a_bounded_table() {
    let (app, _) = house().await;
    fail(&app.browser(), "nobody@example.com", 12).await;
    assert_eq!(audited_anywhere(&app, "sign_in.failed").await, 10);
    assert_eq!(count(&app, "select count(*) from lockout where collaborator_id is null").await, 1);
}

#[tokio::test]
async fn success_clears_its_own_bucket_and_nobody_elses() {
    let (app, seed) = house().await;
    colleague(&app, &seed, "other@example.com").await;
    fail(&app.browser(), OWNER, 9).await;
    assert!(is_in(&try_to_sign_in(&app.browser(), "other@example.com", GOOD).await));
    fail(&app.browser(), OWNER, 1).await;
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
}

#[tokio::test]
async fn a_stranger_cannot_lock_the_person_out_of_a_known_device() {
    let (app, _) = house().await;
    let known = signed_in(&app, OWNER, GOOD).await;
    known.post("/sign-out", &[]).await;
    fail(&app.browser().at("198.51.100.7"), OWNER, 10).await;
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "locked for strangers");
    assert!(is_in(&try_to_sign_in(&known, OWNER, GOOD).await), "not for the known device");

    fail(&known, OWNER, 10).await;
    assert!(!is_in(&try_to_sign_in(&known, OWNER, GOOD).await), "its own failures lock it");
    app.wait(period());
    assert!(is_in(&try_to_sign_in(&known, OWNER, GOOD).await));
}

#[tokio::test]
async fn a_known_device_speaks_for_its_own_account_only() {
    let (app, seed) = house().await;
    colleague(&app, &seed, "other@example.com").await;
    let known = signed_in(&app, "other@example.com", GOOD).await;
    fail(&app.browser(), OWNER, 10).await;
    assert!(!is_in(&try_to_sign_in(&known, OWNER, GOOD).await));
}

#[tokio::test]
async fn at_most_five_devices_are_known_and_each_for_ninety_days() {
    let (app, _) = house().await;
    let mut browsers = Vec::new();
    for _ in 0..6 {
        browsers.push(signed_in(&app, OWNER, GOOD).await);
        app.wait(TimeDelta::minutes(1));
    }
    fail(&app.browser().at("198.51.100.7"), OWNER, 10).await;
    assert!(!is_in(&try_to_sign_in(&browsers[0], OWNER, GOOD).await), "the oldest is forgotten");
    assert!(is_in(&try_to_sign_in(&browsers[5], OWNER, GOOD).await));
    app.wait(TimeDelta::days(90));
    fail(&app.browser().at("198.51.100.7"), OWNER, 10).await;
    assert!(!is_in(&try_to_sign_in(&browsers[5], OWNER, GOOD).await), "after ninety days");
}

#[tokio::test]
async fn a_hundred_failures_close_the_strangers_bucket_until_an_unlock() {
    let (app, _) = house().await;
    for _ in 0..10 {
        fail(&app.browser(), OWNER, 10).await;
        app.wait(period());
    }
    app.wait(TimeDelta::days(2));
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    let by = gatehouse::audit::Actor::CommandLine;
    assert!(gatehouse::access::service::collaborator::unlock(&app.app, &OWNER.parse().unwrap(), by).await.unwrap());
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    assert_eq!(audited_anywhere(&app, "account.unlocked").await, 1);
}

/// The house's own limit of wrong passwords, and its lock of half an hour.
async fn locks_after(app: &TestApp, seed: &Seed, failures: &str) {
    let form =
        [("base_version", "1"), ("preset", "relaxed"), ("shortest", "15"), ("failures", failures), ("minutes", "30")];
    let answer = app.signed_in(seed.owner).await.post("/s/harbour-books/passwords", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

#[tokio::test]
async fn the_hundredth_failure_is_told_whether_it_also_locks_or_not() {
    for (limit, locks) in [("10", 9), ("30", 3)] {
        let (app, seed) = house().await;
        locks_after(&app, &seed, limit).await;
        for _ in 0..10 {
            fail(&app.browser(), OWNER, 10).await;
            app.wait(period());
        }
        assert_eq!(audited(&app, seed.site, "sign_in.failed").await, 100, "{limit}");
        assert_eq!(audited(&app, seed.site, "account.locked").await, locks, "{limit}");
        assert_eq!(audited(&app, seed.site, "account.closed").await, 1, "{limit}");
        let mails = mails(&app, OWNER).await;
        let closed: Vec<_> = mails.iter().filter(|mail| mail.contains("This does not end by itself")).collect();
        assert_eq!(closed.len(), 1, "{limit}: {mails:?}");
        assert!(closed[0].contains("set a new password") && !closed[0].contains("You can wait"), "{}", closed[0]);
        let owner = app.signed_in(seed.owner).await;
        assert!(owner.get("/me/activity").await.body.contains("Sign-in closed to unknown browsers"));
    }
}

#[tokio::test]
async fn the_mail_about_a_lock_says_whose_browsers_are_concerned() {
    let (app, _) = house().await;
    let known = signed_in(&app, OWNER, GOOD).await;
    fail(&app.browser().at("198.51.100.7"), OWNER, 10).await;
    let mail = mails(&app, OWNER).await.pop().unwrap();
    assert!(mail.contains("Browsers in which you have signed in before are not concerned"), "{mail}");
    app.wait(TimeDelta::hours(24));
    fail(&known, OWNER, 10).await;
    let mail = mails(&app, OWNER).await.pop().unwrap();
    assert!(mail.contains("in a browser in which you had signed in before"), "{mail}");
    assert!(!mail.contains("are not concerned. You") && !mail.contains("Browsers in which you have"), "{mail}");
}

#[tokio::test]
async fn twenty_spellings_of_one_address_share_a_bucket() {
    let (app, _) = house().await;
    let spellings = [
        "owner@example.com",
        "Owner@example.com",
        "OWNER@EXAMPLE.COM",
        "owner@Example.Com",
        " owner@example.com",
        "owner@example.com ",
        "ｏwner@example.com",
        "owner＠example.com",
        "owner@ｅxample.com",
        "oWNER@example.com",
        "owneR@example.com",
        "OwNeR@example.com",
        "owner@EXAMPLE.com",
        "ＯＷＮＥＲ@example.com",
        "owner@example.ＣＯＭ",
        "owner@exampLe.com",
        "oᵂner@example.com",
        "ⓞwner@example.com",
        "owner@example。com",
        "𝐨wner@example.com",
    ];
    for spelling in spellings {
        assert!(!is_in(&try_to_sign_in(&app.browser(), spelling, BAD).await));
    }
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    assert_eq!(count(&app, "select count(*) from lockout").await, 1);
}
