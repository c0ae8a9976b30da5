//! Attempts that are decided together: each answer says what one after another would have said.

use chrono::TimeDelta;
use futures::future::join_all;
use gatehouse::decision::policy::{KeyLimits, Policy, Velocity};
use gatehouse::decision::service::decide::{Decision, decide, decide_at};
use gatehouse::decision::verdict::{Because, Check, Compared, Measure, Mode, Outcome};
use gatehouse::kernel::clock::Timestamp;
use gatehouse::platform::state::App;

use super::stage::{Payment, amount, cards, payment, payments};
use crate::support::{Seed, TestApp};

/// 300 at once, by two processes, whose people, cards and networks meet in every combination.
async fn crowd(apps: [&App; 2], seed: &Seed) -> Vec<Decision> {
    let shots = (0..300u32).map(|n| {
        let Payment(request) = payment(seed.site, seed.service, n)
            .email(&format!("person-{}@example.com", n % 23))
            .card(&format!("card-{}", n * 5 % 29))
            .address(&format!("192.0.2.{}", n * 3 % 31))
            .of(i64::from(n % 7) * 100);
        let app = apps[n as usize % 2].clone();
        tokio::spawn(async move { decide(&app, request).await.unwrap() })
    });
    join_all(shots).await.into_iter().map(Result::unwrap).collect()
}

fn limits(mode: Mode) -> Policy {
    let all = KeyLimits { payments: Some(4), ..amount("GBP", 1_300) };
    Policy { velocity: Velocity { mode, email: all.clone(), ip: all.clone(), card: all }, ..Policy::default() }
}

