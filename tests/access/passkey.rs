//! Passkeys: begun by one, finished by one, confirmed by one; and every way to lie about it.

use std::sync::Arc;

use chrono::TimeDelta;
use gatehouse::kernel::id::{CollaboratorId, FactorId};
use gatehouse::platform::jobs::runner::{order_recurring, run_due};
use http::StatusCode;
use serde_json::{Value, json};

use super::stage::*;
use crate::support::{Answer, Authenticator, Browser, Says, Seed, TestApp};

/// A person's passkey, put beside the account as enrolment leaves it.
pub async fn plant(app: &TestApp, who: CollaboratorId) -> Authenticator {
    let mut device = Authenticator::new();
    let mut db = app.superuser().await;
    let handle: sqlx::types::Uuid = sqlx::query_scalar("select webauthn_id from collaborator where id = $1")
        .bind(who.0)
        .fetch_one(&mut db)
        .await
        .unwrap();
    device.handle = Some(handle.as_bytes().to_vec());
    sqlx::query(
        "insert into second_factor (id, collaborator_id, kind, name, credential_id, credential, created_at, activated_at)
         values ($1, $2, 'passkey', 'Laptop', $3, $4, $5, $5)",
    )
    .bind(FactorId::new(app.clock.now()).0)
    .bind(who.0)
    .bind(&device.id)
    .bind(device.as_verifiers_keep_it())
    .bind(app.clock.now())
    .execute(&mut db)
    .await
    .unwrap();
    device
}

async fn stage() -> (TestApp, Seed, Authenticator) {
    let (app, seed) = house().await;
    let device = plant(&app, seed.owner).await;
    (app, seed, device)
}

