//! LK-07: every place that compares a password counts with all others. Which they are is marked in `authorization.txt`.

use gatehouse::access::session::Assurance;
use gatehouse::kernel::id::FactorId;

use super::factors::number;
use super::stage::*;
use crate::architecture::sources;
use crate::authorization::agreed;
use crate::support::{Browser, TestApp};

const ANOTHER: &str = "gravel lanterns hum at dusk";

/// The forms that compare a password.
pub fn places() -> Vec<String> {
    agreed().into_iter().filter(|(_, row)| row.password).map(|((_, path), _)| path).collect()
}

/// What such a form is posted with. `number` is one of the person's devices.
pub fn fields(path: &str, password: &str, number: FactorId) -> Vec<(&'static str, String)> {
    let password = password.to_owned();
    match path {
        "/sign-in" => vec![("email", OWNER.to_owned()), ("password", password)],
        "/me/confirm" => vec![("password", password)],
        "/me/confirm/code" => vec![("password", password), ("with", number.to_string())],
        "/me/email" => vec![("email", "new@example.com".to_owned()), ("password", password)],
        "/me/password" => {
            vec![("current_password", password), ("new_password", ANOTHER.to_owned()), ("again", ANOTHER.to_owned())]
        }
        other => panic!("nobody fills {other} in"),
    }
}

/// Posts one of them; whether the password was taken.
pub async fn takes(browser: &Browser, path: &str, password: &str, number: FactorId) -> bool {
    let fields = fields(path, password, number);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
    let answer = browser.post(path, &fields).await;
    assert!(answer.status == 303 || answer.status == 422, "{path}: {} {}", answer.status, answer.body);
    assert!(!answer.body.contains("A field is missing"), "{path}: {}", answer.body);
    assert!(!answer.location().starts_with("/sign-in?next"), "{path} did not look at it");
    let refused = ["That is not your password", "do not go together"].iter().any(|words| answer.body.contains(words));
    !refused
}

#[tokio::test]
async fn ten_wrong_passwords_at_all_places_together_are_one_lock_and_none_takes_the_right_one_then() {
    let app = TestApp::with(|parts| parts.demo = true).await;
    let seed = app.seed().await;
    give_password(&app, seed.owner, GOOD).await;
    let phone = number(&app, seed.owner).await;
    // A session in the wrong hands: it knows no device.
    let thief = app.signed_in_with(seed.owner, Assurance::SecondFactor).await;
    let places = places();
    assert!(places.len() >= 5, "{places:?}");
    for place in places.iter().cycle().take(10) {
        assert!(!takes(&thief, place, BAD, phone).await, "{place}");
    }
    assert_eq!(audited(&app, seed.site, "sign_in.failed").await, 10);
    assert_eq!(audited(&app, seed.site, "account.locked").await, 1);
    for place in &places {
        assert!(!takes(&thief, place, GOOD, phone).await, "{place} behind a locked door");
    }
    assert_eq!(audited(&app, seed.site, "sign_in.failed").await, 10, "nothing was compared there");
    assert_eq!(count(&app, "select count(*) from text_message").await, 0);
}

#[test]
fn every_caller_of_the_comparison_is_marked() {
    let call = regex::Regex::new(r"(fn )?\bprove(_again)?\(").unwrap();
    let calls = |text: &str| call.captures_iter(text).filter(|found| found.get(1).is_none()).count();
    let mut callers: Vec<(String, usize)> = sources()
        .iter()
        .map(|(path, text)| (path.display().to_string(), calls(text)))
        .filter(|(_, n)| *n > 0)
        .collect();
    callers.sort();
    // myself.rs: what its own two and step-up's one go through. A caller that is new here gets its row marked `password`
    // in authorization.txt.
    let known = [("myself.rs", 3), ("sign_in.rs", 1), ("step_up.rs", 1)];
    assert_eq!(callers, known.map(|(file, calls)| (format!("src/access/service/{file}"), calls)));
}
