//! Lists: what matches, who may change what, and what the forms do with good and bad input.

mod entries;
mod figures;
mod from_decision;
mod harsh;
mod keeping;
mod look_up;
mod matching;
mod who_may;

use gatehouse::decision::lists::{Field, ListMatch, Probe};
use gatehouse::kernel::clock::Timestamp;
use gatehouse::kernel::id::{EntryId, ListId, ServiceId};
use serde_json::Value;

use crate::support::{Answer, Browser, Seed, TestApp};

/// The value of a hidden field of a page.
pub fn hidden(page: &Answer, name: &str) -> String {
    let pattern = format!(r#"name="{name}" value="([^"]+)""#);
    let found = regex::Regex::new(&pattern).unwrap();
    found.captures(&page.body).unwrap_or_else(|| panic!("no hidden field {name} in {}", page.body))[1].to_owned()
}

/// Makes a list for all services in the console and gives back its id.
pub async fn new_list(browser: &Browser, site: &str, kind: &str, name: &str) -> String {
    let form = browser.get(&format!("/s/{site}/lists/new?kind={kind}")).await;
    assert_eq!(form.status, 200, "{}", form.body);
    let once = hidden(&form, "once");
    let made = browser
        .post(
            &format!("/s/{site}/lists/new"),
            &[("once", &once), ("kind", kind), ("name", name), ("note", ""), ("reach", "all"), ("mode", "enforce")],
        )
        .await;
    assert_eq!(made.status, 303, "{}", made.body);
    assert!(made.location().ends_with("?done=created"), "{}", made.location());
    once
}

/// Sends the form of a new entry with these fields and values.
pub async fn send_entry(
    browser: &Browser,
    site: &str,
    list: &str,
    name: &str,
    rows: &[(&str, &str)],
    more: &[(&str, &str)],
) -> Answer {
    let path = format!("/s/{site}/lists/{list}/entries/new");
    let form = browser.get(&path).await;
    assert_eq!(form.status, 200, "{}", form.body);
    let once = hidden(&form, "once");
    let names: Vec<(String, String)> =
        (1..=rows.len()).map(|n| (format!("field-{n}"), format!("values-{n}"))).collect();
    let mut fields: Vec<(&str, &str)> = vec![("once", &once), ("name", name), ("action", "save")];
    for ((field, values), (field_name, values_name)) in rows.iter().zip(&names) {
        fields.push((field_name, field));
        fields.push((values_name, values));
    }
    // Another button than "save" takes its place.
    fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    fields.extend_from_slice(more);
    browser.post(&path, &fields).await
}

/// The same, and it has to work.
pub async fn add_entry(browser: &Browser, site: &str, list: &str, name: &str, rows: &[(&str, &str)]) {
    let answer = send_entry(browser, site, list, name, rows, &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

/// What an attempt with the site's service matches now.
pub async fn matches(stage: &TestApp, seed: &Seed, probe: &Probe) -> Vec<ListMatch> {
    matches_for(stage, seed, Some(seed.service), probe).await
}

/// What an attempt matches now.
pub async fn matches_for(stage: &TestApp, seed: &Seed, service: Option<ServiceId>, probe: &Probe) -> Vec<ListMatch> {
    matches_at(stage, seed, service, probe, stage.clock.now()).await
}

/// What an attempt matches at an instant: what deciding reads, asked as the program asks it, within row security.
pub async fn matches_at(
    stage: &TestApp,
    seed: &Seed,
    service: Option<ServiceId>,
    probe: &Probe,
    at: Timestamp,
) -> Vec<ListMatch> {
    let mut tx = stage.app.db.site(seed.site).await.unwrap();
    let digests: Vec<Vec<u8>> = probe.digests().iter().map(|digest| digest.to_vec()).collect();
    let lists: Option<Value> = sqlx::query_scalar(
        "select lists
         from facts_of_attempts($1, '{}', false, array[$2::timestamptz], array[$3::uuid], '{1}', array[cardinality($4::bytea[])],
                                '{}', '{}', '{}', '{}', '{}', '{}', array_fill(1, array[cardinality($4)]), $4)",
    )
    .bind(seed.site.0)
    .bind(at)
    .bind(service.map(|service| service.0))
    .bind(digests)
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    let rows = lists.map_or_else(Vec::new, |rows| rows.as_array().unwrap().clone());
    rows.iter().map(read).collect()
}

fn read(row: &Value) -> ListMatch {
    let word = |name: &str| row[name].as_str().unwrap();
    let mut fields: Vec<Field> =
        row["fields"].as_array().unwrap().iter().map(|field| field.as_str().unwrap().parse().unwrap()).collect();
    fields.sort();
    ListMatch {
        list_id: ListId(word("list_id").parse().unwrap()),
        list_name: word("list_name").to_owned(),
        kind: word("kind").parse().unwrap(),
        mode: word("mode").parse().unwrap(),
        entry_id: EntryId(word("entry_id").parse().unwrap()),
        entry_name: word("entry_name").to_owned(),
        fields,
        also_risk_assessment: row["also_risk_assessment"].as_bool().unwrap(),
        also_challenge_list: row["also_challenge_list"].as_bool().unwrap(),
    }
}
