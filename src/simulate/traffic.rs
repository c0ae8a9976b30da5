//! A site's days: shoppers by their habits, a few attacks, all in order of time.

use std::net::IpAddr;

use chrono::{Datelike as _, TimeDelta, Weekday};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::kernel::clock::Timestamp;
use crate::simulate::attacks::card_testing;
use crate::simulate::people::{Person, SimCard, Town, crowd};

/// What an attempt really was. Stored beside it, so that effects can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Somebody who buys something.
    Shopper,
    /// Card testing in a burst from a handful of addresses.
    CardTesting,
    /// Card testing spread over many addresses.
    CardTestingSpread,
    /// An order that a stolen card is to pay.
    StolenCard,
}

impl Label {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shopper => "shopper",
            Self::CardTesting => "card_testing",
            Self::CardTestingSpread => "card_testing_spread",
            Self::StolenCard => "stolen_card",
        }
    }
}

/// What would become of the attempt if it reached the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Paid.
    Approved,
    /// Declined, with the gateway's code.
    Declined(&'static str),
    /// Never finished.
    Abandoned,
}

/// Where an order goes.
#[derive(Debug, Clone)]
pub struct ShipsTo {
    /// Street and number.
    pub street: String,
    /// Where that is.
    pub town: Town,
}

/// One attempt to be made.
#[derive(Debug, Clone)]
pub struct Plan {
    /// When.
    pub at: Timestamp,
    /// What it really is.
    pub label: Label,
    /// A customer's login rather than a payment.
    pub login: bool,
    /// Their address for mail.
    pub email: Option<String>,
    /// The site's own id of the customer.
    pub external_id: Option<String>,
    /// Not signed in at the shop.
    pub guest: bool,
    /// Where it comes from.
    pub address: IpAddr,
    /// The browser.
    pub agent: &'static str,
    /// The card, for payments.
    pub card: Option<SimCard>,
    /// Billing first name.
    pub first: &'static str,
    /// Billing last name.
    pub last: &'static str,
    /// Where they live, as they say.
    pub town: Town,
    /// Where the books go; `None` for logins and for what is sent to nobody.
    pub ships_to: Option<ShipsTo>,
    /// Minor units.
    pub amount: i64,
    /// What the gateway would say.
    pub fate: Fate,
}

/// How much traffic.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Days of history.
    pub days: u32,
    /// Attempts in all, attacks included.
    pub attempts: usize,
}

/// The traffic of the days before `until`, in order of time. The same seed gives the same traffic.
pub fn plan(seed: u64, until: Timestamp, scale: Scale) -> Vec<Plan> {
    let mut rng = StdRng::seed_from_u64(seed);
    let attacked = scale.attempts * 6 / 100;
    let people = crowd(&mut rng, (scale.attempts / 12).max(20));
    let begin = until - TimeDelta::days(i64::from(scale.days));
    let mut plans = Vec::with_capacity(scale.attempts);
    // Three bursts and two thin, long ones; one of the bursts this very morning.
    for (share, days_ago, many) in
        [(22, 0.25, false), (18, 9.4, false), (20, 19.1, false), (22, 4.0, true), (18, 15.3, true)]
    {
        let begins = until - TimeDelta::seconds((days_ago * 86_400.0) as i64);
        if begins > begin {
            plans.extend(
                card_testing(&mut rng, begins, attacked * share / 100, many).into_iter().filter(|p| p.at < until),
            );
        }
    }
    let room = Room { begin, until, most: scale.attempts };
    let heavy: Vec<f64> = running_sum(people.iter().map(|p| p.weight));
    while plans.len() < scale.attempts {
        let person = &people[pick(&heavy, rng.random())];
        // The last day is the one that `until` is in, as far as it has come.
        let day = begin + TimeDelta::days(i64::from(rng.random_range(0..=scale.days)));
        if matches!(day.weekday(), Weekday::Tue | Weekday::Wed) && rng.random_ratio(1, 4) {
            continue; // quieter days
        }
        visit(&mut rng, person, day, room, &mut plans);
    }
    plans.sort_by_key(|p| p.at);
    plans
}

/// One evening at the shop: perhaps a login, then one payment, sometimes a second try or a second book. Every draw from
/// `rng` has its place in the order: a seed's traffic depends on it.
fn visit(rng: &mut StdRng, person: &Person, day: Timestamp, room: Room, plans: &mut Vec<Plan>) {
    let login = sets_out(rng, person, day);
    let mut at = login.at;
    let mut push = |plan: Plan| {
        if plan.at >= room.begin && plan.at < room.until && plans.len() < room.most {
            plans.push(plan);
        }
    };
    if person.external_id.is_some() && rng.random_ratio(1, 5) {
        push(login.clone());
        at += TimeDelta::seconds(rng.random_range(40..600));
    }
    let order =
        Plan { login: false, ships_to: Some(ShipsTo { street: person.street.clone(), town: person.town }), ..login };
    let mut card = person.cards.choose(rng).cloned();
    for _ in 0..rng.random_range(1..=10) / 8 + 1 {
        let amount = (person.usual_amount as f64 * rng.random_range(0.4..2.2)) as i64 / 5 * 5 + 99;
        let fate = fate(rng);
        push(Plan { at, card: card.clone(), amount, fate, ..order.clone() });
        at += TimeDelta::seconds(rng.random_range(50..900));
        if matches!(fate, Fate::Declined(_)) {
            // Try again, often with the other card.
            if rng.random_ratio(1, 2) {
                card = person.cards.last().cloned();
            }
            let fate = if rng.random_ratio(3, 4) { Fate::Approved } else { fate };
            push(Plan { at, card: card.clone(), amount, fate, ..order.clone() });
            at += TimeDelta::seconds(rng.random_range(50..400));
        }
    }
}

