//! What somebody does who has got hold of the password, and how the person gets rid of them.

use chrono::TimeDelta;
use gatehouse::access::service::collaborators::reset_mfa::by_operator;
use gatehouse::kernel::id::CollaboratorId;
use http::StatusCode;

use super::factors::{Authenticator, STEP, authenticator, half_in, recovery_codes, type_code};
use super::passkey::{self, options, plant, present};
use super::stage::*;
use crate::support::{Answer, Browser, TestApp};

const EVIL: &str = "evil@example.net";

async fn ask_for(browser: &Browser, email: &str) -> Answer {
    browser.post("/me/email", &[("email", email), ("password", GOOD)]).await
}

/// Presses the button behind the newest link to an address; whether it was taken.
async fn press(app: &TestApp, to: &str, path: &str) -> bool {
    let browser = app.browser();
    open(&browser, &link(mails(app, to).await.last().unwrap())).await;
    browser.post(path, &[]).await.status == StatusCode::SEE_OTHER
}

/// A second factor is required of the person, with a week to set one up.
async fn require_a_factor(app: &TestApp, who: CollaboratorId) {
    let mut db = app.superuser().await;
    sqlx::query("update membership set mfa_own = true, required_since = created_at where collaborator_id = $1")
        .bind(who.0)
        .execute(&mut db)
        .await
        .unwrap();
}

async fn address_of(app: &TestApp, who: CollaboratorId) -> String {
    let mut db = app.superuser().await;
    sqlx::query_scalar("select email from collaborator where id = $1").bind(who.0).fetch_one(&mut db).await.unwrap()
}

#[tokio::test]
async fn past_the_deadline_the_password_alone_leads_the_mailed_code_nowhere_else() {
    let (app, seed) = house().await;
    require_a_factor(&app, seed.owner).await;
    app.wait(TimeDelta::days(8));
    let thief = signed_in(&app, OWNER, GOOD).await;
    let answer = ask_for(&thief, EVIL).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("Set up your second factor first"), "{}", answer.body);
    assert_eq!(mails(&app, EVIL).await.len(), 0);
    assert_eq!(address_of(&app, seed.owner).await, OWNER);
}

#[tokio::test]
async fn a_link_asked_for_in_good_time_confirms_nothing_past_the_deadline() {
    let (app, seed) = house().await;
    require_a_factor(&app, seed.owner).await;
    app.wait(TimeDelta::days(7) + TimeDelta::minutes(13 * 60 + 30));
    let thief = signed_in(&app, OWNER, GOOD).await;
    assert_eq!(ask_for(&thief, EVIL).await.location(), "/me/profile?done=sent");
    app.wait(TimeDelta::minutes(45));
    let browser = app.browser();
    let page = open(&browser, &link(mails(&app, EVIL).await.last().unwrap())).await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(page.body.contains("a second factor has to be set up first"), "{}", page.body);
    assert_eq!(browser.post("/confirm-email", &[]).await.status, StatusCode::GONE);
    assert_eq!(address_of(&app, seed.owner).await, OWNER);
}

