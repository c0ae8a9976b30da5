//! Sent twice, done once.

use chrono::TimeDelta;
use futures::future::join_all;
use gatehouse::api::Scope;
use gatehouse::kernel::id::DecisionId;
use serde_json::json;

use super::{Server, payment, problem};
use crate::support::{Seed, TestApp};

#[tokio::test]
async fn the_same_request_again_gets_the_same_bytes_and_no_second_decision() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let first = server.once("/v1/decisions", "order-1", &payment(&seed)).await;
    assert_eq!(first.status, 200, "{}", first.body);
    stage.wait(TimeDelta::hours(23));
    let again = server.once("/v1/decisions", "order-1", &payment(&seed)).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.headers["content-type"], "application/json");
    assert_eq!(stage.count("select count(*) from attempt").await, 1);

    let mut other = payment(&seed);
    other["amount"] = 1.into();
    let answer = server.once("/v1/decisions", "order-1", &other).await;
    assert_eq!((problem(&answer).0, problem(&answer).1.as_str()), (422, "idempotency_key_reused"));

    let next = server.once("/v1/decisions", "order-2", &payment(&seed)).await;
    assert_ne!(next.json()["id"], first.json()["id"], "another key is another request");
    assert_eq!(stage.count("select count(*) from attempt").await, 2);
}

#[tokio::test]
async fn an_outcome_told_under_a_key_is_told_once() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let id = server.post("/v1/decisions", &payment(&seed)).await.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/decisions/{id}/outcome");
    let first = server.once(&path, "told-1", &json!({ "outcome": "approved" })).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(server.once(&path, "told-1", &json!({ "outcome": "approved" })).await.body, first.body);
    assert_eq!(
        problem(&server.once(&path, "told-1", &json!({ "outcome": "declined" })).await).1,
        "idempotency_key_reused"
    );
    assert_eq!(problem(&server.once(&path, "told-2", &json!({ "outcome": "declined" })).await).1, "outcome_stands");
}

#[tokio::test]
async fn after_a_day_a_key_is_forgotten() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let first = server.once("/v1/decisions", "order-1", &payment(&seed)).await;
    stage.wait(TimeDelta::hours(24));
    let later = server.once("/v1/decisions", "order-1", &payment(&seed)).await;
    assert_eq!(later.status, 200, "{}", later.body);
    assert_ne!(later.json()["id"], first.json()["id"]);
}

#[tokio::test]
async fn keys_belong_to_an_api_key_and_a_path() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let (one, two) = (Server::of(&stage, &seed).await, Server::of(&stage, &seed).await);
    let first = one.once("/v1/decisions", "order-1", &payment(&seed)).await.json();
    let second = two.once("/v1/decisions", "order-1", &payment(&seed)).await.json();
    assert_ne!(first["id"], second["id"]);
    let list = json!({ "kind": "block", "name": "Testers" });
    assert_eq!(one.once("/v1/lists", "order-1", &list).await.status, 201, "the same words at another path");
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let mut bad = payment(&seed);
    bad["currency"] = "EUR".into();
    assert_eq!(server.once("/v1/decisions", "order-1", &bad).await.status, 422);
    assert_eq!(server.once("/v1/decisions", "order-1", &payment(&seed)).await.status, 200);
    let long = "k".repeat(256);
    for bad in ["a b", "\u{e9}", long.as_str()] {
        let answer = server.once("/v1/decisions", bad, &payment(&seed)).await;
        assert_eq!(problem(&answer).1, "bad_idempotency_key", "{bad}");
    }
}

#[tokio::test]
async fn a_repeat_gets_its_answer_after_the_service_was_archived() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let first = server.once("/v1/decisions", "order-1", &payment(&seed)).await;
    assert_eq!(first.status, 200, "{}", first.body);
    sqlx::query("update service set archived_at = $1")
        .bind(stage.clock.now())
        .execute(&mut stage.superuser().await)
        .await
        .unwrap();
    stage.app.snapshots().expire(seed.site);
    let again = server.once("/v1/decisions", "order-1", &payment(&seed)).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    let mut other = payment(&seed);
    other["amount"] = 1.into();
    assert_eq!(problem(&server.once("/v1/decisions", "order-1", &other).await).1, "idempotency_key_reused");
    let new = server.once("/v1/decisions", "order-2", &payment(&seed)).await;
    assert_eq!(problem(&new).3, "archived", "{}", new.body);
}

