//! Lost devices: who may reset them, and what is left then.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::access::service::collaborators::reset_mfa::by_operator;
use gatehouse::access::session::Assurance;
use gatehouse::kernel::id::{CollaboratorId, FactorId};
use gatehouse::platform::upkeep::clean_up;

use super::stage::{OWNER, audited, count, house, mails};
use crate::support::{Answer, Browser, TestApp};

/// An active second factor, ten recovery codes, a known device and a half-done sign-in.
async fn equip(app: &TestApp, who: CollaboratorId) {
    let now = app.clock.now();
    let mut db = app.superuser().await;
    sqlx::query("insert into second_factor (id, collaborator_id, kind, name, phone, created_at, activated_at) values ($1, $2, 'sms', 'Phone', '+447400123456', $3, $3)")
        .bind(FactorId::new(now).0).bind(who.0).bind(now).execute(&mut db).await.unwrap();
    sqlx::query("insert into recovery_code (collaborator_id, code_hash, created_at) select $1, sha256(n::text::bytea), $2 from generate_series(1, 10) n")
        .bind(who.0).bind(now).execute(&mut db).await.unwrap();
    sqlx::query("insert into known_device (id, collaborator_id, secret_hash, created_at, expires_at) values ($1, $2, '\\x00', $3, $3 + interval '90 days')")
        .bind(FactorId::new(now).0).bind(who.0).bind(now).execute(&mut db).await.unwrap();
    sqlx::query("insert into pending_sign_in (id_hash, collaborator_id, created_at, expires_at) values ('\\x01', $1, $2, $2 + interval '10 minutes')")
        .bind(who.0).bind(now).execute(&mut db).await.unwrap();
}

/// How much of that still counts.
async fn left(app: &TestApp) -> [i64; 5] {
    [
        count(app, "select count(*) from second_factor where ended_at is null").await,
        count(app, "select count(*) from recovery_code").await,
        count(app, "select count(*) from known_device where ended_at is null").await,
        count(app, "select count(*) from pending_sign_in where ended_at is null").await,
        count(app, "select count(*) from membership where grace_restarted_at is null").await,
    ]
}

async fn reset(browser: &Browser, who: CollaboratorId, reason: &str) -> Answer {
    browser.post(&format!("/s/harbour-books/collaborators/{who}/reset-mfa"), &[("reason", reason)]).await
}

#[tokio::test]
async fn an_admin_resets_somebody_with_a_reason_and_all_sides_are_told() {
    let (app, seed) = house().await;
    let who = app.person("mara@example.com").await;
    app.member(seed.site, who, Role::Support).await;
    equip(&app, who).await;
    app.signed_in(who).await;
    let admin = app.actor(seed.site, Role::Admin).await;
    let page = admin.get(&format!("/s/harbour-books/collaborators/{who}/reset-mfa")).await;
    assert!(page.body.contains("Reset the second factor of mara?"), "{}", page.body);
    let answer = reset(&admin, who, " ").await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("Say why"), "{}", answer.body);
    assert_eq!(left(&app).await, [1, 10, 1, 1, 3], "nothing changed");
    assert_eq!(reset(&admin, who, "Lost phone, spoke with her").await.status, 303);
    assert_eq!(left(&app).await, [0, 0, 0, 0, 2], "a fresh grace for her alone");
    assert_eq!(count(&app, "select count(*) from session where revoked_at is null").await, 1, "the admin's own");
    for address in ["mara@example.com", OWNER] {
        assert!(mails(&app, address).await[0].contains("Lost phone, spoke with her"), "{address}");
    }
    assert_eq!(audited(&app, seed.site, "second_factor.reset").await, 1);
}

