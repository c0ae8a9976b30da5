//! Asking people to join, and joining.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::access::hashing::Password;
use gatehouse::access::service::collaborator::{NewCollaborator, create};
use gatehouse::audit::Actor;

use super::stage::{GOOD, OWNER, audited, count, give_password, house, is_in, link, mails, open, try_to_sign_in};
use crate::support::{Answer, Browser, Seed, TestApp};

const RUTH: &str = "Ruth.Calloway@example.com";

async fn invite(browser: &Browser, email: &str, role: &str) -> Answer {
    browser.post("/s/harbour-books/collaborators/invite", &[("email", email), ("role", role)]).await
}

/// A site whose owner has invited Ruth; the owner's browser, and the link's path.
async fn invited() -> (TestApp, Seed, Browser, String) {
    let (app, seed) = house().await;
    let owner = app.signed_in(seed.owner).await;
    let answer = invite(&owner, RUTH, "support").await;
    assert_eq!(answer.location(), "/s/harbour-books/collaborators?done=sent");
    let path = link(mails(&app, RUTH).await.last().unwrap());
    (app, seed, owner, path)
}

async fn join(browser: &Browser, name: &str, password: &str) -> Answer {
    browser.post("/invitation", &[("name", name), ("password", password), ("again", password)]).await
}

async fn invitation_id(app: &TestApp) -> String {
    let mut db = app.superuser().await;
    let id: uuid::Uuid =
        sqlx::query_scalar("select id from invitation order by id desc limit 1").fetch_one(&mut db).await.unwrap();
    gatehouse::kernel::id::InvitationId(id).to_string()
}

#[tokio::test]
async fn somebody_new_joins_with_a_name_and_a_password_and_then_signs_in() {
    let (app, seed, owner, link) = invited().await;
    let ruth = app.browser();
    let page = open(&ruth, &link).await;
    assert!(page.body.contains("Join harbour books") && page.body.contains("Your name"), "{}", page.body);
    let answer = join(&ruth, "Ruth Calloway", GOOD).await;
    assert_eq!(answer.location(), "/sign-in?done=created");
    assert!(ruth.cookie("__Host-gatehouse").is_none(), "joining signs nobody in");
    let told = mails(&app, OWNER).await;
    assert!(told.len() == 1 && told[0].contains("Ruth Calloway (Ruth.Calloway@example.com) has taken up"), "{told:?}");
    assert!(is_in(&try_to_sign_in(&ruth, "ruth.calloway@example.com", GOOD).await));
    assert_eq!(ruth.get("/s/harbour-books/decisions").await.status, 200);
    assert_eq!(ruth.get("/s/harbour-books/settings").await.status, 403, "support reads no settings");
    let list = owner.get("/s/harbour-books/collaborators").await;
    assert!(list.body.contains("Ruth Calloway") && !list.body.contains("Has not joined yet"), "{}", list.body);
    assert_eq!(audited(&app, seed.site, "collaborator.joined").await, 1);
    let told = mails(&app, RUTH).await.pop().unwrap();
    assert!(told.contains("you are now support of harbour books") && told.contains("invited by owner"), "{told}");
}

#[tokio::test]
async fn somebody_who_is_there_already_joins_by_signing_in() {
    let (app, _seed, _owner, link) = invited().await;
    let who = app.person("ruth.calloway@example.com").await;
    give_password(&app, who, GOOD).await;
    let ruth = app.browser();
    let page = open(&ruth, &link).await;
    assert!(page.body.contains("You have an account already"), "{}", page.body);
    assert_eq!(ruth.get("/me/invitation").await.location(), "/sign-in?next=%2Fme%2Finvitation");
    assert!(is_in(&try_to_sign_in(&ruth, RUTH, GOOD).await));
    assert!(ruth.get("/me/invitation").await.body.contains("Join harbour books?"));
    let answer = ruth.post("/me/invitation", &[]).await;
    assert_eq!(answer.location(), "/s/harbour-books/overview?done=added");
    assert_eq!(ruth.get("/s/harbour-books/decisions").await.status, 200);
    assert_eq!(ruth.post("/me/invitation", &[]).await.status, 410, "once");
}

