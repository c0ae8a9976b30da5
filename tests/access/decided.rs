//! B-51: a collaborator's sign-in is a decision of the one engine with a trace, for those who may read the audit log, and
//! nothing of a site's traffic.

use std::sync::Arc;

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::decision::policy::{KeyLimits, Policy, Velocity};
use gatehouse::decision::verdict::Mode;
use gatehouse::kernel::id::{DecisionId, SiteId};
use http::StatusCode;
use serde_json::Value;

use super::factors::{guarded_house, half_in};
use super::stage::*;
use crate::decision::stage::payments;
use crate::lists::{add_entry, new_list};
use crate::support::{Answer, Browser, Seed, TestApp};

const LIST: &str = "decisions?kind=collaborator_sign_in";

/// The owner of harbour-books, who is an analyst at hill-shop, too.
async fn two_sites() -> (TestApp, Seed, Seed) {
    let (app, seed) = house().await;
    let other = app.seed_site("hill-shop").await;
    app.member(other.site, seed.owner, Role::Analyst).await;
    (app, seed, other)
}

/// A recorded sign-in, as it lies in the database.
struct Recorded {
    id: DecisionId,
    outcome: String,
    findings: Value,
}

impl Recorded {
    fn finding(&self, check: &str) -> &Value {
        self.findings.as_array().unwrap().iter().find(|finding| finding["check"] == check).unwrap()
    }

    /// The codes of both steps.
    fn codes(&self) -> (&str, &str) {
        let code = |check| self.finding(check)["code"].as_str().unwrap();
        (code("address_limit"), code("lockout"))
    }
}

/// The site's recorded sign-ins, oldest first.
async fn recorded(app: &TestApp, site: SiteId) -> Vec<Recorded> {
    let rows: Vec<(sqlx::types::Uuid, String, Value)> =
        sqlx::query_as("select id, outcome, findings from sign_in_decision where site_id = $1 order by id")
            .bind(site.0)
            .fetch_all(&mut app.superuser().await)
            .await
            .unwrap();
    rows.into_iter().map(|(id, outcome, findings)| Recorded { id: DecisionId(id), outcome, findings }).collect()
}

/// The last one of each site.
async fn last(app: &TestApp, sites: [&Seed; 2]) -> [Recorded; 2] {
    let last = async |seed: &Seed| recorded(app, seed.site).await.pop().expect("a recorded sign-in");
    [last(sites[0]).await, last(sites[1]).await]
}

async fn trace(browser: &Browser, seed: &Seed, id: DecisionId) -> Answer {
    browser.get(&format!("/s/{}/decisions/{id}", seed.handle)).await
}

/// Twenty wrong passwords on five accounts: the network is not listened to any more.
async fn stuff(app: &TestApp, address: &str) {
    for n in 0..5 {
        fail(&app.browser().at(address), &format!("person{n}@example.com"), 4).await;
    }
}

