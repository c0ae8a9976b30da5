//! What the log says of people: read and found as long as it is there, nowhere in the chain, and gone once erased.

use gatehouse::access::Role;
use gatehouse::audit::{Actor, Entry, Target, record, verify};
use gatehouse::platform::jobs::runner::run_due;

use crate::access::stage::{BAD, GOOD, OWNER, give_password, link, mails, open, signed_in, try_to_sign_in};
use crate::lists::{add_entry, hidden, new_list};
use crate::support::{Browser, Seed, TestApp};

/// Everything personal that the flows below make somebody say.
const SAID: [&str; 12] = [
    "ruth.calloway@example.com",
    "maren@new.example",
    "owner@example.com",
    "Maren Okafor",
    "Maren's 0151 23456789",
    "•89",
    "on leave with her son",
    "help.desk@example.com",
    "Chargebacks of Jane Roe",
    "asked for by Tom Hale",
    "198.51.100.9/32",
    "Tom's laptop",
];

const AUDIT: &str = "/s/harbour-books/audit";

/// The row that every site's chain begins with.
async fn begin_chain(stage: &TestApp, seed: &Seed) {
    let mut tx = stage.app.db.site(seed.site).await.unwrap();
    let target = Target::plain("harbour books");
    let entry = Entry { actor: Actor::System, action: "site.created", target, old: None, new: None };
    record(&mut tx, &stage.app, seed.site, entry).await.unwrap();
    tx.commit().await.unwrap();
}

/// Goes through all flows that tell the log something of a person.
async fn flows() -> (TestApp, Seed) {
    let stage = TestApp::with(|parts| parts.demo = true).await;
    let seed = stage.seed().await;
    give_password(&stage, seed.owner, GOOD).await;
    let mut db = stage.superuser().await;
    sqlx::query("insert into access_settings (site_id) values ($1)").bind(seed.site.0).execute(&mut db).await.unwrap();
    begin_chain(&stage, &seed).await;
    let owner = signed_in(&stage, OWNER, GOOD).await;
    let post = async |path: &str, fields: &[(&str, &str)]| {
        let answer = owner.post(path, fields).await;
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{path}: {}", answer.body);
        answer
    };

    post("/s/harbour-books/collaborators/invite", &[("email", "ruth.calloway@example.com"), ("role", "support")]).await;
    let mara = stage.person("mara@example.com").await;
    stage.member(seed.site, mara, Role::Support).await;
    let exempt = [("days", "3"), ("reason", "on leave with her son"), ("was_until", "")];
    post(&format!("/s/harbour-books/collaborators/{mara}/exempt"), &exempt).await;
    let settings = [
        ("base_version", "1"),
        ("name", "harbour books"),
        ("company_name", ""),
        ("support_email", "help.desk@example.com"),
        ("currency", "GBP"),
        ("time_zone", "Europe/London"),
        ("idle_minutes", "30"),
    ];
    post("/s/harbour-books/settings", &settings).await;
    let key = [("name", "Tom's laptop"), ("expires", "90"), ("lists_read", "on")];
    post("/s/harbour-books/api-keys/new", &key).await;
    let list = new_list(&owner, "harbour-books", "block", "Testers").await;
    let values = [("email", "jane.roe@example.com"), ("ip", "198.51.100.77"), ("card_holder", "Jane Q Roe")];
    add_entry(&owner, "harbour-books", &list, "Chargebacks of Jane Roe", &values).await;
    let edit = format!("/s/harbour-books/lists/{list}/edit");
    let base = hidden(&owner.get(&edit).await, "base");
    let noted = [
        ("base", &*base),
        ("name", "Testers"),
        ("note", "asked for by Tom Hale"),
        ("reach", "all"),
        ("mode", "enforce"),
    ];
    post(&edit, &noted).await;

    post("/me/profile", &[("name", "Maren Okafor")]).await;
    let begun = post("/me/second-factor/sms", &[("phone", "+4915123456789")]).await.location().to_owned();
    run_due(&stage.app).await.unwrap();
    let text: String =
        sqlx::query_scalar("select body from outbox where kind = 'sms'").fetch_one(&mut db).await.unwrap();
    post(&begun, &[("code", &text[..6])]).await;
    let device = begun.trim_end_matches("/set-up");
    post(&format!("{device}/name"), &[("name", "Maren's 0151 23456789")]).await;
    post("/me/email", &[("email", "maren@new.example"), ("password", GOOD)]).await;
    let confirm = link(mails(&stage, "maren@new.example").await.last().unwrap());
    assert_eq!(open(&owner, &confirm).await.status, 200);
    post("/confirm-email", &[]).await;

    let stranger = stage.browser().at("198.51.100.9");
    for n in 0..20 {
        try_to_sign_in(&stranger, &format!("person{n}@example.com"), BAD).await;
    }
    (stage, seed)
}

/// Everything that the chains say, as text.
async fn chains(stage: &TestApp) -> String {
    let rows: Vec<String> = sqlx::query_scalar("select a::text from audit a order by site_id, seq")
        .fetch_all(&mut stage.superuser().await)
        .await
        .unwrap();
    assert!(rows.len() > 30, "the flows left their rows: {}", rows.len());
    rows.join("\n")
}

