//! What matches: every field, all fields and any value, ranges, ends, lists that are off or linked elsewhere.

use chrono::TimeDelta;
use gatehouse::decision::lists::{Field, ListKind, Probe};
use gatehouse::decision::verdict::Outcome;
use gatehouse::kernel::ip::ClientAddress;

use super::{add_entry, matches, matches_at, matches_for, new_list, send_entry};
use crate::decision::stage::{finding, payment};
use crate::support::TestApp;

fn from(ip: &str) -> Probe {
    Probe::new().address(ClientAddress::parse(ip))
}

#[tokio::test]
async fn every_field_can_be_listed_and_is_found_again() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Everything").await;
    let value = |field: Field| match field {
        Field::Email => "Ann@Example.com",
        Field::Ip => "203.0.113.7",
        Field::Bin => "411900",
        Field::Last4 => "0042",
        Field::BillingCountry | Field::ShippingCountry => "gb",
        Field::CardBrand => "American Express",
        _ => "Straße 14",
    };
    for field in Field::ALL {
        add_entry(&owner, &seed.handle, &list, field.label(), &[(field.as_str(), value(field))]).await;
    }
    for field in Field::ALL {
        let probe = match field {
            Field::Ip => from("::ffff:203.0.113.7"),
            Field::Email => Probe::new().with(field, " ann@EXAMPLE.com"),
            Field::Bin => Probe::new().with(field, "41190012"),
            Field::CardBrand => Probe::new().with(field, "amex"),
            Field::CardHolder => Probe::new().with(field, "STRASSE 14"),
            _ => Probe::new().with(field, value(field)),
        };
        let found = matches(&stage, &seed, &probe).await;
        assert_eq!(found.len(), 1, "{field:?} {found:?}");
        assert_eq!(
            (found[0].kind, found[0].fields.as_slice(), found[0].entry_name.as_str()),
            (ListKind::Block, &[field][..], field.label())
        );
        assert_eq!(found[0].list_name, "Everything");
    }
    assert!(matches(&stage, &seed, &Probe::new()).await.is_empty());
    assert!(
        matches(
            &stage,
            &seed,
            &Probe::new().with(Field::Email, "bob@example.com").with(Field::BillingCity, "ann@example.com")
        )
        .await
        .is_empty()
    );
}

#[tokio::test]
async fn all_fields_must_match_and_any_value_of_a_field_will_do() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "challenge", "Resellers").await;
    let rows = [
        ("shipping_address", "Sandside 14\nSandside 16"),
        ("card_brand", "Visa\nMastercard"),
        ("ip", "203.0.113.0/24\n198.51.100.7"),
    ];
    add_entry(&owner, &seed.handle, &list, "Ring", &rows).await;
    let whole = || {
        Probe::new()
            .with(Field::ShippingAddress, "sandside 16")
            .with(Field::CardBrand, "VISA")
            .address(ClientAddress::parse("203.0.113.9"))
    };
    let found = matches(&stage, &seed, &whole()).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].fields, [Field::Ip, Field::CardBrand, Field::ShippingAddress]);
    let lacking = Probe::new().with(Field::ShippingAddress, "sandside 16").with(Field::CardBrand, "VISA");
    assert!(matches(&stage, &seed, &lacking).await.is_empty(), "the address is not known");
    let other = Probe::new()
        .with(Field::ShippingAddress, "sandside 16")
        .with(Field::CardBrand, "Amex")
        .address(ClientAddress::parse("203.0.113.9"));
    assert!(matches(&stage, &seed, &other).await.is_empty(), "one field differs");
}

#[tokio::test]
async fn ranges_hold_their_addresses_and_no_others() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Ranges").await;
    add_entry(&owner, &seed.handle, &list, "v4", &[("ip", "203.0.113.64/27")]).await;
    add_entry(&owner, &seed.handle, &list, "v6", &[("ip", "2001:db8:77::/48")]).await;
    add_entry(&owner, &seed.handle, &list, "all v4 of a provider", &[("ip", "198.0.0.0/8")]).await;
    for (ip, hit) in [
        ("203.0.113.63", false),
        ("203.0.113.64", true),
        ("203.0.113.95", true),
        ("203.0.113.96", false),
        ("::ffff:203.0.113.70", true),
        ("2001:db8:77::1", true),
        ("2001:db8:77:ffff:ffff:ffff:ffff:ffff", true),
        ("2001:db8:78::", false),
        ("198.255.255.255", true),
        ("199.0.0.0", false),
        ("not an address", false),
    ] {
        assert_eq!(!matches(&stage, &seed, &from(ip)).await.is_empty(), hit, "{ip}");
    }
}

#[tokio::test]
async fn an_unknown_address_is_never_trusted() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "allow", "Everybody").await;
    add_entry(&owner, &seed.handle, &list, "all of it", &[("ip", "0.0.0.0/0\n::/0")]).await;
    assert_eq!(matches(&stage, &seed, &from("203.0.113.7")).await.len(), 1);
    assert!(matches(&stage, &seed, &from("unknown")).await.is_empty());
}

