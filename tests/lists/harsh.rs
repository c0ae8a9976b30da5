//! What an entry or a list would have done is shown before it is saved, and what would have turned most good payments
//! away is saved only by who names how many.

use gatehouse::access::Role;
use gatehouse::decision::service::outcome::{Became, Told, report};

use super::{hidden, new_list, send_entry};
use crate::decision::stage::payment;
use crate::support::{Answer, Browser, Seed, TestApp};

/// Payments that went through and were approved: each with an address, e-mail and card of its own, all by Visa.
async fn good_payments(stage: &TestApp, seed: &Seed, many: u32) {
    for n in 0..many {
        let decision = payment(seed.site, seed.service, n).card(&format!("card-{n}")).sent(&stage.app).await;
        report(&stage.app, seed.site, decision.id, Told::plain(Became::Approved)).await.unwrap();
    }
}

fn asks_for(answer: &Answer, refused: u32, of: u32) -> bool {
    answer.status == 422
        && answer.body.contains(&format!("refused {refused} of the {of} payments"))
        && answer.body.contains(&format!("Type {refused} to go on"))
}

async fn stage() -> (TestApp, Seed, Browser) {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    good_payments(&stage, &seed, 3).await;
    (stage, seed, owner)
}

const EVERYBODY: (&str, &str) = ("ip", "0.0.0.0/0");

#[tokio::test]
async fn an_entry_that_would_have_refused_most_good_payments_wants_the_number_typed() {
    let (stage, seed, owner) = stage().await;
    let list = new_list(&owner, &seed.handle, "block", "Networks").await;
    let send = async |rows: &[(&str, &str)], more: &[(&str, &str)]| {
        send_entry(&owner, &seed.handle, &list, "Net", rows, more).await
    };
    let asked = send(&[EVERYBODY], &[]).await;
    assert!(asks_for(&asked, 3, 3), "{} {}", asked.status, asked.body);
    assert!(asked.body.contains("0.0.0.0/0"), "the input is kept: {}", asked.body);
    assert_eq!(send(&[EVERYBODY], &[("typed", "4")]).await.status, 422);
    assert_eq!(stage.count("select count(*) from list_entry").await, 0);
    let one_of_three = send(&[("ip", "10.0.0.1")], &[]).await;
    assert_eq!(one_of_three.status, 303, "less than half is nobody's business: {}", one_of_three.body);
    assert_eq!(send(&[EVERYBODY], &[("typed", "3")]).await.status, 303);

    // Support may block, and is asked as well.
    let support = stage.actor(seed.site, Role::Support).await;
    let harsh = send_entry(&support, &seed.handle, &list, "Visa", &[("card_brand", "Visa")], &[]).await;
    assert!(asks_for(&harsh, 3, 3), "{} {}", harsh.status, harsh.body);
}

#[tokio::test]
async fn a_wider_entry_is_asked_for_its_number_too() {
    let (stage, seed, owner) = stage().await;
    let list = new_list(&owner, &seed.handle, "block", "Networks").await;
    assert_eq!(send_entry(&owner, &seed.handle, &list, "Net", &[("ip", "10.0.0.1")], &[]).await.status, 303);
    let page = owner.get(&format!("/s/{}/lists/{list}", seed.handle)).await;
    let entry = regex::Regex::new("entries/(ent_[a-z0-9]+)").unwrap().captures(&page.body).unwrap()[1].to_owned();
    let path = format!("/s/{}/lists/{list}/entries/{entry}/edit", seed.handle);
    let wider = [("name", "Net"), ("field-1", EVERYBODY.0), ("values-1", EVERYBODY.1)];
    // The one that the entry names is refused already.
    let asked = owner.post(&path, &wider).await;
    assert!(asks_for(&asked, 2, 2), "{} {}", asked.status, asked.body);
    let named = owner.post(&path, &[&wider[..], &[("typed", "2")]].concat()).await;
    assert_eq!(named.status, 303, "{}", named.body);
    assert_eq!(stage.count("select count(*) from list_entry where valid_to is null").await, 1);
}

