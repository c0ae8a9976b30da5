//! The operator gives people a place, opens their locked accounts, and switches them off and on. They learn of it.

use gatehouse::access::Role;
use gatehouse::access::service::collaborator::{Made, NewCollaborator, create, disable, enable, unlock};
use gatehouse::audit::Actor;

use super::stage::*;

const MARA: &str = "mara@example.com";

#[tokio::test]
async fn who_is_given_a_place_and_the_owners_of_the_site_are_told() {
    let (app, seed) = house().await;
    let neighbour = app.seed_site("other-books").await;
    let who = colleague(&app, &seed, MARA).await;
    let site = gatehouse::sites::by_handle(&app.app.db, &neighbour.handle).await.unwrap().unwrap();
    let new = || NewCollaborator {
        email: MARA.parse().unwrap(),
        name: String::new(),
        role: Role::Admin,
        password: None,
        by: Actor::CommandLine,
    };
    assert_eq!(create(&app.app, &site, new()).await.unwrap(), Made::Place(who));
    let told = mails(&app, MARA).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("you are now an admin of other books") && told[0].contains("the operator"), "{told:?}");
    let owners = mails(&app, "owner@other-books.example").await;
    assert_eq!(owners.len(), 1, "{owners:?}");
    assert!(owners[0].contains("mara (mara@example.com) is now an admin of other books"), "{owners:?}");
    assert!(mails(&app, OWNER).await.is_empty(), "another site's owner is not concerned");
    assert!(create(&app.app, &site, new()).await.is_err(), "they are there already");
    assert_eq!(app.waiting_mails().await.len(), 2);
}

#[tokio::test]
async fn whose_account_is_unlocked_is_told() {
    let (app, seed) = house().await;
    colleague(&app, &seed, MARA).await;
    fail(&app.browser(), MARA, 10).await;
    let before = mails(&app, MARA).await.len();
    assert!(unlock(&app.app, &MARA.parse().unwrap(), Actor::CommandLine).await.unwrap());
    assert!(is_in(&try_to_sign_in(&app.browser(), MARA, GOOD).await));
    let told = mails(&app, MARA).await;
    assert_eq!(told.len(), before + 1);
    assert!(told[before].contains("You can sign in again.") && told[before].contains("the operator"), "{told:?}");
    assert!(!unlock(&app.app, &MARA.parse().unwrap(), Actor::CommandLine).await.unwrap());
    assert_eq!(mails(&app, MARA).await.len(), before + 1, "nothing was opened, nothing is told");
}

#[tokio::test]
async fn who_is_switched_off_is_out_everywhere_until_they_are_switched_on_again() {
    let (app, seed) = house().await;
    let neighbour = app.seed_site("other-books").await;
    let who = colleague(&app, &seed, MARA).await;
    app.member(neighbour.site, who, Role::Admin).await;
    let theirs = signed_in(&app, MARA, GOOD).await;
    let invitation = [("email", "ruth@example.com"), ("role", "support")];
    assert_eq!(theirs.post("/s/other-books/collaborators/invite", &invitation).await.status, 303);

    let email = MARA.parse().unwrap();
    assert!(disable(&app.app, &email, "").await.is_err(), "not without a reason");
    assert!(disable(&app.app, &email, "Has left the company").await.unwrap());
    assert!(!disable(&app.app, &email, "Has left the company").await.unwrap(), "already");
    assert!(!sees_the_console(&theirs).await);
    assert!(!is_in(&try_to_sign_in(&app.browser(), MARA, GOOD).await));
    assert_eq!(count(&app, "select count(*) from invitation where revoked_at is null").await, 0);
    assert!(mails(&app, MARA).await.last().unwrap().contains("Has left the company"));
    let list = app.signed_in(seed.owner).await.get("/s/harbour-books/collaborators").await;
    assert!(list.body.contains("switched off"), "{}", list.body);
    for site in [seed.site, neighbour.site] {
        assert_eq!(audited(&app, site, "account.disabled").await, 1, "recorded at each site");
    }

    assert!(enable(&app.app, &email).await.unwrap());
    assert!(!enable(&app.app, &email).await.unwrap(), "already");
    assert!(is_in(&try_to_sign_in(&app.browser(), MARA, GOOD).await));
    assert!(!sees_the_console(&theirs).await, "with a new session only");
    assert_eq!(audited(&app, seed.site, "account.enabled").await, 1);
    assert!(disable(&app.app, &"nobody@example.com".parse().unwrap(), "Has left").await.is_err());
}

#[tokio::test]
async fn the_last_owner_of_a_site_stays_even_if_all_are_switched_off_at_once() {
    let (app, seed) = house().await;
    let owners = ["second@example.com", "third@example.com"];
    for email in owners {
        let who = app.person(email).await;
        app.member(seed.site, who, Role::Owner).await;
    }
    let mut tasks = tokio::task::JoinSet::new();
    for email in [OWNER, owners[0], owners[1]] {
        let app = app.app.clone();
        tasks.spawn(async move { disable(&app, &email.parse().unwrap(), "Has left the company").await });
    }
    let done = tasks.join_all().await;
    let refused: Vec<_> = done.iter().filter_map(|one| one.as_ref().err()).collect();
    assert_eq!(refused.len(), 1, "{done:?}");
    assert_eq!(refused[0].code, "last_owner");
    assert!(refused[0].detail.contains("the only owner of harbour books"), "{}", refused[0].detail);
    assert_eq!(count(&app, "select count(*) from collaborator where disabled_at is null").await, 1);
}
