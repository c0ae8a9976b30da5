//! The console's pages of the decision engine: filters, decisions, policy versions, the panic switch.

mod decisions;
mod newest;
mod panic;
mod policy;
mod velocity;

use gatehouse::decision::attempt::{AttemptRequest, Card, Customer, Kind};
use gatehouse::decision::service::decide::{Decision, decide};
use gatehouse::kernel::ip::ClientAddress;
use gatehouse::kernel::money::Money;

use crate::support::{Seed, TestApp};

/// A payment of £84 from one customer with one card.
pub fn payment(seed: &Seed) -> AttemptRequest {
    let mut request = AttemptRequest::new(seed.site, Kind::Payment);
    request.service = Some(seed.service);
    request.money = Some(Money::new(8_400, "GBP".parse().unwrap()));
    request.customer = Customer {
        external_id: Some("HB-20418".into()),
        email: Some("r.calder@example.com".parse().unwrap()),
        guest: Some(true),
    };
    request.ip = ClientAddress::parse("203.0.113.77");
    request.card = Some(Card {
        fingerprint: Some("card-4417".into()),
        brand: Some("Visa".into()),
        last4: Some("4417".into()),
        exp_month: Some(8),
        exp_year: Some(2028),
        ..Card::default()
    });
    request
}

/// The same payment `n` times, a minute apart; the last answer.
pub async fn pay(stage: &TestApp, seed: &Seed, n: usize) -> Decision {
    let mut last = None;
    for _ in 0..n {
        stage.wait(chrono::TimeDelta::minutes(1));
        last = Some(decide(&stage.app, payment(seed)).await.unwrap());
    }
    last.unwrap()
}