#[tokio::test]
async fn an_entry_from_a_decision_is_asked_for_its_number_too() {
    let (stage, seed, owner) = stage().await;
    let list = new_list(&owner, &seed.handle, "block", "Brands").await;
    let decision = payment(seed.site, seed.service, 9).card("card-9").sent(&stage.app).await.id.to_string();
    let path = format!("/s/{}/lists/entries/new", seed.handle);
    let once = hidden(&owner.get(&format!("{path}?kind=block&from={decision}")).await, "once");
    let fields = [
        ("once", once.as_str()),
        ("from", &decision),
        ("kind", "block"),
        ("list", &list),
        ("name", "Visa"),
        ("use", "card_brand"),
    ];
    let effect = owner.post(&path, &[&fields[..], &[("action", "preview")]].concat()).await;
    assert!(effect.status == 200 && effect.words("Effect of this entry", "p").contains("3 more approved ones"));
    let asked = owner.post(&path, &fields).await;
    assert!(asks_for(&asked, 4, 4), "{} {}", asked.status, asked.body);
    assert_eq!(stage.count("select count(*) from list_entry").await, 0);
    assert_eq!(owner.post(&path, &[&fields[..], &[("typed", "4")]].concat()).await.status, 303);
}

#[tokio::test]
async fn a_mode_that_would_have_refused_most_good_payments_wants_the_number_typed() {
    let (stage, seed, owner) = stage().await;
    let list = new_list(&owner, &seed.handle, "block", "Networks").await;
    let path = format!("/s/{}/lists/{list}", seed.handle);
    let switch = async |more: &[(&str, &str)]| owner.post(&format!("{path}/switch"), more).await;
    assert_eq!(switch(&[("to", "shadow")]).await.status, 303);
    let in_shadow = send_entry(&owner, &seed.handle, &list, "All", &[EVERYBODY], &[]).await;
    assert_eq!(in_shadow.status, 303, "in shadow it refuses nobody: {}", in_shadow.body);
    let asked = switch(&[("to", "enforce")]).await;
    assert!(asks_for(&asked, 3, 3) && asked.body.contains("name=\"to\" value=\"enforce\""), "{}", asked.body);

    let base = hidden(&owner.get(&format!("{path}/edit")).await, "base");
    let fields = [("base", base.as_str()), ("name", "Networks"), ("reach", "all"), ("mode", "enforce")];
    let effect = owner.post(&format!("{path}/edit"), &[&fields[..], &[("action", "preview")]].concat()).await;
    assert!(effect.words("Effect of your change", "p").contains("3 more approved ones"), "{}", effect.body);
    assert!(asks_for(&owner.post(&format!("{path}/edit"), &fields).await, 3, 3));
    assert_eq!(stage.count("select count(*) from list where mode = 'shadow'").await, 1);
    assert_eq!(switch(&[("to", "enforce"), ("typed", "3")]).await.status, 303);
    assert_eq!(stage.count("select count(*) from list where mode = 'enforce'").await, 1);
}

#[tokio::test]
async fn the_effect_of_another_mode_is_shown_before_it_is_saved() {
    let (stage, seed, owner) = stage().await;
    let list = new_list(&owner, &seed.handle, "block", "Networks").await;
    let path = format!("/s/{}/lists/{list}", seed.handle);
    assert_eq!(send_entry(&owner, &seed.handle, &list, "Net", &[("ip", "10.0.0.1")], &[]).await.status, 303);
    let asked = async |to: &str| owner.get(&format!("{path}/switch?to={to}")).await;
    let weaker = asked("off").await;
    assert!(weaker.words("Effect of your change", "p").contains("1 fewer approved one"), "{}", weaker.body);
    assert!(!weaker.body.contains("name=\"typed\""), "lifting needs no number: {}", weaker.body);
    assert_eq!(stage.count("select count(*) from list where mode = 'enforce'").await, 1, "nothing is saved yet");

    assert_eq!(owner.post(&format!("{path}/switch"), &[("to", "shadow")]).await.status, 303);
    let stronger = asked("enforce").await;
    assert!(stronger.words("Effect of your change", "p").contains("1 more approved one"), "{}", stronger.body);
    assert!(!stronger.body.contains("name=\"typed\""), "one of three is no number to type: {}", stronger.body);
    assert_eq!(send_entry(&owner, &seed.handle, &list, "All", &[EVERYBODY], &[]).await.status, 303);
    let harsh = asked("enforce").await;
    assert_eq!(harsh.status, 200);
    assert!(harsh.body.contains("3 of the 3 payments") && harsh.body.contains("Type 3 to go on"), "{}", harsh.body);
    assert_eq!(stage.count("select count(*) from list where mode = 'shadow'").await, 1);
    assert_eq!(asked("shadow").await.location(), path, "there is nothing to ask");
    assert_eq!(asked("sideways").await.status, 400);
}

