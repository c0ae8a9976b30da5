//! Exact under any concurrency, across processes: the promise of the whole engine.

use futures::future::join_all;
use gatehouse::decision::service::decide::decide;
use gatehouse::decision::verdict::Outcome;
use gatehouse::platform::state::App;

use super::stage::{Order, Payment, admitted, amount, cards, child, finding, payment, payments, start};
use crate::support::{Seed, TestApp};

/// All at once; prints how many were admitted and how many rejected.
async fn fire(app: &App, shots: impl Iterator<Item = Payment>) {
    let shots = shots.map(|payment| {
        let app = app.clone();
        tokio::spawn(async move { decide(&app, payment.0).await.unwrap() })
    });
    let decisions: Vec<_> = join_all(shots).await.into_iter().map(Result::unwrap).collect();
    let through = admitted(&decisions);
    println!("\nfired {through} {}", decisions.len() - through);
}

/// A child that fires at one card: `card amount first`.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "a role that other tests start as a process of its own"]
async fn volley() {
    let (app, site, service, words) = child().await;
    let [card, minor, first] = words.split(' ').collect::<Vec<_>>()[..] else { return };
    let (minor, first): (i64, u32) = (minor.parse().unwrap(), first.parse().unwrap());
    fire(&app, (first..first + 500).map(|n| payment(site, service, n).card(card).of(minor))).await;
}

/// A child that fires at many keys, which meet in every combination, 7 addresses, 11 cards, 13 networks: `round first`.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "a role that other tests start as a process of its own"]
async fn scatter() {
    let (app, site, service, words) = child().await;
    let [round, first] = words.split(' ').collect::<Vec<_>>()[..] else { return };
    let first: u32 = first.parse().unwrap();
    let shots = (first..first + 500).map(|n| {
        payment(site, service, n)
            .email(&format!("person-{round}-{}@example.com", n % 7))
            .card(&format!("card-{round}-{}", n * 5 % 11))
            .address(&format!("192.0.{round}.{}", n * 3 % 13))
    });
    fire(&app, shots).await;
}

/// How many two processes admit of 500 simultaneous decisions each. The words that tell a child what to fire end in the
/// number of its first.
async fn admitted_of_a_thousand(test: &TestApp, seed: &Seed, role: &str, words: &str) -> usize {
    let children = [0, 500].map(|first| start(test, seed, &Order { role, words: format!("{words} {first}") }));
    let (mut through, mut refused) = (0, 0);
    for (mut child, mut lines) in children {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(numbers) = line.strip_prefix("fired ") {
                let (a, r) = numbers.split_once(' ').unwrap();
                through += a.parse::<usize>().unwrap();
                refused += r.parse::<usize>().unwrap();
            }
        }
        assert!(child.wait().await.unwrap().success());
    }
    assert_eq!(through + refused, 1_000, "every attempt was answered");
    through
}

const VOLLEY: &str = "decision::exact::volley";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_simultaneous_payments_with_one_card_exactly_three_pass() {
    let test = TestApp::shared().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(payments(3))).await;
    for round in 1..=3 {
        assert_eq!(
            admitted_of_a_thousand(&test, &seed, VOLLEY, &format!("hot-{round} 1000")).await,
            3,
            "round {round}"
        );
    }
    assert_eq!(
        test.count("select count(*) from key_use k join attempt a on a.card_key = k.key and a.id = k.attempt_id").await,
        9
    );
    assert_eq!(test.count("select count(*) from decision").await, 3_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_simultaneous_payments_exactly_the_amount_passes() {
    let test = TestApp::shared().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(amount("GBP", 10_000))).await;
    for round in 1..=3 {
        // £30 each: three are £90, a fourth would be £120.
        let through = admitted_of_a_thousand(&test, &seed, VOLLEY, &format!("rich-{round} 3000")).await;
        assert_eq!(through, 3, "round {round}");
    }
    assert_eq!(
        test.count("select max(sum)::bigint from (select sum(k.amount) from key_use k join attempt a on a.card_key = k.key and a.id = k.attempt_id group by k.key) t").await,
        9_000
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mixed_keys_neither_deadlock_nor_pass_any_limit() {
    let test = TestApp::shared().await;
    let seed = test.seed().await;
    let mut all = 0;
    for round in 1..=3 {
        let through = admitted_of_a_thousand(&test, &seed, "decision::exact::scatter", &round.to_string()).await;
        assert!(through >= 7, "round {round}: somebody got through");
        all += i64::try_from(through).unwrap();
    }
    assert_eq!(test.count("select coalesce(max(n), 0) from (select count(*) n from key_use group by key) u").await, 3);
    assert_eq!(test.count("select count(*) from key_use").await, 3 * all);
    assert_eq!(
        test.count("select count(*) from (select 1 from key_use group by key, at having count(*) > 1) t").await,
        0,
        "no two uses of a key share an instant"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn limits_are_exact_whatever_isolation_the_database_has_by_default() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(payments(3))).await;
    let name = url::Url::parse(&test.database_url).unwrap().path().trim_start_matches('/').to_owned();
    let stricter = format!("alter database {name} set default_transaction_isolation = 'repeatable read'");
    sqlx::raw_sql(sqlx::AssertSqlSafe(stricter)).execute(&mut test.superuser().await).await.unwrap();
    let other = test.second_process().await;
    let shots = (0..100).map(|n| {
        let (app, request) = (other.clone(), payment(seed.site, seed.service, n).card("hot").0);
        tokio::spawn(async move { decide(&app, request).await.unwrap() })
    });
    let decisions: Vec<_> = join_all(shots).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(admitted(&decisions), 3);
}

#[tokio::test]
async fn the_fourth_payment_says_why_in_numbers() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    for n in 0..3 {
        assert_eq!(payment(seed.site, seed.service, n).card("fp").sent(&test.app).await.outcome, Outcome::Approve);
    }
    let fourth = payment(seed.site, seed.service, 3).card("fp").sent(&test.app).await;
    assert_eq!(fourth.outcome, Outcome::Reject);
    assert_eq!(fourth.settled_by.unwrap().as_str(), "velocity_card_payments");
    assert_eq!(
        finding(&fourth, "velocity_card_payments").detail,
        "Card ending 4242: 4 payments in 24 hours, the limit is 3"
    );
    assert_eq!(
        finding(&fourth, "velocity_email_payments").detail,
        "shopper-3@example.com: 1 payment in 24 hours, the limit is 3"
    );
    assert_eq!(fourth.findings.len(), 13);
    let fifth = payment(seed.site, seed.service, 4).card("fp").sent(&test.app).await;
    assert!(
        finding(&fifth, "velocity_card_payments").detail.contains("4 payments"),
        "what was rejected does not count"
    );
}
