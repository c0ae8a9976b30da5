//! Sign-ins of collaborators as recorded decisions. They are read by those who may read the audit log, and by nothing else.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use crate::access::Permit;
use crate::access::grant::ReadAudit;
use crate::decision::attempt::{AttemptRequest, Kind};
use crate::decision::service::search::{Filter, Row};
use crate::decision::sign_in::{Facts, decide};
use crate::decision::store;
use crate::decision::verdict::{Check, Finding, Outcome};
use crate::decision::wording;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, DecisionId, SiteId, uuid_at};
use crate::kernel::ip::ClientAddress;
use crate::kernel::page::{PageOf, PageRequest};
use crate::platform::db::Tx;
use crate::platform::state::App;

/// Who tried to sign in, and how: no more than an audit row says of them.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The canonical address.
    pub email: String,
    /// Where from.
    pub address: ClientAddress,
    /// The browser's own words.
    pub user_agent: String,
    /// Whether the browser is a known device of the account.
    pub known_device: bool,
    /// When the request was taken up.
    pub began: Instant,
}

/// Decides a sign-in and records the answer at one of the person's sites, which `tx` has entered; at a site that they do not
/// belong to nothing is written. Of those turned away it records the first of an hour.
pub async fn record(
    tx: &mut Tx,
    app: &App,
    site: SiteId,
    who: CollaboratorId,
    sign_in: &SignIn,
    facts: &Facts,
) -> Result<bool> {
    let (at, verdict) = (app.clock.now(), decide(facts));
    let turned_away = facts.turned_away();
    let new = store::sign_in::New { site, id: DecisionId::new(at), at, who, sign_in, verdict: &verdict, turned_away };
    store::sign_in::insert(tx, &new).await
}

/// A sign-in with everything that its trace shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// Its id.
    pub id: DecisionId,
    /// When.
    pub at: Timestamp,
    /// The answer.
    pub outcome: Outcome,
    /// The check that settled a challenge or reject.
    pub settled_by: Option<Check>,
    /// One finding a check, in the published order, with its sentence.
    pub findings: Vec<Finding>,
    /// Whether the browser was a known device.
    pub known_device: bool,
    /// It stands for every like one of its hour.
    pub first_of_hour: bool,
    /// From the request to just before the commit.
    pub took: Duration,
    /// Whose account; `None` once erased.
    pub email: Option<String>,
    /// From where; `None` if not known or erased.
    pub ip: Option<IpAddr>,
    /// The browser's own words.
    pub user_agent: Option<String>,
}

/// Sign-ins of the site's people, newest first. What only the attempts of customers have, none of them has.
pub async fn find(app: &App, permit: &Permit<ReadAudit>, filter: &Filter, page: PageRequest) -> Result<PageOf<Row>> {
    let of_customers = filter.service.is_some()
        || filter.became.is_some()
        || filter.external_id.is_some()
        || filter.currency.is_some()
        || filter.amount_from.is_some()
        || filter.amount_to.is_some()
        || filter.shadow;
    if of_customers {
        return Ok(PageOf { data: Vec::new(), has_more: false, next: None });
    }
    let site = permit.site_id();
    let future = uuid_at(app.clock.now() + TimeDelta::days(1));
    let below = page.after.map_or(future, |after| after.min(future));
    let mut tx = app.db.site(site).await?;
    let rows = store::sign_in::find(&mut tx, site, filter, below, page.fetch()).await?;
    tx.commit().await?;
    Ok(PageOf::cut(rows, page, |row| row.id.to_string()))
}

/// One sign-in.
pub async fn one(app: &App, permit: &Permit<ReadAudit>, id: DecisionId) -> Result<Option<Detail>> {
    let site = permit.site_id();
    let mut tx = app.db.site(site).await?;
    let Some(mut detail) = store::sign_in::one(&mut tx, site, id).await? else { return Ok(None) };
    tx.commit().await?;
    wording::speak(&mut detail.findings, &AttemptRequest::new(site, Kind::CollaboratorSignIn));
    Ok(Some(detail))
}