#[tokio::test]
async fn the_link_to_a_new_address_works_for_an_hour() {
    for (minutes, works) in [(59, true), (61, false)] {
        let (app, seed) = house().await;
        ask_for(&signed_in(&app, OWNER, GOOD).await, "mara@new.example").await;
        assert!(mails(&app, "mara@new.example").await[0].contains("Open this within an hour"));
        app.wait(TimeDelta::minutes(minutes));
        assert_eq!(press(&app, "mara@new.example", "/confirm-email").await, works, "{minutes} minutes");
        let address = if works { "mara@new.example" } else { OWNER };
        assert_eq!(address_of(&app, seed.owner).await, address, "{minutes} minutes");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_presses_at_once_one_changes_the_address_and_one_takes_it_back() {
    let (app, seed) = house().await;
    ask_for(&signed_in(&app, OWNER, GOOD).await, "mara@new.example").await;
    for (to, path, becomes) in
        [("mara@new.example", "/confirm-email", "mara@new.example"), (OWNER, "/revert-email", OWNER)]
    {
        let link = link(mails(&app, to).await.last().unwrap());
        let mut presses = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let browser = app.browser();
            open(&browser, &link).await;
            presses.spawn(async move { browser.post(path, &[]).await.status });
        }
        let mut answers = presses.join_all().await;
        answers.sort_unstable();
        assert_eq!(answers[0], StatusCode::SEE_OTHER, "{path}");
        assert!(answers[1..].iter().all(|status| *status == StatusCode::GONE), "{path}: {answers:?}");
        assert_eq!(address_of(&app, seed.owner).await, becomes);
    }
    for action in ["email.changed", "email.reverted"] {
        assert_eq!(audited(&app, seed.site, action).await, 1, "{action}");
    }
}

#[tokio::test]
async fn a_reset_of_the_devices_ends_what_was_asked_for_before() {
    let (app, seed) = house().await;
    let thief = signed_in(&app, OWNER, GOOD).await;
    ask_for(&thief, EVIL).await;
    by_operator(&app.app, &OWNER.parse().unwrap(), "Lost phone, seen in person").await.unwrap();
    assert!(!press(&app, EVIL, "/confirm-email").await);
    let again = signed_in(&app, OWNER, GOOD).await;
    assert_eq!(ask_for(&again, EVIL).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(address_of(&app, seed.owner).await, OWNER);
}

/// An authenticator with ten recovery codes, as somebody sets them up now.
async fn set_up_a_device(app: &TestApp, who: CollaboratorId) -> Authenticator {
    recovery_codes(app, who).await;
    authenticator(app, who).await
}

/// The thief asks for another address, sets up a device of their own and confirms there; each some time after the other.
async fn take_over(app: &TestApp, who: CollaboratorId) -> Authenticator {
    let thief = signed_in(app, OWNER, GOOD).await;
    ask_for(&thief, EVIL).await;
    app.wait(TimeDelta::minutes(1));
    let device = set_up_a_device(app, who).await;
    app.wait(TimeDelta::minutes(1));
    assert!(press(app, EVIL, "/confirm-email").await);
    app.wait(TimeDelta::minutes(1));
    device
}

/// Chooses a new password by the newest mailed link.
async fn choose_a_password(app: &TestApp) {
    let browser = app.browser();
    open(&browser, &ask_for_reset(app, OWNER).await).await;
    let chosen = browser.post("/reset-password", &[("password", BAD), ("again", BAD)]).await;
    assert_eq!(chosen.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn taking_the_address_back_ends_what_the_thief_set_up() {
    let (app, seed) = house().await;
    let device = take_over(&app, seed.owner).await;
    let half = app.browser();
    assert_eq!(try_to_sign_in(&half, EVIL, GOOD).await.location(), STEP);

    assert!(press(&app, OWNER, "/revert-email").await);
    assert_eq!(type_code(&half, device.id, &device.code(&app, 0)).await.status, StatusCode::GONE, "half in is out");
    choose_a_password(&app).await;
    let owner = app.browser();
    assert!(is_in(&try_to_sign_in(&owner, OWNER, BAD).await), "without the thief's device");
    assert!(sees_the_console(&owner).await);
    assert_eq!(count(&app, "select count(*) from recovery_code").await, 0);
    let first = owner.get("/me/second-factor/set-up").await;
    assert!(first.location().starts_with("/me/second-factor/mail"), "{}", first.location());
    assert_eq!(audited(&app, seed.site, "second_factor.reset").await, 1);
}

#[tokio::test]
async fn taking_the_address_back_leaves_the_devices_from_before() {
    let (app, seed) = house().await;
    let mine = authenticator(&app, seed.owner).await;
    app.wait(TimeDelta::minutes(1));
    let thief = half_in(&app).await;
    assert!(is_in(&type_code(&thief, mine.id, &mine.code(&app, 0)).await));
    ask_for(&thief, EVIL).await;
    app.wait(TimeDelta::minutes(1));
    set_up_a_device(&app, seed.owner).await;
    assert!(press(&app, EVIL, "/confirm-email").await);
    app.wait(TimeDelta::minutes(1));
    assert!(press(&app, OWNER, "/revert-email").await);
    choose_a_password(&app).await;
    let owner = app.browser();
    assert_eq!(try_to_sign_in(&owner, OWNER, BAD).await.location(), STEP);
    assert!(is_in(&type_code(&owner, mine.id, &mine.code(&app, 0)).await));
    assert_eq!(count(&app, "select count(*) from second_factor where ended_at is null").await, 1);
    assert_eq!(count(&app, "select count(*) from recovery_code").await, 0, "the thief's codes");
}

#[tokio::test]
async fn this_was_not_me_leads_back_by_the_address_before_the_thief() {
    let (app, seed) = house().await;
    let owner = signed_in(&app, OWNER, GOOD).await;
    let thief = signed_in(&app, OWNER, GOOD).await;
    for (at, next) in [(OWNER, EVIL), (EVIL, "evil@example.org")] {
        assert_eq!(ask_for(&thief, next).await.location(), "/me/profile?done=sent", "from {at}");
        app.wait(TimeDelta::minutes(1));
        assert!(press(&app, next, "/confirm-email").await);
    }
    assert_eq!(
        owner.post("/me/activity/not-me", &[("who", &seed.owner.to_string())]).await.status,
        StatusCode::SEE_OTHER
    );
    for theirs in [EVIL, "evil@example.org"] {
        let mail = mails(&app, theirs).await.pop().unwrap();
        assert!(!mail.contains("/reset-password?token="), "{mail}");
    }
    assert!(press(&app, OWNER, "/revert-email").await);
    assert_eq!(address_of(&app, seed.owner).await, OWNER);
    choose_a_password(&app).await;
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, BAD).await));
}

#[tokio::test]
async fn whoever_takes_a_second_change_back_does_not_close_the_way_back_of_the_first() {
    const LATER: &str = "evil@example.org";
    let (app, seed) = house().await;
    let thief = signed_in(&app, OWNER, GOOD).await;
    for next in [EVIL, LATER] {
        assert_eq!(ask_for(&thief, next).await.location(), "/me/profile?done=sent");
        app.wait(TimeDelta::minutes(1));
        assert!(press(&app, next, "/confirm-email").await);
        app.wait(TimeDelta::minutes(1));
    }
    assert!(press(&app, EVIL, "/revert-email").await, "from the second address to the first");
    assert_eq!(address_of(&app, seed.owner).await, EVIL);
    // And whatever they do with the account they have again.
    let browser = app.browser();
    open(&browser, &ask_for_reset(&app, EVIL).await).await;
    assert!(browser.post("/reset-password", &[("password", BAD), ("again", BAD)]).await.location().contains("done="));
    let thief = signed_in(&app, EVIL, BAD).await;
    app.wait(TimeDelta::minutes(1));
    assert!(press(&app, OWNER, "/revert-email").await);
    assert_eq!(address_of(&app, seed.owner).await, OWNER);
    assert!(!sees_the_console(&thief).await);
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, BAD).await), "the thief's password is void");
    let ways = "select count(*) from mailed_token where purpose = 'revert_email' and used_at is null";
    assert_eq!(count(&app, ways).await, 0);
}

