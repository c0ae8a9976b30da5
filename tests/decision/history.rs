//! What was decided can be found, explained, replayed, and tried under another policy.

use chrono::TimeDelta;
use gatehouse::decision::keys::KeyKind;
use gatehouse::decision::policy::{KeyLimits, Policy, Velocity};
use gatehouse::decision::service::backtest::effect_in;
use gatehouse::decision::service::outcome::{Became, Told, report};
use gatehouse::decision::service::search::{Filter, find_in, one_in, policy_of, replay_in};
use gatehouse::decision::verdict::{Check, Measure, Mode, Outcome};
use gatehouse::kernel::id::DecisionId;
use gatehouse::kernel::ip::ClientAddress;
use gatehouse::kernel::page::PageRequest;

use super::stage::{Dice, amount, cards, declines, finding, payment, payments};
use crate::lists::{add_entry, new_list};
use crate::support::TestApp;

#[tokio::test]
async fn a_stored_decision_replayed_under_its_own_policy_gives_the_same_answer() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let mut dice = Dice(7);
    let mut decided: Vec<DecisionId> = Vec::new();
    for round in 0..6 {
        let limits = |dice: &mut Dice| match dice.roll(5) {
            0 => payments(dice.roll(4)),
            1 => amount("GBP", i64::from(dice.roll(4_000))),
            2 => declines(1 + dice.roll(2)),
            3 => KeyLimits { payments: Some(2), ..amount("GBP", 3_000) },
            _ => KeyLimits::default(),
        };
        let velocity = Velocity {
            mode: Mode::ALL[1 + round % 2],
            email: limits(&mut dice),
            ip: limits(&mut dice),
            card: limits(&mut dice),
        };
        test.obey(
            &seed,
            Policy { velocity, panic: if round == 5 { Mode::Enforce } else { Mode::Off }, ..Policy::default() },
        )
        .await;
        for n in 0..20 {
            let pay = payment(seed.site, seed.service, n)
                .email(&format!("p{}@example.com", dice.roll(4)))
                .address(&format!("192.0.2.{}", dice.roll(4)));
            let pay = if dice.roll(4) == 0 { pay } else { pay.card(&format!("card-{}", dice.roll(4))) };
            let decision = pay.of(i64::from(dice.roll(2_000))).sent(&test.app).await;
            if decision.outcome == Outcome::Approve && dice.roll(3) > 0 {
                let became = [Became::Approved, Became::Declined, Became::Abandoned][dice.roll(3) as usize];
                report(&test.app, seed.site, decision.id, Told::plain(became)).await.unwrap();
            }
            decided.push(decision.id);
            test.wait(TimeDelta::minutes(i64::from(dice.roll(60))));
        }
    }
    // What limits no longer count is forgotten; what stood then is told from the attempts.
    test.wait(TimeDelta::days(3));
    gatehouse::platform::upkeep::clean_up(&test.app).await.unwrap();
    assert_eq!(test.count("select count(*) from key_use").await, 0);
    for id in decided {
        let one = one_in(&test.app, seed.site, id).await.unwrap().unwrap();
        let policy = policy_of(&test.app, seed.site, one.decision.policy_version).await.unwrap().unwrap();
        let again = replay_in(&test.app, seed.site, id, &policy).await.unwrap().unwrap();
        assert!(again.same, "{id}\nstored   {:?}\nreplayed {:?}", one.decision.findings, again.findings);
        for (now, then) in again.findings.iter().zip(&one.decision.findings) {
            assert_eq!((now.check, now.code, now.outcome), (then.check, then.code, then.outcome), "{id}");
            // Where counting had stopped at a limit, a replay knows the whole number.
            if !then.detail.contains("at least") {
                assert_eq!(now.detail, then.detail, "{id}");
            }
        }
    }
}

