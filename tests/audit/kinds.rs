//! AU-01: what happens to accounts, locks, devices, places and keys leaves a row that says who did what, when and from
//! where. Kinds that a test of the thing itself looks for are not repeated here.

use chrono::TimeDelta;
use gatehouse::access::Role;
use gatehouse::kernel::id::{CollaboratorId, SiteId};
use gatehouse::kernel::secret::Token;

use crate::access::factors::{authenticator, half_in, number, type_code};
use crate::access::person_forms::hidden;
use crate::access::stage::{BAD, GOOD, OWNER, do_jobs, house, link, mails, open, signed_in, try_to_sign_in};
use crate::support::{Browser, TestApp};

/// Who: the kind of actor and their address; from where.
type By<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

/// What is done to a person: the form's path, its fields, the action that is recorded.
type Deed<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

const OWNER_DID: By<'static> = ("collaborator", Some(OWNER), Some("203.0.113.1"));

/// Says that the newest row of the chain is of this kind, made just now by whom.
async fn newest_is(stage: &TestApp, site: SiteId, action: &str, by: By<'_>) {
    let row: (String, String, bool, Option<String>, Option<String>) = sqlx::query_as(
        "select a.action, a.actor_kind, a.at = $2, p.actor_email, host(p.address)
         from audit a
         left join audit_person p on p.site_id = a.site_id and p.audit_id = a.id
         where a.site_id = $1
         order by a.seq desc
         limit 1",
    )
    .bind(site.0)
    .bind(stage.clock.now())
    .fetch_one(&mut stage.superuser().await)
    .await
    .unwrap();
    let (kind, email, address) = by;
    let expected = (action.to_owned(), kind.to_owned(), true, email.map(str::to_owned), address.map(str::to_owned));
    assert_eq!(row, expected);
}

async fn act(browser: &Browser, who: CollaboratorId, verb: &str, fields: &[(&str, &str)]) {
    let person = format!("/s/harbour-books/collaborators/{who}");
    let path = format!("{person}{verb}");
    let names: &[&str] = match verb {
        "" => &["was_mfa", "was_phone"],
        "/role" => &["was_role"],
        "/exempt" | "/end-exemption" => &["was_until"],
        _ => &[],
    };
    let seen = hidden(&browser.get(&person).await, names);
    let seen = seen.iter().map(|(name, value)| (*name, value.as_str()));
    let answer = browser.post(&path, &fields.iter().copied().chain(seen).collect::<Vec<_>>()).await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.body);
}

#[tokio::test]
async fn roles_places_exemptions_and_invitations() {
    let (app, seed) = house().await;
    let mara = app.person("mara@example.com").await;
    app.member(seed.site, mara, Role::Support).await;
    let owner = app.signed_in(seed.owner).await;
    let deeds: [Deed<'_>; 6] = [
        ("", &[("mfa", "on")], "collaborator.mfa_switched"),
        ("/exempt", &[("days", "3"), ("reason", "On a journey")], "collaborator.exempted"),
        ("/end-exemption", &[], "collaborator.exemption_ended"),
        ("/disable", &[("typed", "mara@example.com")], "collaborator.disabled"),
        ("/enable", &[], "collaborator.enabled"),
        ("/role", &[("role", "admin")], "collaborator.role_changed"),
    ];
    for (verb, fields, action) in deeds {
        act(&owner, mara, verb, fields).await;
        newest_is(&app, seed.site, action, OWNER_DID).await;
    }
    let ruth = [("email", "ruth@example.com"), ("role", "support")];
    assert_eq!(owner.post("/s/harbour-books/collaborators/invite", &ruth).await.status, 303);
    newest_is(&app, seed.site, "invitation.sent", OWNER_DID).await;
    let id: uuid::Uuid =
        sqlx::query_scalar("select id from invitation").fetch_one(&mut app.superuser().await).await.unwrap();
    let invitation = gatehouse::kernel::id::InvitationId(id);
    app.wait(TimeDelta::minutes(2));
    let again = format!("/s/harbour-books/collaborators/invitations/{invitation}/send");
    assert_eq!(owner.post(&again, &[]).await.status, 303);
    newest_is(&app, seed.site, "invitation.sent_again", OWNER_DID).await;

    act(&owner, mara, "/hand-over", &[("typed", "mara@example.com")]).await;
    newest_is(&app, seed.site, "collaborator.ownership_handed_over", OWNER_DID).await;
    let left = owner.post("/s/harbour-books/leave", &[("site", "harbour-books")]).await;
    assert_eq!(left.status, 303, "{}", left.body);
    newest_is(&app, seed.site, "collaborator.left", OWNER_DID).await;
}