/// The passkey alone opens nothing, and its person is told why.
async fn opens_nothing_alone(app: &TestApp, device: &mut crate::support::Authenticator) {
    let browser = app.browser();
    let answer = passkey::sign_in(&browser, device).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("Sign in with your present password this once"), "{}", answer.body);
    assert!(!sees_the_console(&browser).await);
}

#[tokio::test]
async fn after_a_mailed_reset_a_passkey_opens_alone_only_once_it_was_used_beside_the_new_password() {
    let (app, seed) = house().await;
    let mut laptop = plant(&app, seed.owner).await;
    choose_a_password(&app).await;
    opens_nothing_alone(&app, &mut laptop).await;
    let browser = app.browser();
    assert_eq!(try_to_sign_in(&browser, OWNER, BAD).await.location(), STEP);
    let asked = options(&browser, "/sign-in/second-step/passkey").await;
    assert!(is_in(&present(&browser, "/sign-in/second-step/passkey", &laptop.get(&asked)).await));
    assert!(is_in(&passkey::sign_in(&app.browser(), &mut laptop).await));
}

#[tokio::test]
async fn a_new_password_of_ones_own_choice_asks_the_passkeys_too() {
    let (app, seed) = house().await;
    let mut laptop = plant(&app, seed.owner).await;
    let browser = app.browser();
    assert!(is_in(&passkey::sign_in(&browser, &mut laptop).await));
    let changed = [("current_password", GOOD), ("new_password", BAD), ("again", BAD)];
    assert_eq!(browser.post("/me/password", &changed).await.status, StatusCode::SEE_OTHER);
    assert!(sees_the_console(&browser).await, "the session goes on");
    opens_nothing_alone(&app, &mut laptop).await;
}

