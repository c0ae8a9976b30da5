//! How often lists and entries match: the figures on the pages, against what was decided.

use chrono::TimeDelta;
use futures::future::join_all;
use gatehouse::decision::service::decide::decide;
use gatehouse::kernel::id::{ListId, new_uuid};
use gatehouse::platform::jobs::runner::{order_recurring, run_due};

use super::{add_entry, new_list};
use crate::decision::stage::payment;
use crate::support::{Answer, Browser, Seed, TestApp};

/// What stands in the column behind a name of the page's table.
fn figure(page: &Answer, name: &str) -> String {
    let row = page.body.find(&format!(">{name}<!></a>")).unwrap_or_else(|| panic!("no {name} in {}", page.body));
    let row = page.body[row..].split("</tr>").next().unwrap();
    let cell = row.split("<td").find(|cell| cell.contains(r#"data-label="Matched in 24 h""#)).unwrap();
    let cell = Answer { status: page.status, headers: page.headers.clone(), body: format!("<td{cell}") };
    cell.words("<td", "td")
}

async fn lists(browser: &Browser, seed: &Seed) -> Answer {
    browser.get(&format!("/s/{}/lists", seed.handle)).await
}

async fn entries(browser: &Browser, seed: &Seed, list: &str) -> Answer {
    browser.get(&format!("/s/{}/lists/{list}", seed.handle)).await
}

#[tokio::test]
async fn each_list_and_entry_says_how_many_attempts_it_matched_in_24_hours() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let block = new_list(&owner, &seed.handle, "block", "Testers").await;
    let allow = new_list(&owner, &seed.handle, "allow", "Regulars").await;
    add_entry(&owner, &seed.handle, &block, "Ann", &[("email", "ann@example.com")]).await;
    add_entry(&owner, &seed.handle, &block, "Range", &[("ip", "203.0.113.0/24")]).await;
    add_entry(&owner, &seed.handle, &block, "Nobody", &[("email", "nobody@example.com")]).await;
    add_entry(&owner, &seed.handle, &allow, "Ann too", &[("email", "ann@example.com")]).await;
    let pay = |n, email, ip| payment(seed.site, seed.service, n).email(email).address(ip).sent(&stage.app);

    assert_eq!(figure(&lists(&owner, &seed).await, "Testers"), "0 None in 30 days");
    pay(1, "ann@example.com", "198.51.100.1").await;
    stage.wait(TimeDelta::minutes(10));
    pay(2, "ann@example.com", "203.0.113.9").await;
    pay(3, "bob@example.com", "198.51.100.2").await;
    stage.wait(TimeDelta::minutes(10));

    let page = lists(&owner, &seed).await;
    assert_eq!(figure(&page, "Testers"), "2 Last: 10 min ago", "the attempt on two of its entries counts once");
    assert_eq!(figure(&page, "Regulars"), "2 Last: 10 min ago", "matched, though the block list won");
    let page = entries(&owner, &seed, &block).await;
    assert_eq!(figure(&page, "Ann"), "2 Last: 10 min ago");
    assert_eq!(figure(&page, "Range"), "1 Last: 10 min ago");
    assert_eq!(figure(&page, "Nobody"), "0 None in 30 days");
    let found = owner.post(&format!("/s/{}/lists/look-up", seed.handle), &[("value", "203.0.113.77")]).await;
    assert_eq!(figure(&found, "Range"), "1 Last: 10 min ago", "also where it is looked up");
}

#[tokio::test]
async fn what_matched_more_than_24_hours_ago_is_only_named_as_the_last() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "challenge", "Ask").await;
    add_entry(&owner, &seed.handle, &list, "Ann", &[("email", "ann@example.com")]).await;
    payment(seed.site, seed.service, 1).email("ann@example.com").sent(&stage.app).await;
    stage.wait(TimeDelta::hours(24) - TimeDelta::milliseconds(1));
    let owner = stage.signed_in(seed.owner).await;
    assert_eq!(figure(&lists(&owner, &seed).await, "Ask"), "1 Last: Yesterday, 10:00");
    stage.wait(TimeDelta::milliseconds(1));
    assert_eq!(figure(&lists(&owner, &seed).await, "Ask"), "0 Last: Yesterday, 10:00");
    assert_eq!(figure(&entries(&owner, &seed, &list).await, "Ann"), "0 Last: Yesterday, 10:00");
    stage.wait(TimeDelta::days(29) + TimeDelta::milliseconds(1));
    let owner = stage.signed_in(seed.owner).await;
    assert_eq!(figure(&lists(&owner, &seed).await, "Ask"), "0 None in 30 days");
    assert_eq!(stage.count("select count(*) from list_match").await, 1);
    order_recurring(&stage.app).await.unwrap();
    run_due(&stage.app).await.unwrap();
    assert_eq!(stage.count("select count(*) from list_match").await, 0, "nor are they kept");
}