#[tokio::test]
async fn a_replay_under_another_policy_counts_what_stood_then() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    test.obey(&seed, cards(KeyLimits::default())).await;
    let first = payment(seed.site, seed.service, 0).card("fp").sent(&test.app).await;
    test.wait(TimeDelta::minutes(1));
    let second = payment(seed.site, seed.service, 1).card("fp").sent(&test.app).await;
    test.wait(TimeDelta::minutes(1));
    report(&test.app, seed.site, first.id, Told::plain(Became::Declined)).await.unwrap();
    test.obey(&seed, cards(KeyLimits { payments: Some(1), ..amount("GBP", 1_500) })).await;
    let now = policy_of(&test.app, seed.site, 2).await.unwrap().unwrap();
    let again = replay_in(&test.app, seed.site, second.id, &now).await.unwrap().unwrap();
    let say = |check: &str| again.findings.iter().find(|f| f.check.as_str() == check).unwrap().detail.clone();
    assert_eq!((again.outcome, again.same), (Outcome::Reject, false));
    assert_eq!(say("velocity_card_payments"), "Card ending 4242: 2 payments in 24 hours, the limit is 1");
    assert_eq!(
        say("velocity_card_amount"),
        "Card ending 4242: £20.00 in 24 hours, the limit is £15.00",
        "the decline was told later"
    );
}

#[tokio::test]
async fn what_was_listed_while_all_requests_were_blocked_is_known_to_a_replay() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let owner = test.signed_in(seed.owner).await;
    let list = new_list(&owner, &seed.handle, "block", "Networks").await;
    add_entry(&owner, &seed.handle, &list, "Scanner", &[("ip", "10.0.0.0/24")]).await;
    test.obey(&seed, Policy { panic: Mode::Enforce, ..Policy::default() }).await;
    let stopped = payment(seed.site, seed.service, 0).card("fp").sent(&test.app).await;
    assert_eq!(
        (stopped.outcome, finding(&stopped, "block_list").detail.starts_with("Not reached")),
        (Outcome::Reject, true)
    );

    test.obey(&seed, Policy::default()).await;
    let now = policy_of(&test.app, seed.site, 2).await.unwrap().unwrap();
    let again = replay_in(&test.app, seed.site, stopped.id, &now).await.unwrap().unwrap();
    let block = again.findings.iter().find(|f| f.check == Check::BlockList).unwrap();
    assert_eq!(
        (again.outcome, block.detail.as_str()),
        (Outcome::Reject, "On the block list “Networks” by IP address.")
    );
    let effect = effect_in(&test.app, seed.site, Policy::default()).await.unwrap();
    assert_eq!(effect.current.payments, 1, "and to a backtest");
}

#[tokio::test]
async fn decisions_are_found_by_what_is_known_of_them() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let other = test.seed_site("other").await;
    test.obey(&seed, cards(payments(2))).await;
    let mut ids = Vec::new();
    for n in 0..5u32 {
        let pay = payment(seed.site, seed.service, n)
            .email(if n % 2 == 0 { "ann@example.com" } else { "bob@example.com" })
            .card("fp");
        ids.push(pay.of(i64::from(n) * 100).sent(&test.app).await.id);
        test.wait(TimeDelta::minutes(10));
    }
    payment(other.site, other.service, 9).email("ann@example.com").sent(&test.app).await;
    report(&test.app, seed.site, ids[0], Told::plain(Became::Approved)).await.unwrap();
    let found = |filter: Filter| {
        let (test, ids) = (&test, &ids);
        async move {
            let page = find_in(&test.app, seed.site, &filter, PageRequest::FIRST).await.unwrap();
            page.data.iter().map(|row| ids.iter().position(|id| *id == row.id).unwrap()).collect::<Vec<_>>()
        }
    };
    let all = Filter::default;
    assert_eq!(found(all()).await, [4, 3, 2, 1, 0], "newest first, and no other site's");
    assert_eq!(found(Filter { outcome: Some(Outcome::Reject), ..all() }).await, [4, 3, 2]);
    assert_eq!(
        found(Filter { check: Some(Check::Velocity(KeyKind::Card, Measure::Payments)), ..all() }).await,
        [4, 3, 2]
    );
    assert_eq!(found(Filter { email: Some("ANN@example.com".parse().unwrap()), ..all() }).await, [4, 2, 0]);
    assert_eq!(found(Filter { ip: Some(ClientAddress::parse("10.0.0.3")), ..all() }).await, [3]);
    assert_eq!(found(Filter { became: Some(Became::Approved), ..all() }).await, [0]);
    assert_eq!(found(Filter { amount_from: Some(100), amount_to: Some(300), ..all() }).await, [3, 2, 1]);
    assert_eq!(found(Filter { id: Some(ids[1]), ..all() }).await, [1]);
    assert_eq!(found(Filter { shadow: true, ..all() }).await, [0usize; 0]);
    let start = crate::support::start_of_time();
    assert_eq!(
        found(Filter { from: Some(start + TimeDelta::minutes(10)), to: Some(start + TimeDelta::minutes(30)), ..all() })
            .await,
        [2, 1]
    );

    let first = find_in(&test.app, seed.site, &all(), PageRequest { after: None, limit: 2 }).await.unwrap();
    assert!(first.has_more && first.next == Some(ids[3].to_string()));
    let rest = find_in(&test.app, seed.site, &all(), PageRequest { after: Some(ids[3].0), limit: 3 }).await.unwrap();
    assert!(!rest.has_more && rest.data.len() == 3);

    let one = one_in(&test.app, seed.site, ids[2]).await.unwrap().unwrap();
    assert_eq!(one.attempt.customer.email.unwrap().as_str(), "ann@example.com");
    let near: Vec<_> = one.neighbours.iter().map(|(kind, rows)| (*kind, rows.len())).collect();
    assert_eq!(near, [(KeyKind::Card, 4), (KeyKind::Email, 2), (KeyKind::Ip, 0)]);
    assert_eq!(one_in(&test.app, other.site, ids[2]).await.unwrap(), None, "another site's decision does not exist");
}