pub async fn options(browser: &Browser, of: &str) -> Value {
    let answer = browser.post_json(&format!("{of}/options"), &json!({})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

pub async fn present(browser: &Browser, to: &str, credential: &str) -> Answer {
    browser.post(to, &[("credential", credential)]).await
}

/// Signs in with nothing but the passkey.
pub async fn sign_in(browser: &Browser, device: &mut Authenticator) -> Answer {
    let asked = options(browser, "/sign-in/passkey").await;
    present(browser, "/sign-in/passkey", &device.get(&asked)).await
}

fn refused(answer: &Answer) -> bool {
    answer.status == StatusCode::UNPROCESSABLE_ENTITY && !answer.headers.contains_key(http::header::SET_COOKIE)
}

#[tokio::test]
async fn a_passkey_alone_opens_the_console() {
    let (app, seed, mut device) = stage().await;
    let browser = app.browser();
    let asked = options(&browser, "/sign-in/passkey").await;
    let fields = [("credential", &*device.get(&asked)), ("next", "/me/profile")];
    let answer = browser.post("/sign-in/passkey", &fields).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/me/profile"));
    assert!(sees_the_console(&browser).await);
    assert!(browser.cookie("__Host-gatehouse-device").is_some(), "and the browser is known from now on");
    assert_eq!(audited(&app, seed.site, "sign_in.succeeded").await, 1);
    assert_eq!(count(&app, "select count(*) from session where assurance = 'second_factor'").await, 1);
    let traced =
        "select count(*) from sign_in_decision where outcome = 'approve' and findings @> '[{\"code\": \"passkey\"}]'";
    assert_eq!(count(&app, traced).await, 1);
}

#[tokio::test]
async fn the_page_offers_it_to_scripts_only_and_asks_everybody_the_same() {
    let (app, _, _) = stage().await;
    let page = app.browser().get("/sign-in").await;
    assert!(page.body.contains("data-passkey=\"get\"") && page.body.contains("/pkg/passkey.js"));
    let form = page.body.split("<form").find(|form| form.contains("data-passkey")).unwrap().split('>').next().unwrap();
    assert!(form.contains("hidden"), "{form}");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self';"), "{policy}");
    let (one, other) =
        (options(&app.browser(), "/sign-in/passkey").await, options(&app.browser(), "/sign-in/passkey").await);
    assert_eq!(one["publicKey"]["allowCredentials"], json!([]));
    assert_ne!(one["publicKey"]["challenge"], other["publicKey"]["challenge"]);
    let without = |mut asked: Value| {
        asked["publicKey"]["challenge"] = Value::Null;
        asked
    };
    assert_eq!(without(one), without(other));
}

#[tokio::test]
async fn where_the_console_has_no_name_passkeys_are_not_offered() {
    let app = TestApp::with(|parts| parts.config.public_url = "http://127.0.0.1:3000".parse().unwrap()).await;
    let browser = app.browser();
    let get = browser.request(http::Method::GET, "/sign-in").body(axum::body::Body::empty()).unwrap();
    let (mut parts, body) = get.into_parts();
    parts.headers.insert("host", "127.0.0.1:3000".parse().unwrap());
    let page = browser.send(http::Request::from_parts(parts, body)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("data-passkey") && !page.body.contains("<script"));
}

#[tokio::test]
async fn a_challenge_is_answered_once_in_its_browser_within_five_minutes() {
    let (app, seed, mut device) = stage().await;
    let browser = app.browser();
    let asked = options(&browser, "/sign-in/passkey").await;
    let credential = device.get(&asked);
    assert!(refused(&present(&app.browser(), "/sign-in/passkey", &credential).await), "another browser");
    assert!(is_in(&present(&browser, "/sign-in/passkey", &credential).await));
    assert!(refused(&present(&browser, "/sign-in/passkey", &credential).await), "again");
    let later = app.browser();
    let asked = options(&later, "/sign-in/passkey").await;
    app.wait(TimeDelta::minutes(5));
    assert!(refused(&present(&later, "/sign-in/passkey", &device.get(&asked)).await), "too late");
    let just = app.browser();
    let asked = options(&just, "/sign-in/passkey").await;
    app.wait(TimeDelta::seconds(299));
    assert!(is_in(&present(&just, "/sign-in/passkey", &device.get(&asked)).await));
    assert_eq!(audited(&app, seed.site, "sign_in.succeeded").await, 2);
}

#[tokio::test]
async fn one_answer_sent_fifty_times_at_once_signs_in_once() {
    let (app, _, mut device) = stage().await;
    let browser = Arc::new(app.browser());
    let asked = options(&browser, "/sign-in/passkey").await;
    let credential: Arc<str> = device.get(&asked).into();
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let (browser, credential) = (Arc::new(browser.at("203.0.113.1")), credential.clone());
            tokio::spawn(async move { is_in(&present(&browser, "/sign-in/passkey", &credential).await) })
        })
        .collect();
    let mut opened = 0;
    for one in tries {
        opened += usize::from(one.await.unwrap());
    }
    assert_eq!(opened, 1);
}

#[tokio::test]
async fn every_lie_is_refused() {
    let (app, seed, mut device) = stage().await;
    let lies: Vec<(&str, Says)> = vec![
        ("type", Says { kind: Some("webauthn.create"), ..Says::default() }),
        ("another origin", Says { origin: "http://localhost:3001", ..Says::default() }),
        ("another scheme", Says { origin: "https://localhost:3000", ..Says::default() }),
        ("a subdomain", Says { origin: "http://evil.localhost:3000", ..Says::default() }),
        ("another party", Says { party: "localhost.example", ..Says::default() }),
        ("nobody present", Says { present: false, ..Says::default() }),
        ("nobody verified", Says { verified: false, ..Says::default() }),
        ("another challenge", Says { challenge: Some("A".repeat(43)), ..Says::default() }),
        ("in a frame", Says { client: json!({ "crossOrigin": true }), ..Says::default() }),
        ("a top origin", Says { client: json!({ "topOrigin": "https://evil.example" }), ..Says::default() }),
        ("the signature", Says { spoil_signature: true, ..Says::default() }),
        ("nobody's", Says { handle: Some(None), ..Says::default() }),
        ("somebody's", Says { handle: Some(Some(vec![7; 16])), ..Says::default() }),
        ("an odd handle", Says { handle: Some(Some(vec![7; 3])), ..Says::default() }),
    ];
    let refusals = lies.len();
    for (n, (lie, says)) in lies.into_iter().enumerate() {
        let browser = app.browser().at(&format!("203.0.113.{}", n + 10));
        let asked = options(&browser, "/sign-in/passkey").await;
        device.counter += 1;
        let answer = present(&browser, "/sign-in/passkey", &device.get_saying(&asked, &says)).await;
        assert!(refused(&answer), "{lie}: {}", answer.status);
        assert!(!sees_the_console(&browser).await, "{lie}");
    }
    assert_eq!(audited(&app, seed.site, "passkey.refused").await, refusals as i64);
    assert!(is_in(&sign_in(&app.browser(), &mut device).await), "and the truth still opens");
}

