//! Shoppers: who they are, where they sit, what they pay with and when they shop.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rand::Rng;
use rand::seq::IndexedRandom as _;

const FIRST: [&str; 48] = [
    "Ada", "Aisha", "Alba", "Amir", "Anna", "Ben", "Bruno", "Carla", "Chloe", "Dario", "Dina", "Elif", "Emma", "Erik",
    "Fatima", "Felix", "Grace", "Hana", "Hugo", "Ines", "Ivan", "Jack", "Jana", "Jonas", "Kofi", "Lara", "Leo", "Lina",
    "Luca", "Maja", "Marek", "Maria", "Mila", "Nadia", "Noah", "Nora", "Olga", "Omar", "Paul", "Petra", "Rosa", "Sami",
    "Sara", "Sven", "Tara", "Theo", "Yara", "Zoe",
];
const LAST: [&str; 48] = [
    "Abbott",
    "Almeida",
    "Andersen",
    "Bauer",
    "Becker",
    "Brandt",
    "Calder",
    "Costa",
    "Dahl",
    "Dubois",
    "Duarte",
    "Ekström",
    "Farrow",
    "Fenwick",
    "Fischer",
    "Garnier",
    "Haas",
    "Hollis",
    "Ibrahim",
    "Jansen",
    "Kaya",
    "Keller",
    "Kowalski",
    "Lange",
    "Laurent",
    "Lindqvist",
    "Marlow",
    "Meyer",
    "Moreau",
    "Nakata",
    "Novak",
    "Okafor",
    "Olsen",
    "Osei",
    "Petrov",
    "Quinn",
    "Ricci",
    "Rossi",
    "Santos",
    "Schmid",
    "Silva",
    "Tarrant",
    "Thorne",
    "Ueda",
    "Varga",
    "Weber",
    "Winter",
    "Young",
];
const AGENTS: [&str; 7] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
];

/// City, postal code, country, hours ahead of UTC, how many of a hundred shoppers live there.
const TOWNS: [(&str, &str, &str, i64, u32); 12] = [
    ("Whitby", "YO21 1AA", "GB", 0, 22),
    ("Leeds", "LS1 4DY", "GB", 0, 20),
    ("Bristol", "BS1 5TR", "GB", 0, 16),
    ("Edinburgh", "EH1 1YZ", "GB", 0, 12),
    ("Dublin", "D02 X285", "IE", 0, 8),
    ("Utrecht", "3511 AB", "NL", 1, 5),
    ("Hamburg", "20095", "DE", 1, 5),
    ("Lyon", "69001", "FR", 1, 4),
    ("Porto", "4000-008", "PT", 0, 3),
    ("Boston", "02108", "US", -5, 2),
    ("Toronto", "M5H 2N2", "CA", -5, 2),
    ("Sydney", "2000", "AU", 10, 1),
];

const STREETS: [&str; 10] = [
    "Church Street",
    "Mill Lane",
    "Station Road",
    "Harbour View",
    "Park Avenue",
    "Bridge Street",
    "Market Place",
    "Hill Rise",
    "Orchard Close",
    "Quay Side",
];

