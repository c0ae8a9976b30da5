//! What owners and admins do with the people of a site, and what they may not.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::kernel::id::CollaboratorId;

use super::person_forms::hidden;
use super::stage::{GOOD, OWNER, audited, count, give_password, house, mails, sees_the_console};
use crate::support::{Answer, Browser, Seed, TestApp};

/// Somebody at the site, with an address of their own.
async fn member(app: &TestApp, seed: &Seed, email: &str, role: Role) -> CollaboratorId {
    let who = app.person(email).await;
    app.member(seed.site, who, role).await;
    who
}

async fn act(browser: &Browser, who: CollaboratorId, verb: &str, fields: &[(&str, &str)]) -> Answer {
    let path = format!("/s/harbour-books/collaborators/{who}{}{verb}", if verb.is_empty() { "" } else { "/" });
    browser.post(&path, fields).await
}

/// The same with what the person's page says of them, as its forms post it along.
async fn act_seen(browser: &Browser, who: CollaboratorId, verb: &str, fields: &[(&str, &str)]) -> Answer {
    let names: &[&str] = match verb {
        "" => &["was_mfa", "was_phone"],
        "role" => &["was_role"],
        "exempt" | "end-exemption" => &["was_until"],
        _ => &[],
    };
    let page = browser.get(&format!("/s/harbour-books/collaborators/{who}")).await;
    let seen = hidden(&page, names);
    let seen = seen.iter().map(|(name, value)| (&**name, &**value));
    act(browser, who, verb, &fields.iter().copied().chain(seen).collect::<Vec<_>>()).await
}

/// The same where the person's address has to be typed.
async fn act_typed(app: &TestApp, browser: &Browser, who: CollaboratorId, verb: &str) -> Answer {
    let query = sqlx::query_scalar("select email from collaborator where id = $1");
    let email: String = query.bind(who.0).fetch_one(&mut app.superuser().await).await.unwrap();
    act(browser, who, verb, &[("typed", &email)]).await
}

async fn role_of(app: &TestApp, who: CollaboratorId) -> Option<String> {
    let mut db = app.superuser().await;
    sqlx::query_scalar("select role from membership where collaborator_id = $1")
        .bind(who.0)
        .fetch_optional(&mut db)
        .await
        .unwrap()
}

/// As the question posts it.
const NAMED: &[(&str, &str)] = &[("site", "harbour-books")];

const DEEDS: [(&str, &[(&str, &str)]); 7] = [
    ("", &[("mfa", "on"), ("was_mfa", "false"), ("was_phone", "")]),
    ("role", &[("role", "analyst"), ("was_role", "support")]),
    ("exempt", &[("days", "3"), ("reason", "On a journey"), ("was_until", "")]),
    ("end-exemption", &[("was_until", "")]),
    ("reset-mfa", &[("reason", "Lost phone")]),
    ("unlock", &[]),
    ("enable", &[]),
];

/// What admins do for each other.
const HELP: [&str; 5] = ["", "exempt", "end-exemption", "reset-mfa", "unlock"];

/// What wants the person's address typed.
const TYPED: [&str; 3] = ["disable", "remove", "hand-over"];

#[tokio::test]
async fn admins_touch_no_owner_and_not_themselves_and_of_other_admins_no_role_and_no_place() {
    let (app, seed) = house().await;
    let other = member(&app, &seed, "other@example.com", Role::Admin).await;
    let me = member(&app, &seed, "me@example.com", Role::Admin).await;
    let admin = app.signed_in(me).await;
    for (verb, fields) in DEEDS {
        let targets = if HELP.contains(&verb) { vec![seed.owner, me] } else { vec![seed.owner, other, me] };
        for target in targets {
            let answer = act(&admin, target, verb, fields).await;
            assert_eq!(answer.status, 403, "{verb} to {target}: {}", answer.body);
        }
    }
    for target in [seed.owner, other, me] {
        for verb in ["disable", "remove"] {
            assert_eq!(act_typed(&app, &admin, target, verb).await.status, 403, "{verb} to {target}");
        }
    }
    assert_eq!(act_typed(&app, &admin, other, "hand-over").await.status, 403);
    let changed = "select count(*) from audit where action like 'collaborator.%' or action like 'second_factor.%'";
    assert_eq!(count(&app, changed).await, 0);
    assert_eq!(role_of(&app, other).await.as_deref(), Some("admin"));
}