#[tokio::test]
async fn passkeys_of_nobody_and_endless_refusals_do_not_fill_the_log() {
    let (app, seed, device) = stage().await;
    let rows = "select count(*) from audit";
    for _ in 0..4 {
        let (browser, mut stranger) = (app.browser(), Authenticator::new());
        stranger.handle = Some(vec![1; 16]);
        let asked = options(&browser, "/sign-in/passkey").await;
        assert!(refused(&present(&browser, "/sign-in/passkey", &stranger.get(&asked)).await));
    }
    assert_eq!(count(&app, rows).await, 0, "nobody's");
    let spoilt = Says { spoil_signature: true, ..Says::default() };
    for n in 0..30 {
        let browser = app.browser().at(&format!("198.51.100.{}", n + 1));
        let asked = options(&browser, "/sign-in/passkey").await;
        assert!(refused(&present(&browser, "/sign-in/passkey", &device.get_saying(&asked, &spoilt)).await));
    }
    assert_eq!(audited(&app, seed.site, "passkey.refused").await, 20);
    app.wait(TimeDelta::days(1));
    let browser = app.browser();
    let asked = options(&browser, "/sign-in/passkey").await;
    present(&browser, "/sign-in/passkey", &device.get_saying(&asked, &spoilt)).await;
    assert_eq!(audited(&app, seed.site, "passkey.refused").await, 21, "the next day has room again");
}

#[tokio::test]
async fn outsiders_cannot_tell_a_passkey_of_somebody_from_one_of_nobody() {
    let (app, _, mut device) = stage().await;
    device.counter = 41;
    assert!(is_in(&sign_in(&app.browser(), &mut device).await));
    let mut nobodys = Authenticator::new();
    nobodys.handle = Some(vec![1; 16]);
    let mut seen = Vec::new();
    for (device, says) in [
        (&nobodys, Says::default()),
        (&device, Says { spoil_signature: true, ..Says::default() }),
        (&device, Says { client: json!({ "crossOrigin": true }), ..Says::default() }),
        (&device, Says::default()), // its counter stands: there seem to be two
    ] {
        let browser = app.browser();
        let asked = options(&browser, "/sign-in/passkey").await;
        let answer = present(&browser, "/sign-in/passkey", &device.get_saying(&asked, &says)).await;
        seen.push((answer.status, answer.body));
    }
    assert!(seen.windows(2).all(|two| two[0] == two[1]), "{seen:?}");
}

#[tokio::test]
async fn what_is_no_answer_changes_nothing() {
    let (app, _, _) = stage().await;
    for text in ["", "{}", "null", "[1]", "{\"id\":\"AQID\",\"rawId\":\"AQID\",\"type\":\"public-key\"}"] {
        let browser = app.browser();
        options(&browser, "/sign-in/passkey").await;
        assert!(refused(&present(&browser, "/sign-in/passkey", text).await), "{text}");
    }
    let unasked = app.browser();
    let asked = json!({ "publicKey": { "challenge": "A".repeat(43) } });
    let mut stranger = Authenticator::new();
    stranger.handle = Some(vec![1; 16]);
    assert!(refused(&present(&unasked, "/sign-in/passkey", &stranger.get(&asked)).await), "nothing was asked");
    let browser = app.browser();
    let asked = options(&browser, "/sign-in/passkey").await;
    assert!(refused(&present(&browser, "/sign-in/passkey", &stranger.get(&asked)).await), "nobody's passkey");
}