/// City, postal code, country.
pub type Town = (&'static str, &'static str, &'static str);

/// A card as the engine may know it: never a number.
#[derive(Debug, Clone)]
pub struct SimCard {
    /// Stands for the gateway's fingerprint of the card.
    pub fingerprint: String,
    /// The first six digits.
    pub bin: String,
    /// The last four digits.
    pub last4: String,
    /// The scheme.
    pub brand: &'static str,
    /// 1 to 12.
    pub exp_month: u8,
    /// Four digits.
    pub exp_year: u16,
    /// Where it was issued.
    pub country: &'static str,
}

/// A shopper.
#[derive(Debug, Clone)]
pub struct Person {
    /// First name.
    pub first: &'static str,
    /// Last name.
    pub last: &'static str,
    /// Their address for mail.
    pub email: String,
    /// The site's own id of them; `None` for guests.
    pub external_id: Option<String>,
    /// At home (shared by a family) and on the move.
    pub addresses: Vec<IpAddr>,
    /// Browsers they use.
    pub agents: Vec<&'static str>,
    /// Cards they pay with.
    pub cards: Vec<SimCard>,
    /// Street and number.
    pub street: String,
    /// Where that is.
    pub town: Town,
    /// Hours ahead of UTC.
    pub utc_hours: i64,
    /// How often they shop compared with others.
    pub weight: f64,
    /// What they usually spend, in minor units.
    pub usual_amount: i64,
    /// The local hour they like best.
    pub likes_hour: f64,
}

/// A card of a scheme that people of that country carry. BINs are of test ranges.
pub fn card(rng: &mut impl Rng, country: &'static str) -> SimCard {
    let (brand, bin) = *[
        ("visa", "424242"),
        ("visa", "401288"),
        ("visa", "453201"),
        ("mastercard", "555555"),
        ("mastercard", "520082"),
        ("amex", "378282"),
        ("maestro", "675964"),
    ]
    .choose(rng)
    .unwrap_or(&("visa", "424242"));
    SimCard {
        fingerprint: format!("fp_{:016x}", rng.random::<u64>()),
        bin: bin.to_owned(),
        last4: format!("{:04}", rng.random_range(0..10_000)),
        brand,
        exp_month: rng.random_range(1..=12),
        exp_year: rng.random_range(2027..=2031),
        country,
    }
}

/// An address of the range set aside for measurements (198.18.0.0/15): nobody's.
pub fn ipv4(rng: &mut impl Rng) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(198, rng.random_range(18..=19), rng.random(), rng.random_range(1..=254)))
}

/// An address of the documentation range of IPv6, in a /64 of its own.
fn ipv6(rng: &mut impl Rng) -> IpAddr {
    let random: u64 = rng.random();
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, rng.random(), rng.random(), 0, 0, (random >> 16) as u16, random as u16))
}

/// A town of a shopper, the frequent ones more often.
fn town(rng: &mut impl Rng) -> (&'static str, &'static str, &'static str, i64) {
    let mut left = rng.random_range(0..TOWNS.iter().map(|t| t.4).sum());
    for (city, code, country, hours, share) in TOWNS {
        if left < share {
            return (city, code, country, hours);
        }
        left -= share;
    }
    (TOWNS[0].0, TOWNS[0].1, TOWNS[0].2, TOWNS[0].3)
}

/// So many shoppers. One in eight shares a home address with the one before: families.
pub fn crowd(rng: &mut impl Rng, count: usize) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::with_capacity(count);
    for number in 0..count {
        let family = number > 0 && rng.random_ratio(1, 8);
        let (first, mut last) = (*FIRST.choose(rng).unwrap_or(&"Ada"), *LAST.choose(rng).unwrap_or(&"Abbott"));
        let (mut city, mut code, mut country, mut utc_hours) = town(rng);
        let mut home = if rng.random_ratio(1, 4) { ipv6(rng) } else { ipv4(rng) };
        if let Some(relative) = people.last().filter(|_| family) {
            last = relative.last;
            (city, code, country) = relative.town;
            utc_hours = relative.utc_hours;
            home = relative.addresses[0];
        }
        let mut addresses = vec![home];
        addresses.extend((0..rng.random_range(0..3)).map(|_| ipv4(rng)));
        let provider =
            ["example.com", "example.net", "example.org", "mail.example"].choose(rng).copied().unwrap_or("example.com");
        let plain = |name: &str| name.to_lowercase().replace('ö', "o");
        let agents = (0..rng.random_range(1..=3)).map(|_| *AGENTS.choose(rng).unwrap_or(&AGENTS[0])).collect();
        let cards = (0..rng.random_range(1..=3)).map(|_| card(rng, country)).collect();
        people.push(Person {
            first,
            last,
            email: format!("{}.{}{}@{provider}", plain(first), plain(last), number),
            external_id: rng.random_ratio(7, 10).then(|| format!("HB-{:05}", 10_000 + number)),
            addresses,
            agents,
            cards,
            street: format!("{} {}", STREETS[number % STREETS.len()], number * 7 % 90 + 1),
            town: (city, code, country),
            utc_hours,
            weight: rng.random_range(0.2..1.0f64).powi(2),
            usual_amount: rng.random_range(600..9_000),
            likes_hour: [8.0, 12.5, 17.5, 20.5, 21.5].choose(rng).copied().unwrap_or(20.5)
                + rng.random_range(-1.5..1.5),
        });
    }
    people
}
