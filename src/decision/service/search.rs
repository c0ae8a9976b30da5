//! Finding decisions, and one with everything for its trace.

use crate::access::Permit;
use crate::access::grant::ReadDecisions;
use crate::decision::attempt::{AttemptRequest, Kind};
use crate::decision::keys::KeyKind;
use crate::decision::service::decide::Decision;
use crate::decision::service::outcome::{Became, OutcomeAnswer, Told};
use crate::decision::verdict::{Check, Outcome};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::email::Email;
use crate::kernel::id::{DecisionId, ServiceId, SiteId};
use crate::kernel::ip::ClientAddress;
use crate::kernel::money::Money;
use crate::kernel::page::{PageOf, PageRequest};
use crate::platform::state::App;

/// Which decisions to find. Everything that is set must hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// Exactly this one.
    pub id: Option<DecisionId>,
    /// Our answer.
    pub outcome: Option<Outcome>,
    /// What was tried.
    pub kind: Option<Kind>,
    /// The payment service.
    pub service: Option<ServiceId>,
    /// The check that settled it.
    pub check: Option<Check>,
    /// What became of it.
    pub became: Option<Became>,
    /// Only where a check in shadow would have made the outcome stronger.
    pub shadow: bool,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// The customer's address, under any spelling that is counted together with it.
    pub email: Option<Email>,
    /// The client's network.
    pub ip: Option<ClientAddress>,
    /// The site's own id of the customer.
    pub external_id: Option<String>,
    /// At least this many minor units.
    pub amount_from: Option<i64>,
    /// At most this many minor units.
    pub amount_to: Option<i64>,
}

/// A decision in a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its id.
    pub id: DecisionId,
    /// When.
    pub at: Timestamp,
    /// What was tried.
    pub kind: Kind,
    /// Our answer.
    pub outcome: Outcome,
    /// The check that settled a challenge or reject.
    pub settled_by: Option<Check>,
    /// Whether a check in shadow would have made the outcome stronger.
    pub shadow: bool,
    /// How much.
    pub money: Option<Money>,
    /// The payment service.
    pub service: Option<ServiceId>,
    /// Its name.
    pub service_name: Option<String>,
    /// Who; `None` if not given or erased.
    pub email: Option<String>,
    /// From where; `None` if not known or erased.
    pub ip: Option<std::net::IpAddr>,
    /// The card's brand and last 4, where known.
    pub card_brand: Option<String>,
    /// The card's last 4.
    pub card_last4: Option<String>,
    /// What became of it.
    pub became: Option<Became>,
    /// What simulated traffic really was.
    pub label: Option<String>,
}

/// One decision with everything that its trace shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// The answer.
    pub decision: Decision,
    /// What was asked, as far as it has not been erased.
    pub attempt: AttemptRequest,
    /// The name of the payment service.
    pub service_name: Option<String>,
    /// What became of it: told, and answered.
    pub outcome: Option<(Told, OutcomeAnswer)>,
    /// Other attempts under the same keys from 24 hours before to 24 hours after, newest first, at most 20 a key.
    pub neighbours: Vec<(KeyKind, Vec<Row>)>,
}

/// Decisions of a site, newest first.
pub async fn find(app: &App, permit: &Permit<ReadDecisions>, filter: &Filter, page: PageRequest) -> Result<PageOf<Row>> {
    find_in(app, permit.site_id(), filter, page).await
}

/// One decision.
pub async fn one(app: &App, permit: &Permit<ReadDecisions>, id: DecisionId) -> Result<Option<Detail>> {
    one_in(app, permit.site_id(), id).await
}

/// [`find`] for the API, whose key is the proof.
pub(crate) async fn find_in(app: &App, site: SiteId, filter: &Filter, page: PageRequest) -> Result<PageOf<Row>> {
    let _ = (app, site, filter, page);
    Err(Error::internal(anyhow::anyhow!("not yet")))
}

/// [`one`] for the API, whose key is the proof.
pub(crate) async fn one_in(app: &App, site: SiteId, id: DecisionId) -> Result<Option<Detail>> {
    let _ = (app, site, id);
    Err(Error::internal(anyhow::anyhow!("not yet")))
}