#[tokio::test]
async fn this_was_not_me_ends_the_devices_of_the_last_week_and_leaves_the_older_one() {
    let (app, seed) = house().await;
    let mine = authenticator(&app, seed.owner).await;
    app.wait(TimeDelta::days(8));
    let mut thiefs = plant(&app, seed.owner).await;
    let owner = half_in(&app).await;
    assert!(is_in(&type_code(&owner, mine.id, &mine.code(&app, 0)).await));
    app.wait(TimeDelta::minutes(1));
    let me = [("who", &*seed.owner.to_string())];
    assert_eq!(owner.post("/me/activity/not-me", &me).await.status, StatusCode::SEE_OTHER);
    assert!(!is_in(&passkey::sign_in(&app.browser(), &mut thiefs).await));
    let left = "select count(*) from second_factor where ended_at is null and kind = 'totp'";
    assert_eq!(count(&app, left).await, 1);
    assert_eq!(count(&app, "select count(*) from second_factor where end_reason = 'reset'").await, 1);
}

#[tokio::test]
async fn this_was_not_me_takes_the_second_step_off_nobody_and_leaves_a_passkey_nothing_to_open_alone() {
    let (app, seed) = house().await;
    let mut laptop = plant(&app, seed.owner).await;
    let browser = app.browser();
    assert!(is_in(&passkey::sign_in(&browser, &mut laptop).await));
    app.wait(TimeDelta::minutes(1));
    let me = [("who", &*seed.owner.to_string())];
    assert_eq!(browser.post("/me/activity/not-me", &me).await.location(), "/sign-in?done=account_secured");
    opens_nothing_alone(&app, &mut laptop).await;
    choose_a_password(&app).await;
    opens_nothing_alone(&app, &mut laptop).await;
    assert_eq!(try_to_sign_in(&app.browser(), OWNER, BAD).await.location(), STEP, "it is still asked for");
}

/// The thief has set up a passkey first and leads the mail elsewhere later; the person takes it back.
async fn taken_back_after_a_passkey(app: &TestApp, who: CollaboratorId) -> crate::support::Authenticator {
    let mut thiefs = plant(app, who).await;
    app.wait(TimeDelta::minutes(1));
    let browser = app.browser();
    assert!(is_in(&passkey::sign_in(&browser, &mut thiefs).await));
    ask_for(&browser, EVIL).await;
    assert!(press(app, EVIL, "/confirm-email").await);
    app.wait(TimeDelta::minutes(1));
    assert!(press(app, OWNER, "/revert-email").await);
    thiefs
}

#[tokio::test]
async fn a_passkey_from_before_the_change_of_the_address_opens_nothing_once_it_is_taken_back() {
    let (app, seed) = house().await;
    let mut thiefs = taken_back_after_a_passkey(&app, seed.owner).await;
    opens_nothing_alone(&app, &mut thiefs).await;
    choose_a_password(&app).await;
    opens_nothing_alone(&app, &mut thiefs).await;
}

#[tokio::test]
async fn taking_the_address_back_ends_devices_of_the_week_before_where_an_older_one_is_left() {
    let (app, seed) = house().await;
    let mine = authenticator(&app, seed.owner).await;
    app.wait(TimeDelta::days(8));
    let mut thiefs = taken_back_after_a_passkey(&app, seed.owner).await;
    assert!(!is_in(&passkey::sign_in(&app.browser(), &mut thiefs).await));
    choose_a_password(&app).await;
    let owner = app.browser();
    assert_eq!(try_to_sign_in(&owner, OWNER, BAD).await.location(), STEP);
    let asked = owner.post("/sign-in/second-step/passkey/options", &[]).await;
    assert_eq!(asked.status, StatusCode::NOT_FOUND, "the thief's is gone");
    assert!(is_in(&type_code(&owner, mine.id, &mine.code(&app, 0)).await));
}