#[tokio::test]
async fn no_flow_writes_a_personal_value_into_the_chain() {
    let (stage, _) = flows().await;
    let chains = chains(&stage).await;
    let more = ["+4915123456789", "jane.roe@example.com", "Jane Q Roe", "198.51.100", "203.0.113", "mara@example.com"];
    for value in SAID.into_iter().chain(more) {
        assert!(!chains.contains(value), "{value} stands in the chain");
    }
    let beside: Vec<String> = sqlx::query_scalar("select s::text from audit_subject s")
        .fetch_all(&mut stage.superuser().await)
        .await
        .unwrap();
    let beside = beside.join("\n");
    for value in SAID {
        assert!(beside.contains(value), "{value} was not recorded at all: {beside}");
    }
}

#[tokio::test]
async fn what_lies_beside_the_chain_is_read_and_found_until_it_is_erased() {
    let (stage, seed) = flows().await;
    let owner = stage.signed_in_with(seed.owner, gatehouse::access::session::Assurance::SecondFactor).await;
    let found = [
        ("ruth.calloway", "ruth.calloway@example.com"),
        ("MAREN@NEW", "maren@new.example"),
        ("LEAVE WITH", "on leave with her son"),
        ("help.desk", "help.desk@example.com"),
        ("jane roe", "Testers: Chargebacks of Jane Roe"),
        ("0151", "Maren&#x27;s 0151 23456789"),
    ];
    for (text, shown) in found {
        let page = owner.get(&format!("{AUDIT}?q={}", text.replace(' ', "+"))).await;
        let plain = shown.replace("&#x27;", "'");
        assert!(page.body.contains(shown) || page.body.contains(&plain), "{text}: {}", page.body);
        assert!(!page.body.contains("erased"), "{text}: {}", page.body);
    }
    let before = verify(&stage.app.db, &stage.app.keys, seed.site).await.unwrap();

    let erased = sqlx::query("delete from audit_subject where site_id = $1")
        .bind(seed.site.0)
        .execute(&mut stage.superuser().await)
        .await
        .unwrap()
        .rows_affected();
    // Whoever has that address now is still a member, so what was done to them is still found.
    for (text, shown) in found.into_iter().filter(|(text, _)| *text != "MAREN@NEW") {
        let page = owner.get(&format!("{AUDIT}?q={}", text.replace(' ', "+"))).await;
        assert!(page.body.contains("No row fits") && !page.body.contains(shown), "{text}: {}", page.body);
    }
    let changed = owner.get(&format!("{AUDIT}?action=email.changed")).await;
    assert!(changed.body.contains("personal values were erased"), "{}", changed.body);
    assert_eq!(changed.body.matches("(erased)").count(), 2, "the old and the new address: {}", changed.body);
    let entry = owner.get(&format!("{AUDIT}?action=list_entry.added")).await;
    assert!(entry.body.contains("Testers: ent_") && entry.body.contains("owner@example.com"), "who did it stays");

    let after = verify(&stage.app.db, &stage.app.keys, seed.site).await.unwrap();
    let after = after.expect("the chain is whole without them");
    assert_eq!(after.head, before.expect("and was whole with them").head);
    assert_eq!(after.erased as u64, erased);
}

#[tokio::test]
async fn people_are_named_where_rows_are_about_them_also_once_they_have_left() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let mara = stage.person("mara@example.com").await;
    stage.member(seed.site, mara, Role::Support).await;
    let owner = stage.signed_in(seed.owner).await;
    let person = format!("/s/harbour-books/collaborators/{mara}");
    let named = [("typed", "mara@example.com")];
    assert_eq!(owner.post(&format!("{person}/disable"), &named).await.status, 303);
    let about = async |reader: &Browser| {
        reader.get(&format!("{AUDIT}?action=collaborator.disabled")).await.words("Collaborator disabled<small", "small")
    };
    let page = owner.get(AUDIT).await;
    assert!(page.body.contains(&format!("<a href=\"{person}\">mara, mara@example.com")), "{}", page.body);
    let analyst = stage.actor(seed.site, Role::Analyst).await;
    assert_eq!(about(&analyst).await, "mara, mara@example.com");
    assert!(!analyst.get(AUDIT).await.body.contains(&person), "who may not open the page gets no link to it");

    assert_eq!(owner.post(&format!("{person}/remove"), &named).await.status, 303);
    sqlx::query("update collaborator set name = 'Mara Elsewhere' where id = $1")
        .bind(mara.0)
        .execute(&mut stage.superuser().await)
        .await
        .unwrap();
    for reader in [&owner, &analyst] {
        assert_eq!(about(reader).await, "mara, mara@example.com (no longer here)", "as they were when they left");
    }
    sqlx::query("delete from audit_subject").execute(&mut stage.superuser().await).await.unwrap();
    assert!(about(&owner).await.starts_with(&mara.to_string()), "nobody is named any more");
}