#[tokio::test]
async fn a_good_sign_in_leaves_its_trace_at_each_of_the_persons_sites() {
    let (app, seed, other) = two_sites().await;
    fail(&app.browser().at("198.51.100.7"), OWNER, 2).await;
    let browser = app.browser().at("198.51.100.7");
    assert!(is_in(&try_to_sign_in(&browser, OWNER, GOOD).await));
    for (site, found) in [&seed, &other].into_iter().zip(last(&app, [&seed, &other]).await) {
        assert_eq!(found.outcome, "approve");
        assert_eq!(found.codes(), ("within_limit", "password_right"));
        assert_eq!(found.finding("lockout")["because"]["failed"], 2);
        assert_eq!(found.finding("lockout")["because"]["limit"], 10);
        let page = trace(&browser, site, found.id).await;
        assert_eq!(page.status, 200, "{}", page.body);
        for words in [
            "Approved: nothing was against it",
            "The password was right. It cleared 2 of 10 failed attempts.",
            "2 of 10",
            "3 of 20",
            "198.51.100.7",
            OWNER,
            "Strictest site",
            "Built in",
        ] {
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
    }
}

#[tokio::test]
async fn a_wrong_password_says_how_many_stand_against_the_lock() {
    let (app, seed, other) = two_sites().await;
    fail(&app.browser(), OWNER, 3).await;
    let reader = app.signed_in(seed.owner).await;
    for (site, found) in [&seed, &other].into_iter().zip(last(&app, [&seed, &other]).await) {
        assert_eq!(found.outcome, "reject");
        assert_eq!(found.codes(), ("within_limit", "password_refused"));
        assert!(found.finding("lockout")["because"]["until"].is_null());
        let page = trace(&reader, site, found.id).await;
        assert!(page.body.contains("Refused: third failed attempt of 10"), "{}", page.body);
    }
    fail(&app.browser(), OWNER, 7).await;
    for found in last(&app, [&seed, &other]).await {
        let lock = &found.finding("lockout")["because"];
        assert_eq!(lock["failed"], 10);
        let until = (app.clock.now() + TimeDelta::minutes(30)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        assert_eq!(lock["until"], until, "and locked it");
    }
    assert_eq!(recorded(&app, seed.site).await.len(), 10);
}

#[tokio::test]
async fn a_locked_door_is_recorded_with_its_end() {
    let (app, seed, other) = two_sites().await;
    fail(&app.browser(), OWNER, 10).await;
    app.wait(TimeDelta::minutes(1));
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    let reader = app.signed_in(seed.owner).await;
    for (site, found) in [&seed, &other].into_iter().zip(last(&app, [&seed, &other]).await) {
        assert_eq!(found.outcome, "reject");
        assert_eq!(found.codes(), ("within_limit", "locked"));
        assert_eq!(found.finding("lockout")["because"]["until"], "2026-03-02T10:30:00Z");
        let page = trace(&reader, site, found.id).await;
        for words in ["Refused: locked after 10 failed attempts", "nothing was compared", "2 March 2026, 10:30:00"] {
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_knocks_at_a_locked_door_in_a_crowd_appends_one_row_an_hour() {
    let (app, seed, other) = two_sites().await;
    fail(&app.browser(), OWNER, 10).await;
    let app = Arc::new(app);
    for hour in 1..=2 {
        let knocks: Vec<_> = (0..40)
            .map(|_| {
                let app = app.clone();
                tokio::spawn(async move { is_in(&try_to_sign_in(&app.browser(), OWNER, BAD).await) })
            })
            .collect();
        for knock in knocks {
            assert!(!knock.await.unwrap());
        }
        for site in [&seed, &other] {
            let found = recorded(&app, site.site).await;
            assert_eq!(found.iter().filter(|one| one.codes().1 == "locked").count(), hour, "{}", site.handle);
        }
        app.wait(TimeDelta::hours(1));
        fail(&app.browser(), OWNER, 10).await;
    }
}

#[tokio::test]
async fn a_network_that_is_not_listened_to_is_recorded_with_what_it_tried() {
    let (app, seed, other) = two_sites().await;
    stuff(&app, "198.51.100.9").await;
    for _ in 0..3 {
        let refused = try_to_sign_in(&app.browser().at("198.51.100.9"), OWNER, GOOD).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(recorded(&app, seed.site).await.len(), 1, "one stands for its hour");
    let reader = app.signed_in(seed.owner).await;
    for (site, found) in [&seed, &other].into_iter().zip(last(&app, [&seed, &other]).await) {
        assert_eq!(found.outcome, "reject");
        assert_eq!(found.codes(), ("over_limit", "not_reached"));
        let network = &found.finding("address_limit")["because"]["networks"][0];
        assert_eq!((&network["tries"], &network["tries_limit"]), (&20.into(), &20.into()));
        assert_eq!((&network["accounts"], &network["accounts_limit"]), (&5.into(), &5.into()));
        assert_eq!(network["until"], "2026-03-02T10:15:00Z");
        let page = trace(&reader, site, found.id).await;
        for words in ["Refused: too many tries from one network", "20 of 20", "5 of 5", "Not reached"] {
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
    }
}

#[tokio::test]
async fn a_stranger_who_is_turned_away_with_all_others_is_recorded_with_what_all_have_tried() {
    let (app, seed, _) = two_sites().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let tried = "update stranger_tally
                 set slots = array(select $1::timestamptz from generate_series(1, 300)),
                     accounts = array(select int4send(n % 120) from generate_series(1, 300) n)";
    sqlx::query(tried).bind(app.clock.now()).execute(&mut app.superuser().await).await.unwrap();
    let refused = try_to_sign_in(&app.browser().at("198.51.100.9"), OWNER, GOOD).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let found = recorded(&app, seed.site).await.pop().unwrap();
    assert_eq!((found.outcome.as_str(), found.codes()), ("reject", ("over_limit", "not_reached")));
    let page = trace(&browser, &seed, found.id).await;
    for words in [
        "Refused: too many tries from everywhere",
        "Too many tries without success came from unknown browsers everywhere: 300 tries on 120 accounts.",
        "300 of 300",
        "120 of 100",
        "0 of 20",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
}

#[tokio::test]
async fn who_has_a_second_factor_is_challenged_and_a_known_device_is_excepted_from_address_limits() {
    let (app, seed, _) = guarded_house().await;
    half_in(&app).await;
    let found = recorded(&app, seed.site).await.pop().unwrap();
    assert_eq!((found.outcome.as_str(), found.codes()), ("challenge", ("within_limit", "second_step_due")));
    let reader = app.signed_in_with(seed.owner, gatehouse::access::session::Assurance::SecondFactor).await;
    let page = trace(&reader, &seed, found.id).await;
    assert!(page.body.contains("Challenged: a second step was asked for"), "{}", page.body);

    let (app, seed) = house().await;
    let known = signed_in(&app, OWNER, GOOD).await;
    assert!(is_in(&try_to_sign_in(&known, OWNER, GOOD).await));
    let found = recorded(&app, seed.site).await.pop().unwrap();
    assert_eq!((found.outcome.as_str(), found.codes()), ("approve", ("known_device", "password_right")));
}

#[tokio::test]
async fn confirming_that_it_is_still_oneself_is_no_sign_in_and_nobodys_address_leaves_nothing() {
    let (app, seed) = house().await;
    let owner = app.signed_in(seed.owner).await;
    assert_eq!(owner.post("/me/confirm", &[("password", BAD)]).await.status, 422);
    fail(&app.browser(), "nobody@example.com", 12).await;
    stuff(&app, "198.51.100.9").await;
    let refused = try_to_sign_in(&app.browser().at("198.51.100.9"), "nobody@example.com", GOOD).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(count(&app, "select count(*) from sign_in_decision").await, 0);
    assert_eq!(count(&app, "select count(*) from sign_in_person").await, 0);
}

#[tokio::test]
async fn no_switch_list_or_filter_of_a_site_shuts_the_console_or_appears_in_the_trace() {
    let (app, seed) = house().await;
    let owner = app.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Nobody").await;
    add_entry(&owner, &seed.handle, &list, "Owner", &[("email", OWNER)]).await;
    add_entry(&owner, &seed.handle, &list, "Their place", &[("ip", "203.0.113.0/24")]).await;
    let none = || KeyLimits { declines: Some(0), ..payments(0) };
    let velocity = Velocity { mode: Mode::Enforce, email: none(), ip: none(), card: none() };
    app.obey(&seed, Policy { panic: Mode::Enforce, velocity, ..Policy::default() }).await;

    let browser = app.browser().at("203.0.113.9");
    assert!(is_in(&try_to_sign_in(&browser, OWNER, GOOD).await));
    let found = recorded(&app, seed.site).await.pop().unwrap();
    assert_eq!(found.outcome, "approve");
    let checks: Vec<_> = found.findings.as_array().unwrap().iter().map(|f| f["check"].as_str().unwrap()).collect();
    assert_eq!(checks, ["address_limit", "lockout"]);
    let story = trace(&browser, &seed, found.id).await;
    let story = story.words("aria-label=\"Order of checks\"", "ol");
    for control in ["Block all requests", "Nobody", "Block list", "Velocity"] {
        assert!(!story.contains(control), "{control}: {story}");
    }
}

#[tokio::test]
async fn only_who_may_read_the_audit_log_finds_them() {
    let (app, seed) = house().await;
    fail(&app.browser(), OWNER, 1).await;
    let id = recorded(&app, seed.site).await[0].id;
    for role in Role::ALL {
        let browser = app.actor(seed.site, role).await;
        let may = matches!(role, Role::Owner | Role::Admin | Role::Analyst);
        let status = if may { 200 } else { 404 };
        assert_eq!(trace(&browser, &seed, id).await.status, status, "{role:?}");
        let list = browser.get(&format!("/s/harbour-books/{LIST}")).await;
        assert_eq!(list.status, status, "{role:?}");
        assert_eq!(list.body.contains(&id.to_string()), may, "{role:?}");
        let all = browser.get("/s/harbour-books/decisions").await;
        assert_eq!(all.status, 200);
        assert_eq!(all.body.contains("value=\"collaborator_sign_in\""), may, "{role:?}");
        assert!(
            !all.body.contains(&id.to_string()) && !all.body.contains(OWNER),
            "{role:?}: none of the site's traffic"
        );
        let by_id = browser.get(&format!("/s/harbour-books/decisions?q={id}")).await;
        assert_eq!(by_id.status == StatusCode::SEE_OTHER, may, "{role:?}");
    }
}

#[tokio::test]
async fn the_list_is_searched_like_that_of_attempts() {
    let (app, seed) = house().await;
    colleague(&app, &seed, "other@example.com").await;
    fail(&app.browser().at("198.51.100.7"), OWNER, 1).await;
    assert!(is_in(&try_to_sign_in(&app.browser().at("198.51.100.8"), "other@example.com", GOOD).await));
    let reader = app.signed_in(seed.owner).await;
    for (query, failed, came_in) in [
        ("", true, true),
        ("&outcome=reject", true, false),
        ("&check=lockout", true, false),
        ("&check=address_limit", false, false),
        ("&email=Other%40example.com", false, true),
        ("&ip=198.51.100.7", true, false),
        ("&from=2026-03-03", false, false),
        ("&became=approved", false, false),
    ] {
        let page = reader.get(&format!("/s/harbour-books/{LIST}{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        let shown = |address: &str| {
            page.body.contains(&format!("<small>{address}")) || page.body.contains(&format!(">{address}<"))
        };
        assert_eq!((shown("198.51.100.7"), shown("198.51.100.8")), (failed, came_in), "{query}: {}", page.body);
    }
}

#[tokio::test]
async fn a_site_sees_its_own_record_and_no_others() {
    let (app, seed, other) = two_sites().await;
    fail(&app.browser(), OWNER, 1).await;
    let reader = app.signed_in(seed.owner).await;
    let [here, there] = last(&app, [&seed, &other]).await;
    assert_eq!(trace(&reader, &seed, here.id).await.status, 200);
    assert_eq!(trace(&reader, &other, here.id).await.status, 404);
    assert_eq!(trace(&reader, &seed, there.id).await.status, 404);
    // Asked as the program asks, without a word about the site.
    let mut tx = app.app.db.site(other.site).await.unwrap();
    for table in ["select site_id from sign_in_decision", "select site_id from sign_in_person"] {
        let sites: Vec<sqlx::types::Uuid> = sqlx::query_scalar(table).fetch_all(&mut *tx).await.unwrap();
        assert_eq!(sites, [other.site.0], "{table}");
    }
    let refused = sqlx::query("update sign_in_decision set outcome = 'approve'").execute(&mut *tx).await;
    assert!(refused.unwrap_err().to_string().contains("permission denied"), "append-only");
}

#[tokio::test]
async fn sign_ins_are_in_no_count_of_the_sites_traffic() {
    let (app, seed) = house().await;
    let owner = app.signed_in(seed.owner).await;
    crate::decision::stage::payment(seed.site, seed.service, 1).email(OWNER).sent(&app.app).await;
    let overview = async || owner.get("/s/harbour-books/overview").await.words("aria-label=\"In numbers\"", "dl");
    let before = overview().await;
    let tables = "select (select count(*) from attempt) * 100 + (select count(*) from decision) * 10 + (select count(*) from key_use)";
    let rows = count(&app, tables).await;
    fail(&app.browser(), OWNER, 3).await;
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    app.wait(TimeDelta::minutes(1));
    assert!(before.starts_with("Attempts 1 "), "{before}");
    assert_eq!(overview().await, before);
    assert_eq!(count(&app, tables).await, rows, "what replays, effects and velocity filters read is as it was");
}

#[tokio::test]
async fn what_it_says_of_a_person_can_be_erased_and_the_findings_say_nothing() {
    let (app, seed) = house().await;
    fail(&app.browser().at("198.51.100.7"), OWNER, 1).await;
    let found = recorded(&app, seed.site).await.pop().unwrap();
    let findings = found.findings.to_string();
    assert!(!findings.contains("example.com") && !findings.contains("198.51"), "{findings}");
    let mut tx = app.app.db.site(seed.site).await.unwrap();
    sqlx::query("delete from sign_in_person").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let page = trace(&app.signed_in(seed.owner).await, &seed, found.id).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Not known, or erased") && !page.body.contains("198.51.100.7"), "{}", page.body);
}

#[tokio::test]
async fn the_published_order_names_the_two_steps() {
    let (app, seed) = house().await;
    let page = app.actor(seed.site, Role::Support).await.get("/s/harbour-books/order").await;
    let rows = page.words("aria-label=\"The order of a sign-in\"", "tbody");
    assert!(rows.starts_with("1 Address limits") && rows.contains("2 Lockout"), "{rows}");
    let described = app.browser().get("/openapi.json").await.body;
    assert!(described.contains("collaborator_sign_in") && described.contains("`address_limit`"), "{described}");
}