#[tokio::test]
async fn sessions_names_and_addresses_of_ones_own() {
    let (app, seed) = house().await;
    let owner = signed_in(&app, OWNER, GOOD).await;
    let other = signed_in(&app, OWNER, GOOD).await;
    newest_is(&app, seed.site, "sign_in.succeeded", OWNER_DID).await;
    let key = hex::encode(Token::presented(&other.cookie(gatehouse::access::session::COOKIE).unwrap()).hash());
    owner.post("/me/sessions", &[("key", &key)]).await;
    newest_is(&app, seed.site, "session.ended", OWNER_DID).await;
    owner.post("/me/sessions", &[]).await;
    newest_is(&app, seed.site, "session.others_ended", OWNER_DID).await;
    owner.post("/me/profile", &[("name", "Maren")]).await;
    newest_is(&app, seed.site, "profile.renamed", OWNER_DID).await;

    let stranger = ("stranger", Some(OWNER), Some("203.0.113.1"));
    app.browser().post("/forgot-password", &[("email", OWNER)]).await;
    do_jobs(&app).await;
    newest_is(&app, seed.site, "password.reset_asked", stranger).await;
    owner.post("/me/email", &[("email", "mara@new.example"), ("password", GOOD)]).await;
    newest_is(&app, seed.site, "email.change_asked", OWNER_DID).await;
    open(&owner, &link(&mails(&app, "mara@new.example").await[0])).await;
    owner.post("/confirm-email", &[]).await;
    newest_is(&app, seed.site, "email.changed", ("stranger", Some("mara@new.example"), Some("203.0.113.1"))).await;
    open(&owner, &link(mails(&app, OWNER).await.last().unwrap())).await;
    owner.post("/revert-email", &[]).await;
    newest_is(&app, seed.site, "email.reverted", stranger).await;
}

#[tokio::test]
async fn a_device_that_is_removed_and_codes_that_are_closed() {
    let (app, seed) = house().await;
    let phone = number(&app, seed.owner).await;
    let pocket = authenticator(&app, seed.owner).await;
    let browser = half_in(&app).await;
    for _ in 0..4 {
        for _ in 0..3 {
            type_code(&browser, pocket.id, &pocket.wrong(&app)).await;
        }
        app.wait(TimeDelta::seconds(30));
    }
    let closed = "select count(*) from audit where action = 'second_step.closed'";
    assert_eq!(app.count(closed).await, 1, "once, however often somebody goes on");

    let owner = app.signed_in_with(seed.owner, gatehouse::access::session::Assurance::SecondFactor).await;
    owner.post(&format!("/me/second-factor/{phone}/end"), &[("reason", "removed")]).await;
    newest_is(&app, seed.site, "second_factor.removed", OWNER_DID).await;
}

#[tokio::test]
async fn keys_that_are_made_and_revoked() {
    let (app, seed) = house().await;
    let owner = app.signed_in(seed.owner).await;
    let key = [("name", "Shop server"), ("expires", "90"), ("lists_read", "on")];
    assert_eq!(owner.post("/s/harbour-books/api-keys/new", &key).await.status, 201);
    newest_is(&app, seed.site, "api_key.created", OWNER_DID).await;
    let id: uuid::Uuid =
        sqlx::query_scalar("select id from api_key").fetch_one(&mut app.superuser().await).await.unwrap();
    let id = gatehouse::kernel::id::KeyId(id);
    assert_eq!(
        owner.post(&format!("/s/harbour-books/api-keys/{id}/revoke"), &[("typed", "Shop server")]).await.status,
        303
    );
    newest_is(&app, seed.site, "api_key.revoked", OWNER_DID).await;
}

#[tokio::test]
async fn a_network_that_is_refused_stands_in_the_installations_own_chain() {
    let (app, _) = house().await;
    for n in 0..25 {
        try_to_sign_in(&app.browser().at("198.51.100.9"), &format!("person{n}@example.com"), BAD).await;
    }
    let refused = "select count(*) from audit where action = 'network.refused' and site_id = '00000000-0000-0000-0000-000000000000'";
    assert_eq!(app.count(refused).await, 1);
}