#[tokio::test]
async fn another_sites_attempts_and_a_list_that_is_off_match_nothing() {
    let stage = TestApp::new().await;
    let (seed, other) = (stage.seed().await, stage.seed_site("other").await);
    let owner = stage.signed_in(seed.owner).await;
    let theirs = stage.signed_in(other.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    let copy = new_list(&theirs, &other.handle, "block", "Testers").await;
    add_entry(&owner, &seed.handle, &list, "Ann", &[("email", "ann@example.com")]).await;
    add_entry(&theirs, &other.handle, &copy, "Ann", &[("email", "ann@example.com")]).await;
    payment(other.site, other.service, 1).email("ann@example.com").sent(&stage.app).await;
    assert_eq!(figure(&lists(&owner, &seed).await, "Testers"), "0 None in 30 days");
    assert_eq!(figure(&lists(&theirs, &other).await, "Testers"), "1 Last: Now");

    let turn = async |to| owner.post(&format!("/s/{}/lists/{list}/switch", seed.handle), &[("to", to)]).await.status;
    assert_eq!(turn("off").await, 303);
    payment(seed.site, seed.service, 2).email("ann@example.com").sent(&stage.app).await;
    assert_eq!(figure(&lists(&owner, &seed).await, "Testers"), "0 None in 30 days");
    assert_eq!(turn("shadow").await, 303);
    payment(seed.site, seed.service, 3).email("ann@example.com").sent(&stage.app).await;
    assert_eq!(figure(&lists(&owner, &seed).await, "Testers"), "1 Last: Now", "what it would have stopped");
}

#[tokio::test]
async fn a_changed_entry_keeps_its_figure() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    add_entry(&owner, &seed.handle, &list, "Ann", &[("email", "ann@example.com")]).await;
    payment(seed.site, seed.service, 1).email("ann@example.com").sent(&stage.app).await;
    let edit = regex::Regex::new(r"entries/(ent_\w+)/edit").unwrap();
    for name in ["Anne", "Anna"] {
        stage.wait(TimeDelta::minutes(1));
        let page = entries(&owner, &seed, &list).await;
        let entry = edit.captures(&page.body).unwrap()[1].to_owned();
        let path = format!("/s/{}/lists/{list}/entries/{entry}/edit", seed.handle);
        let fields = [("name", name), ("field-1", "email"), ("values-1", "ann@example.com")];
        assert_eq!(owner.post(&path, &fields).await.status, 303);
        payment(seed.site, seed.service, 2).email("ann@example.com").sent(&stage.app).await;
    }
    assert_eq!(figure(&entries(&owner, &seed, &list).await, "Anna"), "3 Last: Now");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn simultaneous_attempts_on_one_entry_are_all_counted() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    add_entry(&owner, &seed.handle, &list, "Everybody", &[("ip", "10.0.0.0/8")]).await;
    let shots = (0..200).map(|n| {
        let app = stage.app.clone();
        let request = payment(seed.site, seed.service, n).0;
        tokio::spawn(async move { decide(&app, request).await.unwrap() })
    });
    assert_eq!(join_all(shots).await.len(), 200);
    assert_eq!(figure(&entries(&owner, &seed, &list).await, "Everybody"), "200 Last: Now");
}

#[tokio::test]
async fn counting_stops_where_the_figure_does() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Testers").await;
    let id: ListId = list.parse().unwrap();
    let decisions: Vec<uuid::Uuid> = (0..5_001).map(|_| new_uuid(stage.clock.now())).collect();
    sqlx::query("insert into list_match (site_id, entry_id, decision_id, list_id) select $1, $2, d, $2 from unnest($3::uuid[]) d")
        .bind(seed.site.0)
        .bind(id.0)
        .bind(&decisions)
        .execute(&mut stage.superuser().await)
        .await
        .unwrap();
    assert_eq!(figure(&lists(&owner, &seed).await, "Testers"), "5,000+ Last: Now");
}