#[tokio::test]
async fn admins_help_each_other_to_come_in_and_are_offered_nothing_else() {
    let (app, seed) = house().await;
    let other = member(&app, &seed, "other@example.com", Role::Admin).await;
    super::factors::number(&app, other).await;
    for round in 0..10 {
        super::stage::fail(&app.browser().at(&format!("198.51.100.{round}")), "other@example.com", 1).await;
    }
    let admin = app.actor(seed.site, Role::Admin).await;
    let list = admin.get("/s/harbour-books/collaborators").await;
    let path = format!("/s/harbour-books/collaborators/{other}");
    let page = admin.get(&path).await;
    for (seen, what) in [(&list, "the row"), (&page, "the page")] {
        for (verb, offered) in
            [("reset-mfa", true), ("unlock", true), ("disable", false), ("remove", false), ("hand-over", false)]
        {
            assert_eq!(seen.body.contains(&format!("\"{path}/{verb}\"")), offered, "{what}: {verb}");
        }
    }
    assert!(page.body.contains("Ask an owner to change an admin."), "{}", page.body);
    assert!(!page.body.contains("Change the role"), "{}", page.body);
    for (verb, fields) in DEEDS.into_iter().filter(|(verb, _)| HELP.contains(verb)) {
        let typed: Vec<_> = fields.iter().copied().filter(|(name, _)| !name.starts_with("was_")).collect();
        let answer = act_seen(&admin, other, verb, &typed).await;
        assert_eq!(answer.status, 303, "{verb}: {}", answer.body);
    }
    let told = mails(&app, "other@example.com").await;
    for words in ["a second factor is required of you", "On a journey", "Lost phone", "You can sign in again."] {
        assert!(told.iter().any(|mail| mail.contains(words)), "{words}: {told:?}");
    }
    let owners = mails(&app, OWNER).await;
    for words in ["is exempt from the second factor", "the devices and recovery codes of"] {
        assert!(owners.iter().any(|mail| mail.contains(words)), "{words}: {owners:?}");
    }
    assert_eq!(audited(&app, seed.site, "second_factor.reset").await, 1);
}

#[tokio::test]
async fn admins_manage_those_below_them() {
    let (app, seed) = house().await;
    let admin = app.actor(seed.site, Role::Admin).await;
    for (verb, fields) in DEEDS {
        let who = member(&app, &seed, &format!("below-{verb}@example.com"), Role::Support).await;
        let answer = act(&admin, who, verb, fields).await;
        assert_eq!(answer.status, 303, "{verb}: {}", answer.body);
    }
    let who = member(&app, &seed, "out@example.com", Role::Support).await;
    for verb in ["disable", "remove"] {
        assert_eq!(act_typed(&app, &admin, who, verb).await.status, 303, "{verb}");
    }
    let who = member(&app, &seed, "up@example.com", Role::Support).await;
    assert_eq!(
        act(&admin, who, "role", &[("role", "admin"), ("was_role", "support")]).await.status,
        403,
        "nobody escalates"
    );
    assert_eq!(role_of(&app, who).await.as_deref(), Some("support"));
}

#[tokio::test]
async fn people_of_another_site_do_not_exist() {
    let (app, seed) = house().await;
    let neighbour = app.seed_site("other-books").await;
    let owner = app.signed_in(seed.owner).await;
    for (verb, fields) in DEEDS {
        assert_eq!(act(&owner, neighbour.owner, verb, fields).await.status, 404, "{verb}");
    }
    for verb in TYPED {
        assert_eq!(act_typed(&app, &owner, neighbour.owner, verb).await.status, 404, "{verb}");
    }
}

#[tokio::test]
async fn a_role_changes_wants_a_fresh_proof_and_is_told() {
    let (app, seed) = house().await;
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    give_password(&app, who, GOOD).await;
    let (owner, theirs) = (app.signed_in(seed.owner).await, app.signed_in(who).await);
    assert_eq!(theirs.get("/s/harbour-books/overview").await.status, 200);
    app.wait(TimeDelta::minutes(1));
    let promoted = [("role", "admin"), ("was_role", "support")];
    let answer = act(&owner, who, "role", &promoted).await;
    assert!(answer.location().ends_with("?done=saved"), "{}", answer.location());
    assert_eq!(role_of(&app, who).await.as_deref(), Some("admin"));
    let shut = theirs.get("/s/harbour-books/overview").await;
    assert_eq!(shut.location(), "/me/confirm?next=%2Fs%2Fharbour-books%2Foverview");
    let island = theirs.post_json("/s/harbour-books/lists/check-lines", &serde_json::json!({})).await;
    assert!(island.status == 403 && island.body.contains("place_changed"), "{}", island.body);
    let before = theirs.cookie("__Host-gatehouse");
    app.wait(TimeDelta::minutes(1));
    assert_eq!(theirs.post("/me/confirm", &[("password", GOOD)]).await.status, 303);
    assert_ne!(theirs.cookie("__Host-gatehouse"), before, "under a new id");
    assert_eq!(theirs.get("/s/harbour-books/settings").await.status, 200, "as an admin");
    assert!(mails(&app, "mara@example.com").await[0].contains("an admin of harbour books"));
    assert_eq!(audited(&app, seed.site, "collaborator.role_changed").await, 1);
    let again = act(&owner, who, "role", &promoted).await;
    assert!(again.location().ends_with("?done=unchanged"));
}

