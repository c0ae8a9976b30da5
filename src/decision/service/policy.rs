//! Policies in force: read from a snapshot that is at most half a second old in every process, saved as new versions.

use std::sync::Arc;

use crate::access::Permit;
use crate::access::grant::{EditProtection, ReadPolicy};
use crate::audit::{self, Target, Values};
use crate::decision::change::{Change, changes, loosens};
use crate::decision::last_week::LastWeek;
use crate::decision::policy::{Policy, Versioned};
use crate::decision::service::{backtest, snapshot};
use crate::decision::store;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::SiteId;
use crate::kernel::page::{PageOf, PageRequest};
use crate::platform::db::Tx;
use crate::platform::state::App;

/// What saving led to.
#[derive(Debug, Clone, PartialEq)]
pub enum Saved {
    /// A new version is in force.
    As(Arc<Versioned>),
    /// It is what is in force already; no version was made.
    Unchanged(Arc<Versioned>),
}

/// Why a policy was not saved. A "no", not a failure.
#[derive(Debug)]
pub enum SaveRefused {
    /// Somebody saved meanwhile; this is in force now.
    Stale(Arc<Versioned>),
    /// It loosens a protection and the last proof of identity is older than ten minutes.
    StepUp,
    /// A field is out of range.
    Invalid(Vec<crate::error::FieldError>),
    /// It would have refused more than half of last week's good payments, and nobody named how many.
    Unnamed(LastWeek),
}

/// A version with the name of who saved it.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionRow {
    /// The version.
    pub versioned: Versioned,
    /// Who saved it; `None` for defaults and the command line.
    pub by: Option<String>,
    /// Whether it is in force.
    pub current: bool,
}

/// The policy in force. At most half a second behind any process that saved another.
pub async fn current(app: &App, site: SiteId) -> Result<Arc<Versioned>> {
    Ok(Arc::clone(&snapshot::of(app, site).await?.versioned))
}

/// Makes version 1, the defaults, in the transaction that makes the site.
pub async fn first(tx: &mut Tx, site: SiteId, now: Timestamp) -> Result<()> {
    let note = "Defaults of a new site".to_owned();
    let row = Versioned { site, version: 1, policy: Policy::default(), created_at: now, created_by: None, note };
    if !store::policy::bump(tx, site, 0).await? {
        return Err(Error::internal(anyhow::anyhow!("{site} has a policy already")));
    }
    store::policy::insert(tx, &row).await
}

/// A wish to save.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    /// The version that it was made on.
    pub base: i32,
    /// What is to be in force.
    pub policy: Policy,
    /// What changed, in a sentence; empty: as [`changes`] says it.
    pub note: &'a str,
    /// What was typed to name how many good payments it would have refused.
    pub typed: Option<&'a str>,
}

/// Saves a changed policy as the version after its base.
pub async fn save(app: &App, permit: &Permit<EditProtection>, wish: Wish<'_>) -> Result<Result<Saved, SaveRefused>> {
    save_as(app, permit, wish, "policy.saved").await
}

/// Saves an older version's settings again, as a new version.
pub async fn restore(
    app: &App,
    permit: &Permit<EditProtection>,
    base: i32,
    version: i32,
    typed: Option<&str>,
) -> Result<Result<Saved, SaveRefused>> {
    let mut tx = app.db.site(permit.site_id()).await?;
    let old = store::policy::version(&mut tx, permit.site_id(), version).await?.ok_or_else(Error::not_found)?;
    tx.rollback().await?;
    let note = format!("Version {version} restored");
    let wish = Wish { base, policy: old.versioned.policy, note: &note, typed };
    save_as(app, permit, wish, "policy.restored").await
}