#[tokio::test]
async fn a_place_is_taken_up_with_a_fresh_proof_and_under_a_new_session() {
    let (app, _seed, _owner, link) = invited().await;
    let who = app.person("ruth.calloway@example.com").await;
    give_password(&app, who, GOOD).await;
    let ruth = app.browser();
    assert!(is_in(&try_to_sign_in(&ruth, RUTH, GOOD).await));
    open(&ruth, &link).await;
    app.wait(TimeDelta::minutes(11));
    let stale = ruth.post("/me/invitation", &[]).await;
    assert_eq!(stale.location(), "/me/confirm?next=%2Fme%2Finvitation");
    assert_eq!(count(&app, "select count(*) from membership").await, 1);

    let proof = [("password", GOOD), ("next", "/me/invitation")];
    assert_eq!(ruth.post("/me/confirm", &proof).await.location(), "/me/invitation?done=confirmed");
    let before = ruth.at("203.0.113.1");
    assert_eq!(ruth.post("/me/invitation", &[]).await.location(), "/s/harbour-books/overview?done=added");
    assert_eq!(ruth.get("/s/harbour-books/decisions").await.status, 200);
    assert!(before.get("/me/profile").await.location().starts_with("/sign-in"), "the id from before opens nothing");
}

#[tokio::test]
async fn an_invitation_is_for_its_address_only() {
    let (app, _seed, _owner, link) = invited().await;
    let eve = app.person("eve@example.com").await;
    let browser = app.signed_in(eve).await;
    open(&browser, &link).await;
    for answer in [browser.get("/me/invitation").await, browser.post("/me/invitation", &[]).await] {
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains("This invitation is not yours"), "{}", answer.body);
    }
    assert_eq!(count(&app, "select count(*) from membership").await, 1);
    assert_eq!(count(&app, "select count(*) from invitation where accepted_at is null").await, 1);
}

#[tokio::test]
async fn an_account_that_exists_gets_no_password_from_an_invitation() {
    let (app, _seed, _owner, link) = invited().await;
    let browser = app.browser();
    open(&browser, &link).await;
    let who = app.person("ruth.calloway@example.com").await;
    give_password(&app, who, GOOD).await;
    let answer = join(&browser, "Not Ruth", "another sentence of words").await;
    assert!(answer.body.contains("You have an account already"), "{}", answer.body);
    assert!(!is_in(&try_to_sign_in(&app.browser(), RUTH, "another sentence of words").await));
    assert_eq!(count(&app, "select count(*) from membership").await, 1);
}

