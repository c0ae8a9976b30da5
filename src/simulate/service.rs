//! Sends planned traffic through the engine, each attempt at its own instant, as the API would have at the time.
//!
//! Attempts of one key must come in order of time. So they are sent in order, several at once, but never two at once
//! that share an e-mail address, a network or a card.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::decision::attempt::{AttemptRequest, Card, Customer, Kind, PostalAddress, Source};
use crate::decision::keys::Keys;
use crate::decision::service::decide::decide_at;
use crate::decision::service::outcome::{Became, Told, report_at};
use crate::decision::service::search::has_simulated;
use crate::decision::verdict::Outcome;
use crate::error::{Error, Result};
use crate::kernel::id::{ServiceId, SiteId};
use crate::kernel::ip::ClientAddress;
use crate::kernel::money::{Currency, Money};
use crate::platform::state::App;
use crate::reports::service::sum_up;
use crate::simulate::{Fate, Plan, Town};

/// Attempts under way at once.
const AT_ONCE: usize = 8;

/// Where traffic goes.
#[derive(Debug, Clone)]
pub struct Shop {
    /// The site.
    pub site: SiteId,
    /// Its payment services with their currencies.
    pub services: Vec<(ServiceId, Currency)>,
}

impl Shop {
    /// Where somebody from that country pays: at a service in their own currency, else at the first.
    fn till(&self, country: &str) -> Option<(ServiceId, Currency)> {
        let own = match country {
            "IE" | "NL" | "DE" | "FR" | "PT" => "EUR",
            "US" => "USD",
            "CA" => "CAD",
            "AU" => "AUD",
            _ => "GBP",
        };
        self.services.iter().find(|(_, currency)| currency.code() == own).or(self.services.first()).copied()
    }
}

/// What became of the traffic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Attempts sent.
    pub attempts: usize,
    /// Approved by us.
    pub approved: usize,
    /// Asked for more by us.
    pub challenged: usize,
    /// Refused by us.
    pub rejected: usize,
}

/// Whether somebody of the plans, told by their card, has been at the site in earlier simulated traffic.
pub async fn met_before(app: &App, shop: &Shop, plans: &[Plan]) -> Result<bool> {
    let mut cards = HashSet::new();
    for plan in plans.iter().filter(|plan| plan.card.is_some()) {
        cards.extend(Keys::of(&app.keys, &request(shop, plan)?, false).counted.card.map(|card| card.key.0.to_vec()));
    }
    has_simulated(app, shop.site, &cards.into_iter().collect::<Vec<_>>()).await
}

/// Sends all; `progress` hears now and then how many are done.
pub async fn send(app: &App, shop: &Shop, plans: Vec<Plan>, mut progress: impl FnMut(usize)) -> Result<Tally> {
    let shop = Arc::new(shop.clone());
    // What was summed up knows nothing of a past that is written now; nor does what is summed up meanwhile.
    sum_up::forget(app, shop.site).await?;
    let mut tally = Tally::default();
    let mut busy: HashSet<String> = HashSet::new();
    let mut under_way: JoinSet<Result<(Outcome, Vec<String>)>> = JoinSet::new();
    for plan in plans {
        let keys = keys(&plan);
        while under_way.len() >= AT_ONCE || keys.iter().any(|key| busy.contains(key)) {
            finish(&mut under_way, &mut busy, &mut tally).await?;
        }
        busy.extend(keys.iter().cloned());
        let (app, shop) = (app.clone(), shop.clone());
        under_way.spawn(async move { one(&app, &shop, &plan).await.map(|outcome| (outcome, keys)) });
        tally.attempts += 1;
        if tally.attempts % 5_000 == 0 {
            progress(tally.attempts);
        }
    }
    while !under_way.is_empty() {
        finish(&mut under_way, &mut busy, &mut tally).await?;
    }
    sum_up::forget(app, shop.site).await?;
    Ok(tally)
}

async fn finish(
    under_way: &mut JoinSet<Result<(Outcome, Vec<String>)>>,
    busy: &mut HashSet<String>,
    tally: &mut Tally,
) -> Result<()> {
    let Some(done) = under_way.join_next().await else { return Ok(()) };
    let (outcome, keys) = done.map_err(Error::internal)??;
    for key in keys {
        busy.remove(&key);
    }
    match outcome {
        Outcome::Approve => tally.approved += 1,
        Outcome::Challenge => tally.challenged += 1,
        Outcome::Reject => tally.rejected += 1,
    }
    Ok(())
}

/// What an attempt may not share with another that is under way.
fn keys(plan: &Plan) -> Vec<String> {
    let address = ClientAddress::from_ip(plan.address).network().to_string();
    let card = plan.card.as_ref().map(|card| card.fingerprint.clone());
    [Some(address), plan.email.clone(), card].into_iter().flatten().collect()
}

/// One attempt, and what became of it some seconds later.
async fn one(app: &App, shop: &Shop, plan: &Plan) -> Result<Outcome> {
    let decision = decide_at(app, request(shop, plan)?, plan.at).await?;
    if decision.outcome != Outcome::Reject && !plan.login {
        let told = match plan.fate {
            Fate::Approved => Told::plain(Became::Approved),
            Fate::Abandoned => Told::plain(Became::Abandoned),
            Fate::Declined(code) => Told {
                code: Some(code.to_owned()),
                message: Some(code.replace('_', " ")),
                cvc_check: Some(if code == "invalid_cvc" { "fail" } else { "pass" }.to_owned()),
                ..Told::plain(Became::Declined)
            },
        };
        report_at(app, shop.site, decision.id, told, plan.at + chrono::TimeDelta::seconds(3)).await?;
    }
    Ok(decision.outcome)
}

fn request(shop: &Shop, plan: &Plan) -> Result<AttemptRequest> {
    let mut request = AttemptRequest::new(shop.site, if plan.login { Kind::Login } else { Kind::Payment });
    request.source = Source::Simulation;
    request.label = Some(plan.label.as_str().to_owned());
    request.customer = Customer {
        external_id: plan.external_id.clone(),
        email: plan.email.as_deref().map(str::parse).transpose().map_err(Error::internal)?,
        guest: Some(plan.guest),
    };
    request.ip = ClientAddress::from_ip(plan.address);
    request.user_agent = Some(plan.agent.to_owned());
    if plan.login {
        return Ok(request);
    }
    if let Some((service, currency)) = shop.till(plan.town.2) {
        request.service = Some(service);
        request.money = Some(Money::new(plan.amount, currency));
    }
    request.card = plan.card.as_ref().map(|card| Card {
        fingerprint: Some(card.fingerprint.clone()),
        bin: Some(card.bin.clone()),
        last4: Some(card.last4.clone()),
        brand: Some(card.brand.to_owned()),
        exp_month: Some(card.exp_month),
        exp_year: Some(card.exp_year),
        holder: Some(format!("{} {}", plan.first, plan.last)),
        country: Some(card.country.to_owned()),
        ..Card::default()
    });
    request.billing = Some(postal(plan, None, plan.town));
    request.shipping = plan.ships_to.as_ref().map(|to| postal(plan, Some(to.street.clone()), to.town));
    Ok(request)
}

fn postal(plan: &Plan, street: Option<String>, (city, postal_code, country): Town) -> PostalAddress {
    PostalAddress {
        first_name: Some(plan.first.to_owned()),
        last_name: Some(plan.last.to_owned()),
        address: street,
        city: Some(city.to_owned()),
        postal_code: Some(postal_code.to_owned()),
        country: Some(country.to_owned()),
        ..PostalAddress::default()
    }
}
