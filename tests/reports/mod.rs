//! The overview: its figures are the decisions that were made.

use chrono::TimeDelta;
use gatehouse::access::{Role, session};
use gatehouse::decision::policy::{Policy, Velocity};
use gatehouse::decision::service::decide::decide_at;
use gatehouse::decision::verdict::Mode;
use gatehouse::platform::jobs::runner::{order_recurring, run_due};
use gatehouse::reports::service::sum_up;

use crate::decision::stage::{cards, payment, payments};
use crate::lists::{add_entry, new_list};
use crate::support::{Answer, Browser, Seed, TestApp};

const PATH: &str = "/s/harbour-books/overview";

async fn stage() -> (TestApp, Seed, Browser) {
    let stage = TestApp::new().await;
    let seed = stage.seed().await;
    let owner = stage.signed_in(seed.owner).await;
    (stage, seed, owner)
}

fn figures(page: &Answer) -> String {
    assert_eq!(page.status, 200, "{}", page.body);
    page.words("aria-label=\"In numbers\"", "dl")
}

/// The rows of "What stopped it": check, refused, usual, challenged.
fn stopped(page: &Answer) -> String {
    page.words("aria-label=\"What stopped it\"", "tbody")
}

#[tokio::test]
async fn before_the_first_decision_the_page_shows_the_way_instead_of_zeros() {
    let (_stage, _seed, owner) = stage().await;
    let page = owner.get(PATH).await;
    assert!(page.body.contains("No attempts yet") && page.body.contains("First steps"), "{}", page.body);
    assert!(!page.body.contains("class=\"stats\""));
}

#[tokio::test]
async fn the_figures_are_the_decisions_of_the_period() {
    let (stage, seed, owner) = stage().await;
    let list = new_list(&owner, &seed.handle, "challenge", "Ask them").await;
    add_entry(&owner, &seed.handle, &list, "Ann", &[("email", "ann@example.com")]).await;
    stage.obey(&seed, cards(payments(2))).await;
    // Two of four with one card pass; one is challenged; one day before, one of another card passed.
    let yesterday = stage.clock.now() - TimeDelta::hours(25);
    decide_at(&stage.app, payment(seed.site, seed.service, 9).card("old").0, yesterday).await.unwrap();
    for n in 0..4 {
        payment(seed.site, seed.service, n).card("busy").sent(&stage.app).await;
        stage.wait(TimeDelta::minutes(1));
    }
    payment(seed.site, seed.service, 5).email("ann@example.com").sent(&stage.app).await;
    let page = owner.get(PATH).await;
    assert_eq!(figures(&page), "Attempts 5 Approved 2 Challenged 1 Refused 2 Shadow 0");
    let lines = stopped(&page);
    assert!(lines.starts_with("Card, payments in 24 h 2 – 0"), "{lines}");
    assert!(lines.contains("Challenge lists 0 – 1"), "{lines}");
    assert!(page.body.contains("/s/harbour-books/decisions?check=velocity_card_payments"));

    assert_eq!(figures(&owner.get(&format!("{PATH}?range=today")).await).split(' ').nth(1), Some("5"));
    assert_eq!(figures(&owner.get(&format!("{PATH}?range=7d")).await).split(' ').nth(1), Some("6"));
    assert_eq!(figures(&owner.get(&format!("{PATH}?range=30d")).await).split(' ').nth(1), Some("6"));
}

#[tokio::test]
async fn what_shadow_would_have_refused_is_a_figure_of_its_own() {
    let (stage, seed, owner) = stage().await;
    let enforced = cards(payments(1));
    let velocity = Velocity { mode: Mode::Shadow, ..enforced.velocity.clone() };
    stage.obey(&seed, Policy { velocity, ..enforced }).await;
    for n in 0..3 {
        payment(seed.site, seed.service, n).card("busy").sent(&stage.app).await;
    }
    let page = owner.get(PATH).await;
    assert_eq!(figures(&page), "Attempts 3 Approved 3 Challenged 0 Refused 0 Shadow 2");
    assert!(page.body.contains("Nothing was refused or challenged."));
}

