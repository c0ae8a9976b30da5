//! A chain of audit rows and what is done to it.

use gatehouse::audit::{Actor, Broken, Entry, Fault, Target, Values, Whole, record, verify};
use gatehouse::kernel::id::SiteId;
use gatehouse::kernel::ip::ClientAddress;
use gatehouse::platform::state::App;
use serde_json::json;

use crate::support::TestApp;

/// Records `count` rows with personal values and both sides of a change; the first as every site's chain begins.
async fn write(app: &App, site: SiteId, count: usize) {
    for n in 0..count {
        let mut tx = app.db.site(site).await.unwrap();
        let actor = Actor::Stranger {
            email: Some(format!("person{n}@example.com")),
            address: ClientAddress::parse("203.0.113.7"),
            user_agent: "a browser\u{0}\r\n\u{1b}[2J".into(),
        };
        let new = json!({"n": n, "ratio": 0.1, "huge": 1e16, "text": "a\u{0}b", "nested": {"b": [1, null], "a": -0.0}});
        let new = Values::plain_document(new).personal("email", format!("guest{n}@example.com"));
        let entry = Entry {
            actor,
            action: if n == 0 { "site.created" } else { "policy.saved" },
            target: Target::personal(format!("guest {n}\u{0}"), format!("version {n}")),
            old: (n > 0).then(|| Values::new().plain("n", n - 1).personal("phone", json!({"huge": 1e16, "n": -0.0}))),
            new: Some(new),
        };
        record(&mut tx, app, site, entry).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn check(app: &App, site: SiteId) -> Result<Whole, Broken> {
    verify(&app.db, &app.keys, site).await.unwrap()
}

/// What `verify` says after somebody with all rights did this to a chain of eight rows.
async fn after(tampering: &'static str) -> (i64, Fault) {
    let stage = TestApp::new().await;
    let site = stage.seed().await.site;
    write(&stage.app, site, 8).await;
    assert_eq!(check(&stage.app, site).await.map(|w| w.rows), Ok(8));
    let mut db = stage.superuser().await;
    sqlx::raw_sql(tampering).execute(&mut db).await.unwrap();
    let broken = check(&stage.app, site).await.expect_err("nobody noticed");
    (broken.seq, broken.fault)
}

#[tokio::test]
async fn every_field_is_covered_by_the_chain() {
    for change in [
        "update audit set action = 'policy.seen' where seq = 3",
        "update audit set target = target || ' ' where seq = 3",
        "update audit set at = at + interval '1 microsecond' where seq = 3",
        "update audit set actor_kind = 'system' where seq = 3",
        "update audit set actor_id = id where seq = 3",
        "update audit set old = null where seq = 3",
        "update audit set new = jsonb_set(new, '{nested,b,0}', '2') where seq = 3",
        "update audit set personal_digest = null where seq = 3",
        "update audit set subject_digest = null where seq = 3",
        "update audit set subject_digest = personal_digest where seq = 3",
        "update audit set hash = previous_hash where seq = 3",
        "update audit set previous_hash = hash where seq = 3",
    ] {
        assert_eq!(after(change).await, (3, Fault::Changed), "{change}");
    }
}

#[tokio::test]
async fn a_missing_a_moved_and_a_doubled_row_are_found() {
    assert_eq!(after("delete from audit where seq = 4").await, (4, Fault::Missing));
    assert_eq!(after("delete from audit where seq = 1").await, (1, Fault::Missing));
    assert_eq!(
        after("update audit set seq = 9 - seq where seq in (4, 5)").await,
        (4, Fault::Changed),
        "two rows swapped"
    );
    assert_eq!(after("update audit set seq = 3 where seq = 4").await.1, Fault::Doubled);
}

#[tokio::test]
async fn a_cut_tail_and_a_forged_head_are_found() {
    assert_eq!(after("delete from audit where seq > 6").await, (7, Fault::Truncated));
    assert_eq!(after("delete from audit").await, (1, Fault::Truncated));
    let set_back = "delete from audit where seq > 6;
                    update audit_head h set seq = 6, hash = (select hash from audit where seq = 6)";
    assert_eq!(after(set_back).await, (6, Fault::HeadForged), "without the key nobody can sign an earlier head");
    assert_eq!(after("update audit_head set signature = hash").await, (8, Fault::HeadForged));
    assert_eq!(after("delete from audit_head").await, (8, Fault::HeadMissing));
}

#[tokio::test]
async fn a_chain_removed_with_its_head_is_missed() {
    let gone = "delete from audit; delete from audit_person; delete from audit_subject; delete from audit_head";
    assert_eq!(after(gone).await, (1, Fault::Gone));

    let stage = TestApp::new().await;
    let site = stage.seed().await.site;
    write(&stage.app, site, 3).await;
    sqlx::raw_sql(gone).execute(&mut stage.superuser().await).await.unwrap();
    let mut tx = stage.app.db.site(site).await.unwrap();
    let entry =
        Entry { actor: Actor::System, action: "policy.saved", target: Target::plain("x"), old: None, new: None };
    record(&mut tx, &stage.app, site, entry).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        check(&stage.app, site).await.map_err(|b| (b.seq, b.fault)),
        Err((1, Fault::BegunAnew)),
        "the program goes on with a new chain, which does not begin with the site"
    );
}

#[tokio::test]
async fn the_installations_own_chain_has_a_beginning_from_the_first_start() {
    let stage = TestApp::new().await;
    let (app, site) = (&stage.app, SiteId::PLATFORM);
    assert_eq!(check(app, site).await.map(|w| w.rows), Ok(0), "never started");
    gatehouse::platform::demo::settle_down(&app.db, stage.clock.now()).await.unwrap();
    for _ in 0..2 {
        gatehouse::audit::begin(app).await.unwrap();
    }
    assert_eq!(check(app, site).await.map(|w| w.rows), Ok(1), "once in its life");
    let gone = "delete from audit; delete from audit_head";
    sqlx::raw_sql(gone).execute(&mut stage.superuser().await).await.unwrap();
    assert_eq!(check(app, site).await.map_err(|b| b.fault), Err(Fault::Gone));
    stage.wait(chrono::TimeDelta::seconds(1));
    write(app, site, 1).await;
    assert_eq!(check(app, site).await.map_err(|b| b.fault), Err(Fault::BegunAnew));
}

#[tokio::test]
async fn erased_people_leave_the_chain_whole_and_changed_people_do_not() {
    let stage = TestApp::new().await;
    let site = stage.seed().await.site;
    write(&stage.app, site, 5).await;
    let mut db = stage.superuser().await;
    sqlx::raw_sql("delete from audit_person where audit_id = (select id from audit where seq = 2)")
        .execute(&mut db)
        .await
        .unwrap();
    let whole = check(&stage.app, site).await.unwrap();
    assert_eq!((whole.rows, whole.erased), (5, 1));
    sqlx::raw_sql("update audit_person set actor_email = 'somebody@example.com' where audit_id = (select id from audit where seq = 4)").execute(&mut db).await.unwrap();
    assert_eq!(check(&stage.app, site).await.map_err(|b| (b.seq, b.fault)), Err((4, Fault::PersonChanged)));
}

#[tokio::test]
async fn others_can_be_erased_without_the_actor_and_changing_them_is_found() {
    let stage = TestApp::new().await;
    let site = stage.seed().await.site;
    write(&stage.app, site, 5).await;
    let mut db = stage.superuser().await;
    let mut run = async |sql: &'static str| sqlx::raw_sql(sql).execute(&mut db).await.map(drop).unwrap();
    run("delete from audit_subject where audit_id = (select id from audit where seq = 2)").await;
    let whole = check(&stage.app, site).await.unwrap();
    assert_eq!((whole.rows, whole.erased), (5, 1));
    for change in [
        "update audit_subject set new = '{\"email\": \"somebody@example.com\"}'",
        "update audit_subject set old = null",
        "update audit_subject set target = 'guest 9'",
        "update audit_subject s set new = (select new from audit_subject where audit_id = (select id from audit where seq = 5))",
    ] {
        let whole = check(&stage.app, site).await;
        assert!(whole.is_ok(), "{whole:?}");
        run("create table before as select * from audit_subject where audit_id = (select id from audit where seq = 4)")
            .await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("{change} where audit_id = (select id from audit where seq = 4)")))
            .execute(&mut stage.superuser().await)
            .await
            .unwrap();
        let found = check(&stage.app, site).await.map_err(|b| (b.seq, b.fault));
        assert_eq!(found, Err((4, Fault::PersonChanged)), "{change}");
        run("delete from audit_subject where audit_id in (select audit_id from before); insert into audit_subject select * from before; drop table before").await;
    }
    run("insert into audit_subject (site_id, audit_id, target) select site_id, id, 'x' from audit where seq = 2").await;
    let found = check(&stage.app, site).await.map_err(|b| (b.seq, b.fault));
    assert_eq!(found, Err((2, Fault::PersonChanged)), "what was erased is not written anew");
}