#[tokio::test]
async fn a_link_works_once_even_for_fifty_at_once() {
    let (app, _seed, _owner, link) = invited().await;
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..50 {
        let browser = app.browser();
        open(&browser, &link).await;
        tries.spawn(async move { join(&browser, &format!("Ruth {n}"), GOOD).await });
    }
    let answers = tries.join_all().await;
    let joined = answers.iter().filter(|answer| answer.location().starts_with("/sign-in")).count();
    assert_eq!(joined, 1, "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
    assert_eq!(count(&app, "select count(*) from membership").await, 2);
    assert_eq!(count(&app, "select count(*) from collaborator").await, 2);
}

#[tokio::test]
async fn a_link_ends_after_seven_days_and_by_a_newer_one() {
    let (app, _seed, owner, old) = invited().await;
    let path = format!("/s/harbour-books/collaborators/invitations/{}/send", invitation_id(&app).await);
    assert_eq!(owner.post(&path, &[]).await.status, 429, "a minute lies between two mails");
    app.wait(TimeDelta::seconds(60));
    assert_eq!(owner.post(&path, &[]).await.location(), "/s/harbour-books/collaborators?done=sent");
    let new = link(mails(&app, RUTH).await.last().unwrap());
    assert_ne!(old, new);
    assert_eq!(open(&app.browser(), &old).await.status, 410);
    let ruth = app.browser();
    assert_eq!(open(&ruth, &new).await.status, 200);
    app.wait(TimeDelta::days(7));
    assert_eq!(join(&ruth, "Ruth", GOOD).await.status, 410);
    assert_eq!(count(&app, "select count(*) from collaborator").await, 1);
}

#[tokio::test]
async fn an_invitation_is_taken_back() {
    let (app, seed, owner, link) = invited().await;
    let path = format!("/s/harbour-books/collaborators/invitations/{}/revoke", invitation_id(&app).await);
    assert_eq!(owner.post(&path, &[]).await.location(), "/s/harbour-books/collaborators?done=revoked");
    let ruth = app.browser();
    assert_eq!(open(&ruth, &link).await.status, 410);
    assert_eq!(join(&ruth, "Ruth", GOOD).await.status, 410);
    assert_eq!(audited(&app, seed.site, "invitation.revoked").await, 1);
    assert_eq!(owner.post(&path, &[]).await.status, 404);
}

#[tokio::test]
async fn taking_back_and_inviting_by_turns_sends_a_mail_a_minute() {
    let (app, _seed, owner, _link) = invited().await;
    for _ in 0..3 {
        let path = format!("/s/harbour-books/collaborators/invitations/{}/revoke", invitation_id(&app).await);
        owner.post(&path, &[]).await;
        let again = invite(&owner, RUTH, "support").await;
        assert_eq!(again.status, 422);
        assert!(again.body.contains("left a moment ago"), "{}", again.body);
    }
    assert_eq!(mails(&app, RUTH).await.len(), 1);
    app.wait(TimeDelta::seconds(60));
    assert_eq!(invite(&owner, RUTH, "support").await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_person_sends_fifty_in_a_day_at_all_their_sites_and_at_any_concurrency() {
    let (app, seed) = house().await;
    let other = app.seed_site("other-books").await;
    app.member(other.site, seed.owner, Role::Owner).await;
    let app = std::sync::Arc::new(app);
    let owner = std::sync::Arc::new(app.signed_in(seed.owner).await);
    let one = |n: usize| {
        let owner = owner.clone();
        async move { invite(&owner, &format!("person{n}@example.com"), "support").await }
    };
    let mut sent = 0;
    for answer in (0..60).map(|n| tokio::spawn(one(n))).collect::<Vec<_>>() {
        let answer = answer.await.unwrap();
        assert!([303, 422].contains(&answer.status.as_u16()), "{}", answer.body);
        sent += i32::from(answer.status == 303);
    }
    assert_eq!(sent, 50);
    assert_eq!(count(&app, "select count(*) from job where kind = 'mail'").await, 50);
    let words =
        "You have sent 50 invitations within a day, which is the most. The next one can be sent from 10:00 on 3 March.";
    let refused = one(60).await;
    assert!(refused.status == 422 && refused.body.contains(words), "{}", refused.body);
    let elsewhere = [("email", "person60@example.com"), ("role", "support")];
    assert_eq!(owner.post("/s/other-books/collaborators/invite", &elsewhere).await.status, 422, "at any site");
    app.wait(TimeDelta::seconds(60));
    let again = format!("/s/harbour-books/collaborators/invitations/{}/send", invitation_id(&app).await);
    let refused = owner.post(&again, &[]).await;
    assert_eq!((refused.status.as_u16(), refused.headers["retry-after"].to_str().unwrap()), (429, "86340"));
    let admin = app.actor(seed.site, Role::Admin).await;
    assert_eq!(admin.post(&again, &[]).await.status, 303, "another person's are counted apart");
    app.wait(TimeDelta::days(1));
    let owner = app.signed_in(seed.owner).await;
    assert_eq!(invite(&owner, "person61@example.com", "support").await.status, 303);
}

#[tokio::test]
async fn a_hundred_leave_a_site_in_a_day() {
    let (app, seed) = house().await;
    let somebody = app.person("somebody@example.com").await;
    let owner = app.signed_in(seed.owner).await;
    let mails = async |n: i32| {
        sqlx::query("insert into invitation_mail select gen_random_uuid(), $1, $2, $3 from generate_series(1, $4)")
            .bind(seed.site.0)
            .bind(somebody.0)
            .bind(app.clock.now())
            .bind(n)
            .execute(&mut app.superuser().await)
            .await
            .unwrap();
    };
    mails(98).await;
    assert_eq!(invite(&owner, RUTH, "support").await.status, 303);
    mails(1).await;
    let refused = invite(&owner, "new@example.com", "support").await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("100 invitations have left this site within a day"), "{}", refused.body);
}

#[tokio::test]
async fn invitations_of_another_site_are_neither_sent_again_nor_taken_back() {
    let (app, _seed, _owner, link) = invited().await;
    let neighbour = app.seed_site("other-books").await;
    let stranger = app.signed_in(neighbour.owner).await;
    let id = invitation_id(&app).await;
    app.wait(TimeDelta::seconds(60));
    for verb in ["send", "revoke"] {
        let answer = stranger.post(&format!("/s/other-books/collaborators/invitations/{id}/{verb}"), &[]).await;
        assert_eq!(answer.status, 404, "{verb}: {}", answer.body);
    }
    assert_eq!(mails(&app, RUTH).await.len(), 1);
    assert_eq!(open(&app.browser(), &link).await.status, 200, "it stands");
}

#[tokio::test]
async fn nobody_gives_more_than_they_may() {
    let (app, seed) = house().await;
    let admin = app.actor(seed.site, Role::Admin).await;
    for role in ["owner", "admin"] {
        let answer = invite(&admin, RUTH, role).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("Ask an owner to give the role"), "{}", answer.body);
    }
    for role in [Role::Support, Role::Developer, Role::Analyst] {
        assert_eq!(invite(&app.actor(seed.site, role).await, RUTH, "analyst").await.status, 403);
    }
    assert_eq!(count(&app, "select count(*) from invitation").await, 0);
    assert_eq!(invite(&admin, RUTH, "developer").await.status, 303);
}

#[tokio::test]
async fn who_loses_the_right_to_invite_loses_what_they_have_sent() {
    let (app, seed) = house().await;
    let admin = app.person("admin@example.com").await;
    app.member(seed.site, admin, Role::Admin).await;
    assert_eq!(invite(&app.signed_in(admin).await, RUTH, "support").await.status, 303);
    let link = link(mails(&app, RUTH).await.last().unwrap());
    let owner = app.signed_in(seed.owner).await;
    let path = format!("/s/harbour-books/collaborators/{admin}/role");
    assert_eq!(owner.post(&path, &[("role", "analyst"), ("was_role", "admin")]).await.status, 303);
    assert_eq!(open(&app.browser(), &link).await.status, 410);
}

#[tokio::test]
async fn what_cannot_be_sent_says_why() {
    let (app, _seed, owner, _link) = invited().await;
    for (email, role, why) in [
        ("ruth.calloway@EXAMPLE.com", "analyst", "is invited already"),
        ("owner@example.com", "analyst", "is a collaborator of this site already"),
        ("ruth", "analyst", "write an address such as"),
        ("new@example.com", "god", "Choose one of the roles"),
    ] {
        let answer = invite(&owner, email, role).await;
        assert_eq!(answer.status, 422, "{email}");
        assert!(answer.body.contains(why), "{why}: {}", answer.body);
    }
    assert_eq!(count(&app, "select count(*) from invitation").await, 1);
}

#[tokio::test]
async fn a_weak_password_keeps_the_invitation_open() {
    let (app, _seed, _owner, link) = invited().await;
    let ruth = app.browser();
    open(&ruth, &link).await;
    assert_eq!(join(&ruth, "Ruth", "too short").await.status, 422);
    assert_eq!(join(&ruth, "", GOOD).await.status, 422);
    assert_eq!(join(&ruth, "Ruth", GOOD).await.status, 303);
}

#[tokio::test]
async fn an_invitation_asks_for_a_fresh_proof() {
    let (app, seed) = house().await;
    let owner = app.signed_in(seed.owner).await;
    app.wait(TimeDelta::minutes(11));
    let answer = invite(&owner, RUTH, "support").await;
    assert!(answer.location().starts_with("/me/confirm?next="), "{}", answer.location());
    assert_eq!(count(&app, "select count(*) from invitation").await, 0);
}

#[tokio::test]
async fn joining_again_moves_no_deadline_later() {
    let (app, seed) = house().await;
    let list = "/s/harbour-books/collaborators";
    let ask = [("email", RUTH), ("role", "support"), ("mfa", "on")];
    for (name, days_left) in [("Ruth", "7 days left"), ("", "2 days left")] {
        let owner = app.signed_in(seed.owner).await;
        assert_eq!(owner.post(&format!("{list}/invite"), &ask).await.status, 303);
        let ruth = app.browser();
        open(&ruth, &link(mails(&app, RUTH).await.last().unwrap())).await;
        if name.is_empty() {
            assert!(is_in(&try_to_sign_in(&ruth, RUTH, GOOD).await));
            assert_eq!(ruth.post("/me/invitation", &[]).await.status, 303);
        } else {
            assert_eq!(join(&ruth, name, GOOD).await.status, 303);
        }
        let page = owner.get(list).await;
        assert!(page.body.contains(days_left), "{days_left}: {}", page.body);
        let who = person_id(&app, "ruth.calloway@example.com").await;
        assert_eq!(owner.post(&format!("{list}/{who}/remove"), &[("typed", RUTH)]).await.status, 303);
        app.wait(TimeDelta::days(5));
    }
}

#[tokio::test]
async fn coming_back_by_the_command_line_moves_no_deadline_later_either() {
    let (app, seed) = house().await;
    let mut db = app.superuser().await;
    sqlx::query("insert into access_settings (site_id, mfa_required) values ($1, true) on conflict (site_id) do update set mfa_required = true")
        .bind(seed.site.0)
        .execute(&mut db)
        .await
        .unwrap();
    let site = gatehouse::sites::by_handle(&app.app.db, &seed.handle).await.unwrap().unwrap();
    let list = "/s/harbour-books/collaborators";
    for days_left in ["7 days left", "2 days left"] {
        let new = NewCollaborator {
            email: RUTH.parse().unwrap(),
            name: "Ruth Calloway".into(),
            role: Role::Support,
            password: Some(Password::typed(GOOD).unwrap()),
            by: Actor::CommandLine,
        };
        create(&app.app, &site, new).await.unwrap();
        let owner = app.signed_in(seed.owner).await;
        let who = person_id(&app, "ruth.calloway@example.com").await;
        let page = owner.get(&format!("{list}/{who}")).await;
        assert!(page.body.contains(days_left), "{days_left}: {}", page.body);
        assert_eq!(owner.post(&format!("{list}/{who}/remove"), &[("typed", RUTH)]).await.status, 303);
        app.wait(TimeDelta::days(5));
    }
}

async fn person_id(app: &TestApp, canonical: &str) -> gatehouse::kernel::id::CollaboratorId {
    let mut db = app.superuser().await;
    let query = sqlx::query_scalar("select id from collaborator where email_canonical = $1");
    gatehouse::kernel::id::CollaboratorId(query.bind(canonical).fetch_one(&mut db).await.unwrap())
}
