//! Finding decisions and reading the trace of one.

use gatehouse::access::Role;
use gatehouse::decision::attempt::Card;
use gatehouse::decision::service::decide::decide;
use gatehouse::decision::service::outcome;
use gatehouse::decision::service::search::{Filter, find_in};
use gatehouse::kernel::id::ServiceId;
use gatehouse::kernel::money::Money;
use gatehouse::kernel::page::PageRequest;

use crate::support::TestApp;

const LIST: &str = "/s/harbour-books/decisions";

#[tokio::test]
async fn the_trace_names_what_settled_it_with_its_numbers() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let refused = super::pay(&stage, &seed, 4).await;
    let support = stage.actor(seed.site, Role::Support).await;
    let page = support.get(&format!("{LIST}/{}", refused.id)).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for words in [
        "Refused: fourth payment from one",
        "4 of 3",
        "Velocity filters: refused",
        "r.calder@example.com",
        "203.0.113.77",
        "Visa ending 4417, 08/28",
        "HB-20418",
        "£84.00",
        "Checkout",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(page.body.contains(&format!("/lists/entries/new?kind=block&amp;from={}", refused.id)), "{}", page.body);
    assert!(!page.body.contains("kind=allow"), "support may not add allow entries");
    let owner = stage.signed_in(seed.owner).await;
    let page = owner.get(&format!("{LIST}/{}", refused.id)).await;
    assert!(page.body.contains("kind=allow") && page.body.contains("?replay=today"), "{}", page.body);
}

