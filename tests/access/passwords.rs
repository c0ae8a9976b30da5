//! P-31 to P-34, PW-01, PW-08: the site's rule for passwords and its lockout limits, on the page and at the door.

use std::sync::Arc;

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::kernel::id::SiteId;

use super::stage::*;
use crate::support::{Browser, TestApp};

const PATH: &str = "/s/harbour-books/passwords";

fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields =
        vec![("base_version", "1"), ("preset", "relaxed"), ("shortest", "15"), ("failures", "10"), ("minutes", "30")];
    for (name, value) in changes {
        match fields.iter_mut().find(|(n, _)| n == name) {
            Some(field) => field.1 = value,
            None => fields.push((name, value)),
        }
    }
    fields
}

async fn settings(app: &TestApp, site: SiteId, change: &str) {
    let mut db = app.superuser().await;
    sqlx::query("insert into access_settings (site_id) values ($1) on conflict do nothing")
        .bind(site.0)
        .execute(&mut db)
        .await
        .unwrap();
    let sql = format!("update access_settings set {change} where site_id = $1");
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(site.0).execute(&mut db).await.unwrap();
}

/// Tries to change the password; the page's complaint, or nothing.
async fn change(browser: &Browser, present: &str, new: &str) -> Option<String> {
    let fields = [("current_password", present), ("new_password", new), ("again", new)];
    let answer = browser.post("/me/password", &fields).await;
    (answer.status != 303).then_some(answer.body)
}

#[tokio::test]
async fn weak_new_passwords_beside_the_right_present_one_lock_nobody_out() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    for _ in 0..12 {
        assert!(change(&browser, GOOD, "short").await.unwrap().contains("At least 15 characters"));
    }
    assert_eq!(change(&browser, GOOD, "gravel lanterns hum at dusk").await, None);
}

#[tokio::test]
async fn the_strictest_of_a_persons_sites_says_when_the_door_locks_and_for_how_long() {
    let (app, seed) = house().await;
    let other = app.seed_site("other-books").await;
    app.member(other.site, seed.owner, Role::Analyst).await;
    settings(&app, seed.site, "lockout_failures = 50, lockout_minutes = 45").await;
    settings(&app, other.site, "lockout_failures = 3, lockout_minutes = 5").await;
    fail(&app.browser(), OWNER, 2).await;
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    fail(&app.browser(), OWNER, 3).await;
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "three, as the stricter site says");
    app.wait(TimeDelta::minutes(45) - TimeDelta::seconds(1));
    assert!(!is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await));
    app.wait(TimeDelta::seconds(1));
    assert!(is_in(&try_to_sign_in(&app.browser(), OWNER, GOOD).await), "45 minutes, as the other one says");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_the_chosen_number_is_evaluated_however_many_come_at_once() {
    let (app, seed) = house().await;
    settings(&app, seed.site, "lockout_failures = 4").await;
    let app = Arc::new(app);
    let tries: Vec<_> = (0..60)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { is_in(&try_to_sign_in(&app.browser(), OWNER, BAD).await) })
        })
        .collect();
    for one in tries {
        assert!(!one.await.unwrap());
    }
    assert_eq!(audited(&app, seed.site, "sign_in.failed").await, 4);
}

#[tokio::test]
async fn eight_characters_do_where_a_second_factor_is_required_and_fifteen_otherwise() {
    let (app, seed) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    assert!(change(&browser, GOOD, "otter maps 9").await.unwrap().contains("at least 15 characters"));
    settings(&app, seed.site, "mfa_required = true, grace_days = 7").await;
    assert!(browser.get("/me/profile").await.body.contains("At least 8 characters"));
    assert!(change(&browser, GOOD, "otters7").await.unwrap().contains("at least 8 characters"));
    assert_eq!(change(&browser, GOOD, "otter maps 9").await, None);
    let other = app.seed_site("other-books").await;
    app.member(other.site, seed.owner, Role::Analyst).await;
    assert!(
        change(&browser, "otter maps 9", "otter nets 8").await.unwrap().contains("at least 15"),
        "the other site asks for more"
    );
}

#[tokio::test]
async fn a_mailed_link_states_the_rule_that_is_enforced_and_nothing_of_the_person() {
    let (app, seed) = house().await;
    settings(&app, seed.site, "password_preset = 'pci', mfa_required = true, grace_days = 90").await;
    let browser = app.browser();
    let page = open(&browser, &ask_for_reset(&app, OWNER).await).await;
    for line in ["At least 12 characters", "an upper and a lower case letter, a digit and a symbol", "last 4"] {
        assert!(page.body.to_lowercase().contains(&line.to_lowercase()), "{line}: {}", page.body);
    }
    for theirs in [OWNER, "example.com", "harbour"] {
        assert!(!page.body.to_lowercase().contains(theirs), "{theirs}: {}", page.body);
    }
    let refused = browser.post("/reset-password", &[("password", "Kites-7 bay"), ("again", "Kites-7 bay")]).await;
    assert!(refused.status == 422 && refused.body.contains("Use at least 12 characters"), "{}", refused.body);
    let good = "Kites-7 bays";
    assert_eq!(browser.post("/reset-password", &[("password", good), ("again", good)]).await.status, 303);

    let spent = browser.get("/reset-password").await;
    assert!(spent.status == 410 && !spent.body.contains("At least"), "a link that is spent tells nothing");
}

