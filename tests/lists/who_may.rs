//! Who may: roles, and people of other sites.

use gatehouse::access::Role;
use gatehouse::decision::lists::{Field, Probe};

use super::{add_entry, hidden, matches, new_list, send_entry};
use crate::support::TestApp;

#[tokio::test]
async fn support_may_block_and_challenge_but_not_allow() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let support = stage.actor(seed.site, Role::Support).await;
    let block = new_list(&owner, &seed.handle, "block", "Testers").await;
    let challenge = new_list(&owner, &seed.handle, "challenge", "Ask").await;
    let allow = new_list(&owner, &seed.handle, "allow", "Friends").await;
    let form = owner.get(&format!("/s/{}/lists/{allow}/entries/new", seed.handle)).await;
    add_entry(&owner, &seed.handle, &allow, "Office", &[("email", "office@example.com")]).await;
    let office = matches(&stage, &seed, &Probe::new().with(Field::Email, "office@example.com")).await[0].entry_id;

    add_entry(&support, &seed.handle, &block, "Ann", &[("email", "ann@example.com")]).await;
    add_entry(&support, &seed.handle, &challenge, "Bob", &[("email", "bob@example.com")]).await;
    let at = |rest: &str| format!("/s/{}/lists/{allow}{rest}", seed.handle);
    assert_eq!(support.get(&at("/entries/new")).await.status, 403);
    let once = hidden(&form, "once");
    let fields = [("once", once.as_str()), ("name", "Friend"), ("field-1", "email"), ("values-1", "ann@example.com")];
    assert_eq!(support.post(&at("/entries/new"), &fields).await.status, 403);
    assert_eq!(support.post(&at(&format!("/entries/{office}/edit")), &fields[1..]).await.status, 403);
    assert_eq!(support.post(&at(&format!("/entries/{office}/remove")), &[]).await.status, 403);
    for rest in ["/switch", "/remove", "/edit", "/unlink"] {
        assert_eq!(support.post(&at(rest), &[("to", "off")]).await.status, 403, "{rest}");
    }
    assert_eq!(support.get(&format!("/s/{}/lists/new", seed.handle)).await.status, 403);
    let page = support.get(&at("")).await;
    assert!(
        page.status == 200 && !page.body.contains("Add an entry") && !page.body.contains("name=\"to\""),
        "{}",
        page.body
    );
    let listed = support.get(&format!("/s/{}/lists/{block}", seed.handle)).await;
    assert!(listed.body.contains("Add an entry"));
    let ann = matches(&stage, &seed, &Probe::new().with(Field::Email, "ann@example.com")).await;
    assert_eq!(ann.len(), 1, "blocked, not allowed");
}

#[tokio::test]
async fn readers_read_and_change_nothing() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let block = new_list(&owner, &seed.handle, "block", "Testers").await;
    for role in [Role::Developer, Role::Analyst] {
        let reader = stage.actor(seed.site, role).await;
        for path in ["", "/look-up"] {
            assert_eq!(reader.get(&format!("/s/{}/lists{path}", seed.handle)).await.status, 200);
        }
        let asked = reader.post(&format!("/s/{}/lists/look-up", seed.handle), &[("value", "x")]).await;
        assert_eq!(asked.status, 200);
        assert_eq!(reader.get(&format!("/s/{}/lists/{block}", seed.handle)).await.status, 200);
        assert_eq!(reader.get(&format!("/s/{}/lists/{block}/entries/new", seed.handle)).await.status, 403);
        assert_eq!(
            reader.post(&format!("/s/{}/lists/{block}/entries/new", seed.handle), &[("name", "x")]).await.status,
            403
        );
    }
}

#[tokio::test]
async fn lists_and_entries_of_another_site_do_not_exist() {
    let stage = TestApp::new().await;
    let (ours, theirs) = (stage.seed().await, stage.seed_site("other-shop").await);
    let owner = stage.signed_in(ours.owner).await;
    let other = stage.signed_in(theirs.owner).await;
    let their_list = new_list(&other, &theirs.handle, "block", "Theirs").await;
    add_entry(&other, &theirs.handle, &their_list, "Ann", &[("email", "ann@example.com")]).await;
    let their_entry = matches(&stage, &theirs, &Probe::new().with(Field::Email, "ann@example.com")).await[0].entry_id;
    let our_list = new_list(&owner, &ours.handle, "block", "Ours").await;
    assert_eq!(owner.get(&format!("/s/{}/lists/{their_list}", theirs.handle)).await.status, 404, "another site");
    for rest in [
        "",
        "/edit",
        "/remove",
        "/entries/new",
        &format!("/entries/{their_entry}"),
        &format!("/entries/{their_entry}/edit"),
    ] {
        assert_eq!(owner.get(&format!("/s/{}/lists/{their_list}{rest}", ours.handle)).await.status, 404, "{rest}");
    }
    let entry_elsewhere = format!("/s/{}/lists/{our_list}/entries/{their_entry}", ours.handle);
    assert_eq!(owner.get(&entry_elsewhere).await.status, 404);
    assert_eq!(owner.post(&format!("{entry_elsewhere}/remove"), &[]).await.status, 404);
    assert_eq!(
        owner.post(&format!("/s/{}/lists/{their_list}/switch", ours.handle), &[("to", "off")]).await.status,
        404
    );
    assert_eq!(owner.get(&format!("/s/{}/lists/lst_nonsense", ours.handle)).await.status, 404);
    assert!(matches(&stage, &ours, &Probe::new().with(Field::Email, "ann@example.com")).await.is_empty());
    assert_eq!(matches(&stage, &theirs, &Probe::new().with(Field::Email, "ann@example.com")).await.len(), 1);
    let form = owner.post(&format!("/s/{}/lists/look-up", ours.handle), &[("value", "ann@example.com")]).await;
    assert!(form.body.contains("is not listed"));
    // An entry id that another site uses is free here: sites share nothing.
    let path = format!("/s/{}/lists/{our_list}/entries/new", ours.handle);
    let once = their_entry.to_string();
    let sent = owner
        .post(&path, &[("once", &once), ("name", "Ann"), ("field-1", "email"), ("values-1", "ann@example.com")])
        .await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let bad =
        send_entry(&owner, &ours.handle, &our_list, "x", &[("email", "bob@example.com")], &[("site", "other-shop")])
            .await;
    assert_eq!(bad.status, 400);
}
