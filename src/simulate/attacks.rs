//! Card testing: many cards tried with small amounts, from few addresses in bursts or thinly from many.

use chrono::TimeDelta;
use rand::Rng;
use rand::seq::IndexedRandom as _;

use crate::kernel::clock::Timestamp;
use crate::simulate::people;
use crate::simulate::traffic::{Fate, Label, Plan};

/// One attack that begins at `begins` with so many attempts.
pub fn card_testing(rng: &mut impl Rng, begins: Timestamp, attempts: usize, many_addresses: bool) -> Vec<Plan> {
    let addresses: Vec<_> = (0..if many_addresses { attempts / 2 + 1 } else { 3 }).map(|_| people::ipv4(rng)).collect();
    let bin = ["453201", "520082", "401288"].choose(rng).copied().unwrap_or("453201");
    let spread = if many_addresses { TimeDelta::hours(14) } else { TimeDelta::minutes(70) };
    let agent =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/139.0.0.0 Safari/537.36";
    let mut plans = Vec::with_capacity(attempts);
    let mut tried = people::card(rng, "BR");
    for number in 0..attempts {
        // A tester tries each number a few times: with other expiries, then gives it up.
        if number % rng.random_range(2..=4) == 0 {
            let issued = ["BR", "US", "PL", "IN"].choose(rng).copied().unwrap_or("BR");
            tried = people::card(rng, issued);
            tried.bin = bin.to_owned();
        }
        let at = begins + TimeDelta::milliseconds(rng.random_range(0..spread.num_milliseconds()));
        plans.push(Plan {
            at,
            label: if many_addresses { Label::CardTestingSpread } else { Label::CardTesting },
            login: false,
            email: Some(format!(
                "{}{}@mail.example",
                ["shop", "buyer", "user", "order"].choose(rng).copied().unwrap_or("shop"),
                rng.random_range(1..900)
            )),
            external_id: None,
            guest: true,
            address: addresses[rng.random_range(0..addresses.len())],
            agent,
            card: Some(tried.clone()),
            first: "John",
            last: "Smith",
            town: ("London", "SW1A 1AA", "GB"),
            // A gift card comes by mail.
            ships_to: None,
            amount: [100, 100, 199, 500].choose(rng).copied().unwrap_or(100),
            fate: if rng.random_ratio(6, 100) {
                Fate::Approved
            } else {
                Fate::Declined(
                    ["do_not_honour", "invalid_cvc", "stolen_card"].choose(rng).copied().unwrap_or("do_not_honour"),
                )
            },
        });
    }
    plans
}