#[tokio::test]
async fn one_persons_passkey_does_not_open_another_account() {
    let (app, seed, mut device) = stage().await;
    let bob = colleague(&app, &seed, "bob@example.com").await;
    let mut bobs = plant(&app, bob).await;
    // Bob's key under the owner's handle, and under the owner's credential id.
    let browser = app.browser();
    let asked = options(&browser, "/sign-in/passkey").await;
    let says = Says { handle: Some(device.handle.clone()), ..Says::default() };
    assert!(refused(&present(&browser, "/sign-in/passkey", &bobs.get_saying(&asked, &says)).await));
    let asked = options(&browser, "/sign-in/passkey").await;
    let own = std::mem::replace(&mut bobs.id, device.id.clone());
    bobs.handle = device.handle.clone();
    assert!(refused(&present(&browser, "/sign-in/passkey", &bobs.get(&asked)).await));
    bobs.id = own;
    // The second step of the owner is not Bob's to take.
    let browser = app.browser();
    assert_eq!(try_to_sign_in(&browser, OWNER, GOOD).await.location(), "/sign-in/second-step");
    let asked = options(&browser, "/sign-in/second-step/passkey").await;
    let says = Says { handle: Some(None), ..Says::default() };
    assert!(refused(&present(&browser, "/sign-in/second-step/passkey", &bobs.get_saying(&asked, &says)).await));
    let asked = options(&browser, "/sign-in/second-step/passkey").await;
    assert!(is_in(&present(&browser, "/sign-in/second-step/passkey", &device.get(&asked)).await));
}

#[tokio::test]
async fn a_counter_that_goes_back_is_refused_recorded_and_mailed() {
    let (app, seed, mut device) = stage().await;
    device.counter = 41;
    assert!(is_in(&sign_in(&app.browser(), &mut device).await));
    device.counter = 20;
    assert!(refused(&sign_in(&app.browser(), &mut device).await), "21 after 42");
    device.counter = 41;
    assert!(refused(&sign_in(&app.browser(), &mut device).await), "42 again");
    assert_eq!(audited(&app, seed.site, "passkey.refused").await, 2);
    assert!(mails(&app, OWNER).await.iter().any(|mail| mail.contains("two of it")));
    assert!(is_in(&sign_in(&app.browser(), &mut device).await), "43");
}

#[tokio::test]
async fn a_device_that_does_not_count_may_stay_at_zero() {
    let (app, _, device) = stage().await;
    for _ in 0..3 {
        let browser = app.browser();
        let asked = options(&browser, "/sign-in/passkey").await;
        assert!(is_in(&present(&browser, "/sign-in/passkey", &device.get_saying(&asked, &Says::default())).await));
    }
}

#[tokio::test]
async fn it_works_while_the_password_is_locked_and_opens_the_strangers_bucket_again() {
    let (app, _, mut device) = stage().await;
    for round in 0..10 {
        let address = format!("198.51.100.{}", round + 1);
        fail(&app.browser().at(&address), OWNER, 10).await;
        app.wait(TimeDelta::minutes(31));
    }
    let stranger = app.browser().at("192.0.2.1");
    assert_eq!(
        try_to_sign_in(&stranger, OWNER, GOOD).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "closed for good"
    );
    assert!(is_in(&sign_in(&app.browser(), &mut device).await));
    assert_eq!(try_to_sign_in(&stranger, OWNER, GOOD).await.location(), "/sign-in/second-step");
}