#[tokio::test]
async fn usual_is_the_median_of_the_same_hours_on_earlier_days() {
    let (stage, seed, owner) = stage().await;
    stage.obey(&seed, cards(payments(100))).await;
    let now = stage.clock.now();
    let mut number = 0;
    // Four days ago the site began; then came days of one, five and two attempts. Later hours of a day do not count.
    for (days, hours, many) in [(4, 1, 1), (3, 1, 1), (2, 1, 5), (2, -2, 7), (1, 1, 2), (0, 1, 3)] {
        for _ in 0..many {
            number += 1;
            let at = now - TimeDelta::days(days) - TimeDelta::hours(hours);
            decide_at(&stage.app, payment(seed.site, seed.service, number).0, at).await.unwrap();
        }
    }
    let today = owner.get(&format!("{PATH}?range=today")).await;
    assert_eq!(
        figures(&today),
        "Attempts 3 usual 2 Approved 3 usual 2 Challenged 0 usual 0 Refused 0 usual 0 Shadow 0 usual 0"
    );
}

/// The same person's browser at another process, which has read nothing yet.
async fn elsewhere(stage: &TestApp, browser: &Browser) -> Browser {
    let other = Browser::new(gatehouse::app::router(stage.second_process().await));
    other.set_cookie(session::COOKIE, &browser.cookie(session::COOKIE).unwrap());
    other
}

#[tokio::test]
async fn what_is_summed_up_says_the_same_as_the_decisions_and_newer_ones_are_added() {
    let (stage, seed, owner) = stage().await;
    stage.obey(&seed, cards(payments(2))).await;
    let now = stage.clock.now();
    for (n, hours) in [(1, 24 * 40), (2, 24 * 35), (3, 24 * 20), (4, 50), (5, 26), (6, 5), (7, 5), (8, 5), (9, 1)] {
        let at = now - TimeDelta::hours(hours);
        decide_at(&stage.app, payment(seed.site, seed.service, n).card("busy").0, at).await.unwrap();
    }
    let pages = ["24h", "today", "7d", "30d"].map(|range| format!("{PATH}?range={range}"));
    let mut said = Vec::new();
    for page in &pages {
        said.push(figures(&owner.get(page).await));
    }
    order_recurring(&stage.app).await.unwrap();
    run_due(&stage.app).await.unwrap();
    assert_eq!(stage.count("select sum(approved + refused)::bigint from decision_tally").await, 8, "36 days of them");
    let other = elsewhere(&stage, &owner).await;
    for (page, said) in pages.iter().zip(&said) {
        assert_eq!(figures(&other.get(page).await), *said, "{page}");
    }

    // The decisions of hours that are over are not read again, and what is new counts before it is summed up.
    let gone = "delete from decision where at < (select max(at) from decision) - interval '1 minute' and at > (select max(at) from decision) - interval '1 day'";
    sqlx::raw_sql(gone).execute(&mut stage.superuser().await).await.unwrap();
    payment(seed.site, seed.service, 10).card("new").sent(&stage.app).await;
    let other = elsewhere(&stage, &owner).await;
    assert!(said[0].starts_with("Attempts 4 "), "{}", said[0]);
    assert!(figures(&other.get(&pages[0]).await).starts_with("Attempts 5 "));

    // History that is written afterwards makes them void.
    sum_up::forget(&stage.app, seed.site).await.unwrap();
    assert!(figures(&elsewhere(&stage, &owner).await.get(&pages[0]).await).starts_with("Attempts 2 "));
}