#[tokio::test]
async fn what_one_site_does_to_a_person_signs_them_out_of_no_other() {
    let (app, seed) = house().await;
    let neighbour = app.seed_site("other-books").await;
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    app.member(neighbour.site, who, Role::Analyst).await;
    let theirs = app.signed_in(who).await;
    app.wait(TimeDelta::minutes(1));
    let owner = app.signed_in(seed.owner).await;
    for (verb, fields, here) in [
        ("role", &[("role", "admin"), ("was_role", "support")][..], 303),
        ("disable", &[("typed", "mara@example.com")], 403),
        ("enable", &[], 303),
        ("hand-over", &[("typed", "mara@example.com")], 303),
    ] {
        assert_eq!(act(&owner, who, verb, fields).await.status, 303, "{verb}");
        assert_eq!(theirs.get("/s/harbour-books/overview").await.status, here, "{verb}");
        assert_eq!(theirs.get("/s/other-books/overview").await.status, 200, "{verb}");
    }
}

#[tokio::test]
async fn the_last_owner_stays() {
    let (app, seed) = house().await;
    let second = member(&app, &seed, "second@example.com", Role::Owner).await;
    let (one, two) = (app.signed_in(seed.owner).await, app.signed_in(second).await);
    assert_eq!(act_typed(&app, &one, second, "disable").await.status, 303);
    assert_eq!(two.post("/s/harbour-books/leave", &[("site", "harbour-books")]).await.status, 403, "they are shut out");
    assert!(one.get("/s/harbour-books/leave").await.body.contains("Make somebody else an owner first"));
    assert_eq!(one.post("/s/harbour-books/leave", &[("site", "harbour-books")]).await.status, 409);
    assert_eq!(role_of(&app, seed.owner).await.as_deref(), Some("owner"));
}

#[tokio::test]
async fn a_suggested_number_is_one_that_the_site_texts_to_or_nothing_changes() {
    let (app, seed) = house().await;
    let mut db = app.superuser().await;
    sqlx::query("insert into access_settings (site_id, sms_countries) values ($1, '{GB,DE}')")
        .bind(seed.site.0)
        .execute(&mut db)
        .await
        .unwrap();
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    let owner = app.signed_in(seed.owner).await;
    let invite = "/s/harbour-books/collaborators/invite";
    for (phone, why) in [
        ("+33 6 12 34 56 78", "Codes are not texted to numbers of France at harbour books"),
        ("+49 30 123456", "this is a landline number"),
        ("+49 900 1123456", "this is a service number"),
        ("+49 151 2", "Germany has no such number"),
        ("07700 900123", "Begin the number with + and the country"),
        ("+49 151 FLOWER", "write digits only"),
    ] {
        let asked = [("email", "ruth@example.com"), ("role", "support"), ("phone", phone)];
        let switched = act_seen(&owner, who, "", &[("mfa", "on"), ("phone", phone)]).await;
        for answer in [switched, owner.post(invite, &asked).await] {
            assert_eq!(answer.status, 422, "{phone}");
            assert!(answer.words("id=\"f-phone-e\"", "span").contains(why), "{phone}: {}", answer.body);
            assert!(answer.body.contains(&format!("value=\"{phone}\"")), "the input is kept: {}", answer.body);
        }
    }
    assert_eq!(count(&app, "select count(*) from membership where mfa_own or suggested_phone is not null").await, 0);
    assert_eq!(count(&app, "select count(*) from invitation").await, 0);
    assert!(mails(&app, "mara@example.com").await.is_empty() && mails(&app, "ruth@example.com").await.is_empty());
    assert_eq!(act_seen(&owner, who, "", &[("mfa", "on"), ("phone", "+49 151 23456789")]).await.status, 303);
    let kept = "select count(*) from membership where mfa_own and suggested_phone = '+4915123456789'";
    assert_eq!(count(&app, kept).await, 1);
}