#[tokio::test]
async fn a_disabled_person_a_removed_passkey_and_one_never_finished_open_nothing() {
    let (app, _, mut device) = stage().await;
    let mut db = app.superuser().await;
    for (spoil, mend) in [
        ("update collaborator set disabled_at = now()", "update collaborator set disabled_at = null"),
        ("update second_factor set ended_at = now(), end_reason = 'lost'", "update second_factor set ended_at = null"),
        ("update second_factor set activated_at = null", "update second_factor set activated_at = created_at"),
    ] {
        sqlx::raw_sql(spoil).execute(&mut db).await.unwrap();
        assert!(refused(&sign_in(&app.browser(), &mut device).await), "{spoil}");
        sqlx::raw_sql(mend).execute(&mut db).await.unwrap();
    }
    assert!(is_in(&sign_in(&app.browser(), &mut device).await));
}

#[tokio::test]
async fn the_second_step_is_taken_with_it_and_never_before_the_password() {
    let (app, seed, mut device) = stage().await;
    let browser = app.browser();
    let early = browser.post_json("/sign-in/second-step/passkey/options", &json!({})).await;
    assert_eq!(early.status, StatusCode::UNAUTHORIZED);
    assert_eq!(try_to_sign_in(&browser, OWNER, GOOD).await.location(), "/sign-in/second-step");
    let page = browser.get("/sign-in/second-step").await;
    assert!(page.body.contains("/sign-in/second-step/passkey/options"), "{}", page.body);
    // A challenge for signing in is none for the second step, and the other way round.
    let asked = options(&browser, "/sign-in/passkey").await;
    assert!(refused(&present(&browser, "/sign-in/second-step/passkey", &device.get(&asked)).await));
    let asked = options(&browser, "/sign-in/second-step/passkey").await;
    assert_eq!(asked["publicKey"]["allowCredentials"].as_array().unwrap().len(), 1);
    assert!(refused(&present(&browser, "/sign-in/passkey", &device.get(&asked)).await));
    let asked = options(&browser, "/sign-in/second-step/passkey").await;
    let answer = present(&browser, "/sign-in/second-step/passkey", &device.get(&asked)).await;
    assert!(is_in(&answer), "{}", answer.body);
    assert!(sees_the_console(&browser).await);
    assert_eq!(audited(&app, seed.site, "sign_in.succeeded").await, 1);
}

#[tokio::test]
async fn it_confirms_that_it_is_still_the_person() {
    let (app, seed, mut device) = stage().await;
    let browser = app.browser();
    assert!(is_in(&sign_in(&browser, &mut device).await));
    app.wait(TimeDelta::minutes(11));
    let before = browser.cookie("__Host-gatehouse").unwrap();
    assert!(browser.get("/me/confirm").await.body.contains("/me/confirm/passkey/options"));
    let asked = options(&browser, "/me/confirm/passkey").await;
    let spoilt = Says { spoil_signature: true, ..Says::default() };
    assert!(refused(&present(&browser, "/me/confirm/passkey", &device.get_saying(&asked, &spoilt)).await));
    let asked = options(&browser, "/me/confirm/passkey").await;
    let fields = [("credential", &*device.get(&asked)), ("next", "/me/profile")];
    let answer = browser.post("/me/confirm/passkey", &fields).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/me/profile?done=confirmed"));
    assert_ne!(browser.cookie("__Host-gatehouse").unwrap(), before, "under a new id");
    assert_eq!(audited(&app, seed.site, "step_up.succeeded").await, 1);
    let stale = app.browser();
    stale.set_cookie("__Host-gatehouse", &before);
    assert!(!sees_the_console(&stale).await);
}

/// A browser with a fresh sign-in, the challenge of a new passkey and the device's answer.
async fn enrolling(app: &TestApp, email: &str) -> (Browser, Authenticator, Value) {
    let browser = signed_in(app, email, GOOD).await;
    let asked = options(&browser, "/me/second-factor/passkey").await;
    (browser, Authenticator::new(), asked)
}

async fn make(browser: &Browser, credential: &str, name: &str) -> Answer {
    browser.post("/me/second-factor/passkey", &[("credential", credential), ("name", name)]).await
}