#[tokio::test]
async fn a_replay_tells_the_answer_it_would_get_today() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let refused = super::pay(&stage, &seed, 4).await;
    let owner = stage.signed_in(seed.owner).await;
    let path = format!("{LIST}/{}?replay=today", refused.id);
    assert!(owner.get(&path).await.body.contains("Same answer today."));
    let wide = [
        ("base_version", "0"),
        ("mode", "enforce"),
        ("card_payments", "9"),
        ("ip_payments", "9"),
        ("email_payments", "9"),
    ];
    assert_eq!(owner.post("/s/harbour-books/velocity", &wide).await.status, 303);
    let page = owner.get(&path).await;
    assert!(
        page.body.contains("Another answer today.") && page.body.contains("Approved: nothing was against it"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn newer_and_older_lead_along() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let first = super::pay(&stage, &seed, 1).await;
    let second = super::pay(&stage, &seed, 1).await;
    let third = super::pay(&stage, &seed, 1).await;
    let owner = stage.signed_in(seed.owner).await;
    let page = owner.get(&format!("{LIST}/{}", second.id)).await;
    assert!(page.body.contains(&format!("{LIST}/{}\" rel=\"prev\"", third.id)), "{}", page.body);
    assert!(page.body.contains(&format!("{LIST}/{}\" rel=\"next\"", first.id)), "{}", page.body);
    let page = owner.get(&format!("{LIST}/{}", third.id)).await;
    assert!(!page.body.contains("rel=\"prev\""));
}

#[tokio::test]
async fn filters_stand_in_the_address_and_narrow_the_table() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    assert!(owner.get(LIST).await.body.contains("No decision yet"));
    let refused = super::pay(&stage, &seed, 4).await;
    let mut other = super::payment(&seed);
    other.customer.email = Some("someone.else@example.com".parse().unwrap());
    other.ip = gatehouse::kernel::ip::ClientAddress::parse("198.51.100.9");
    other.card = Some(Card { fingerprint: Some("another".into()), last4: Some("9999".into()), ..Card::default() });
    let approved = decide(&stage.app, other).await.unwrap();
    outcome::report(&stage.app, seed.site, approved.id, outcome::Told::plain(outcome::Became::Declined)).await.unwrap();

    for (query, sees, misses) in [
        ("outcome=reject", refused.id, approved.id),
        ("outcome=approve&email=someone.else%40example.com", approved.id, refused.id),
        ("q=someone.else%40example.com", approved.id, refused.id),
        ("q=198.51.100.9", approved.id, refused.id),
        ("q=HB-20418&outcome=reject", refused.id, approved.id),
        ("became=declined", approved.id, refused.id),
        ("check=velocity_email_payments", refused.id, approved.id),
    ] {
        let page = owner.get(&format!("{LIST}?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert!(page.body.contains(&sees.to_string()), "{query}: {}", page.body);
        assert!(!page.body.contains(&misses.to_string()), "{query}");
    }
    assert!(owner.get(&format!("{LIST}?amount_from=85")).await.body.contains("Nothing matches"));
    assert_eq!(owner.get(&format!("{LIST}?q={}", refused.id)).await.location(), format!("{LIST}/{}", refused.id));
}

#[tokio::test]
async fn an_amount_is_looked_for_in_its_currency() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let (mut ids, mut services) = (Vec::new(), Vec::new());
    // The same number of minor units: £50, €50 and ¥5,000.
    for (n, currency) in ["GBP", "EUR", "JPY"].into_iter().enumerate() {
        let mut request = super::payment(&seed);
        request.customer.email = Some(format!("p{n}@example.com").parse().unwrap());
        let service = ServiceId::new(stage.clock.now());
        sqlx::query("insert into service (site_id, id, name, currency, created_at) values ($1, $2, $3, $3, $4)")
            .bind(seed.site.0)
            .bind(service.0)
            .bind(currency)
            .bind(stage.clock.now())
            .execute(&mut stage.superuser().await)
            .await
            .unwrap();
        services.push(service.to_string());
        request.service = Some(service);
        request.money = Some(Money::new(5_000, currency.parse().unwrap()));
        ids.push(decide(&stage.app, request).await.unwrap().id.to_string());
    }
    for filter in ["amount_from=40", "amount_to=60", "amount_from=50&amount_to=50"] {
        let page = owner.get(&format!("{LIST}?{filter}")).await;
        let found: Vec<bool> = ids.iter().map(|id| page.body.contains(id)).collect();
        assert_eq!(found, [true, false, false], "{filter}: the site counts in pounds");
    }
    let page = owner.get(&format!("{LIST}?service={}&amount_from=5000", services[2])).await;
    let found: Vec<bool> = ids.iter().map(|id| page.body.contains(id)).collect();
    assert_eq!(found, [false, false, true], "a service counts in its own");
    let filter = |currency: &str| Filter {
        currency: Some(currency.parse().unwrap()),
        amount_from: Some(5_000),
        ..Filter::default()
    };
    for (currency, id) in ["GBP", "EUR", "JPY"].into_iter().zip(&ids) {
        let found = find_in(&stage.app, seed.site, &filter(currency), PageRequest::FIRST).await.unwrap().data;
        assert_eq!(found.iter().map(|row| row.id.to_string()).collect::<Vec<_>>(), [id.as_str()], "{currency}");
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_told() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    for bad in ["outcome=perhaps", "from=tomorrow", "ip=1.2.3", "amount_to=-1", "service=svc_1", "check=astrology"] {
        let page = owner.get(&format!("{LIST}?{bad}")).await;
        assert_eq!(page.status, 422, "{bad}");
        assert!(page.body.contains("id=\"problems\""), "{bad}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_by_key() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    for n in 0..53 {
        let mut request = super::payment(&seed);
        request.customer.email = Some(format!("p{n}@example.com").parse().unwrap());
        request.ip = gatehouse::kernel::ip::ClientAddress::parse(&format!("198.51.100.{n}"));
        request.card = None;
        decide(&stage.app, request).await.unwrap();
        stage.wait(chrono::TimeDelta::seconds(1));
    }
    let owner = stage.signed_in(seed.owner).await;
    let first = owner.get(LIST).await;
    assert_eq!(first.body.matches("@example.com").count(), 50, "{}", first.body);
    let next = first
        .body
        .split("href=\"")
        .find(|part| part.contains("after=dec_"))
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    let second = owner.get(&next).await;
    assert_eq!(second.body.matches("@example.com").count(), 3);
    assert!(second.body.contains("First page") && !second.body.contains("Next page"));
}

#[tokio::test]
async fn another_sites_decision_is_not_there_and_text_is_text() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    stage.seed_site("night-market").await;
    let owner = stage.signed_in(seed.owner).await;
    let mut request = super::payment(&seed);
    let evil = "</code><script>alert(1)</script>";
    request.customer.external_id = Some(evil.into());
    request.user_agent = Some(evil.into());
    request.card = Some(Card {
        brand: Some(evil.into()),
        holder: Some(evil.into()),
        last4: Some("1111".into()),
        ..Card::default()
    });
    let id = decide(&stage.app, request).await.unwrap().id;
    for path in [format!("{LIST}/{id}"), LIST.to_owned()] {
        let page = owner.get(&path).await;
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("<script>alert"), "{path}: {}", page.body);
    }
    let stranger = stage.signed_in(stage.person("x@example.com").await).await;
    assert_eq!(stranger.get(&format!("{LIST}/{id}")).await.status, 404);
    let theirs = stage.person("theirs@example.com").await;
    let other = gatehouse::sites::by_handle(&stage.app.db, "night-market").await.unwrap().unwrap();
    stage.member(other.id, theirs, Role::Owner).await;
    assert_eq!(stage.signed_in(theirs).await.get(&format!("/s/night-market/decisions/{id}")).await.status, 404);
    assert_eq!(owner.get(&format!("{LIST}/dec_nonsense")).await.status, 404);
}