#[tokio::test]
async fn two_owners_who_remove_each_other_at_once_leave_one() {
    for _ in 0..5 {
        let (app, seed) = house().await;
        let second = member(&app, &seed, "second@example.com", Role::Owner).await;
        let (one, two) = (app.signed_in(seed.owner).await, app.signed_in(second).await);
        let (heir, owner) = ([("typed", "second@example.com")], [("typed", "owner@example.com")]);
        let first = tokio::spawn(async move { act(&one, second, "remove", &heir).await.status });
        let other = tokio::spawn(async move { act(&two, seed.owner, "remove", &owner).await.status });
        let (first, other) = (first.await.unwrap(), other.await.unwrap());
        assert_eq!(count(&app, "select count(*) from membership where role = 'owner'").await, 1, "{first} {other}");
    }
}

#[tokio::test]
async fn two_owners_who_leave_at_once_leave_one() {
    let (app, seed) = house().await;
    let second = member(&app, &seed, "second@example.com", Role::Owner).await;
    let (one, two) = (app.signed_in(seed.owner).await, app.signed_in(second).await);
    let first =
        tokio::spawn(
            async move { one.post("/s/harbour-books/leave", &[("site", "harbour-books")]).await.status.as_u16() },
        );
    let other =
        tokio::spawn(
            async move { two.post("/s/harbour-books/leave", &[("site", "harbour-books")]).await.status.as_u16() },
        );
    let mut statuses = [first.await.unwrap(), other.await.unwrap()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    assert_eq!(count(&app, "select count(*) from membership").await, 1);
}

#[tokio::test]
async fn an_answer_that_names_no_site_answers_no_question() {
    let (app, seed) = house().await;
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    let owner = app.signed_in(seed.owner).await;
    for verb in ["disable", "remove", "hand-over", "reset-mfa"] {
        for fields in [&[][..], &[("site", "other-books")], &[("site", "harbour-books"), ("sure", "yes")]] {
            let answer = act(&owner, who, verb, fields).await;
            assert!(matches!(answer.status.as_u16(), 404 | 422), "{verb} {fields:?}: {}", answer.status);
        }
    }
    assert_eq!(role_of(&app, who).await.as_deref(), Some("support"));
    assert_eq!(count(&app, "select count(*) from audit").await, 0);
}

#[tokio::test]
async fn who_leaves_is_told_to_the_owners_who_stay() {
    let (app, seed) = house().await;
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    let shut = member(&app, &seed, "shut@example.com", Role::Owner).await;
    member(&app, &seed, "admin@example.com", Role::Admin).await;
    assert_eq!(act_typed(&app, &app.signed_in(seed.owner).await, shut, "disable").await.status, 303);
    let before = mails(&app, "shut@example.com").await.len();
    assert_eq!(app.signed_in(who).await.post("/s/harbour-books/leave", NAMED).await.status, 303);
    assert!(mails(&app, "mara@example.com").await[0].contains("you no longer belong to harbour books"));
    let told = mails(&app, "owner@example.com").await;
    assert!(told.len() == 1 && told[0].contains("mara (mara@example.com) has given up their place"), "{told:?}");
    assert_eq!(mails(&app, "shut@example.com").await.len(), before);
    assert!(mails(&app, "admin@example.com").await.is_empty());
}

#[tokio::test]
async fn ownership_is_handed_over() {
    let (app, seed) = house().await;
    let who = member(&app, &seed, "heir@example.com", Role::Support).await;
    let (owner, elsewhere) = (app.signed_in(seed.owner).await, app.signed_in(seed.owner).await);
    let before = owner.cookie("__Host-gatehouse");
    assert_eq!(act_typed(&app, &owner, who, "hand-over").await.status, 303);
    assert_eq!(role_of(&app, who).await.as_deref(), Some("owner"));
    assert_eq!(role_of(&app, seed.owner).await.as_deref(), Some("admin"));
    assert_ne!(owner.cookie("__Host-gatehouse"), before, "under a new session");
    assert!(sees_the_console(&owner).await && !sees_the_console(&elsewhere).await);
    assert_eq!(act_typed(&app, &owner, who, "remove").await.status, 403, "an owner is out of an admin's reach");
    let (heir, giver) = (mails(&app, "heir@example.com").await, mails(&app, "owner@example.com").await);
    assert!(heir[0].contains("owner has handed the ownership of harbour books over to you"), "{heir:?}");
    assert!(giver[0].contains("heir is an owner of harbour books now, and you are an admin"), "{giver:?}");
}

#[tokio::test]
async fn who_is_removed_is_out_at_the_next_request_and_keeps_their_other_sites() {
    let (app, seed) = house().await;
    let neighbour = app.seed_site("other-books").await;
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    app.member(neighbour.site, who, Role::Analyst).await;
    let theirs = app.signed_in(who).await;
    let owner = app.signed_in(seed.owner).await;
    assert_eq!(act_typed(&app, &owner, who, "remove").await.location(), "/s/harbour-books/collaborators?done=removed");
    assert_eq!(theirs.get("/s/harbour-books/overview").await.status, 404);
    assert_eq!(theirs.get("/s/other-books/overview").await.status, 200);
    assert_eq!(audited(&app, seed.site, "collaborator.removed").await, 1);
}

#[tokio::test]
async fn an_exemption_wants_a_reason_and_thirty_days_at_most() {
    let (app, seed) = house().await;
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    let owner = app.signed_in(seed.owner).await;
    for (days, reason, why) in
        [("0", "Journey", "1 to 30"), ("31", "Journey", "1 to 30"), ("x", "Journey", "1 to 30"), ("3", " ", "Say why")]
    {
        let answer = act(&owner, who, "exempt", &[("days", days), ("reason", reason), ("was_until", "")]).await;
        assert_eq!(answer.status, 422, "{days} {reason}");
        assert!(answer.body.contains(why), "{}", answer.body);
    }
    let longest = [("days", "30"), ("reason", "On a journey"), ("was_until", "")];
    assert_eq!(act(&owner, who, "exempt", &longest).await.status, 303);
    assert_eq!(audited(&app, seed.site, "collaborator.exempted").await, 1);
    assert!(mails(&app, "mara@example.com").await[0].contains("On a journey"));
    let own = act(&owner, seed.owner, "exempt", &longest).await;
    assert_eq!(own.status, 403, "never oneself");
}

#[tokio::test]
async fn every_change_asks_for_a_fresh_proof() {
    let (app, seed) = house().await;
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    let owner = app.signed_in(seed.owner).await;
    app.wait(TimeDelta::minutes(11));
    for (verb, fields) in DEEDS {
        let answer = act(&owner, who, verb, fields).await;
        assert!(answer.location().starts_with("/me/confirm?next="), "{verb}: {} {}", answer.status, answer.location());
    }
    for verb in TYPED {
        assert!(act_typed(&app, &owner, who, verb).await.location().starts_with("/me/confirm?next="), "{verb}");
    }
    assert_eq!(role_of(&app, who).await.as_deref(), Some("support"));
}

#[tokio::test]
async fn the_list_is_searched_and_hides_what_a_reader_may_not_do() {
    let (app, seed) = house().await;
    member(&app, &seed, "mara@example.com", Role::Support).await;
    let analyst = app.actor(seed.site, Role::Analyst).await;
    let page = analyst.get("/s/harbour-books/collaborators?q=MARA").await;
    assert!(page.body.contains("mara@example.com") && !page.body.contains("owner@example.com"), "{}", page.body);
    assert!(!page.body.contains("Actions for") && !page.body.contains("Invite a collaborator"));
    let owner = app.signed_in(seed.owner).await;
    let page = owner.get("/s/harbour-books/collaborators").await;
    assert!(page.body.contains("Actions for mara") && !page.body.contains("Actions for owner"), "{}", page.body);
    let overdue = owner.get("/s/harbour-books/collaborators?show=overdue").await;
    assert!(overdue.body.contains("Nobody here"), "{}", overdue.body);
}

#[tokio::test]
async fn who_is_shut_out_removed_or_becomes_the_owner_is_named_first() {
    let (app, seed) = house().await;
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    let owner = app.signed_in(seed.owner).await;
    for verb in TYPED {
        let question = owner.get(&format!("/s/harbour-books/collaborators/{who}/{verb}")).await;
        assert!(question.body.contains("Type mara@example.com to go on"), "{verb}: {}", question.body);
        for typed in [&[][..], &[("typed", "")], &[("typed", "mara")], &[("typed", "owner@example.com")]] {
            let answer = act(&owner, who, verb, typed).await;
            assert_eq!(answer.status, 422, "{verb} {typed:?}");
            assert!(answer.body.contains("Type mara@example.com, the address of mara."), "{verb}: {}", answer.body);
        }
    }
    assert_eq!(role_of(&app, who).await.as_deref(), Some("support"));
    assert_eq!(role_of(&app, seed.owner).await.as_deref(), Some("owner"));
    assert_eq!(count(&app, "select count(*) from membership where disabled_at is not null").await, 0);
    assert_eq!(act(&owner, who, "remove", &[("typed", " Mara@Example.com ")]).await.status, 303, "as people type it");
}

#[tokio::test]
async fn every_change_of_a_place_is_told_to_its_person_and_signed() {
    let (app, seed) = house().await;
    let mara = "mara@example.com";
    let who = super::stage::colleague(&app, &seed, mara).await;
    let owner = app.signed_in(seed.owner).await;
    super::stage::fail(&app.browser(), mara, 10).await;
    for (verb, fields, words) in [
        ("", &[("mfa", "on")][..], "from now on a second factor is required of you"),
        ("", &[], "your own switch is off"),
        ("unlock", &[], "You can sign in again"),
        ("disable", &[("typed", mara)], "you can no longer use harbour books"),
        ("enable", &[], "harbour books on Gatehouse is open to you again, as an analyst"),
        ("exempt", &[("days", "3"), ("reason", "On a journey")], "On a journey"),
        ("end-exemption", &[], "is asked of you again"),
        ("remove", &[("typed", mara)], "you were removed from harbour books"),
    ] {
        let before = mails(&app, mara).await.len();
        assert_eq!(act_seen(&owner, who, verb, fields).await.status, 303, "{verb}");
        let told = mails(&app, mara).await;
        assert_eq!(told.len(), before + 1, "{verb}");
        let told = told.last().unwrap();
        assert!(told.contains(words) && told.contains("By: owner, owner of harbour books"), "{verb}: {told}");
    }
}

#[tokio::test]
async fn who_leaves_is_told_too() {
    let (app, seed) = house().await;
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    let theirs = app.signed_in(who).await;
    assert_eq!(theirs.post("/s/harbour-books/leave", &[("site", "harbour-books")]).await.status, 303);
    let told = mails(&app, "mara@example.com").await;
    assert!(told.len() == 1 && told[0].contains("you no longer belong to harbour books"), "{told:?}");
    assert_eq!(audited(&app, seed.site, "collaborator.left").await, 1);
}

#[tokio::test]
async fn who_was_shut_out_gets_in_again_once_let_in() {
    let (app, seed) = house().await;
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    let owner = app.signed_in(seed.owner).await;
    let overview = "/s/harbour-books/overview";
    assert_eq!(act_typed(&app, &owner, who, "disable").await.status, 303);
    assert_eq!(app.signed_in(who).await.get(overview).await.status, 403);
    let again = act_typed(&app, &owner, who, "disable").await;
    assert!(again.location().ends_with("?done=unchanged"), "{}", again.location());
    assert_eq!(act(&owner, who, "enable", &[]).await.status, 303);
    app.wait(TimeDelta::seconds(1));
    assert_eq!(app.signed_in(who).await.get(overview).await.status, 200);
    assert_eq!(role_of(&app, who).await.as_deref(), Some("support"), "as what they were");
    assert_eq!(audited(&app, seed.site, "collaborator.enabled").await, 1);
}

#[tokio::test]
async fn an_exemption_that_is_ended_early_demands_the_second_factor_at_once() {
    let (app, seed) = house().await;
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    sqlx::query(
        "update membership
         set mfa_own = true,
             required_since = created_at - interval '90 days'
         where collaborator_id = $1",
    )
    .bind(who.0)
    .execute(&mut app.superuser().await)
    .await
    .unwrap();
    let (owner, theirs) = (app.signed_in(seed.owner).await, app.signed_in(who).await);
    let overview = "/s/harbour-books/overview";
    assert_eq!(theirs.get(overview).await.location(), "/me/second-factor");
    assert_eq!(act_seen(&owner, who, "exempt", &[("days", "3"), ("reason", "On a journey")]).await.status, 303);
    assert_eq!(theirs.get(overview).await.status, 200);
    let page = owner.get(&format!("/s/harbour-books/collaborators/{who}")).await;
    assert!(page.body.contains("End the exemption"), "{}", page.body);
    assert_eq!(act_seen(&owner, who, "end-exemption", &[]).await.status, 303);
    assert_eq!(theirs.get(overview).await.location(), "/me/second-factor");
    assert_eq!(audited(&app, seed.site, "collaborator.exemption_ended").await, 1);
}
