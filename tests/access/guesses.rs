//! OT-03 to OT-06, OT-11, OT-13, OT-14: how often a code can be guessed, by whom, and what still works afterwards.

use std::sync::Arc;

use chrono::TimeDelta;

use super::factors::*;
use super::stage::*;
use crate::support::Browser;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_in_fifty_browsers_stay_within_the_budget() {
    let (app, seed, pocket) = guarded_house().await;
    let mut browsers = Vec::new();
    for _ in 0..50 {
        browsers.push(Arc::new(half_in(&app).await));
    }
    for (round, evaluated) in [3, 6, 9, 10, 10].into_iter().enumerate() {
        let wrong = pocket.wrong(&app);
        let tries: Vec<_> = browsers
            .iter()
            .map(|browser| {
                let (browser, wrong, id) = (browser.clone(), wrong.clone(), pocket.id);
                tokio::spawn(async move { type_code(&browser, id, &wrong).await })
            })
            .collect();
        for one in tries {
            let answer = one.await.unwrap();
            assert!(matches!(answer.status.as_u16(), 422 | 429), "{}", answer.status);
        }
        assert_eq!(audited(&app, seed.site, "second_step.failed").await, evaluated, "round {round}");
        app.wait(TimeDelta::seconds(30));
    }
    let answer = type_code(&half_in(&app).await, pocket.id, &pocket.code(&app, 0)).await;
    assert_eq!(answer.status, 429, "the right code opens nothing either");
    assert!(answer.headers.contains_key(http::header::RETRY_AFTER));
    assert!(answer.body.contains("Codes are taken again at"));
    let told = mails(&app, OWNER).await.into_iter().filter(|mail| mail.contains("too many wrong codes")).count();
    assert_eq!(told, 1);
    app.wait(TimeDelta::hours(1));
    assert!(is_in(&type_code(&half_in(&app).await, pocket.id, &pocket.code(&app, 0)).await));
}

#[tokio::test]
async fn a_right_code_uses_nothing_of_the_budget() {
    let (app, seed, pocket) = guarded_house().await;
    for _ in 0..15 {
        assert!(is_in(&type_code(&half_in(&app).await, pocket.id, &pocket.code(&app, 0)).await));
        app.wait(TimeDelta::seconds(30));
    }
    assert_eq!(audited(&app, seed.site, "second_step.failed").await, 0);
}

/// A browser half-way in, and a code that was texted to it.
async fn texted(
    app: &crate::support::TestApp,
    seed: &crate::support::Seed,
    code: &str,
) -> (Browser, gatehouse::kernel::id::FactorId) {
    let phone = number(app, seed.owner).await;
    let browser = half_in(app).await;
    plant_code(app, seed.owner, phone, &browser, code).await;
    (browser, phone)
}

#[tokio::test]
async fn five_wrong_guesses_kill_a_texted_code() {
    let (app, seed) = house().await;
    let (browser, phone) = texted(&app, &seed, "012345").await;
    for left in (0..5).rev() {
        let answer = type_code(&browser, phone, "999999").await;
        assert_eq!(answer.status, 422);
        let words = if left == 0 { "wrong too often".to_owned() } else { format!("{left} tr") };
        assert!(answer.body.contains(&words), "{left}: {}", answer.body);
    }
    assert_eq!(type_code(&browser, phone, "012345").await.status, 422, "the right one is dead");
    plant_code(&app, seed.owner, phone, &browser, "543210").await;
    assert!(is_in(&type_code(&browser, phone, "543210").await));
}

#[tokio::test]
async fn a_new_code_refills_no_guesses() {
    let (app, seed) = house().await;
    let (browser, phone) = texted(&app, &seed, "012345").await;
    for round in 0..3 {
        for _ in 0..4 {
            type_code(&browser, phone, "999999").await;
        }
        plant_code(&app, seed.owner, phone, &browser, &format!("01234{round}")).await;
    }
    assert_eq!(audited(&app, seed.site, "second_step.failed").await, 10);
    assert_eq!(type_code(&browser, phone, "012342").await.status, 429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_texted_code_fifty_times_at_once_signs_in_once() {
    let (app, seed) = house().await;
    let (browser, phone) = texted(&app, &seed, "012345").await;
    let browser = Arc::new(browser);
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let browser = browser.clone();
            tokio::spawn(async move { type_code(&browser, phone, "012345").await.status })
        })
        .collect();
    for one in tries {
        assert!(!one.await.unwrap().is_server_error());
    }
    assert_eq!(count(&app, "select count(*) from session").await, 1);
    assert_eq!(count(&app, "select coalesce(sum(cardinality(slots)), 0) from code_guesses").await, 0);
}