#[tokio::test]
async fn a_list_s_page_asks_before_a_mode_that_acts_and_not_between_off_and_shadow() {
    let (_stage, seed, owner) = stage().await;
    let list = new_list(&owner, &seed.handle, "block", "Networks").await;
    let path = format!("/s/{}/lists/{list}", seed.handle);
    let at_once = async |mode: &str| {
        let page = owner.get(&path).await.body;
        assert!(page.contains(&format!("<form action=\"{path}/switch\" method=\"get\">")), "{page}");
        let button = regex::Regex::new(&format!("<button[^>]* value=\"{mode}\"[^>]*>")).unwrap();
        button.find(&page).unwrap_or_else(|| panic!("no {mode} in {page}")).as_str().contains("formmethod=\"post\"")
    };
    assert!(!at_once("off").await && !at_once("shadow").await, "what is enforced acts");
    assert_eq!(owner.post(&format!("{path}/switch"), &[("to", "off")]).await.status, 303);
    assert!(at_once("shadow").await && !at_once("enforce").await);
}

#[tokio::test]
async fn taking_trust_away_from_most_good_payments_wants_the_number_typed() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "allow", "Friends").await;
    let friend = send_entry(&owner, &seed.handle, &list, "Office", &[("ip", "192.0.2.7")], &[]).await;
    assert_eq!(friend.status, 303, "{}", friend.body);
    for n in 0..8 {
        payment(seed.site, seed.service, n).address("192.0.2.7").card(&format!("card-{n}")).sent(&stage.app).await;
    }
    let path = format!("/s/{}/lists/{list}", seed.handle);
    let service = seed.service.to_string();
    for (way, fields) in [
        ("switch", &[("to", "shadow")][..]),
        ("remove", &[("typed", "Friends")]),
        ("unlink", &[("service", service.as_str())]),
    ] {
        let asked = owner.post(&format!("{path}/{way}"), fields).await;
        assert!(asks_for(&asked, 5, 8), "{way}: {} {}", asked.status, asked.body);
    }
    let page = owner.get(&path).await;
    let entry = regex::Regex::new("entries/(ent_[a-z0-9]+)").unwrap().captures(&page.body).unwrap()[1].to_owned();
    let remove = format!("{path}/entries/{entry}/remove");
    assert!(asks_for(&owner.post(&remove, &[]).await, 5, 8));
    let whole = [("typed", "Friends"), ("number", "8")];
    assert!(asks_for(&owner.post(&format!("{path}/remove"), &whole).await, 5, 8), "another number names nothing");
    assert_eq!(owner.post(&remove, &[("typed", "5")]).await.status, 303);
    assert_eq!(owner.post(&format!("{path}/switch"), &[("to", "off")]).await.status, 303, "it trusts nobody any more");
}

#[tokio::test]
async fn the_effect_is_shown_before_an_entry_is_saved_and_saves_nothing() {
    let (stage, seed, owner) = stage().await;
    for (kind, values, said) in [
        ("block", "10.0.0.1\n10.0.0.2", "2 more approved ones"),
        ("block", "198.51.100.0/24", "It would have changed nothing."),
        ("challenge", "0.0.0.0/0", "challenged 3 more payments, 3 of them approved by the bank."),
    ] {
        let list = new_list(&owner, &seed.handle, kind, values.split(['/', '\n']).next().unwrap()).await;
        let shown = send_entry(&owner, &seed.handle, &list, "Net", &[("ip", values)], &[("action", "preview")]).await;
        let words = shown.words("Effect of this entry", "p");
        assert!(shown.status == 200 && words.contains(said), "{words}: {}", shown.body);
        assert!(shown.body.contains("Add entry") && shown.body.contains("198.51.100.0/24") == values.contains("198"));
    }
    assert_eq!(stage.count("select count(*) from list_entry").await, 0);
}
