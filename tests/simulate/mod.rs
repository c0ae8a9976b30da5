//! Simulated traffic through the engine: the same seed, the same story.

use chrono::TimeDelta;
use gatehouse::kernel::clock::Timestamp;
use gatehouse::simulate::commands::{Simulate, simulate};
use gatehouse::simulate::demo::{Demo, prepare};
use gatehouse::simulate::service::{Shop, Tally, send};
use gatehouse::simulate::{Plan, Scale, plan};
use sqlx::Row as _;

use crate::decision::stage::{cards, payments};
use crate::support::{Seed, TestApp};

/// A fortnight, ending now.
fn traffic(seed: u64, until: Timestamp) -> Vec<Plan> {
    plan(seed, until, Scale { days: 14, attempts: 400 })
}

async fn sent(stage: &TestApp, seed: &Seed, plans: Vec<Plan>) -> Tally {
    stage.obey(seed, cards(payments(2))).await;
    let shop = Shop { site: seed.site, services: vec![(seed.service, "GBP".parse().unwrap())] };
    send(&stage.app, &shop, plans, |_| {}).await.unwrap()
}

/// Every decision of a site: instant, label, amount, answer, reason.
async fn story(stage: &TestApp, seed: &Seed) -> Vec<String> {
    let rows = sqlx::query(
        "select concat_ws(' ', a.at, a.label, a.amount, d.outcome, d.settled_by) as line
         from attempt a
         join decision d on d.site_id = a.site_id and d.id = a.id
         where a.site_id = $1
         order by 1",
    )
    .bind(seed.site.0)
    .fetch_all(&mut stage.superuser().await)
    .await
    .unwrap();
    rows.iter().map(|row| row.get("line")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_seed_tells_two_sites_the_same_story_and_another_seed_another() {
    let stage = TestApp::new().await;
    let (one, same, other) = (stage.seed().await, stage.seed_site("same").await, stage.seed_site("other").await);
    let until = stage.clock.now();
    let tally = sent(&stage, &one, traffic(7, until)).await;
    assert_eq!(sent(&stage, &same, traffic(7, until)).await, tally);
    sent(&stage, &other, traffic(8, until)).await;
    let told = story(&stage, &one).await;
    assert_eq!(told, story(&stage, &same).await);
    assert_ne!(told, story(&stage, &other).await);

    assert_eq!((tally.attempts, told.len()), (400, 400));
    let refused = told.iter().filter(|line| line.contains(" reject velocity_card_payments")).count();
    assert_eq!(tally.rejected, refused, "only the limit in force refuses");
    assert_eq!(tally.approved, 400 - refused);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traffic_is_labelled_and_happens_in_its_days_not_now() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let until = stage.clock.now();
    sent(&stage, &seed, traffic(7, until)).await;
    let mut db = stage.superuser().await;
    let (first, last): (Timestamp, Timestamp) =
        sqlx::query_as("select min(at), max(at) from decision").fetch_one(&mut db).await.unwrap();
    assert!(first >= until - TimeDelta::days(15) && first < until - TimeDelta::days(10), "{first}");
    assert!(last < until && last > until - TimeDelta::days(2), "{last}");
    assert_eq!(stage.count("select count(*) from attempt where label is null or source <> 'simulation'").await, 0);
    assert!(stage.count("select count(*) from attempt where label like 'card_testing%'").await > 0);
    assert!(stage.count("select count(*) from outcome").await > 0, "the gateway's answers are told too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demos_people_meet_its_lists_and_pay_at_each_of_its_services() {
    let stage = TestApp::new().await;
    let mut config = stage.app.config.clone();
    config.var = std::env::temp_dir().join(format!("gatehouse-met-{}", std::process::id()));
    config.root_keys = None;
    prepare(config.clone(), Demo { attempts: 300, seed: 7 }, &mut Vec::new()).await.unwrap();
    std::fs::remove_dir_all(&config.var).unwrap();
    assert_eq!(stage.count("select count(*) from attempt where label is not null").await, 300);
    assert_eq!(stage.count("select count(distinct list_id) from list_match").await, 4, "every list");
    let lately = "select count(distinct m.list_id)
                  from list_match m
                  join decision d on d.site_id = m.site_id and d.id = m.decision_id
                  where d.at > (select max(at) from decision) - interval '1 day'";
    assert_eq!(stage.count(lately).await, 4, "and within a day");
    assert_eq!(stage.count("select count(distinct settled_by) from decision where settled_by like '%list'").await, 2);
    assert!(stage.count("select count(*) from decision where outcome = 'challenge'").await > 0);
    let used = "select count(distinct s.id)
                from service s
                join attempt a on a.site_id = s.site_id and a.service_id = s.id and a.currency = s.currency";
    assert_eq!(stage.count(used).await, 2);
    let bulk = "select count(*)
                from attempt_person p
                join decision d on d.site_id = p.site_id and d.id = p.id
                where p.email = 'orders@library.example' and d.outcome = 'approve'";
    assert_eq!(stage.count(bulk).await, 5, "more than others may in a day");
}

#[tokio::test]
async fn a_live_site_takes_no_made_up_traffic() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    sqlx::query("update site set live = true").execute(&mut stage.superuser().await).await.unwrap();
    for (site, why) in [(seed.handle.as_str(), "is a live site"), ("nowhere", "there is no site")] {
        let args = Simulate { site: site.to_owned(), days: 1, attempts: 10, seed: None };
        let refused = simulate(&stage.app, args, &mut Vec::new()).await.unwrap_err();
        assert!(refused.to_string().contains(why), "{refused}");
    }
    assert_eq!(stage.count("select count(*) from attempt").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_people_of_a_seed_come_to_a_site_once() {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let run = async |wanted: Option<u64>, attempts: u32| {
        let args = Simulate { site: seed.handle.clone(), days: 2, attempts, seed: wanted };
        let mut said = Vec::new();
        let result = simulate(&stage.app, args, &mut said).await;
        (result.err().map(|e| e.to_string()).unwrap_or_default(), String::from_utf8(said).unwrap())
    };
    let (refused, said) = run(None, 60).await;
    assert!(refused.is_empty() && said.contains("Taking seed 7."), "{refused}{said}");
    let (refused, _) = run(Some(7), 240).await;
    assert!(refused.contains("the people of seed 7 have been at harbour-books already"), "{refused}");
    assert_eq!(stage.count("select count(*) from attempt").await, 60, "and nothing was sent");
    let (refused, said) = run(None, 60).await;
    assert!(refused.is_empty() && said.contains("Taking seed 8."), "{refused}{said}");
    let (refused, _) = run(Some(9), 60).await;
    assert!(refused.is_empty(), "{refused}");
    assert_eq!(stage.count("select count(*) from attempt").await, 180);
}
