//! LK-08: an owner or admin opens a locked account, and gains no guesses by it.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::kernel::id::CollaboratorId;

use super::stage::*;
use crate::support::{Answer, Browser, Seed, TestApp};

const MARA: &str = "mara@example.com";

async fn unlock(browser: &Browser, who: CollaboratorId) -> Answer {
    browser.post(&format!("/s/harbour-books/collaborators/{who}/unlock"), &[]).await
}

fn unlocked(answer: &Answer) -> bool {
    answer.location().ends_with("?done=saved")
}

/// Mara, support at the site and at another one, and an admin of the first.
async fn stage() -> (TestApp, Seed, CollaboratorId, Seed, Browser) {
    let (app, seed) = house().await;
    let other = app.seed_site("other-books").await;
    let mara = colleague(&app, &seed, MARA).await;
    app.member(other.site, mara, Role::Support).await;
    let admin = app.actor(seed.site, Role::Admin).await;
    (app, seed, mara, other, admin)
}

/// Every place that shows somebody's lock offers to end it, or says in these words why it would be in vain.
async fn offers_to_unlock(browser: &Browser, who: CollaboratorId, offered: Result<(), &str>) {
    let person = format!("/s/harbour-books/collaborators/{who}");
    let button = format!("action=\"{person}/unlock\"");
    for (path, button) in [
        ("/s/harbour-books/collaborators", &*button),
        (&person, &button),
        ("/s/harbour-books/passwords", "action=\"/s/harbour-books/passwords/unlock\""),
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.body.contains(button), offered.is_ok(), "{path}: {}", page.body);
        if let Err(words) = offered {
            assert!(page.body.contains(words), "{path}: {}", page.body);
        }
    }
}

/// Guesses until the door is shut.
async fn guess(app: &TestApp, round: usize) {
    fail(&app.browser().at(&format!("198.51.100.{}", round + 1)), MARA, 10).await;
}

#[tokio::test]
async fn an_admin_ends_a_lock_and_the_right_password_opens_again() {
    let (app, seed, mara, other, admin) = stage().await;
    guess(&app, 0).await;
    assert!(!is_in(&try_to_sign_in(&app.browser(), MARA, GOOD).await));
    assert!(unlocked(&unlock(&admin, mara).await));
    assert!(is_in(&try_to_sign_in(&app.browser(), MARA, GOOD).await));
    for site in [seed.site, other.site] {
        assert_eq!(audited(&app, site, "account.unlocked").await, 1);
    }
    let again = unlock(&admin, mara).await;
    assert!(again.location().ends_with("?done=unchanged"), "{}", again.location());
    assert_eq!(audited(&app, seed.site, "account.unlocked").await, 1, "nothing was opened");
}

#[tokio::test]
async fn an_admin_of_one_site_who_guesses_and_unlocks_by_turns_gets_a_hundred_guesses() {
    let (app, seed, mara, _, _) = stage().await;
    let (mut rounds, mut refusals) = (0, Vec::new());
    for day in 0..8 {
        let admin = app.actor(seed.site, Role::Admin).await;
        for n in 0..4 {
            guess(&app, day * 4 + n).await;
            rounds += 1;
            let answer = unlock(&admin, mara).await;
            if !unlocked(&answer) {
                refusals.push(answer.status.as_u16());
            }
        }
        app.wait(TimeDelta::days(1));
    }
    assert_eq!(rounds, 32);
    assert_eq!(audited(&app, seed.site, "sign_in.failed").await, 100);
    assert!(refusals.contains(&429) && refusals.ends_with(&[403, 403, 403, 403]), "{refusals:?}");
    let browser = app.browser();
    open(&browser, &ask_for_reset(&app, MARA).await).await;
    browser.post("/reset-password", &[("password", BAD), ("again", BAD)]).await;
    assert!(is_in(&try_to_sign_in(&browser, MARA, BAD).await), "a link by mail opens it");
}

