//! Policies: versions, stale forms, step-up, and how soon everybody obeys.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use gatehouse::decision::policy::Policy;
use gatehouse::decision::service::policy;
use gatehouse::decision::verdict::Outcome;

use super::stage::{cards, payment, payments};
use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_policy_is_obeyed_by_every_process_within_a_second() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let others = [test.second_process().await, test.second_process().await];
    // One listens, the other never hears a notification.
    let listening = tokio::spawn(gatehouse::decision::service::snapshot::follow(others[0].clone()));
    for (round, limit) in [9u32, 0, 9, 0].into_iter().enumerate() {
        for app in others.iter().chain([&test.app]) {
            policy::current(app, seed.site).await.unwrap();
        }
        test.obey(&seed, cards(payments(limit))).await;
        let saved = Instant::now();
        let wanted = if limit == 0 { Outcome::Reject } else { Outcome::Approve };
        for (place, app) in others.iter().enumerate() {
            loop {
                let n = u32::try_from(round * 1_000 + saved.elapsed().as_millis() as usize).unwrap();
                if payment(seed.site, seed.service, n).card(&format!("{round}-{place}-{n}")).sent(app).await.outcome
                    == wanted
                {
                    break;
                }
                assert!(saved.elapsed() < Duration::from_secs(1), "process {place} still obeys the old policy");
            }
        }
    }
    listening.abort();
    let versions = test.count("select count(distinct policy_version) from decision").await;
    assert!(versions >= 4, "each decision names its policy");
    assert_eq!(policy::current(&test.app, seed.site).await.unwrap().version, 4);
    let _ = (TimeDelta::zero(), Policy::default());
}
