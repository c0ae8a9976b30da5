//! OT-02 and its neighbours: what proves a person is in no log, at any level.

use chrono::TimeDelta;
use gatehouse::platform::jobs::runner::run_due;

use super::enrol::{begin_app, codes_on, mailed_code, right_for};
use super::enrol_number::{begin, texted_code, texting_house};
use super::factors::{STEP, STEP_COOKIE, half_in, type_code};
use super::stage::*;
use crate::support::Log;

const NEW: &str = "gravel lanterns hum at dusk";

/// Fails if the word stands in the log, alone.
fn absent(log: &str, what: &str, word: &str) {
    assert!(word.len() >= 6, "{what} was not caught: {word:?}");
    let alone = regex::Regex::new(&format!(r"(^|[^\w]){}($|[^\w])", regex::escape(word))).unwrap();
    let line = log.lines().find(|line| alone.is_match(line));
    assert!(line.is_none(), "{what} is logged: {}", line.unwrap_or_default());
}

#[tokio::test]
async fn passwords_codes_secrets_and_cookies_are_never_logged() {
    let (app, seed, _) = texting_house().await;
    // Late, so that the first device asks for a mailed code too.
    sqlx::query("update membership set mfa_own = true, required_since = created_at - interval '90 days'")
        .execute(&mut app.superuser().await)
        .await
        .unwrap();
    let log = Log::default();
    let _listening = log.listen(tracing::Level::TRACE);
    let mut secrets: Vec<(&str, String)> =
        [("a password", GOOD), ("a wrong password", BAD), ("a new password", NEW)].map(|(n, s)| (n, s.into())).into();
    let mut keep = |what, word: &str| secrets.push((what, word.to_owned()));

    try_to_sign_in(&app.browser(), OWNER, BAD).await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    keep("a session", &browser.cookie("__Host-gatehouse").unwrap());
    browser.post("/me/second-factor/mail/send", &[]).await;
    let code = mailed_code(&app, OWNER).await;
    browser.post("/me/second-factor/mail", &[("code", &code)]).await;
    keep("a mailed code", &code);

    let page = begin(&browser, "+4915123456789").await;
    let code = texted_code(&app).await;
    run_due(&app.app).await.unwrap();
    let done = browser.post(&page, &[("code", &code)]).await;
    keep("a texted code", &code);
    let recovery = codes_on(&done);
    let (page, secret) = begin_app(&browser).await;
    let code = right_for(&app, &secret);
    assert_eq!(browser.post(&page, &[("code", &code)]).await.status, 303);
    keep("an authenticator's code", &code);
    keep("an authenticator's secret", &secret.base32());
    keep("an authenticator's secret in hex", &hex::encode(secret.bytes()));

    app.wait(TimeDelta::seconds(60));
    let half = half_in(&app).await;
    keep("a half-done sign-in", &half.cookie(STEP_COOKIE).unwrap());
    half.get(STEP).await;
    assert_eq!(type_code(&half, "recovery", "0123-4567-89ab-cdef-ghjk-mnpq").await.status, 422);
    assert!(is_in(&type_code(&half, "recovery", &recovery[0]).await));
    keep("a wrong recovery code", "0123-4567-89ab-cdef-ghjk-mnpq");
    keep("a known device", &half.cookie("__Host-gatehouse-device").unwrap());
    let confirm = [("password", GOOD), ("with", "recovery"), ("code", &recovery[1]), ("next", "/")];
    assert_eq!(half.post("/me/confirm", &confirm).await.location(), "/?done=confirmed");
    for code in &recovery {
        keep("a recovery code", code);
    }

    assert_eq!(app.browser().post("/forgot-password", &[("email", OWNER)]).await.status, 303);
    run_due(&app.app).await.unwrap();
    run_due(&app.app).await.unwrap();
    let mail: String =
        sqlx::query_scalar("select body from outbox where body like '%/reset-password%' order by at desc limit 1")
            .fetch_one(&mut app.superuser().await)
            .await
            .unwrap();
    let link = link(&mail);
    let reset = app.browser();
    open(&reset, &link).await;
    assert_eq!(reset.post("/reset-password", &[("password", NEW), ("again", NEW)]).await.status, 303);
    keep("a mailed link's token", link.split("token=").nth(1).unwrap());
    run_due(&app.app).await.unwrap();
    assert_eq!(audited(&app, seed.site, "password.reset").await, 1, "all of it happened");

    let text = log.text();
    assert!(text.contains("/reset-password") && text.contains("/me/confirm"), "the log was caught");
    for (what, word) in &secrets {
        absent(&text, what, word);
    }
}
