//! Policies in force: read from a snapshot that is at most half a second old in every process, saved as new versions.

use std::sync::Arc;

use crate::access::Permit;
use crate::access::grant::{EditProtection, ReadPolicy};
use crate::decision::policy::{Policy, Versioned};
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
    let _ = (app, site);
    Err(Error::internal(anyhow::anyhow!("not yet")))
}

/// Makes version 1, the defaults, in the transaction that makes the site.
pub async fn first(tx: &mut Tx, site: SiteId, now: Timestamp) -> Result<()> {
    let _ = (tx, site, now);
    Err(Error::internal(anyhow::anyhow!("not yet")))
}

/// Saves a changed policy as the version after `base`.
pub async fn save(app: &App, permit: &Permit<EditProtection>, base: i32, new: Policy, note: &str) -> Result<Result<Saved, SaveRefused>> {
    let _ = (app, permit, base, new, note);
    Err(Error::internal(anyhow::anyhow!("not yet")))
}

/// Saves an older version's settings again, as a new version.
pub async fn restore(app: &App, permit: &Permit<EditProtection>, base: i32, version: i32) -> Result<Result<Saved, SaveRefused>> {
    let _ = (app, permit, base, version);
    Err(Error::internal(anyhow::anyhow!("not yet")))
}

/// Versions, newest first. `page.after` is not used; `before` is the version to go on below.
pub async fn versions(app: &App, permit: &Permit<ReadPolicy>, before: Option<i32>, page: PageRequest) -> Result<PageOf<VersionRow>> {
    let _ = (app, permit, before, page);
    Err(Error::internal(anyhow::anyhow!("not yet")))
}

/// One version.
pub async fn version(app: &App, permit: &Permit<ReadPolicy>, version: i32) -> Result<Option<VersionRow>> {
    let _ = (app, permit, version);
    Err(Error::internal(anyhow::anyhow!("not yet")))
}