#[tokio::test]
async fn what_the_site_and_its_company_are_called_is_no_password() {
    let (app, seed) = house().await;
    let named = "update site set company_name = 'Seaside Traders' where id = $1";
    sqlx::query(named).bind(seed.site.0).execute(&mut app.superuser().await).await.unwrap();
    let owner = signed_in(&app, OWNER, GOOD).await;
    let ask = [("email", "ruth@example.com"), ("role", "support")];
    assert_eq!(owner.post("/s/harbour-books/collaborators/invite", &ask).await.status, 303);
    let ruth = app.browser();
    open(&ruth, &link(mails(&app, "ruth@example.com").await.last().unwrap())).await;
    for (bad, word) in [
        ("Harbour-Books 2026!", "harbour"),
        ("Seaside Traders 2026", "Seaside Traders"),
        ("s34s1de.traders!!", "Seaside"),
    ] {
        let changed = change(&owner, GOOD, bad).await.unwrap_or_else(|| panic!("{bad} was taken"));
        let joined = ruth.post("/invitation", &[("name", "Ruth"), ("password", bad), ("again", bad)]).await;
        for page in [changed, joined.body] {
            let said = page.contains(&format!("This is little more than “{word}"));
            assert!(said, "{bad}: {page}");
        }
    }
    assert_eq!(change(&owner, GOOD, "seaside otters read maps").await, None, "a word among others is fine");
}

#[tokio::test]
async fn an_invitation_states_what_its_site_enforces() {
    let (app, seed) = house().await;
    settings(&app, seed.site, "password_preset = 'custom', password_shortest = 20, mfa_required = true").await;
    let owner = app.signed_in(seed.owner).await;
    let ask = [("email", "ruth@example.com"), ("role", "support")];
    assert_eq!(owner.post("/s/harbour-books/collaborators/invite", &ask).await.status, 303);
    let ruth = app.browser();
    let page = open(&ruth, &link(mails(&app, "ruth@example.com").await.last().unwrap())).await;
    assert!(page.body.contains("At least 20 characters") && !page.body.contains("of your last"), "{}", page.body);
    let join = |password: &'static str| {
        let fields = [("name", "Ruth"), ("password", password), ("again", password)];
        let ruth = &ruth;
        async move { ruth.post("/invitation", &fields).await }
    };
    let refused = join("tired otters read m").await;
    assert!(refused.status == 422 && refused.body.contains("Use at least 20 characters"), "{}", refused.body);
    assert_eq!(join("tired otters read ma").await.location(), "/sign-in?done=created");
}

#[tokio::test]
async fn under_the_pci_rule_the_last_four_do_not_come_back() {
    let (app, seed) = house().await;
    settings(&app, seed.site, "password_preset = 'pci', mfa_required = true, grace_days = 90").await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    assert!(change(&browser, GOOD, "tired otters read").await.unwrap().contains("upper and a lower"));
    assert!(change(&browser, GOOD, "Short-1 owl").await.unwrap().contains("at least 12"));
    let passwords =
        ["Tired-otters 1 map", "Quiet-lemons 2 jar", "Seven-kites 3 sea", "Brown-gates 4 elm", "Early-trains 5 fog"];
    let mut present = GOOD;
    for new in passwords {
        app.wait(TimeDelta::minutes(1));
        assert_eq!(change(&browser, present, new).await, None, "{new}");
        present = new;
    }
    for old in &passwords[1..] {
        let said = change(&browser, present, old).await.unwrap();
        assert!(said.contains("not among your last 4"), "{old}: {said}");
    }
    app.wait(TimeDelta::minutes(1));
    assert_eq!(change(&browser, present, passwords[0]).await, None, "the fifth last may come back");
    assert_eq!(count(&app, "select count(*) from password_history").await, 4);
}

#[tokio::test]
async fn loosening_asks_who_you_are_and_tightening_does_not() {
    let (app, seed) = house().await;
    let owner = app.signed_in(seed.owner).await;
    app.wait(TimeDelta::minutes(11));
    for (field, looser) in [("failures", "11"), ("minutes", "29")] {
        let answer = owner.post(PATH, &form(&[(field, looser)])).await;
        assert_eq!(answer.status, 403, "{field}");
        assert!(answer.body.contains("/me/confirm?next=%2Fs%2Fharbour-books%2Fpasswords"), "{}", answer.body);
    }
    let stricter = owner.post(PATH, &form(&[("preset", "pci"), ("failures", "5")])).await;
    assert_eq!(stricter.location(), "/s/harbour-books/passwords?done=saved", "{}", stricter.body);
    assert_eq!(
        owner.post(PATH, &form(&[("base_version", "2"), ("failures", "5")])).await.status,
        403,
        "PCI to relaxed"
    );
    assert_eq!(owner.post(PATH, &form(&[("preset", "strong")])).await.status, 409, "from an older version");
    assert_eq!(audited(&app, seed.site, "password.settings_changed").await, 1);
}