#[tokio::test]
async fn what_no_index_leads_to_is_looked_for_a_hundred_thousand_attempts_at_a_time() {
    let test = TestApp::new().await;
    let seed = test.seed().await;
    let oldest = payment(seed.site, seed.service, 1).of(7_777).sent(&test.app).await.id;
    // A millisecond apart, a little younger, and all of another amount.
    let many = "with row as (
                  select n, a.at + interval '1 second' + n * interval '1 millisecond' as at, a.site_id, d.findings
                  from attempt a join decision d on d.id = a.id, generate_series(1, 100049) n),
                made as (select *, (left(uuid_at(at)::text, 14) || '7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id from row),
                asked as (insert into attempt (site_id, id, at, kind, amount, currency, source)
                          select site_id, id, at, 'payment', 5, 'GBP', 'simulation' from made)
                insert into decision (site_id, id, at, outcome, shadow, policy_version, findings, expires_at, took_us)
                select site_id, id, at, 'approve', false, 0, findings, at, 1 from made";
    sqlx::raw_sql(many).execute(&mut test.superuser().await).await.unwrap();
    test.wait(TimeDelta::minutes(5));
    let find = async |filter: Filter, after: Option<String>| {
        let after = after.map(|id| id.parse::<DecisionId>().unwrap().0);
        find_in(&test.app, seed.site, &filter, PageRequest { after, ..PageRequest::FIRST }).await.unwrap()
    };
    let amount = Filter { amount_from: Some(7_000), ..Filter::default() };
    let newest = find(amount.clone(), None).await;
    assert!(newest.data.is_empty() && newest.has_more, "not among the newest");
    let further = find(amount, newest.next).await;
    assert_eq!((further.data[0].id, further.data.len(), further.has_more), (oldest, 1, false));
    let email =
        Filter { email: Some("shopper-1@example.com".parse().unwrap()), amount_from: Some(7_000), ..Filter::default() };
    assert_eq!(find(email, None).await.data[0].id, oldest, "a value leads there at once");

    let owner = test.signed_in(seed.owner).await;
    let page = owner.get(&format!("/s/{}/decisions?amount_from=70", seed.handle)).await;
    assert!(page.body.contains("Looked back to 2 March 2026, 10:00:"), "{}", page.body);
    let further = regex::Regex::new(r#"href="([^"]+)"[^>]*>Look further back"#).unwrap();
    let link = further.captures(&page.body).unwrap()[1].replace("&amp;", "&");
    assert!(owner.get(&link).await.body.contains("£77.77"));
}