#[tokio::test]
async fn a_payment_over_a_limit_queues_behind_nobody() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    for n in 0..3 {
        let passed = server.once("/v1/decisions", &format!("order-{n}"), &payment(&seed)).await;
        assert_eq!(passed.json()["outcome"], "approve");
    }
    // Somebody holds the locks of all its keys and does not let go.
    let mut db = stage.superuser().await;
    let held: Vec<String> = sqlx::query_scalar(
        "select pg_advisory_lock(('x' || encode(substring(key from 1 for 8), 'hex'))::bit(64)::bigint)::text
         from (select distinct key from key_use) k",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert!(held.len() >= 2);
    let body = payment(&seed);
    let refused =
        tokio::time::timeout(std::time::Duration::from_secs(5), server.once("/v1/decisions", "order-4", &body));
    let refused = refused.await.expect("it queues");
    assert_eq!((refused.status.as_u16(), &refused.json()["outcome"]), (200, &json!("reject")), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_under_keys_of_their_own_pass_exactly_the_limit() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::with(&stage, seed.site, &[Scope::DecisionsWrite]).await;
    let body = payment(&seed);
    let keys: Vec<String> = (0..50).map(|n| format!("order-{n}")).collect();
    let answers = join_all(keys.iter().map(|key| server.once("/v1/decisions", key, &body))).await;
    assert!(answers.iter().all(|a| a.status == 200), "{answers:?}");
    assert_eq!(answers.iter().filter(|a| a.json()["outcome"] == "approve").count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_make_one_decision() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::with(&stage, seed.site, &[Scope::DecisionsWrite]).await;
    let body = payment(&seed);
    let answers = join_all((0..50).map(|_| server.once("/v1/decisions", "order-1", &body))).await;
    let mut told = Vec::new();
    for answer in &answers {
        match answer.status.as_u16() {
            200 => told.push(answer.body.clone()),
            409 => {
                assert_eq!(problem(answer).1, "idempotency_in_flight");
                assert_eq!(answer.headers["retry-after"], "1");
            }
            other => panic!("{other}: {}", answer.body),
        }
    }
    told.dedup();
    assert_eq!(told.len(), 1, "everybody who is answered hears the same");
    assert_eq!(stage.count("select count(*) from decision").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_make_one_list() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let body = json!({ "kind": "block", "name": "Testers" });
    let answers = join_all((0..50).map(|_| server.once("/v1/lists", "list-1", &body))).await;
    assert!(answers.iter().all(|a| [201, 409].contains(&a.status.as_u16())), "{answers:?}");
    assert_eq!(stage.count("select count(*) from list").await, 1);
    let again = server.once("/v1/lists", "list-1", &body).await;
    assert_eq!(again.status, 201);
    assert_eq!(Some(&again.body), answers.iter().find(|a| a.status == 201).map(|a| &a.body));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn payments_under_keys_are_written_together_and_two_processes_decide_each_once() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let first = Server::of(&stage, &seed).await;
    let second = first.at(&stage.second_process().await);
    let bodies: Vec<_> = (0..60).map(|n| payment_of(&seed, n)).collect();
    let sent = (0..240).map(|n| {
        let (server, order) = ([&first, &second][n / 60 % 2], n % 60);
        let (key, body) = (format!("order-{order}"), &bodies[order]);
        async move { (order, server.once("/v1/decisions", &key, body).await) }
    });
    let mut told: Vec<Vec<String>> = vec![Vec::new(); 60];
    for (order, answer) in join_all(sent).await {
        match answer.status.as_u16() {
            200 => told[order].push(answer.body.clone()),
            409 => assert_eq!(problem(&answer).1, "idempotency_in_flight"),
            other => panic!("{other}: {}", answer.body),
        }
    }
    for (order, bodies) in told.iter_mut().enumerate() {
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "everybody hears the same of order {order}");
    }
    assert_eq!(stage.count("select count(*) from decision").await, 60);
    assert_eq!(stage.count("select count(*) from idempotency").await, 60);
    let largest = "select max(n) from (select count(*) as n from decision group by xmin::text) t";
    assert!(stage.count(largest).await > 1, "some were written in one transaction");
    let mut db = stage.superuser().await;
    let commits =
        "select d.id, (select i.response from idempotency i where i.xmin = d.xmin and i.response like '%' || $1 || '%')
                   from decision d
                   where d.id = $2";
    for bodies in &told {
        let answer: serde_json::Value = serde_json::from_str(&bodies[0]).unwrap();
        let id = answer["id"].as_str().unwrap();
        let (_, kept): (uuid::Uuid, Option<String>) = sqlx::query_as(commits)
            .bind(id)
            .bind(id.parse::<DecisionId>().unwrap().0)
            .fetch_one(&mut db)
            .await
            .unwrap();
        assert_eq!(kept.as_ref(), Some(&bodies[0]), "the answer is kept by its decision's own commit");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_only_those_who_took_the_key_of_another_request_are_refused() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    assert_eq!(server.once("/v1/decisions", "order-1", &payment(&seed)).await.status, 200);
    let bodies: Vec<_> = (0..40).map(|n| payment_of(&seed, n)).collect();
    let sent = bodies.iter().enumerate().map(|(n, body)| {
        let (server, key) = (&server, if n % 13 == 5 { "order-1".to_owned() } else { format!("new-{n}") });
        async move { server.once("/v1/decisions", &key, body).await }
    });
    for (n, answer) in join_all(sent).await.iter().enumerate() {
        match n % 13 == 5 {
            true => assert_eq!(problem(answer).1, "idempotency_key_reused"),
            false => assert_eq!(answer.json()["outcome"], "approve", "{}", answer.body),
        }
    }
    assert_eq!(stage.count("select count(*) from decision").await, 38);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_in_other_hands_keeps_only_its_own_payment_waiting() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let server = Server::of(&stage, &seed).await;
    let mut db = stage.superuser().await;
    sqlx::raw_sql(
        "create table taken (classid bigint, objid bigint);
         create function note() returns trigger language plpgsql security definer as $$
         begin
           insert into taken select classid::bigint, objid::bigint from pg_locks where pid = pg_backend_pid() and locktype = 'advisory';
           return new;
         end $$;
         create trigger note after insert on idempotency for each row execute function note()",
    )
    .execute(&mut db)
    .await
    .unwrap();
    assert_eq!(server.once("/v1/decisions", "held", &payment(&seed)).await.status, 200);
    // A process that took the key and hangs before it has an answer.
    let hangs = "begin; select pg_advisory_xact_lock((classid::bit(32) || objid::bit(32))::bit(64)::bigint) from taken";
    for sql in ["drop trigger note on idempotency; delete from idempotency", hangs] {
        sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    }
    let bodies: Vec<_> = (0..30).map(|n| payment_of(&seed, n)).collect();
    let sent = bodies.iter().enumerate().map(|(n, body)| {
        let (server, key) = (&server, if n % 13 == 5 { "held".to_owned() } else { format!("new-{n}") });
        async move { server.once("/v1/decisions", &key, body).await }
    });
    for (n, answer) in join_all(sent).await.iter().enumerate() {
        match n % 13 == 5 {
            true => assert_eq!(problem(answer).1, "idempotency_in_flight"),
            false => assert_eq!(answer.json()["outcome"], "approve", "{}", answer.body),
        }
    }
    sqlx::raw_sql("rollback").execute(&mut db).await.unwrap();
    assert_eq!(server.once("/v1/decisions", "held", &payment_of(&seed, 99)).await.status, 200);
}

/// A payment of somebody of their own.
fn payment_of(seed: &Seed, person: usize) -> serde_json::Value {
    let mut body = payment(seed);
    body["customer"]["email"] = format!("person-{person}@example.com").into();
    body["card"]["fingerprint"] = format!("card-{person}").into();
    body["ip"] = format!("198.51.100.{person}").into();
    body
}