#[tokio::test]
async fn the_page_says_what_it_comes_to_before_it_is_saved() {
    let (app, seed) = house().await;
    let owner = app.signed_in(seed.owner).await;
    let page = owner.post(PATH, &form(&[("minutes", "20"), ("preset", "pci"), ("action", "preview")])).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for words in [
        "PCI DSS 8.3.4 asks for a lock of at least 30",
        "Not one of your last 4",
        "1 person here has a password",
        "for 20 min",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!owner.get(PATH).await.body.contains("PCI DSS 8.3.4 asks for a lock of at least"));
    for (field, bad) in [
        ("failures", "2"),
        ("failures", "101"),
        ("minutes", "0"),
        ("minutes", "1441"),
        ("shortest", "7"),
        ("preset", "none"),
    ] {
        assert_eq!(owner.post(PATH, &form(&[(field, bad)])).await.status, 422, "{field} {bad}");
    }
    assert_eq!(count(&app, "select count(*) from access_settings where passwords_version > 1").await, 0);
}

#[tokio::test]
async fn a_password_longer_than_any_is_told_beside_its_field_and_nothing_typed_is_lost() {
    let (app, _) = house().await;
    let browser = signed_in(&app, OWNER, GOOD).await;
    let long = "x".repeat(1_025);
    /// A path, what is posted there, and the field that is told.
    type Form<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
    let forms: [Form<'_>; 4] = [
        ("/me/email", &[("email", "new@example.com"), ("password", &long)], "password"),
        ("/me/password", &[("current_password", &long), ("new_password", GOOD), ("again", GOOD)], "current_password"),
        ("/me/password", &[("current_password", GOOD), ("new_password", &long), ("again", &long)], "new_password"),
        ("/me/confirm", &[("password", &long)], "password"),
    ];
    for (path, form, field) in forms {
        let answer = browser.post(path, form).await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.body);
        let told = format!("id=\"f-{field}-e\"");
        assert!(answer.body.contains(&told) && answer.body.contains("at most 128 characters"), "{path} {field}");
        assert!(path != "/me/email" || answer.body.contains("new@example.com"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_lock_out_of_reach_says_whom_to_ask_instead_of_offering_a_button() {
    let (app, seed) = house().await;
    fail(&app.browser(), OWNER, 10).await;
    let page = app.actor(seed.site, Role::Admin).await.get(PATH).await;
    assert!(page.body.contains("Ask an owner to change an owner."), "{}", page.body);
    assert!(!page.body.contains("/passwords/unlock"), "{}", page.body);
    let other = app.actor(seed.site, Role::Owner).await;
    assert!(other.get(PATH).await.body.contains("/passwords/unlock"));
    app.wait(TimeDelta::minutes(11));
    let stale = other.post("/s/harbour-books/passwords/unlock", &[("who", &seed.owner.to_string())]).await;
    assert_eq!(stale.location(), "/me/confirm?next=%2Fs%2Fharbour-books%2Fpasswords", "{}", stale.status);
}

#[tokio::test]
async fn an_admin_sees_who_is_locked_out_and_lets_them_in() {
    let (app, seed) = house().await;
    colleague(&app, &seed, "mara@example.com").await;
    let stranger = app.seed_site("other-books").await;
    let admin = app.actor(seed.site, Role::Admin).await;
    assert!(admin.get(PATH).await.body.contains("Nobody is locked out."));
    fail(&app.browser(), "mara@example.com", 10).await;
    let page = admin.get(PATH).await;
    assert!(page.body.contains("mara@example.com") && page.body.contains("Unlock mara"), "{}", page.body);
    let analyst = app.actor(seed.site, Role::Analyst).await;
    assert!(!analyst.get(PATH).await.body.contains("Locked out now"), "not for everybody's eyes");

    let mut db = app.superuser().await;
    let who: uuid::Uuid = sqlx::query_scalar("select id from collaborator where email = 'mara@example.com'")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let who = gatehouse::kernel::id::CollaboratorId(who).to_string();
    let done = admin.post("/s/harbour-books/passwords/unlock", &[("who", &who)]).await;
    assert_eq!(done.location(), "/s/harbour-books/passwords?done=unlocked");
    assert!(is_in(&try_to_sign_in(&app.browser(), "mara@example.com", GOOD).await));
    assert_eq!(audited(&app, seed.site, "account.unlocked").await, 1);
    app.wait(TimeDelta::minutes(11));
    let old = admin.post("/s/harbour-books/passwords/unlock", &[("who", &who)]).await;
    assert_eq!(old.location(), "/me/confirm?next=%2Fs%2Fharbour-books%2Fpasswords", "{}", old.body);
    let admin = app.actor(seed.site, Role::Admin).await;
    let theirs = admin.post("/s/harbour-books/passwords/unlock", &[("who", &stranger.owner.to_string())]).await;
    assert_eq!(theirs.status, 404, "people of other sites are not theirs to unlock");
}