#[tokio::test]
async fn who_belongs_to_another_site_too_is_reset_there_too_or_not_at_all() {
    let (app, seed) = house().await;
    let neighbour = app.seed_site("other-books").await;
    let who = app.person("mara@example.com").await;
    app.member(seed.site, who, Role::Support).await;
    app.member(neighbour.site, who, Role::Support).await;
    equip(&app, who).await;
    let owner = app.signed_in(seed.owner).await;
    let person = format!("/s/harbour-books/collaborators/{who}");
    let page = owner.get(&person).await;
    assert!(page.body.contains("id=\"no-reset\"") && !page.body.contains("/reset-mfa\""), "{}", page.body);
    let question = owner.get(&format!("{person}/reset-mfa")).await;
    assert_eq!(question.status, 403, "said before a reason is typed");
    assert!(question.body.contains("also belongs to a site where you may not do this"), "{}", question.body);
    let answer = reset(&owner, who, "Lost phone").await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("gatehouse collaborator reset-mfa"), "{}", answer.body);
    assert_eq!(left(&app).await[0], 1);
    app.member(neighbour.site, seed.owner, Role::Analyst).await;
    assert_eq!(reset(&owner, who, "Lost phone").await.status, 403, "an analyst there is not enough");
    let mut db = app.superuser().await;
    sqlx::query("update membership set role = 'admin' where site_id = $1 and collaborator_id = $2")
        .bind(neighbour.site.0)
        .bind(seed.owner.0)
        .execute(&mut db)
        .await
        .unwrap();
    assert!(owner.get(&person).await.body.contains("/reset-mfa\""), "reached everywhere");
    assert_eq!(reset(&owner, who, "Lost phone").await.status, 303);
    for site in [seed.site, neighbour.site] {
        assert_eq!(audited(&app, site, "second_factor.reset").await, 1, "recorded at each site");
    }
}

#[tokio::test]
async fn who_is_shut_out_of_one_of_the_persons_sites_resets_nothing() {
    let (app, seed) = house().await;
    let neighbour = app.seed_site("other-books").await;
    let who = app.person("mara@example.com").await;
    app.member(seed.site, who, Role::Support).await;
    app.member(neighbour.site, who, Role::Support).await;
    app.member(neighbour.site, seed.owner, Role::Owner).await;
    equip(&app, who).await;
    let mut db = app.superuser().await;
    let late = "update membership set mfa_own = true, required_since = created_at - interval '90 days' where site_id = $1 and collaborator_id = $2";
    sqlx::query(late).bind(neighbour.site.0).bind(seed.owner.0).execute(&mut db).await.unwrap();
    let owner = app.signed_in(seed.owner).await;
    assert_eq!(owner.get("/s/other-books/collaborators").await.location(), "/me/second-factor", "shut out there");
    assert_eq!(reset(&owner, who, "Lost phone").await.status, 403);
    assert_eq!(left(&app).await[0], 1);
    sqlx::query("update membership set mfa_own = false").execute(&mut db).await.unwrap();
    assert_eq!(reset(&owner, who, "Lost phone").await.status, 303);
}

#[tokio::test]
async fn the_operator_resets_an_owner_whom_nobody_else_reaches_and_gives_a_fresh_grace() {
    let (app, seed) = house().await;
    equip(&app, seed.owner).await;
    // Required since long ago: what time there is comes from the reset alone.
    sqlx::query("update membership set mfa_own = true, required_since = created_at - interval '90 days'")
        .execute(&mut app.superuser().await)
        .await
        .unwrap();
    app.wait(TimeDelta::minutes(1));
    let admin = app.actor(seed.site, Role::Admin).await;
    assert_eq!(reset(&admin, seed.owner, "Lost phone").await.status, 403);
    let email = OWNER.parse().unwrap();
    assert!(by_operator(&app.app, &email, "").await.is_err(), "not without a reason");
    assert_eq!(by_operator(&app.app, &email, "Lost phone, seen in person").await.unwrap(), 1);
    assert_eq!(left(&app).await[..4], [0, 0, 0, 0]);
    assert!(mails(&app, OWNER).await[0].contains("Lost phone, seen in person"));
    assert_eq!(audited(&app, seed.site, "second_factor.reset").await, 1);
    let back = app.signed_in(seed.owner).await;
    let page = back.get("/s/harbour-books/overview").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("by Monday 9 March 2026, 7 days left"), "required, with time: {}", page.body);
    let set_up = back.get("/me/second-factor/set-up").await;
    assert!(set_up.location().starts_with("/me/second-factor/mail?"), "and a mailed code first");
    app.wait(TimeDelta::days(8));
    let late = app.signed_in(seed.owner).await.get("/s/harbour-books/overview").await;
    assert_eq!(late.location(), "/me/second-factor", "once");
    assert!(by_operator(&app.app, &"nobody@example.com".parse().unwrap(), "Lost phone").await.is_err());
}

