//! Putting jobs into the queue and looking at it.

use serde_json::json;
use uuid::Uuid;

use crate::access::Permit;
use crate::access::permission::grant::{EditSite, ReadSystem};
use crate::audit::{self, Actor, Entry};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{SiteId, new_uuid};
use crate::platform::db::Tx;
use crate::platform::jobs::{Job, store};
use crate::platform::state::App;

/// Orders a job of the installation within the caller's transaction.
pub async fn push(tx: &mut Tx, app: &App, job: Job) -> Result<Uuid> {
    put(tx, app, None, job).await
}

/// Orders a job of a site within the caller's transaction; the site's System page shows it.
pub async fn push_for(tx: &mut Tx, app: &App, site: SiteId, job: Job) -> Result<Uuid> {
    put(tx, app, Some(site), job).await
}

async fn put(tx: &mut Tx, app: &App, site: Option<SiteId>, job: Job) -> Result<Uuid> {
    let now = app.clock.now();
    let id = new_uuid(now);
    let payload = serde_json::to_value(&job).map_err(Error::internal)?;
    store::insert(tx, id, site, job.kind(), &payload, now).await?;
    Ok(id)
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its time has not come.
    Waiting,
    /// Due, or being worked on.
    Due,
    /// Given up.
    Dead,
}

/// A job as the System page shows it: never its payload.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its id.
    pub id: Uuid,
    /// Which kind.
    pub kind: String,
    /// Whether it belongs to the site, not to the installation.
    pub of_site: bool,
    /// Where it stands.
    pub standing: Standing,
    /// Tries so far.
    pub attempts: i32,
    /// What the last try said.
    pub last_error: Option<String>,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it is tried next.
    pub run_at: Timestamp,
    /// When it was given up.
    pub dead_at: Option<Timestamp>,
}

/// How many jobs stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Census {
    /// Their time has not come.
    pub waiting: i64,
    /// Due or being worked on.
    pub due: i64,
    /// Given up.
    pub dead: i64,
}

/// How many jobs of the installation, all sites included, stand where.
pub async fn census(app: &App) -> Result<Census> {
    store::census(&app.db, app.clock.now()).await
}

/// Jobs of the site and of the installation, dead ones first; at most 100.
pub async fn list(app: &App, permit: &Permit<ReadSystem>) -> Result<Vec<Listed>> {
    store::list(&app.db, permit.site_id(), app.clock.now()).await
}

/// Gives a dead letter another eight tries.
pub async fn try_again(app: &App, permit: &Permit<EditSite>, id: Uuid) -> Result<()> {
    change(app, permit, id, "job.retried", false).await
}

/// Drops a dead letter with its payload.
pub async fn discard(app: &App, permit: &Permit<EditSite>, id: Uuid) -> Result<()> {
    change(app, permit, id, "job.discarded", true).await
}

async fn change(app: &App, permit: &Permit<EditSite>, id: Uuid, action: &'static str, drop: bool) -> Result<()> {
    let site = permit.site_id();
    let mut tx = app.db.site(site).await?;
    let found = if drop {
        store::discard(&mut tx, site, id).await?
    } else {
        store::revive(&mut tx, site, id, app.clock.now()).await?
    };
    let dead = found.ok_or_else(Error::not_found)?;
    let old = json!({ "tries": dead.attempts, "last_error": dead.last_error });
    let entry = Entry {
        actor: Actor::of(permit.visitor()),
        action,
        target: format!("{} job {id}", dead.kind),
        old: Some(old),
        new: None,
    };
    audit::record(&mut tx, app, site, entry).await?;
    tx.commit().await?;
    Ok(())
}