async fn save_as(
    app: &App,
    permit: &Permit<EditProtection>,
    wish: Wish<'_>,
    action: &'static str,
) -> Result<Result<Saved, SaveRefused>> {
    let Wish { base, policy: new, note, typed } = wish;
    let (site, now) = (permit.site_id(), app.clock.now());
    let faults = new.faults();
    if !faults.is_empty() {
        return Ok(Err(SaveRefused::Invalid(faults)));
    }
    // Before anything is replayed for a form that cannot be saved.
    let known = current(app, site).await?;
    if base < known.version {
        return Ok(Err(SaveRefused::Stale(known)));
    }
    if base == known.version && known.policy == new {
        return Ok(Ok(Saved::Unchanged(known)));
    }
    let week = backtest::before_saving(app, permit, new.clone()).await?;
    if !week.may_pass(typed) {
        return Ok(Err(SaveRefused::Unnamed(week)));
    }
    let mut tx = app.db.site(site).await?;
    // Takes the site's row, so that of two people saving at once one waits here and then finds the other's version.
    if !store::policy::bump(&mut tx, site, base).await? {
        tx.rollback().await?;
        app.snapshots().expire(site);
        return Ok(Err(SaveRefused::Stale(current(app, site).await?)));
    }
    let old = match store::policy::version(&mut tx, site, base).await? {
        Some(row) => row.versioned,
        None if base == 0 => Versioned { version: 0, ..(*current(app, site).await?).clone() },
        None => return Err(Error::internal(anyhow::anyhow!("policy {base} of {site} is missing"))),
    };
    if old.policy == new {
        tx.rollback().await?;
        return Ok(Ok(Saved::Unchanged(Arc::new(old))));
    }
    if loosens(&old.policy, &new) && permit.fresh(now).is_err() {
        tx.rollback().await?;
        return Ok(Err(SaveRefused::StepUp));
    }
    let note = match note.trim() {
        "" => changes(&old.policy, &new).iter().map(Change::to_string).collect::<Vec<_>>().join("; "),
        note => note.to_owned(),
    };
    let saved = Versioned {
        site,
        version: base + 1,
        policy: new,
        created_at: now,
        created_by: Some(permit.visitor().id),
        note,
    };
    store::policy::insert(&mut tx, &saved).await?;
    store::policy::notify(&mut tx, site).await?;
    let entry = audit::Entry {
        actor: audit::Actor::of(permit.visitor()),
        action,
        target: Target::plain(format!("policy version {}", saved.version)),
        old: Some(Values::plain_document(&old.policy)),
        new: Some(Values::plain_document(&saved.policy)),
    };
    audit::record(&mut tx, app, site, entry).await?;
    tx.commit().await?;
    app.snapshots().expire(site);
    tracing::info!(site.id = %site, policy.version = saved.version, "saved policy version {} of {site}", saved.version);
    Ok(Ok(Saved::As(Arc::new(saved))))
}

/// Versions, newest first, below the version `before`.
pub async fn versions(
    app: &App,
    permit: &Permit<ReadPolicy>,
    before: Option<i32>,
    limit: u32,
) -> Result<PageOf<VersionRow>> {
    let site = permit.site_id();
    let now = current(app, site).await?.version;
    let mut tx = app.db.site(site).await?;
    let request = PageRequest { after: None, limit };
    let from = before.map_or(i32::MAX, |v| v.saturating_sub(1));
    let rows = store::policy::versions(&mut tx, site, from, request.fetch()).await?;
    tx.commit().await?;
    let page = PageOf::cut(rows, request, |row| row.versioned.version.to_string());
    Ok(page.map(|row| VersionRow { current: row.versioned.version == now, by: row.by, versioned: row.versioned }))
}

/// One version.
pub async fn version(app: &App, permit: &Permit<ReadPolicy>, version: i32) -> Result<Option<VersionRow>> {
    let site = permit.site_id();
    let now = current(app, site).await?.version;
    let mut tx = app.db.site(site).await?;
    let row = store::policy::version(&mut tx, site, version).await?;
    tx.commit().await?;
    Ok(row.map(|row| VersionRow { current: row.versioned.version == now, by: row.by, versioned: row.versioned }))
}