#[tokio::test]
async fn a_first_passkey_comes_with_recovery_codes_and_ends_other_sessions() {
    let (app, seed) = house().await;
    let elsewhere = signed_in(&app, OWNER, GOOD).await;
    let (browser, mut device, asked) = enrolling(&app, OWNER).await;
    let page = browser.get("/me/second-factor/passkey").await;
    assert!(page.body.contains("data-passkey=\"create\"") && page.body.contains("An authenticator app works here"));
    let before = browser.cookie("__Host-gatehouse").unwrap();
    let answer = make(&browser, &device.create(&asked), "  Blue   key ").await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_ne!(browser.cookie("__Host-gatehouse").unwrap(), before);
    assert!(sees_the_console(&browser).await && !sees_the_console(&elsewhere).await);
    assert_eq!(
        count(&app, "select count(*) from second_factor where name = 'Blue key' and activated_at is not null").await,
        1
    );
    assert_eq!(count(&app, "select count(*) from recovery_code").await, 10);
    assert_eq!(audited(&app, seed.site, "second_factor.added").await, 1);
    assert!(mails(&app, OWNER).await.iter().any(|mail| mail.contains("Blue key")));
    assert!(is_in(&sign_in(&app.browser(), &mut device).await), "and it signs in");
}

#[tokio::test]
async fn a_second_passkey_is_another_one_and_leads_to_the_dashboard() {
    let (app, seed, mut first) = stage().await;
    let browser = app.browser();
    sign_in(&browser, &mut first).await;
    let asked = options(&browser, "/me/second-factor/passkey").await;
    assert_eq!(asked["publicKey"]["excludeCredentials"].as_array().unwrap().len(), 1);
    let mut second = Authenticator::new();
    let answer = make(&browser, &second.create(&asked), "Phone").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
    assert!(is_in(&sign_in(&app.browser(), &mut second).await) && is_in(&sign_in(&app.browser(), &mut first).await));
    // The same credential again, whoever brings it.
    let asked = options(&browser, "/me/second-factor/passkey").await;
    assert!(refused(&make(&browser, &second.create(&asked), "Phone").await));
    colleague(&app, &seed, "bob@example.com").await;
    let (bob, _, asked) = enrolling(&app, "bob@example.com").await;
    assert_eq!(make(&bob, &second.create(&asked), "Phone").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn every_lie_about_a_new_passkey_is_refused() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    for (lie, says) in [
        ("type", Says { kind: Some("webauthn.get"), ..Says::default() }),
        ("another origin", Says { origin: "https://evil.example", ..Says::default() }),
        ("another party", Says { party: "evil.example", ..Says::default() }),
        ("nobody present", Says { present: false, ..Says::default() }),
        ("nobody verified", Says { verified: false, ..Says::default() }),
        ("another challenge", Says { challenge: Some("A".repeat(43)), ..Says::default() }),
        ("in a frame", Says { client: json!({ "crossOrigin": true }), ..Says::default() }),
        ("a top origin", Says { client: json!({ "topOrigin": "https://evil.example" }), ..Says::default() }),
        ("not kept", Says { kept: false, ..Says::default() }),
    ] {
        let asked = options(&browser, "/me/second-factor/passkey").await;
        let answer = make(&browser, &Authenticator::new().create_saying(&asked, &says), "Laptop").await;
        assert!(refused(&answer), "{lie}: {}", answer.status);
    }
    let asked = options(&browser, "/me/second-factor/passkey").await;
    let (mut device, name) = (Authenticator::new(), "x".repeat(61));
    assert!(refused(&make(&browser, &device.create(&asked), &name).await), "a long name");
    assert_eq!(count(&app, "select count(*) from second_factor").await, 0);
    assert!(sees_the_console(&browser).await);
}

#[tokio::test]
async fn a_proof_of_ten_minutes_is_not_good_for_fifteen() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    app.wait(TimeDelta::minutes(9));
    let asked = options(&browser, "/me/second-factor/passkey").await;
    app.wait(TimeDelta::minutes(4));
    let late = make(&browser, &Authenticator::new().create(&asked), "Laptop").await;
    assert_eq!(late.location(), "/me/confirm?next=%2Fme%2Fsecond-factor%2Fpasskey");
    assert_eq!(count(&app, "select count(*) from second_factor").await, 0);
}

