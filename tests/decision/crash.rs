//! Killed at any moment: what was acknowledged is there, whole, and no limit was passed.

use gatehouse::decision::service::decide::decide;
use gatehouse::decision::service::outcome::{Became, Told, report};
use gatehouse::decision::verdict::Outcome;

use super::stage::{Order, cards, child, payment, payments, start};
use crate::support::TestApp;

/// Decides without end with eight hands, and prints each id once it is acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "a role that other tests start as a process of its own"]
async fn toil() {
    let (app, site, service, words) = child().await;
    if words.is_empty() {
        return;
    }
    let hands = (0..8u32).map(|hand| {
        let app = app.clone();
        tokio::spawn(async move {
            for n in (hand..).step_by(8) {
                let request = payment(site, service, n).card(&format!("card-{}", n % 40)).0;
                let decision = decide(&app, request).await.unwrap();
                println!("\ndid {} {}", decision.id, decision.outcome.as_str());
                if decision.outcome == Outcome::Approve {
                    report(&app, site, decision.id, Told::plain(Became::Approved)).await.unwrap();
                    println!("\ntold {}", decision.id);
                }
            }
        })
    });
    futures::future::join_all(hands).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_program_is_killed() {
    let test = TestApp::shared().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(payments(3))).await;
    let mut did: Vec<(String, bool)> = Vec::new();
    for enough in [60, 150, 300] {
        let (mut running, mut lines) =
            start(&test, &seed, &Order { role: "decision::crash::toil", words: "toil".into() });
        while did.len() < enough {
            let line = lines.next_line().await.unwrap().expect("it works until it is killed");
            if let Some((id, outcome)) = line.strip_prefix("did ").and_then(|l| l.split_once(' ')) {
                did.push((id.to_owned(), outcome == "approve"));
            }
        }
        running.kill().await.unwrap();
    }
    let mut db = test.superuser().await;
    for (id, approved) in &did {
        let id: gatehouse::kernel::id::DecisionId = id.parse().unwrap();
        let uses: i64 = sqlx::query_scalar("select count(*) from key_use u join attempt a on a.id = u.attempt_id join decision d on d.id = a.id where a.id = $1")
            .bind(id.0)
            .fetch_one(&mut db)
            .await
            .unwrap();
        assert_eq!(uses, if *approved { 3 } else { 0 }, "{id} is whole");
    }
    assert!(test.count("select max(n) from (select count(*) n from key_use u join attempt a on a.card_key = u.key and a.id = u.attempt_id group by u.key) t").await <= 3);
    assert_eq!(
        test.count(
            "select count(*) from attempt a full join decision d on d.id = a.id where a.id is null or d.id is null"
        )
        .await,
        0
    );
    assert_eq!(
        test.count("select count(*) from outcome o join key_use u on u.attempt_id = o.id where u.state <> 'approved'")
            .await,
        0
    );
    let held = "select count(*) from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database() where l.locktype = 'advisory'";
    for _ in 0..50 {
        if test.count(held).await == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("a dead process still holds locks");
}