#[tokio::test]
async fn the_operator_gives_an_owner_a_day_at_a_site_without_grace() {
    let (app, seed) = house().await;
    equip(&app, seed.owner).await;
    let mut db = app.superuser().await;
    sqlx::query("insert into access_settings (site_id, mfa_required, grace_days, factor_kinds) values ($1, true, 0, '{totp}') on conflict (site_id) do update set mfa_required = true, grace_days = 0, factor_kinds = '{totp}'")
        .bind(seed.site.0)
        .execute(&mut db)
        .await
        .unwrap();
    const SETTINGS: &str = "/s/harbour-books/mfa";
    let shut = app.signed_in_with(seed.owner, Assurance::SecondFactor).await;
    assert_eq!(shut.get(SETTINGS).await.location(), "/me/second-factor");
    app.wait(TimeDelta::minutes(1));
    by_operator(&app.app, &OWNER.parse().unwrap(), "Lost phone, seen in person").await.unwrap();
    let back = app.signed_in(seed.owner).await;
    assert_eq!(back.get(SETTINGS).await.status, 200, "and can mend it");
    app.wait(TimeDelta::days(2));
    assert_eq!(app.signed_in(seed.owner).await.get(SETTINGS).await.location(), "/me/second-factor");
}

#[tokio::test]
async fn a_reset_is_texted_to_the_numbers_that_it_drops() {
    let app = TestApp::with(|parts| parts.demo = true).await;
    let seed = app.seed().await;
    equip(&app, seed.owner).await;
    by_operator(&app.app, &OWNER.parse().unwrap(), "Lost phone, seen in person").await.unwrap();
    let told = "select count(*) from text_message where purpose = 'notice' and number = '+447400123456'";
    assert_eq!(count(&app, told).await, 1);
}

#[tokio::test]
async fn a_reset_gives_a_week_at_most_and_joining_again_gives_nothing() {
    let (app, seed) = house().await;
    let who = app.person("mara@example.com").await;
    app.member(seed.site, who, Role::Support).await;
    let owner = app.signed_in(seed.owner).await;
    let person = format!("/s/harbour-books/collaborators/{who}");
    let mut db = app.superuser().await;
    sqlx::query("update access_settings set grace_days = 90").execute(&mut db).await.unwrap();
    sqlx::query("insert into access_settings (site_id, grace_days) values ($1, 90) on conflict (site_id) do nothing")
        .bind(seed.site.0)
        .execute(&mut db)
        .await
        .unwrap();
    assert_eq!(owner.post(&person, &[("mfa", "on"), ("was_mfa", "false"), ("was_phone", "")]).await.status, 303);
    let list = "/s/harbour-books/collaborators";
    assert!(owner.get(list).await.body.contains("90 days left"));
    equip(&app, who).await;
    assert!(owner.get(list).await.body.contains("<small>SMS"), "active");
    assert_eq!(reset(&owner, who, "Lost phone").await.status, 303);
    assert!(owner.get(list).await.body.contains("7 days left"));
    assert_eq!(owner.post(&format!("{person}/remove"), &[("typed", "mara@example.com")]).await.status, 303);
    for (days, kept, why) in [(29, 1, "what was required is remembered"), (1, 0, "for 30 days")] {
        app.wait(TimeDelta::days(days));
        clean_up(&app.app).await.unwrap();
        assert_eq!(count(&app, "select count(*) from past_requirement").await, kept, "{why}");
    }
}
