//! From a decision's page to a list, and to the next decision.

use gatehouse::access::Role;
use gatehouse::decision::attempt::{AttemptRequest, Card, Kind, PostalAddress};
use gatehouse::decision::service::decide::decide;
use gatehouse::decision::verdict::Outcome;
use gatehouse::kernel::ip::ClientAddress;
use gatehouse::kernel::money::Money;

use super::{add_entry, hidden, new_list};
use crate::support::{Seed, TestApp};

fn payment(seed: &Seed, email: &str, ip: &str) -> AttemptRequest {
    let mut request = AttemptRequest::new(seed.site, Kind::Payment);
    request.service = Some(seed.service);
    request.money = Some(Money::new(1_000, "GBP".parse().unwrap()));
    request.customer.email = Some(email.parse().unwrap());
    request.ip = ClientAddress::parse(ip);
    request.card = Some(Card {
        fingerprint: Some("fp-1".into()),
        bin: Some("41190012".into()),
        last4: Some("0042".into()),
        brand: Some("Visa".into()),
        ..Card::default()
    });
    request.shipping = Some(PostalAddress {
        address: Some("Sandside 14".into()),
        country: Some("GB".into()),
        ..PostalAddress::default()
    });
    request
}

#[tokio::test]
async fn support_blocks_the_address_of_a_payment_and_the_next_one_is_refused() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let support = stage.actor(seed.site, Role::Support).await;
    let first = decide(&stage.app, payment(&seed, "ann@example.com", "203.0.113.7")).await.unwrap();
    assert_eq!(first.outcome, Outcome::Approve);
    // Others buy too: what refuses less than half of them needs no number typed.
    for n in 8..10 {
        let mut other = payment(&seed, &format!("other{n}@example.com"), &format!("198.51.100.{n}"));
        other.card = None;
        decide(&stage.app, other).await.unwrap();
    }
    let path = format!("/s/{}/lists/entries/new", seed.handle);
    let asked = format!("{path}?kind=block&from={}&field=ip", first.id);
    assert!(support.get(&asked).await.body.contains("Ask an owner or admin to make one."));
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    let other_kind = new_list(&owner, &seed.handle, "challenge", "Ask").await;

    let page = support.get(&asked).await;
    assert_eq!(page.status, 200);
    for carried in ["ann@example.com", "203.0.113.7", "41190012", "0042", "Visa", "Sandside 14", "fp-1"] {
        assert!(page.body.contains(carried), "{carried}: {}", page.body);
    }
    let once = hidden(&page, "once");
    let from = first.id.to_string();
    let base = [("once", once.as_str()), ("from", from.as_str()), ("kind", "block"), ("name", "Caught")];
    let send = async |more: &[(&str, &str)]| support.post(&path, &[&base[..], more].concat()).await;
    let none = send(&[("list", &list)]).await;
    assert!(
        none.status == 422 && none.body.contains("Tick at least one value.") && none.body.contains("Caught"),
        "{}",
        none.body
    );
    assert_eq!(send(&[("list", &other_kind), ("use", "ip")]).await.status, 422, "a list of another kind");
    let made = send(&[("list", &list), ("use", "ip")]).await;
    assert_eq!(made.status, 303, "{}", made.body);
    assert_eq!(send(&[("list", &list), ("use", "ip")]).await.status, 303);
    assert_eq!(stage.count("select count(*) from list_entry").await, 1, "sent twice, made once");

    let next = decide(&stage.app, payment(&seed, "somebody@example.com", "203.0.113.7")).await.unwrap();
    assert_eq!(next.outcome, Outcome::Reject);
    let elsewhere = decide(&stage.app, payment(&seed, "ann@example.com", "203.0.113.8")).await.unwrap();
    assert_eq!(elsewhere.outcome, Outcome::Approve);
}