#[tokio::test]
async fn a_code_is_good_for_five_minutes_and_in_its_own_browser_only() {
    let (app, seed) = house().await;
    let (browser, phone) = texted(&app, &seed, "012345").await;
    let elsewhere = half_in(&app).await;
    let answer = type_code(&elsewhere, phone, "012345").await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("no longer good"));
    app.wait(TimeDelta::minutes(5));
    assert!(type_code(&browser, phone, "012345").await.body.contains("no longer good"));
    plant_code(&app, seed.owner, phone, &browser, "012345").await;
    app.wait(TimeDelta::minutes(5) - TimeDelta::seconds(1));
    assert!(is_in(&type_code(&browser, phone, " 012 345 ").await));
}

#[tokio::test]
async fn a_recovery_code_works_once_and_while_codes_are_closed() {
    let (app, seed, pocket) = guarded_house().await;
    let codes = recovery_codes(&app, seed.owner).await;
    let browser = half_in(&app).await;
    for _ in 0..4 {
        for _ in 0..3 {
            type_code(&browser, pocket.id, &pocket.wrong(&app)).await;
        }
        app.wait(TimeDelta::seconds(30));
    }
    assert_eq!(type_code(&browser, pocket.id, &pocket.code(&app, 0)).await.status, 429);
    assert!(browser.get(&format!("{STEP}?with=recovery")).await.body.contains("Recovery code"));
    assert_eq!(type_code(&browser, "recovery", "0123-4567-89ab-cdef-ghjk-mnpq").await.status, 422);
    assert!(is_in(&type_code(&browser, "recovery", &codes[0].to_uppercase()).await));
    assert_eq!(type_code(&half_in(&app).await, "recovery", &codes[0]).await.status, 422);
    let mails = mails(&app, OWNER).await;
    assert!(mails.iter().any(|mail| mail.contains("recovery codes was used") && mail.contains("Codes left: 9")));
    assert!(!mails.iter().any(|mail| mail.contains(&codes[0])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_recovery_code_in_fifty_browsers_at_once_signs_in_once() {
    let (app, seed, _) = guarded_house().await;
    let code = recovery_codes(&app, seed.owner).await.remove(0);
    let mut browsers = Vec::new();
    for _ in 0..50 {
        browsers.push(half_in(&app).await);
    }
    let tries: Vec<_> = browsers
        .into_iter()
        .map(|browser| {
            let code = code.clone();
            tokio::spawn(async move { is_in(&type_code(&browser, "recovery", &code).await) })
        })
        .collect();
    let mut entered = 0;
    for one in tries {
        entered += i32::from(one.await.unwrap());
    }
    assert_eq!(entered, 1);
    assert_eq!(count(&app, "select count(*) from session").await, 1);
}

#[tokio::test]
async fn no_code_is_kept_or_recorded_in_the_clear() {
    let (app, seed, pocket) = guarded_house().await;
    let wrong = pocket.wrong(&app);
    let browser = half_in(&app).await;
    type_code(&browser, pocket.id, &wrong).await;
    type_code(&browser, pocket.id, &pocket.code(&app, 0)).await;
    let mut db = app.superuser().await;
    let rows: Vec<String> =
        sqlx::query_scalar("select coalesce(old::text, '') || coalesce(new::text, '') from audit where site_id = $1")
            .bind(seed.site.0)
            .fetch_all(&mut db)
            .await
            .unwrap();
    assert!(rows.iter().all(|row| !row.contains(&format!("\"{wrong}\""))), "{rows:?}");
    let sealed: Vec<u8> =
        sqlx::query_scalar("select secret_sealed from second_factor").fetch_one(&mut db).await.unwrap();
    assert!(!sealed.windows(20).any(|part| part == pocket.secret.bytes()));
}

#[tokio::test]
async fn wrong_recovery_codes_without_end_do_not_fill_the_log() {
    let (app, seed, pocket) = guarded_house().await;
    let browser = half_in(&app).await;
    for _ in 0..60 {
        assert_eq!(type_code(&browser, "recovery", "0123-4567-89ab-cdef-ghjk-mnpq").await.status, 422);
    }
    assert_eq!(audited(&app, seed.site, "second_step.failed").await, 50);
    type_code(&browser, pocket.id, &pocket.wrong(&app)).await;
    assert_eq!(audited(&app, seed.site, "second_step.failed").await, 51, "a wrong code of a device is recorded");
}
