//! Finding decisions, and one with everything for its trace.

use chrono::TimeDelta;

use crate::access::Permit;
use crate::access::grant::ReadDecisions;
use crate::decision::attempt::{AttemptRequest, Kind};
use crate::decision::keys::{KeyKind, customer_key, email_key, ip_key};
use crate::decision::policy::Versioned;
use crate::decision::replay::agree;
use crate::decision::service::decide::Decision;
use crate::decision::service::outcome::{Became, OutcomeAnswer, Told};
use crate::decision::service::policy;
use crate::decision::store::history::Digests;
use crate::decision::verdict::{Check, Finding, Outcome, WINDOW};
use crate::decision::{store, wording};
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::email::Email;
use crate::kernel::id::{DecisionId, ServiceId, SiteId, uuid_at};
use crate::kernel::ip::ClientAddress;
use crate::kernel::money::{Currency, Money};
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
    /// In which currency. Minor units of another are not the same money.
    pub currency: Option<Currency>,
    /// At least this many minor units.
    pub amount_from: Option<i64>,
    /// At most this many minor units.
    pub amount_to: Option<i64>,
}

/// How many attempts are looked through for what no index leads to; then the reader decides whether to go on.
pub const LOOKED_THROUGH: i64 = 100_000;

impl Filter {
    /// Whether attempts have to be read one by one: no index leads to what is looked for.
    pub(in crate::decision) fn must_read(&self) -> bool {
        let picks = self.kind.is_some()
            || self.service.is_some()
            || self.became.is_some()
            || self.outcome == Some(Outcome::Approve)
            || self.currency.is_some()
            || self.amount_from.is_some()
            || self.amount_to.is_some();
        let led = self.id.is_some()
            || self.email.is_some()
            || self.ip.is_some()
            || self.external_id.is_some()
            || self.check.is_some()
            || self.shadow
            || self.outcome.is_some_and(|outcome| outcome != Outcome::Approve);
        picks && !led
    }
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

/// Decisions of a site, newest first. A page that is not full and has a next one was looked for among the newest
/// [`LOOKED_THROUGH`] attempts; the next page looks further back.
pub async fn find(
    app: &App,
    permit: &Permit<ReadDecisions>,
    filter: &Filter,
    page: PageRequest,
) -> Result<PageOf<Row>> {
    find_in(app, permit.site_id(), filter, page).await
}

/// One decision.
pub async fn one(app: &App, permit: &Permit<ReadDecisions>, id: DecisionId) -> Result<Option<Detail>> {
    one_in(app, permit.site_id(), id).await
}

/// [`find`] for callers whose proof is not a permit: the API's key, the command line.
pub async fn find_in(app: &App, site: SiteId, filter: &Filter, page: PageRequest) -> Result<PageOf<Row>> {
    let digests = Digests {
        // Both forms: which one was counted under depends on the policy of the day.
        email: filter
            .email
            .as_ref()
            .map(|e| [false, true].map(|fold| email_key(&app.keys, site, e, fold).0.to_vec()).to_vec()),
        ip: filter.ip.map(|ip| ip_key(&app.keys, site, ip).0.to_vec()),
        customer: filter.external_id.as_deref().map(|id| customer_key(&app.keys, site, id).0.to_vec()),
    };
    // Nothing lies in the future, and the database need not look there; a day is more than clocks differ.
    let future = uuid_at(app.clock.now() + TimeDelta::days(1));
    let below = page.after.map_or(future, |after| after.min(future));
    let mut tx = app.db.site(site).await?;
    let found = store::history::find(&mut tx, site, filter, &digests, below, page.fetch()).await?;
    tx.commit().await?;
    let mut cut = PageOf::cut(found.rows, page, |row| row.id.to_string());
    if let (false, Some(back_to)) = (cut.has_more, found.back_to) {
        cut.has_more = true;
        cut.next = Some(DecisionId(back_to).to_string());
    }
    Ok(cut)
}

/// Whether simulated traffic of the site has used one of these cards.
pub async fn has_simulated(app: &App, site: SiteId, cards: &[Vec<u8>]) -> Result<bool> {
    store::history::has_simulated(&mut app.db.site(site).await?, site, cards).await
}

/// [`one`] for callers whose proof is not a permit: the API's key, the command line.
pub async fn one_in(app: &App, site: SiteId, id: DecisionId) -> Result<Option<Detail>> {
    let mut tx = app.db.site(site).await?;
    let Some(one) = store::history::one(&mut tx, site, id).await? else { return Ok(None) };
    let around = (one.decision.at - WINDOW, one.decision.at + WINDOW);
    let mut neighbours = Vec::new();
    for kind in [KeyKind::Card, KeyKind::Email, KeyKind::Ip] {
        if let Some(key) = one.keys.get(kind) {
            neighbours.push((kind, store::history::neighbours(&mut tx, site, kind, *key, id, around).await?));
        }
    }
    tx.commit().await?;
    let store::history::One { mut decision, attempt, service_name, outcome, .. } = one;
    wording::speak(&mut decision.findings, &attempt);
    Ok(Some(Detail { decision, attempt, service_name, outcome, neighbours }))
}

/// A stored decision replayed under a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// Under which version.
    pub policy_version: i32,
    /// The answer.
    pub outcome: Outcome,
    /// Its findings, with sentences.
    pub findings: Vec<Finding>,
    /// Whether outcome and findings are those that were stored.
    pub same: bool,
}

/// What the policy in force would answer to a stored decision's attempt, with the facts as they were.
pub async fn replay(app: &App, permit: &Permit<ReadDecisions>, id: DecisionId) -> Result<Option<Replayed>> {
    let current = policy::current(app, permit.site_id()).await?;
    replay_in(app, permit.site_id(), id, &current).await
}

/// The same under any policy.
pub async fn replay_in(app: &App, site: SiteId, id: DecisionId, policy: &Versioned) -> Result<Option<Replayed>> {
    let mut tx = app.db.site(site).await?;
    let Some(one) = store::history::one(&mut tx, site, id).await? else { return Ok(None) };
    let stored = store::history::stored(&mut tx, site, &one).await?;
    tx.commit().await?;
    let mut verdict = stored.under(&policy.policy);
    let same = verdict.outcome == one.decision.outcome && agree(&verdict.findings, &one.decision.findings);
    wording::speak(&mut verdict.findings, &one.attempt);
    Ok(Some(Replayed { policy_version: policy.version, outcome: verdict.outcome, findings: verdict.findings, same }))
}

/// The policy under which a decision was made.
pub async fn policy_of(app: &App, site: SiteId, version: i32) -> Result<Option<Versioned>> {
    let mut tx = app.db.site(site).await?;
    let row = store::policy::version(&mut tx, site, version).await?;
    tx.commit().await?;
    Ok(row.map(|row| row.versioned))
}