#[tokio::test]
async fn what_the_stopping_limit_counts_by_is_ticked_first() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let blocked = new_list(&owner, &seed.handle, "block", "Testers").await;
    let form = format!("/s/{}/lists/entries/new", seed.handle);
    let link = regex::Regex::new(r#"href="([^"]+/entries/new\?kind=block[^"]*)""#).unwrap();
    // Three of one e-mail, address or card are admitted in a day; they share one of them, and the fourth is refused for it.
    let stopped_by = async |shared: &str| {
        let mut last = None;
        for n in 0..4 {
            let own = |key: &str| if key == shared { 0 } else { 1 + n };
            let (email, ip) = (format!("{shared}{}@example.com", own("email")), own("ip"));
            let mut request = payment(&seed, &email, &format!("198.51.{}.{ip}", shared.len()));
            request.card.as_mut().unwrap().fingerprint = Some(format!("{shared}-{}", own("card_fingerprint")));
            last = Some(decide(&stage.app, request).await.unwrap());
        }
        last.unwrap()
    };
    let ticked = async |decision: gatehouse::kernel::id::DecisionId| {
        let trace = owner.get(&format!("/s/{}/decisions/{decision}", seed.handle)).await;
        let link =
            link.captures(&trace.body).unwrap_or_else(|| panic!("no link: {}", trace.body))[1].replace("&amp;", "&");
        let page = owner.get(&link).await;
        assert_eq!(page.status, 200, "{link}");
        let fields = page.form(&form);
        fields.into_iter().filter(|(name, _)| name == "use").map(|(_, value)| value).collect::<Vec<_>>()
    };
    for shared in ["ip", "email", "card_fingerprint"] {
        let decision = stopped_by(shared).await;
        assert_eq!(decision.outcome, Outcome::Reject, "{shared}");
        assert_eq!(ticked(decision.id).await, [shared]);
    }
    add_entry(&owner, &seed.handle, &blocked, "Caught", &[("ip", "203.0.113.7")]).await;
    let listed = decide(&stage.app, payment(&seed, "ann@example.com", "203.0.113.7")).await.unwrap();
    assert_eq!(listed.outcome, Outcome::Reject);
    assert_eq!(ticked(listed.id).await, ["email"], "a list has no key");
}

#[tokio::test]
async fn a_decision_of_another_site_lists_nothing_and_support_trusts_nobody() {
    let stage = TestApp::new().await;
    let (ours, theirs) = (stage.seed().await, stage.seed_site("other-shop").await);
    let owner = stage.signed_in(ours.owner).await;
    let support = stage.actor(ours.site, Role::Support).await;
    new_list(&owner, &ours.handle, "allow", "Friends").await;
    let foreign = decide(&stage.app, payment(&theirs, "ann@example.com", "203.0.113.7")).await.unwrap();
    let own = decide(&stage.app, payment(&ours, "ann@example.com", "203.0.113.7")).await.unwrap();
    let at = |id: &str, kind: &str| format!("/s/{}/lists/entries/new?kind={kind}&from={id}", ours.handle);
    assert_eq!(owner.get(&at(&foreign.id.to_string(), "block")).await.status, 404);
    assert_eq!(owner.get(&at("dec_nonsense", "block")).await.status, 404);
    assert_eq!(support.get(&at(&own.id.to_string(), "allow")).await.status, 403);
    let page = owner.get(&at(&own.id.to_string(), "allow")).await;
    assert_eq!(page.status, 200);
    let (once, from) = (hidden(&page, "once"), own.id.to_string());
    let list = regex::Regex::new(r#"value="(lst_[a-z0-9]+)""#).unwrap().captures(&page.body).unwrap()[1].to_owned();
    let fields = [
        ("once", once.as_str()),
        ("from", &from),
        ("kind", "allow"),
        ("list", &list),
        ("name", "Ann"),
        ("use", "email"),
        ("use", "ip"),
    ];
    let path = format!("/s/{}/lists/entries/new", ours.handle);
    assert_eq!(support.post(&path, &fields).await.status, 403);
    let made = owner.post(&path, &fields).await;
    assert!(made.location().ends_with("?added=2"), "each value is enough alone: {}", made.location());
}

#[tokio::test]
async fn without_a_decision_the_page_says_so_once_and_leads_back() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let page = owner.get("/s/harbour-books/lists/entries/new").await;
    assert_eq!(page.status, 400);
    let said = page.words("<main", "main");
    assert_eq!(said.matches("cannot be read").count(), 1, "{said}");
    assert!(said.contains("Start from the page that led here."), "{said}");
    assert!(page.body.contains("href=\"/s/harbour-books/overview\""), "{}", page.body);
}
