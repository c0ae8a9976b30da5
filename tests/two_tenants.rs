//! AZ-01: nobody reaches what is another site's. Every row of the table of endpoints that has an id in its path is called
//! by the owner of one site with the ids of another, below their own site and below the other's; and the program's role
//! reads no row of a site without saying which.

use std::collections::BTreeMap;

use gatehouse::access::session::Assurance;
use serde_json::{Value, json};

use crate::access::factors::authenticator;
use crate::api::Server;
use crate::authorization::agreed;
use crate::lists::new_list;
use crate::stale_session::{House, any_proof, filled_in, furnish};
use crate::support::{Answer, Browser, Seed, TestApp};

const MINE: &str = "/s/night-market";
const THEIRS: &str = "/s/harbour-books";

/// Somebody else's house, and the owner of another site, who has a list and a key of their own.
struct Street {
    stage: TestApp,
    theirs: Seed,
    house: House,
    me: Browser,
    list: String,
    server: Server,
}

async fn street() -> Street {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    let theirs = stage.seed().await;
    authenticator(&stage, theirs.owner).await;
    let owner = stage.signed_in_with(theirs.owner, Assurance::SecondFactor).await;
    let house = furnish(&stage, &theirs, &owner).await;
    let mine = stage.seed_site("night-market").await;
    authenticator(&stage, mine.owner).await;
    let me = stage.signed_in_with(mine.owner, Assurance::SecondFactor).await;
    let list = new_list(&me, &mine.handle, "block", "Mine").await;
    let server = Server::of(&stage, &mine).await;
    Street { stage, theirs, house, me, list, server }
}

impl Street {
    /// What the other house calls so. An id that is new in a path needs a value of theirs here.
    fn id(&self, path: &str, name: &str) -> String {
        let house = &self.house;
        let found = match name {
            "key" => &house.key,
            "who" => &house.who,
            "invitation" => &house.invitation,
            "list" => &house.block,
            "entry" => &house.entry,
            "service" => &house.service,
            "job" => &house.job,
            "decision" => &house.decision,
            "factor" if path.ends_with("/end") || path.ends_with("/name") || path.ends_with("}") => &house.active,
            "factor" => &house.waiting,
            "id" if path.starts_with("/v1/decisions") => &house.decision,
            "id" if path.starts_with("/v1/lists") => &house.block,
            "version" => return "3".to_owned(),
            other => panic!("{path}: what is {other} at another site?"),
        };
        found.clone()
    }

    /// The path below a site with all their ids, and where it has several, with a list of mine around their entry.
    fn filled(&self, path: &str, site: &str) -> Vec<String> {
        let path = path.replace("/s/{site}", site);
        let all = |own_list: bool| {
            let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some("list" | "id") if own_list => self.list.clone(),
                Some(name) => self.id(&path, name),
                None => part.to_owned(),
            };
            path.split('/').map(part).collect::<Vec<_>>().join("/")
        };
        if path.contains("{entry}") { vec![all(false), all(true)] } else { vec![all(false)] }
    }

    /// Calls it with what makes it do its work.
    async fn call(&self, method: &str, path: &str, proof: Option<&str>, url: &str) -> Answer {
        if path.starts_with("/v1/") {
            let body = body_of(method, path);
            return self.server.call(method.parse().unwrap(), url, body.as_ref()).await;
        }
        if method == "GET" {
            return self.me.get(&format!("{url}{}", question_of(path))).await;
        }
        let fields = match proof {
            Some("step-up") => {
                filled_in(&self.house, path).1.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
            }
            _ => any_proof(&self.house, path).1,
        };
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.me.post(url, &fields).await
    }

    /// A digest of each table's rows of the other site, and of its people's devices.
    async fn what_is_theirs(&self) -> BTreeMap<String, Option<String>> {
        let mut db = self.stage.superuser().await;
        let tables: Vec<String> = sqlx::query_scalar(
            "select c.relname::text
             from pg_class c
             join pg_attribute a on a.attrelid = c.oid and a.attname = 'site_id' and not a.attisdropped
             where c.relkind in ('r', 'p')
               and not c.relispartition",
        )
        .fetch_all(&mut db)
        .await
        .unwrap();
        let mut found = BTreeMap::new();
        for table in tables {
            let rows =
                format!("select md5(string_agg(t::text, '|' order by t::text)) from {table} t where site_id = $1");
            let query = sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).bind(self.theirs.site.0);
            found.insert(table, query.fetch_one(&mut db).await.unwrap());
        }
        let devices =
            "select md5(string_agg(t::text, '|' order by t::text)) from second_factor t where collaborator_id = $1";
        let devices = sqlx::query_scalar(devices).bind(self.theirs.owner.0).fetch_one(&mut db).await.unwrap();
        found.insert("second_factor".to_owned(), devices);
        found
    }
}