#[tokio::test]
async fn who_reaches_the_person_everywhere_opens_what_was_closed() {
    let (app, seed, mara, other, _) = stage().await;
    for round in 0..10 {
        guess(&app, round).await;
        app.wait(TimeDelta::minutes(31));
    }
    let admin = app.actor(seed.site, Role::Admin).await;
    let refused = unlock(&admin, mara).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("gatehouse collaborator unlock"), "{}", refused.body);
    offers_to_unlock(&admin, mara, Err("you may not open it. They can set a new password by mail")).await;
    app.member(other.site, seed.owner, Role::Admin).await;
    let owner = app.signed_in(seed.owner).await;
    offers_to_unlock(&owner, mara, Ok(())).await;
    assert!(unlocked(&unlock(&owner, mara).await));
    assert!(is_in(&try_to_sign_in(&app.browser(), MARA, GOOD).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_unlocks_at_once_three_are_done_in_a_day() {
    let (app, seed, mara, _, _) = stage().await;
    for round in 0..3 {
        guess(&app, round).await;
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let admin = app.actor(seed.site, Role::Admin).await;
            tries.spawn(async move { unlocked(&unlock(&admin, mara).await) });
        }
        assert_eq!(tries.join_all().await.into_iter().filter(|done| *done).count(), 1, "round {round}");
    }
    guess(&app, 3).await;
    app.wait(TimeDelta::hours(1));
    guess(&app, 4).await;
    let admin = app.actor(seed.site, Role::Admin).await;
    offers_to_unlock(&admin, mara, Err("unlocked three times within a day")).await;
    let refused = unlock(&admin, mara).await;
    let after = refused.headers.get("retry-after").map(|value| value.to_str().unwrap());
    assert_eq!((refused.status.as_u16(), after), (429, Some("82800")), "23 hours later the first is a day old");
    app.wait(TimeDelta::hours(23));
    let admin = app.actor(seed.site, Role::Admin).await;
    fail(&app.browser(), MARA, 10).await;
    assert!(unlocked(&unlock(&admin, mara).await));
}

#[tokio::test]
async fn another_site_learns_that_somebody_was_unlocked_and_not_by_whom() {
    let (app, seed, mara, other, _) = stage().await;
    guess(&app, 0).await;
    let nils = app.person("nils@example.com").await;
    app.member(seed.site, nils, Role::Admin).await;
    assert!(unlocked(&unlock(&app.signed_in(nils).await.at("192.0.2.77"), mara).await));
    for (owner, known) in [(seed.owner, true), (other.owner, false)] {
        let handle = if known { "harbour-books" } else { "other-books" };
        let log = app.signed_in(owner).await.get(&format!("/s/{handle}/audit")).await;
        assert!(log.body.contains("Account unlocked"), "{}", log.body);
        for personal in ["nils@example.com", "192.0.2.77"] {
            assert_eq!(log.body.contains(personal), known, "{handle}: {}", log.body);
        }
        assert_eq!(log.body.contains("Another site"), !known);
    }
}

#[tokio::test]
async fn a_site_that_shut_somebody_out_learns_no_more_of_where_they_are() {
    let (app, seed, mara, other, _) = stage().await;
    let mut db = app.superuser().await;
    let shut = "update membership set disabled_at = now() where site_id = $1 and collaborator_id = $2";
    sqlx::query(shut).bind(other.site.0).bind(mara.0).execute(&mut db).await.unwrap();
    signed_in(&app, MARA, GOOD).await;
    assert_eq!(audited(&app, seed.site, "sign_in.succeeded").await, 1);
    assert_eq!(audited(&app, other.site, "sign_in.succeeded").await, 0);

    guess(&app, 0).await;
    let owner = app.signed_in(other.owner).await;
    let answer = owner.post(&format!("/s/other-books/collaborators/{mara}/unlock"), &[]).await;
    assert!(unlocked(&answer), "{}", answer.status);
    assert_eq!(audited(&app, other.site, "account.unlocked").await, 1, "what its own people do it keeps");
}