#[tokio::test]
async fn a_forged_head_stays_forged_when_the_chain_goes_on() {
    let stage = TestApp::new().await;
    let site = stage.seed().await.site;
    write(&stage.app, site, 3).await;
    let mut db = stage.superuser().await;
    sqlx::raw_sql(
        "delete from audit where seq = 3; update audit_head set seq = 2, hash = (select hash from audit where seq = 2)",
    )
    .execute(&mut db)
    .await
    .unwrap();
    write(&stage.app, site, 2).await;
    assert_eq!(check(&stage.app, site).await.map_err(|b| b.fault), Err(Fault::HeadForged));
}

#[tokio::test]
async fn two_hundred_at_once_from_two_processes_make_one_chain() {
    let stage = TestApp::new().await;
    let site = stage.seed().await.site;
    let other = stage.second_process().await;
    let mut all = tokio::task::JoinSet::new();
    for n in 0..200 {
        let app = if n % 2 == 0 { stage.app.clone() } else { other.clone() };
        all.spawn(async move { write(&app, site, 1).await });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
    assert_eq!(check(&stage.app, site).await.map(|w| w.rows), Ok(200));
}

#[tokio::test]
async fn the_program_itself_may_neither_change_nor_delete_a_row() {
    let stage = TestApp::new().await;
    let site = stage.seed().await.site;
    write(&stage.app, site, 1).await;
    for attempt in ["update audit set action = 'x'", "delete from audit", "truncate audit", "delete from audit_head"] {
        let mut tx = stage.app.db.site(site).await.unwrap();
        let refused = sqlx::raw_sql(attempt).execute(&mut *tx).await.unwrap_err();
        assert!(refused.to_string().contains("permission denied"), "{attempt}: {refused}");
    }
    assert_eq!(check(&stage.app, SiteId::PLATFORM).await.map(|w| w.rows), Ok(0), "another chain knows nothing of it");
}

#[tokio::test]
async fn the_command_names_the_first_bad_row() {
    let stage = TestApp::new().await;
    let site = stage.seed().await.site;
    write(&stage.app, site, 3).await;
    write(&stage.app, SiteId::PLATFORM, 2).await;
    let mut said = Vec::new();
    assert!(gatehouse::audit::commands::verify_chains(&stage.app, None, &mut said).await.unwrap());
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("the installation: 2 rows, whole"), "{said}");
    assert!(said.contains("harbour-books: 3 rows, whole"), "{said}");

    let mut db = stage.superuser().await;
    sqlx::query("update audit set target = 'something else' where seq = 2 and site_id = $1")
        .bind(site.0)
        .execute(&mut db)
        .await
        .unwrap();
    let mut said = Vec::new();
    assert!(!gatehouse::audit::commands::verify_chains(&stage.app, Some("harbour-books"), &mut said).await.unwrap());
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("harbour-books: BROKEN at row 2 (aud_"), "{said}");
    assert!(said.contains("this row was changed after it was written"), "{said}");
    assert!(gatehouse::audit::commands::verify_chains(&stage.app, Some("nowhere"), &mut Vec::new()).await.is_err());
}