#[tokio::test]
async fn an_entry_acts_to_the_end_of_its_last_day_in_the_sites_zone() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "For now").await;
    let made =
        send_entry(&owner, &seed.handle, &list, "Today", &[("email", "ann@example.com")], &[("ends", "2026-03-02")])
            .await;
    assert_eq!(made.status, 303, "{}", made.body);
    let ann = Probe::new().with(Field::Email, "ann@example.com");
    assert_eq!(matches(&stage, &seed, &ann).await.len(), 1);
    stage.wait(TimeDelta::hours(14) - TimeDelta::milliseconds(1));
    assert_eq!(matches(&stage, &seed, &ann).await.len(), 1, "a moment before midnight");
    stage.wait(TimeDelta::milliseconds(1));
    assert!(matches(&stage, &seed, &ann).await.is_empty(), "midnight");
}

#[tokio::test]
async fn a_list_that_is_off_removed_or_linked_elsewhere_does_nothing() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    add_entry(&owner, &seed.handle, &list, "Ann", &[("email", "ann@example.com")]).await;
    let ann = Probe::new().with(Field::Email, "ann@example.com");
    let path = format!("/s/{}/lists/{list}", seed.handle);
    assert_eq!(matches_for(&stage, &seed, None, &ann).await.len(), 1, "a list of all services acts on a login too");

    assert_eq!(owner.post(&format!("{path}/switch"), &[("to", "off")]).await.status, 303);
    assert!(matches(&stage, &seed, &ann).await.is_empty(), "off");
    assert_eq!(owner.post(&format!("{path}/switch"), &[("to", "enforce")]).await.status, 303);
    assert_eq!(matches(&stage, &seed, &ann).await.len(), 1);

    let service = seed.service.to_string();
    let page = owner.get(&path).await;
    assert!(page.body.contains("Unlink Checkout"));
    assert_eq!(owner.post(&format!("{path}/unlink"), &[("service", &service)]).await.status, 303);
    assert!(matches(&stage, &seed, &ann).await.is_empty(), "unlinked");
    assert!(owner.get(&path).await.body.contains("acts nowhere"));

    let form = owner.get(&format!("{path}/edit")).await;
    let base = super::hidden(&form, "base");
    let saved = owner
        .post(
            &format!("{path}/edit"),
            &[
                ("base", &base),
                ("name", "Testers"),
                ("note", ""),
                ("reach", "chosen"),
                ("service", &service),
                ("mode", "enforce"),
            ],
        )
        .await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(matches(&stage, &seed, &ann).await.len(), 1, "linked again");
    assert!(
        matches_for(&stage, &seed, None, &ann).await.is_empty(),
        "an attempt without a service is on no chosen one"
    );

    assert_eq!(owner.post(&format!("{path}/remove"), &[("typed", "Testers")]).await.status, 303);
    assert!(matches(&stage, &seed, &ann).await.is_empty(), "removed");
    assert_eq!(owner.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_list_in_shadow_is_recorded_and_not_acted_on() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let block = new_list(&owner, &seed.handle, "block", "Networks").await;
    let allow = new_list(&owner, &seed.handle, "allow", "Friends").await;
    add_entry(&owner, &seed.handle, &block, "Scanner", &[("ip", "10.0.0.0/24")]).await;
    add_entry(&owner, &seed.handle, &allow, "Ann", &[("email", "ann@example.com")]).await;
    for list in [&block, &allow] {
        let path = format!("/s/{}/lists/{list}", seed.handle);
        assert_eq!(owner.post(&format!("{path}/switch"), &[("to", "shadow")]).await.status, 303);
        assert!(owner.get(&path).await.body.contains("This list is in shadow"));
    }
    for n in 0..4 {
        let pay = payment(seed.site, seed.service, n).email("ann@example.com").card(&format!("card-{n}"));
        let decision = pay.sent(&stage.app).await;
        let refused = n == 3;
        assert_eq!((decision.outcome == Outcome::Reject, decision.shadow), (refused, !refused), "payment {n}");
        let said = |check: &str| finding(&decision, check).detail.clone();
        assert_eq!(
            said("block_list"),
            "On the block list “Networks” by IP address. In shadow: recorded, not acted on."
        );
        let would = if refused { "passed over: E-mail, payments in 24 h." } else { "changed nothing here." };
        assert!(said("allow_list").ends_with(&format!("Enforced, it would have {would}")), "{}", said("allow_list"));
        let page = owner.get(&format!("/s/{}/decisions/{}", seed.handle, decision.id)).await;
        assert!(
            page.body.contains("Shadow, would refuse") && page.body.contains("Shadow, would trust"),
            "{}",
            page.body
        );
    }
    let looked_up = owner.post(&format!("/s/{}/lists/look-up", seed.handle), &[("value", "10.0.0.7")]).await;
    assert!(looked_up.body.contains("No: the list is in shadow"), "{}", looked_up.body);
}