/// What a page must be asked with.
fn question_of(path: &str) -> &'static str {
    match path {
        "/me/second-factor/{factor}/end" => "?reason=lost",
        "/s/{site}/lists/{list}/switch" => "?to=off",
        _ => "",
    }
}

/// A body that the endpoint would take.
fn body_of(method: &str, path: &str) -> Option<Value> {
    match (method, path) {
        ("GET" | "DELETE", _) => None,
        (_, "/v1/decisions/{id}/outcome") => Some(json!({ "outcome": "approved" })),
        ("POST", "/v1/lists/{id}/entries") => {
            Some(json!({ "conditions": [{ "field": "email", "values": ["me@example.com"] }] }))
        }
        ("PATCH", _) => Some(json!({ "note": "Mine now" })),
        _ => Some(json!({})),
    }
}

#[tokio::test]
async fn no_id_of_another_site_leads_anywhere_and_nothing_of_theirs_changes() {
    let street = street().await;
    let before = street.what_is_theirs().await;
    assert!(before.values().flatten().count() > 15, "there is something to lose: {before:?}");
    let (mut walked, mut open) = (0, Vec::new());
    for ((method, path), row) in agreed() {
        let ids = path.replace("{site}", "").replace("{*path}", "");
        if !ids.contains('{') {
            continue;
        }
        walked += 1;
        let sites = if path.starts_with("/s/") { vec![MINE, THEIRS] } else { vec![""] };
        for url in sites.into_iter().flat_map(|site| street.filled(&path, site)) {
            let answer = street.call(&method, &path, row.proof, &url).await;
            if answer.status != 404 {
                open.push(format!("{method} {url}: {} {}", answer.status, answer.location()));
            }
        }
    }
    assert!(walked > 60 && open.is_empty(), "of {walked} rows these answer:\n{}", open.join("\n"));
    assert_eq!(street.what_is_theirs().await, before);
}

#[tokio::test]
async fn without_naming_a_site_the_program_reads_no_row_of_any_and_with_one_none_of_another() {
    let street = street().await;
    let mut db = street.stage.superuser().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select tablename::text from pg_policies where schemaname = 'public' and policyname = 'tenant' order by 1",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert!(tables.len() > 20, "{tables:?}");
    let count = async |db: &mut sqlx::PgConnection, table: &str, rows: &str| -> i64 {
        let sql = format!("select count(*) from {table} {rows}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(db).await.unwrap()
    };
    let theirs = format!("where site_id = '{}'", street.theirs.site.0);
    let mut full = Vec::new();
    for table in &tables {
        full.push((table.clone(), count(&mut db, table, &theirs).await));
    }
    assert!(full.iter().filter(|(_, rows)| *rows > 0).count() >= 12, "there is something to read: {full:?}");

    let mine: uuid::Uuid =
        sqlx::query_scalar("select id from site where handle = 'night-market'").fetch_one(&mut db).await.unwrap();
    sqlx::raw_sql("set role gatehouse_app").execute(&mut db).await.unwrap();
    for table in &tables {
        assert_eq!(count(&mut db, table, "").await, 0, "{table} without a site");
    }
    sqlx::query("select set_config('gatehouse.site', $1, false)")
        .bind(mine.to_string())
        .execute(&mut db)
        .await
        .unwrap();
    assert!(count(&mut db, "list", "").await > 0, "my own");
    for table in &tables {
        assert_eq!(count(&mut db, table, &theirs).await, 0, "{table} of another site");
    }
}