/// What the uses of a key, as they are written now, say of the instant of a decision: how many there had been, no further
/// than one above the limit, what they come to, and when the oldest of each was.
async fn truth(
    test: &TestApp,
    decision: &Decision,
    said: &Compared,
) -> (i64, i64, Option<Timestamp>, Option<Timestamp>) {
    let column = format!("{}_key", said.key.as_str());
    let sql = "select (select count(*) from newest), (select coalesce(sum(amount), 0)::bigint from uses),
                (select min(at) from newest), (select min(at) from uses)
         from (select 1) one";
    let with = format!(
        "with uses as (select u.at, u.amount from attempt a join key_use u on u.key = a.{column} where a.id = $1 and u.at < a.at),
              newest as (select at from uses order by at desc limit $2 + 1) {sql}"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(with))
        .bind(decision.id.0)
        .bind(said.limit)
        .fetch_one(&mut test.superuser().await)
        .await
        .unwrap()
}

/// Every number in the answers to admitted payments is what stood at the instant of each.
async fn are_true(test: &TestApp, decisions: &[Decision]) {
    let mut compared = 0;
    for decision in decisions.iter().filter(|d| d.outcome != Outcome::Reject) {
        for finding in &decision.findings {
            let (Check::Velocity(_, measure), Because::Limit(said)) = (finding.check, &finding.because) else {
                continue;
            };
            let (payments, spent, first, first_spent) = truth(test, decision, said).await;
            let (seen, first) = match measure {
                Measure::Payments => (payments + 1, first.filter(|_| payments <= said.limit)),
                Measure::Amount => (spent + test.amount_of(decision).await, first_spent),
                Measure::Declines => continue,
            };
            assert_eq!((said.seen, said.first_at), (seen, first), "{} of {}", finding.check.as_str(), decision.id);
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

impl TestApp {
    async fn amount_of(&self, decision: &Decision) -> i64 {
        sqlx::query_scalar("select amount from attempt where id = $1")
            .bind(decision.id.0)
            .fetch_one(&mut self.superuser().await)
            .await
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_of_a_crowd_tell_what_stood_before_each() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, limits(Mode::Enforce)).await;
    let other = test.second_process().await;
    let decisions = crowd([&test.app, &other], &seed).await;
    are_true(&test, &decisions).await;
    let largest = test.count("select max(n) from (select count(*) as n from decision group by xmin::text) t").await;
    assert!((2..=32).contains(&largest), "some were written in one transaction, at most 32: {largest}");
    let over = test
        .count("select count(*) from (select 1 from key_use group by key having count(*) > 4 or sum(amount) > 1300) t")
        .await;
    assert_eq!(over, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn so_they_do_where_a_limit_only_watches() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, limits(Mode::Shadow)).await;
    let other = test.second_process().await;
    let decisions = crowd([&test.app, &other], &seed).await;
    assert_eq!(decisions.iter().filter(|d| d.outcome == Outcome::Approve).count(), 300);
    are_true(&test, &decisions).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn far_above_a_limit_that_only_watches_no_two_payments_share_an_instant() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let mut policy = cards(payments(2));
    policy.velocity.mode = Mode::Shadow;
    test.obey(&seed, policy).await;
    let other = test.second_process().await;
    let shots = (0..200u32).map(|n| {
        let (app, Payment(request)) =
            ([&test.app, &other][n as usize % 2].clone(), payment(seed.site, seed.service, n).card("busy"));
        tokio::spawn(async move { decide(&app, request).await.unwrap() })
    });
    let decisions: Vec<Decision> = join_all(shots).await.into_iter().map(Result::unwrap).collect();
    assert!(decisions.iter().all(|d| d.outcome == Outcome::Approve));
    assert_eq!(decisions.iter().filter(|d| d.shadow).count(), 198, "the third and all after it");
    let tied = "select count(*) from (select 1 from key_use group by key, at having count(*) > 1) t";
    assert_eq!(test.count(tied).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_clock_that_is_ahead_moves_only_those_who_share_its_keys() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, limits(Mode::Enforce)).await;
    let ahead = test.clock.now() + TimeDelta::hours(1);
    decide_at(&test.app, payment(seed.site, seed.service, 0).card("ahead").of(100).0, ahead).await.unwrap();
    let shots = (1..40u32).map(|n| {
        let shares = n % 13 == 5;
        let card = if shares { "ahead".to_owned() } else { format!("free-{n}") };
        let (app, Payment(request)) = (test.app.clone(), payment(seed.site, seed.service, n).card(&card).of(100));
        tokio::spawn(async move { (shares, decide(&app, request).await.unwrap().at) })
    });
    for moved in join_all(shots).await {
        let (shares, at) = moved.unwrap();
        assert_eq!(at > ahead, shares);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_that_a_hanging_process_holds_keeps_only_its_own_attempts_waiting() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, limits(Mode::Enforce)).await;
    payment(seed.site, seed.service, 0).card("held").of(100).sent(&test.app).await;
    let mut hanging = test.superuser().await;
    sqlx::raw_sql("begin").execute(&mut hanging).await.unwrap();
    sqlx::query(
        "select pg_advisory_xact_lock(('x' || encode(substring(card_key for 8), 'hex'))::bit(64)::bigint) from attempt",
    )
    .execute(&mut hanging)
    .await
    .unwrap();
    let shots = (1..40u32).map(|n| {
        let card = if n % 13 == 5 { "held".to_owned() } else { format!("free-{n}") };
        let (app, Payment(request)) = (test.app.clone(), payment(seed.site, seed.service, n).card(&card).of(100));
        (card == "held", tokio::spawn(async move { decide(&app, request).await.map(|decision| decision.outcome) }))
    });
    let (held, free): (Vec<_>, Vec<_>) = shots.partition(|(held, _)| *held);
    for (_, answer) in free {
        assert_eq!(answer.await.unwrap().unwrap(), Outcome::Approve);
    }
    assert!(held.iter().all(|(_, answer)| !answer.is_finished()), "what is held is not decided");
    sqlx::raw_sql("rollback").execute(&mut hanging).await.unwrap();
    for (_, answer) in held {
        assert_eq!(answer.await.unwrap().unwrap(), Outcome::Approve);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_the_database_refuses_of_one_attempt_fails_no_other() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let shots = (0..40u32).map(|n| {
        let (app, Payment(mut request)) = (test.app.clone(), payment(seed.site, seed.service, n));
        if n % 13 == 5 {
            request.user_agent = Some("a zero \0 byte".to_owned());
        }
        tokio::spawn(async move { (n % 13 == 5, decide(&app, request).await) })
    });
    for answer in join_all(shots).await {
        let (poisoned, answer) = answer.unwrap();
        assert_eq!(answer.is_err(), poisoned, "{answer:?}");
    }
    assert_eq!(test.count("select count(*) from decision").await, 37);
}
