//! What owners and admins do with the people of a site, and what they may not.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::kernel::id::CollaboratorId;

use super::stage::{audited, count, house, mails, sees_the_console};
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

async fn role_of(app: &TestApp, who: CollaboratorId) -> Option<String> {
    let mut db = app.superuser().await;
    sqlx::query_scalar("select role from membership where collaborator_id = $1")
        .bind(who.0)
        .fetch_optional(&mut db)
        .await
        .unwrap()
}

const DEEDS: [(&str, &[(&str, &str)]); 9] = [
    ("", &[("mfa", "on")]),
    ("role", &[("role", "analyst")]),
    ("exempt", &[("days", "3"), ("reason", "On a journey")]),
    ("end-exemption", &[]),
    ("reset-mfa", &[("reason", "Lost phone")]),
    ("unlock", &[]),
    ("disable", &[]),
    ("enable", &[]),
    ("remove", &[]),
];

#[tokio::test]
async fn admins_touch_neither_owners_nor_admins_nor_themselves() {
    let (app, seed) = house().await;
    let other = member(&app, &seed, "other@example.com", Role::Admin).await;
    let me = member(&app, &seed, "me@example.com", Role::Admin).await;
    let admin = app.signed_in(me).await;
    for (verb, fields) in DEEDS {
        for target in [seed.owner, other, me] {
            let answer = act(&admin, target, verb, fields).await;
            assert_eq!(answer.status, 403, "{verb} to {target}: {}", answer.body);
        }
    }
    assert_eq!(act(&admin, other, "hand-over", &[]).await.status, 403);
    let changed = "select count(*) from audit where action like 'collaborator.%' or action like 'second_factor.%'";
    assert_eq!(count(&app, changed).await, 0);
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
    let who = member(&app, &seed, "up@example.com", Role::Support).await;
    assert_eq!(act(&admin, who, "role", &[("role", "admin")]).await.status, 403, "nobody escalates");
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
}

#[tokio::test]
async fn a_role_changes_ends_sessions_and_is_told() {
    let (app, seed) = house().await;
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    let (owner, theirs) = (app.signed_in(seed.owner).await, app.signed_in(who).await);
    assert!(sees_the_console(&theirs).await);
    let answer = act(&owner, who, "role", &[("role", "admin")]).await;
    assert!(answer.location().ends_with("?done=saved"), "{}", answer.location());
    assert_eq!(role_of(&app, who).await.as_deref(), Some("admin"));
    assert!(!sees_the_console(&theirs).await, "they sign in again");
    assert!(sees_the_console(&owner).await);
    assert!(mails(&app, "mara@example.com").await[0].contains("an admin of harbour books"));
    assert_eq!(audited(&app, seed.site, "collaborator.role_changed").await, 1);
    let again = act(&owner, who, "role", &[("role", "admin")]).await;
    assert!(again.location().ends_with("?done=unchanged"));
}

#[tokio::test]
async fn the_last_owner_stays() {
    let (app, seed) = house().await;
    let second = member(&app, &seed, "second@example.com", Role::Owner).await;
    let (one, two) = (app.signed_in(seed.owner).await, app.signed_in(second).await);
    assert_eq!(act(&one, second, "disable", &[]).await.status, 303);
    assert_eq!(
        two.post("/s/harbour-books/leave", &[("site", "harbour-books")]).await.status,
        303,
        "their session has ended"
    );
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
        for answer in [act(&owner, who, "", &[("mfa", "on"), ("phone", phone)]).await, owner.post(invite, &asked).await]
        {
            assert_eq!(answer.status, 422, "{phone}");
            assert!(answer.words("id=\"f-phone-e\"", "span").contains(why), "{phone}: {}", answer.body);
            assert!(answer.body.contains(&format!("value=\"{phone}\"")), "the input is kept: {}", answer.body);
        }
    }
    assert_eq!(count(&app, "select count(*) from membership where mfa_own or suggested_phone is not null").await, 0);
    assert_eq!(count(&app, "select count(*) from invitation").await, 0);
    assert!(mails(&app, "mara@example.com").await.is_empty() && mails(&app, "ruth@example.com").await.is_empty());
    assert_eq!(act(&owner, who, "", &[("mfa", "on"), ("phone", "+49 151 23456789")]).await.status, 303);
    let kept = "select count(*) from membership where mfa_own and suggested_phone = '+4915123456789'";
    assert_eq!(count(&app, kept).await, 1);
}

#[tokio::test]
async fn two_owners_who_remove_each_other_at_once_leave_one() {
    for _ in 0..5 {
        let (app, seed) = house().await;
        let second = member(&app, &seed, "second@example.com", Role::Owner).await;
        let (one, two) = (app.signed_in(seed.owner).await, app.signed_in(second).await);
        let first = tokio::spawn(async move { act(&one, second, "remove", &[]).await.status });
        let other = tokio::spawn(async move { act(&two, seed.owner, "remove", &[]).await.status });
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
async fn ownership_is_handed_over() {
    let (app, seed) = house().await;
    let who = member(&app, &seed, "heir@example.com", Role::Support).await;
    let (owner, elsewhere) = (app.signed_in(seed.owner).await, app.signed_in(seed.owner).await);
    let before = owner.cookie("__Host-gatehouse");
    assert_eq!(act(&owner, who, "hand-over", &[]).await.status, 303);
    assert_eq!(role_of(&app, who).await.as_deref(), Some("owner"));
    assert_eq!(role_of(&app, seed.owner).await.as_deref(), Some("admin"));
    assert_ne!(owner.cookie("__Host-gatehouse"), before, "under a new session");
    assert!(sees_the_console(&owner).await && !sees_the_console(&elsewhere).await);
    assert_eq!(act(&owner, who, "remove", &[]).await.status, 403, "an owner is out of an admin's reach");
}

#[tokio::test]
async fn who_is_removed_is_out_at_the_next_request_and_keeps_their_other_sites() {
    let (app, seed) = house().await;
    let neighbour = app.seed_site("other-books").await;
    let who = member(&app, &seed, "mara@example.com", Role::Support).await;
    app.member(neighbour.site, who, Role::Analyst).await;
    let theirs = app.signed_in(who).await;
    let owner = app.signed_in(seed.owner).await;
    assert_eq!(act(&owner, who, "remove", &[]).await.location(), "/s/harbour-books/collaborators?done=removed");
    assert!(!sees_the_console(&theirs).await);
    let again = app.signed_in(who).await;
    assert_eq!(again.get("/s/harbour-books/overview").await.status, 404);
    assert_eq!(again.get("/s/other-books/overview").await.status, 200);
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
        let answer = act(&owner, who, "exempt", &[("days", days), ("reason", reason)]).await;
        assert_eq!(answer.status, 422, "{days} {reason}");
        assert!(answer.body.contains(why), "{}", answer.body);
    }
    assert_eq!(act(&owner, who, "exempt", &[("days", "30"), ("reason", "On a journey")]).await.status, 303);
    assert_eq!(audited(&app, seed.site, "collaborator.exempted").await, 1);
    assert!(mails(&app, "mara@example.com").await[0].contains("On a journey"));
    let own = act(&owner, seed.owner, "exempt", &[("days", "3"), ("reason", "On a journey")]).await;
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
