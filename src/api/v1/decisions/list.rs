//! `GET /v1/decisions`: search.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::KeyPermit;
use crate::api::fields::Faults;
use crate::api::query::{self, StrictQuery};
use crate::api::v1::decisions::answer::DecisionRow;
use crate::api::v1::reply;
use crate::decision::service::search::{self, Filter};
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::DecisionId;
use crate::kernel::ip::ClientAddress;
use crate::kernel::page::{PageOf, PageRequest};
use crate::platform::state::App;

/// Which decisions. Everything that is given must hold.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// 1 to 100, 50 by default.
    limit: Option<String>,
    /// The value of `next` in the page before.
    after: Option<String>,
    /// `approve`, `challenge` or `reject`.
    outcome: Option<String>,
    /// `payment`, `login`, `registration` or `password_reset`.
    kind: Option<String>,
    /// A payment service.
    service: Option<String>,
    /// The check that settled it, such as `block_list` or `velocity_card_payments`.
    check: Option<String>,
    /// `approved`, `declined` or `abandoned`.
    became: Option<String>,
    /// `true`: only where a check in shadow would have made the outcome stronger.
    shadow: Option<String>,
    /// Not before, RFC 3339.
    from: Option<String>,
    /// Before, RFC 3339.
    to: Option<String>,
    /// The customer's address.
    email: Option<String>,
    /// The client's address; IPv6 finds its /64.
    ip: Option<String>,
    /// Your own id of the customer.
    external_id: Option<String>,
    /// The payment's currency, ISO 4217. Needed with an amount.
    currency: Option<String>,
    /// At least this many minor units of `currency`.
    amount_from: Option<String>,
    /// At most this many minor units of `currency`.
    amount_to: Option<String>,
}

/// A page of decisions, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionPage {
    /// The decisions.
    data: Vec<DecisionRow>,
    /// Whether there may be older ones.
    has_more: bool,
    /// Give this as `after` to get them.
    next: Option<String>,
}

impl From<PageOf<DecisionRow>> for DecisionPage {
    fn from(page: PageOf<DecisionRow>) -> Self {
        Self { data: page.data, has_more: page.has_more, next: page.next }
    }
}

/// Search decisions
///
/// The newest first. A page looks through at most 100,000 attempts for what it is asked by kind, service, currency, amount or
/// outcome alone: then it may hold fewer decisions than `limit`, even none, and `next` leads further back.
#[utoipa::path(
    get, path = "/v1/decisions", tag = "Decisions", operation_id = "list_decisions",
    params(Wanted),
    responses((status = 200, description = "A page of decisions.", body = DecisionPage)),
)]
pub async fn list(
    State(app): State<App>,
    permit: KeyPermit,
    StrictQuery(wanted): StrictQuery<Wanted>,
) -> Result<Response> {
    let (filter, page) = wanted.read()?;
    let found = search::find_in(&app, permit.site_id(), &filter, page).await?;
    reply::ok(&DecisionPage::from(found.map(DecisionRow::from)))
}

impl Wanted {
    fn read(self) -> Result<(Filter, PageRequest)> {
        let mut faults = Faults::default();
        let page = query::page(&mut faults, self.limit.as_deref(), self.after.as_deref(), |text| {
            text.parse::<DecisionId>().ok().map(|id| id.0)
        });
        if self.currency.is_none() && (self.amount_from.is_some() || self.amount_to.is_some()) {
            faults.add("currency", "missing", "is required with an amount: write that of the amount, such as GBP");
        }
        let filter = Filter {
            id: None,
            outcome: self.outcome.and_then(|t| faults.read("outcome", "unknown_value", t.parse())),
            kind: self.kind.and_then(|t| faults.read("kind", "unknown_value", t.parse())),
            service: self.service.and_then(|t| faults.read("service", "not_an_id", t.parse())),
            check: self.check.and_then(|t| faults.read("check", "unknown_value", t.parse())),
            became: self.became.and_then(|t| faults.read("became", "unknown_value", t.parse())),
            shadow: self.shadow.is_some_and(|t| yes_or_no(&mut faults, "shadow", &t)),
            from: self.from.and_then(|t| instant(&mut faults, "from", &t)),
            to: self.to.and_then(|t| instant(&mut faults, "to", &t)),
            email: self.email.and_then(|t| faults.read("email", "not_an_email", t.parse())),
            ip: self.ip.and_then(|t| address(&mut faults, &t)),
            external_id: faults.text("external_id", self.external_id, 200),
            currency: self.currency.and_then(|t| faults.read("currency", "not_a_currency", t.parse())),
            amount_from: self.amount_from.and_then(|t| minor(&mut faults, "amount_from", &t)),
            amount_to: self.amount_to.and_then(|t| minor(&mut faults, "amount_to", &t)),
        };
        faults.settle()?;
        Ok((filter, page))
    }
}

fn yes_or_no(faults: &mut Faults, field: &str, text: &str) -> bool {
    match text {
        "true" => return true,
        "false" => {}
        _ => faults.add(field, "wrong_type", "must be true or false"),
    }
    false
}

fn instant(faults: &mut Faults, field: &str, text: &str) -> Option<Timestamp> {
    let read = chrono::DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    faults.read(field, "not_a_time", read.map_err(|_| "must be a time such as 2026-03-02T10:00:00Z"))
}

fn address(faults: &mut Faults, text: &str) -> Option<ClientAddress> {
    let read = text.parse::<std::net::IpAddr>().map(ClientAddress::from_ip);
    faults.read("ip", "not_an_address", read.map_err(|_| "must be one IPv4 or IPv6 address"))
}

fn minor(faults: &mut Faults, field: &str, text: &str) -> Option<i64> {
    let read = text.parse::<i64>().ok().filter(|n| *n >= 0);
    faults.read(field, "wrong_type", read.ok_or("must be a whole number of minor units, 0 or more"))
}