#[tokio::test]
async fn a_page_that_is_read_again_and_again_counts_every_decision_once() {
    let (stage, seed, owner) = stage().await;
    stage.obey(&seed, cards(payments(2))).await;
    let next = |n: u32| payment(seed.site, seed.service, n).card("busy");
    let mut made = 3;
    for n in 1..=made {
        next(n).sent(&stage.app).await;
    }
    // Through three quarters, in steps that end before, at and after a minute's age and a quarter's edge.
    for seconds in [0, 1, 59, 60, 61, 299, 419, 1, 1, 60, 839, 61, 900, 30] {
        stage.wait(TimeDelta::seconds(seconds));
        made += 1;
        next(made).sent(&stage.app).await;
        for page in [PATH.to_owned(), format!("{PATH}?range=today"), format!("{PATH}?range=7d")] {
            let (here, there) = (owner.get(&page).await, elsewhere(&stage, &owner).await.get(&page).await);
            assert!(figures(&here).starts_with(&format!("Attempts {made} ")), "{page}: {}", figures(&here));
            assert_eq!(
                (figures(&here), stopped(&here)),
                (figures(&there), stopped(&there)),
                "{page} after {seconds} s"
            );
        }
    }
}

#[tokio::test]
async fn who_asked_earlier_and_is_read_later_sees_the_same() {
    let (stage, seed, _) = stage().await;
    let since = stage.clock.now() - TimeDelta::hours(1);
    for n in 0..3 {
        payment(seed.site, seed.service, n).sent(&stage.app).await;
        stage.wait(TimeDelta::seconds(45));
    }
    let now = stage.clock.now();
    for ago in [0, 300, 20, 59, 0] {
        let mut tx = stage.app.db.site(seed.site).await.unwrap();
        let cells =
            stage.app.tallies().read(&mut tx, seed.site, since, now - TimeDelta::milliseconds(ago)).await.unwrap();
        assert_eq!(cells.iter().map(|cell| cell.approved).sum::<i64>(), 3, "{ago} ms earlier");
    }
}

#[tokio::test]
async fn the_last_moment_of_a_quarter_of_an_hour_is_summed_up_in_it() {
    let (stage, seed, _) = stage().await;
    stage.obey(&seed, cards(payments(9))).await;
    let now = stage.clock.now();
    let next = chrono::DateTime::from_timestamp((now.timestamp() / 900 + 1) * 900, 0).unwrap();
    let moments = [next - TimeDelta::milliseconds(300), next, next + TimeDelta::milliseconds(899_700)];
    for (n, at) in (1..).zip(moments) {
        decide_at(&stage.app, payment(seed.site, seed.service, n).0, at).await.unwrap();
    }
    // Each quarter is added by itself: first the one that ends at `next`, then the one that begins there.
    for quarters in 1..=2 {
        stage.wait(next + TimeDelta::minutes(15) * (quarters - 1) + TimeDelta::minutes(2) - stage.clock.now());
        sum_up::sum_up(&stage.app).await.unwrap();
        assert_eq!(stage.count("select count(distinct quarter) from decision_tally").await, i64::from(quarters));
    }
    let sums = "select approved from decision_tally order by quarter desc limit 1";
    assert_eq!(stage.count(sums).await, 2, "one at its beginning, one at its end");
    let owner = stage.signed_in(seed.owner).await;
    assert!(figures(&owner.get(PATH).await).starts_with("Attempts 3 "));
}

#[tokio::test]
async fn figures_are_the_sites_own() {
    let (stage, seed, owner) = stage().await;
    let other = stage.seed_site("hill-shop").await;
    stage.obey(&seed, cards(payments(9))).await;
    stage.obey(&other, cards(payments(9))).await;
    payment(seed.site, seed.service, 1).sent(&stage.app).await;
    for n in 2..6 {
        payment(other.site, other.service, n).sent(&stage.app).await;
    }
    assert!(figures(&owner.get(PATH).await).starts_with("Attempts 1 Approved 1 "));
    assert_eq!(owner.get("/s/hill-shop/overview").await.status, 404);
    let analyst = stage.actor(seed.site, Role::Analyst).await;
    assert_eq!(analyst.get(PATH).await.status, 200);
}
