//! Putting jobs into the queue and looking at it.

use uuid::Uuid;

use crate::access::Permit;
use crate::access::permission::grant::{EditSite, ReadSystem};
use crate::audit::{self, Actor, Entry, Target, Values};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{SiteId, new_uuid};
use crate::platform::db::{self, Tx};
use crate::platform::jobs::store::New;
use crate::platform::jobs::{Job, payload, store};
use crate::platform::state::App;

/// Orders a job of the installation within the caller's transaction.
pub async fn push(tx: &mut Tx, app: &App, job: Job) -> Result<Uuid> {
    put(tx, app, None, job, app.clock.now()).await
}

/// Orders a job of a site within the caller's transaction; the site's System page shows it.
pub async fn push_for(tx: &mut Tx, app: &App, site: SiteId, job: Job) -> Result<Uuid> {
    put(tx, app, Some(site), job, app.clock.now()).await
}

/// Orders a job of the installation that is not due before `at`.
pub async fn push_at(tx: &mut Tx, app: &App, job: Job, at: Timestamp) -> Result<Uuid> {
    put(tx, app, None, job, at).await
}

async fn put(tx: &mut Tx, app: &App, site: Option<SiteId>, job: Job, at: Timestamp) -> Result<Uuid> {
    let now = app.clock.now();
    let id = new_uuid(now);
    let payload = payload::written(&app.keys, id, &job)?;
    let row = New { id, site, kind: job.kind(), lane: job.lane(), payload: &payload, now, at };
    store::insert(tx, row).await?;
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
    /// Whose it is; `None`: the installation's.
    pub site: Option<SiteId>,
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

/// How many jobs of the installation, all sites included, stand where. For the operator and the metrics.
pub async fn census_of_all(app: &App) -> Result<Census> {
    store::census(&app.db, None, app.clock.now()).await
}

/// How many jobs of the site stand where.
pub async fn census(app: &App, permit: &Permit<ReadSystem>) -> Result<Census> {
    store::census(&app.db, Some(permit.site_id()), app.clock.now()).await
}

/// How the installation's own jobs of one kind stand: as much as every site may know of them.
#[derive(Debug, Clone)]
pub struct Standings {
    /// Which kind.
    pub kind: String,
    /// Waiting, due or being worked on.
    pub open: i64,
    /// Given up.
    pub dead: i64,
    /// When the newest of those was given up.
    pub dead_at: Option<Timestamp>,
    /// What the newest failure was, in our own words alone.
    pub last_error: Option<String>,
}

/// The installation's own jobs by kind, those with dead letters first.
pub async fn of_installation(app: &App, _: &Permit<ReadSystem>) -> Result<Vec<Standings>> {
    let mut found = store::of_installation(&app.db).await?;
    for kind in &mut found {
        // Behind the colon stands what a server or a library said; it could name somebody.
        kind.last_error = kind.last_error.take().and_then(|said| said.split(':').next().map(str::to_owned));
    }
    Ok(found)
}

/// Jobs of the site, dead ones first; at most 100. Those of the installation concern people of every site: they are the
/// operator's ([`super::commands`]), and others see how many stand where ([`of_installation`]).
pub async fn list(app: &App, permit: &Permit<ReadSystem>) -> Result<Vec<Listed>> {
    store::list(&app.db, Some(permit.site_id()), app.clock.now()).await
}

/// Jobs of the installation and of every site, dead ones first; at most 100.
pub(super) async fn list_all(app: &App) -> Result<Vec<Listed>> {
    store::list(&app.db, None, app.clock.now()).await
}

/// What may become of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It has another eight tries.
    Retried,
    /// It is dropped with its payload.
    Discarded,
}

/// Gives a dead letter of the site another eight tries.
pub async fn try_again(app: &App, permit: &Permit<EditSite>, id: Uuid) -> Result<()> {
    settle(app, Some(permit.site_id()), id, Fate::Retried, Actor::of(permit.visitor())).await
}

/// Drops a dead letter of the site with its payload. What it said is lost for good, so it asks for a fresh proof.
///
/// # Errors
/// `StepUpRequired`; 404 if the site has no such dead letter.
pub async fn discard(app: &App, permit: &Permit<EditSite>, id: Uuid) -> Result<()> {
    permit.fresh(app.clock.now())?;
    settle(app, Some(permit.site_id()), id, Fate::Discarded, Actor::of(permit.visitor())).await
}

/// Settles a dead letter of the site, or of anybody without one, and records it in the chain of whose it was.
pub(super) async fn settle(app: &App, site: Option<SiteId>, id: Uuid, fate: Fate, actor: Actor) -> Result<()> {
    let mut tx = app.db.platform().await?;
    let dead = store::lock_dead(&mut tx, site, id).await?.ok_or_else(Error::not_found)?;
    let action = match fate {
        Fate::Retried => {
            store::revive(&mut tx, id, app.clock.now()).await?;
            "job.retried"
        }
        Fate::Discarded => {
            store::discard(&mut tx, id).await?;
            "job.discarded"
        }
    };
    let whose = dead.site.unwrap_or(SiteId::PLATFORM);
    db::enter(&mut tx, whose).await?;
    let old = Values::new().plain("tries", dead.attempts).plain("last_error", dead.last_error);
    let entry =
        Entry { actor, action, target: Target::plain(format!("{} job {id}", dead.kind)), old: Some(old), new: None };
    audit::record(&mut tx, app, whose, entry).await?;
    tx.commit().await?;
    Ok(())
}
