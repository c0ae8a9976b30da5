//! A demo's lists, as a bookshop might keep them, and the few visitors whom they name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chrono::TimeDelta;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::decision::lists::{Field, ListKind};
use crate::kernel::clock::Timestamp;
use crate::simulate::people::{Person, card, crowd};
use crate::simulate::traffic::{Fate, Label, Plan, Scale, ShipsTo};

/// A list with one entry.
pub struct Kept {
    /// What a match does.
    pub kind: ListKind,
    /// What the list is called.
    pub list: &'static str,
    /// For the team.
    pub note: &'static str,
    /// What the entry is called.
    pub entry: &'static str,
    /// What it names.
    pub field: Field,
    /// Any of these.
    pub values: &'static [&'static str],
}

const LIBRARY: &str = "orders@library.example";
const DOCK_ROAD: &str = "Unit 4, Dock Road";
const PORT: &str = "Port Harcourt";

/// The lists of the demo.
pub const LISTS: [Kept; 4] = [
    Kept {
        kind: ListKind::Allow,
        list: "Trade customers",
        note: "Schools and libraries that buy in bulk",
        entry: "Whitby library",
        field: Field::Email,
        values: &[LIBRARY],
    },
    Kept {
        kind: ListKind::Block,
        list: "Known fraud",
        note: "Chargebacks since 2025",
        entry: "Reshipping address",
        field: Field::ShippingAddress,
        values: &[DOCK_ROAD],
    },
    Kept {
        kind: ListKind::Block,
        list: "Networks",
        note: "Hosting ranges that never bought a book",
        entry: "Scanner",
        field: Field::Ip,
        values: &["192.0.2.0/24", "2001:db8:bad::/48"],
    },
    Kept {
        kind: ListKind::Challenge,
        list: "Gift card runs",
        note: "Ask for more before these",
        entry: "Freight forwarder",
        field: Field::ShippingCity,
        values: &[PORT],
    },
];

/// Orders that the library sends one after the other: more than others may in a day.
const BULK: usize = 5;

/// Who is on the lists, in the order of their draws.
#[derive(Clone, Copy)]
enum Who {
    Library,
    Forwarder,
    Reshipper,
    Scanner,
}

impl Who {
    const ALL: [Self; 4] = [Self::Library, Self::Forwarder, Self::Reshipper, Self::Scanner];

    /// How many of so many attempts are theirs: a few, and some in the smallest demo too.
    fn attempts(self, of: usize) -> usize {
        let (in_ten_thousand, least) = match self {
            Self::Library => (20, BULK),
            Self::Forwarder => (12, 2),
            Self::Reshipper => (5, 2),
            Self::Scanner => (20, 2),
        };
        (of * in_ten_thousand / 10_000).max(least)
    }
}

/// Their attempts in the days before `until`, the first of each within the last day. The same seed gives the same ones.
pub fn visitors(seed: u64, until: Timestamp, scale: Scale) -> Vec<Plan> {
    // A stream of its own: what the others draw stays what it is.
    let mut rng = StdRng::seed_from_u64(!seed);
    let mut plans = Vec::new();
    for who in Who::ALL {
        let count = who.attempts(scale.attempts);
        let people = crowd(&mut rng, count);
        let (mut begins, trade_card) = (until, card(&mut rng, "GB"));
        for (number, person) in people.iter().enumerate() {
            let in_visit = if matches!(who, Who::Library) { number % BULK } else { 0 };
            if in_visit == 0 {
                let latest = if number == 0 { 60..20 * 60 } else { 20 * 60..i64::from(scale.days.max(2)) * 24 * 60 };
                begins = until - TimeDelta::minutes(rng.random_range(latest));
            }
            let at = begins + TimeDelta::minutes(in_visit as i64 * 6);
            let mut plan = order(&mut rng, person, number, at);
            match who {
                Who::Library => {
                    plan.email = Some(LIBRARY.to_owned());
                    plan.external_id = Some("HB-00042".to_owned());
                    plan.guest = false;
                    plan.address = IpAddr::V4(Ipv4Addr::new(198, 18, 0, 42));
                    plan.card = Some(trade_card.clone());
                    (plan.first, plan.last, plan.town) = ("Grace", "Hollis", ("Whitby", "YO21 1AA", "GB"));
                    plan.ships_to = Some(ShipsTo { street: "Windsor Terrace 12".to_owned(), town: plan.town });
                    plan.amount *= 3;
                }
                Who::Forwarder => {
                    plan.ships_to =
                        Some(ShipsTo { street: "Trans Amadi Road 7".to_owned(), town: (PORT, "500001", "NG") });
                    plan.fate = [Fate::Approved, Fate::Approved, Fate::Abandoned]
                        .choose(&mut rng)
                        .copied()
                        .unwrap_or(plan.fate);
                }
                Who::Reshipper => {
                    plan.label = Label::StolenCard;
                    plan.ships_to =
                        Some(ShipsTo { street: DOCK_ROAD.to_owned(), town: ("Felixstowe", "IP11 3SY", "GB") });
                    plan.fate = Fate::Declined("stolen_card");
                }
                Who::Scanner => {
                    plan.label = Label::CardTestingSpread;
                    plan.address = if number % 2 == 0 {
                        IpAddr::V4(Ipv4Addr::new(192, 0, 2, rng.random_range(1..=254)))
                    } else {
                        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xbad, rng.random(), 0, 0, 0, 1))
                    };
                    plan.ships_to = None;
                    plan.amount = 100;
                    plan.fate = Fate::Declined("do_not_honour");
                }
            }
            plans.push(plan);
        }
    }
    plans
}

/// A guest's order, sent home.
fn order(rng: &mut StdRng, person: &Person, number: usize, at: Timestamp) -> Plan {
    let plain = |name: &str| name.to_lowercase().replace('ö', "o");
    Plan {
        at,
        label: Label::Shopper,
        login: false,
        email: Some(format!("{}.{}{}@mail.example", plain(person.first), plain(person.last), 70_000 + number)),
        external_id: None,
        guest: true,
        address: person.addresses[0],
        agent: person.agents.choose(rng).copied().unwrap_or_default(),
        card: person.cards.first().cloned(),
        first: person.first,
        last: person.last,
        town: person.town,
        ships_to: Some(ShipsTo { street: person.street.clone(), town: person.town }),
        amount: person.usual_amount,
        fate: Fate::Approved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_listed_each_of_them_lately_and_one_seed_gives_the_same() {
        let until = chrono::DateTime::parse_from_rfc3339("2026-03-02T14:20:00Z").unwrap().to_utc();
        for attempts in [60, 2_000, 50_000] {
            let scale = Scale { days: 30, attempts };
            let (a, b) = (visitors(7, until, scale), visitors(7, until, scale));
            assert!(a.iter().zip(&b).all(|(x, y)| (x.at, &x.email, x.address) == (y.at, &y.email, y.address)));
            assert!(a.iter().all(|p| p.at < until && p.at >= until - TimeDelta::days(30)));
            assert!(a.len() <= 11.max(attempts / 100), "{} of {attempts}", a.len());
            let lately = |is: fn(&Plan) -> bool| a.iter().any(|p| is(p) && p.at > until - TimeDelta::days(1));
            assert!(lately(|p| p.email.as_deref() == Some(LIBRARY)));
            assert!(lately(|p| p.ships_to.as_ref().is_some_and(|to| to.street == DOCK_ROAD)));
            assert!(lately(|p| p.ships_to.as_ref().is_some_and(|to| to.town.0 == PORT)));
            assert!(lately(|p| p.address.to_string().starts_with("192.0.2.")));
        }
    }
}