#[tokio::test]
async fn the_previous_release_and_this_one_find_each_others_modes() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    add_entry(&owner, &seed.handle, &list, "Ann", &[("email", "ann@example.com")]).await;
    let mut db = stage.superuser().await;
    // As the previous release reads: the column that it knows, and the facts under the name that it knows.
    let acts = "select enabled and lists is not null from list, decision_facts(site_id, $1, '{}', '{}', '{}', '{}', '{}', null, null, $2)";
    let ann: Vec<Vec<u8>> =
        Probe::new().with(Field::Email, "ann@example.com").digests().iter().map(|d| d.to_vec()).collect();
    for (to, expected) in [("shadow", false), ("enforce", true), ("off", false)] {
        owner.post(&format!("/s/{}/lists/{list}/switch", seed.handle), &[("to", to)]).await;
        let found: bool = sqlx::query_scalar(acts).bind(stage.clock.now()).bind(&ann).fetch_one(&mut db).await.unwrap();
        assert_eq!(found, expected, "{to}");
    }
    // As it writes.
    for (enabled, mode) in [(true, "enforce"), (false, "off")] {
        sqlx::query("update list set enabled = $1").bind(enabled).execute(&mut db).await.unwrap();
        let found: String = sqlx::query_scalar("select mode from list").fetch_one(&mut db).await.unwrap();
        assert_eq!(found, mode);
    }
    sqlx::query("update list set mode = 'shadow'").execute(&mut db).await.unwrap();
    sqlx::query("update list set name = 'Renamed', enabled = false").execute(&mut db).await.unwrap();
    assert_eq!(stage.count("select count(*) from list where mode = 'shadow'").await, 1, "renamed, not switched");
    sqlx::query(
        "insert into list (site_id, id, kind, name, enabled, created_at)
         select site_id, gen_random_uuid(), 'allow', 'Old', false, created_at from list",
    )
    .execute(&mut db)
    .await
    .unwrap();
    assert_eq!(stage.count("select count(*) from list where name = 'Old' and mode = 'off'").await, 1);
}

#[tokio::test]
async fn a_replay_asks_for_the_entries_that_stood_then() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    let before = stage.clock.now();
    stage.wait(TimeDelta::minutes(1));
    add_entry(&owner, &seed.handle, &list, "Ann", &[("email", "ann@example.com")]).await;
    let during = stage.clock.now();
    stage.wait(TimeDelta::minutes(1));
    let entry = matches(&stage, &seed, &Probe::new().with(Field::Email, "ann@example.com")).await[0].entry_id;
    let changed = owner
        .post(
            &format!("/s/{}/lists/{list}/entries/{entry}/edit", seed.handle),
            &[("name", "Bob"), ("field-1", "email"), ("values-1", "bob@example.com")],
        )
        .await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    let ann = Probe::new().with(Field::Email, "ann@example.com");
    let at = async |instant| matches_at(&stage, &seed, None, &ann, instant).await.len();
    assert_eq!((at(before).await, at(during).await, at(stage.clock.now()).await), (0, 1, 0));
}

#[tokio::test]
async fn twenty_thousand_entries_that_share_a_brand_cost_a_decision_nothing() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Many").await;
    add_entry(&owner, &seed.handle, &list, "One", &[("email", "one@example.com"), ("card_brand", "Visa")]).await;
    let mut db = stage.superuser().await;
    sqlx::raw_sql(
        "insert into list_entry (site_id, id, list_id, name, field_count, valid_from)
           select site_id, gen_random_uuid(), list_id, 'copy', 2, valid_from from list_entry, generate_series(1, 20000);
         insert into list_condition (site_id, entry_id, field, value, typed, digest, anchor)
           select site_id, id, 'email', id::text, id::text, substring(sha256(id::text::bytea) for 16), true from list_entry where name = 'copy';
         insert into list_condition (site_id, entry_id, field, value, typed, digest, anchor)
           select e.site_id, e.id, c.field, c.value, c.typed, c.digest, false
           from list_entry e, list_condition c where e.name = 'copy' and c.field = 'card_brand' and not c.anchor and c.entry_id <> e.id
             and c.entry_id = (select id from list_entry where name = 'One');
         analyze list_entry; analyze list_condition",
    )
    .execute(&mut db)
    .await
    .unwrap();
    let visa = Probe::new()
        .with(Field::CardBrand, "visa")
        .with(Field::Email, "one@example.com")
        .address(ClientAddress::parse("2001:db8::1"));
    assert_eq!(matches(&stage, &seed, &visa).await.len(), 1);
    // As the program's own role: row security must not keep the statement from its indexes.
    let mut tx = stage.app.db.site(seed.site).await.unwrap();
    let digests: Vec<Vec<u8>> = visa.digests().iter().map(|d| d.to_vec()).collect();
    let plan: serde_json::Value =
        sqlx::query_scalar(
            "explain (analyze, buffers, format json)
             select * from list_matches_of_attempts($1, '{null}', array[$3], array_fill(1, array[cardinality($2)]), $2, '{1}', array[cardinality($2)])",
        )
        .bind(seed.site.0)
        .bind(digests)
        .bind(stage.clock.now())
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    let pages = plan[0]["Plan"]["Shared Hit Blocks"].as_i64().unwrap()
        + plan[0]["Plan"]["Shared Read Blocks"].as_i64().unwrap();
    assert!(pages < 1_500, "{pages} pages; to find all who name the brand would take some 60,000: {plan}");
}