#[tokio::test]
async fn a_new_passkey_wants_a_recent_proof_in_the_same_session() {
    let (app, seed) = house().await;
    let (browser, mut device, asked) = enrolling(&app, OWNER).await;
    colleague(&app, &seed, "bob@example.com").await;
    let bob = signed_in(&app, "bob@example.com", GOOD).await;
    bob.set_cookie("__Host-gatehouse-passkey", &browser.cookie("__Host-gatehouse-passkey").unwrap());
    assert!(refused(&make(&bob, &device.create(&asked), "Laptop").await), "another person's challenge");
    app.wait(TimeDelta::minutes(11));
    let stale = browser.post_json("/me/second-factor/passkey/options", &json!({})).await;
    assert_eq!(stale.status, StatusCode::FORBIDDEN, "confirm first");
    let page = browser.get("/me/second-factor/passkey").await;
    assert!(page.location().starts_with("/me/confirm?next="), "{}", page.location());
    let late = make(&browser, &device.create(&asked), "Laptop").await;
    assert!(late.location().starts_with("/me/confirm?next="), "{}", late.location());
    assert_eq!(count(&app, "select count(*) from second_factor").await, 0);
}

async fn ask(app: &TestApp, from: &str) -> Answer {
    app.browser().at(from).post_json("/sign-in/passkey/options", &json!({})).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_network_of_strangers_is_set_sixty_challenges_at_any_concurrency() {
    let (app, _, mut device) = stage().await;
    let app = Arc::new(app);
    let asks: Vec<_> = (0..100)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { ask(&app, "198.51.100.9").await.status })
        })
        .collect();
    let mut set = 0;
    for one in asks {
        match one.await.unwrap() {
            StatusCode::OK => set += 1,
            refused => assert_eq!(refused, StatusCode::TOO_MANY_REQUESTS),
        }
    }
    assert_eq!(set, 60);
    assert_eq!(count(&app, "select count(*) from passkey_ceremony").await, 60);
    let refused = ask(&app, "198.51.100.9").await;
    assert_eq!(refused.headers["retry-after"], "600");
    assert!(refused.body.contains("Wait before you try again"), "{}", refused.body);
    assert!(is_in(&sign_in(&app.browser(), &mut device).await), "another network is not concerned");
    assert!(is_in(&try_to_sign_in(&app.browser().at("198.51.100.9"), OWNER, GOOD).await), "nor is the password");
    app.wait(TimeDelta::minutes(10));
    assert_eq!(ask(&app, "198.51.100.9").await.status, StatusCode::OK);
}

#[tokio::test]
async fn moving_through_the_networks_of_one_line_helps_no_longer_than_twice_as_long() {
    let (app, _, _) = stage().await;
    let mut set = 0;
    for n in 0..130 {
        let answer = ask(&app, &format!("2001:db8:1:20{}::7", n % 4)).await;
        set += usize::from(answer.status == StatusCode::OK);
    }
    assert_eq!(set, 120, "a /56");
    for n in 0..90 {
        let answer = ask(&app, &format!("2001:db8:1:{:x}00::7", 0x10 + n % 3)).await;
        set += usize::from(answer.status == StatusCode::OK);
    }
    assert_eq!(set, 200, "a /48");
    assert_eq!(ask(&app, "2001:db8:2::7").await.status, StatusCode::OK, "the next line is another");
}

#[tokio::test]
async fn challenges_that_nobody_answered_are_removed() {
    let (app, _, _) = stage().await;
    for _ in 0..3 {
        ask(&app, "198.51.100.9").await;
    }
    app.wait(TimeDelta::minutes(4));
    ask(&app, "198.51.100.9").await;
    app.wait(TimeDelta::minutes(2));
    order_recurring(&app.app).await.unwrap();
    run_due(&app.app).await.unwrap();
    assert_eq!(count(&app, "select count(*) from passkey_ceremony").await, 1, "one can still be answered");
}