/// The stretch of time that is filled, and how many attempts fit.
#[derive(Clone, Copy)]
struct Room {
    begin: Timestamp,
    until: Timestamp,
    most: usize,
}

/// A person's login on that day, at an hour and a place of theirs.
fn sets_out(rng: &mut StdRng, person: &Person, day: Timestamp) -> Plan {
    // Three uniform draws make a bell around the favourite hour.
    let wobble: f64 = (0..3).map(|_| rng.random_range(-2.5..2.5)).sum();
    let local = (person.likes_hour + wobble).rem_euclid(24.0);
    let midnight = day.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
    let seconds = (local * 3_600.0) as i64 - person.utc_hours * 3_600 + rng.random_range(0..60);
    Plan {
        at: midnight + TimeDelta::seconds(seconds),
        label: Label::Shopper,
        login: true,
        email: Some(person.email.clone()),
        external_id: person.external_id.clone(),
        guest: person.external_id.is_none(),
        address: *person.addresses.choose(rng).unwrap_or(&person.addresses[0]),
        agent: person.agents.choose(rng).copied().unwrap_or_default(),
        card: None,
        first: person.first,
        last: person.last,
        town: person.town,
        ships_to: None,
        amount: 0,
        fate: Fate::Approved,
    }
}

/// What becomes of a first try.
fn fate(rng: &mut StdRng) -> Fate {
    match rng.random_range(0..100) {
        0..=2 => Fate::Declined(
            ["insufficient_funds", "invalid_cvc", "do_not_honour"].choose(rng).copied().unwrap_or("do_not_honour"),
        ),
        3..=4 => Fate::Abandoned,
        _ => Fate::Approved,
    }
}

fn running_sum(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    weights
        .map(|w| {
            sum += w;
            sum
        })
        .collect()
}

/// The place whose share of the running sum holds `at` (0 to 1).
fn pick(sums: &[f64], at: f64) -> usize {
    let wanted = at * sums.last().copied().unwrap_or(0.0);
    sums.partition_point(|s| *s < wanted).min(sums.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until() -> Timestamp {
        chrono::DateTime::parse_from_rfc3339("2026-03-02T14:20:00Z").unwrap().to_utc()
    }

    #[test]
    fn one_seed_gives_one_history_in_order() {
        let scale = Scale { days: 30, attempts: 3_000 };
        let (a, b) = (plan(7, until(), scale), plan(7, until(), scale));
        assert_eq!(a.len(), 3_000);
        assert!(a.windows(2).all(|two| two[0].at <= two[1].at));
        assert!(a.iter().all(|p| p.at < until() && p.at >= until() - TimeDelta::days(31)));
        assert!(a.iter().zip(&b).all(|(x, y)| x.at == y.at && x.email == y.email && x.amount == y.amount));
        assert!(plan(8, until(), scale).iter().zip(&a).any(|(x, y)| x.email != y.email));
    }

    #[test]
    fn shoppers_come_until_the_end() {
        let plans = plan(7, until(), Scale { days: 30, attempts: 3_000 });
        let since = |from: Timestamp| plans.iter().filter(|p| p.label == Label::Shopper && p.at >= from).count();
        let (today, day) =
            (until().date_naive().and_time(chrono::NaiveTime::MIN).and_utc(), since(until() - TimeDelta::days(1)));
        assert!(since(today) > 10, "{} today", since(today));
        let usual = since(until() - TimeDelta::days(30)) / 30;
        assert!(day > usual / 2 && day < usual * 2, "{day} in the last day, {usual} in a usual one");
    }

    #[test]
    fn shoppers_sleep_and_testers_hurry() {
        let plans = plan(7, until(), Scale { days: 30, attempts: 5_000 });
        let testers = plans.iter().filter(|p| p.label == Label::CardTesting).count();
        assert!((100..=250).contains(&testers), "{testers} burst attempts");
        let mut per_address = std::collections::HashMap::new();
        for p in plans.iter().filter(|p| p.label == Label::CardTesting) {
            *per_address.entry(p.address).or_insert(0) += 1;
        }
        assert!(per_address.len() <= 9, "three bursts from three addresses each");
        let night = plans
            .iter()
            .filter(|p| p.label == Label::Shopper && p.town.2 == "GB" && chrono::Timelike::hour(&p.at) == 4)
            .count();
        let evening = plans
            .iter()
            .filter(|p| p.label == Label::Shopper && p.town.2 == "GB" && chrono::Timelike::hour(&p.at) == 20)
            .count();
        assert!(evening > night * 5, "{evening} in the evening, {night} at four");
    }
}
