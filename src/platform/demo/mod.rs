//! Demo mode: a mark in the database that only `gatehouse demo` sets, on an empty database. With it the program binds to
//! loopback, keeps mail in an outbox and lets its clock be moved. Without it none of this is mounted.

mod clock;
mod file;
mod key;
mod outbox;
mod store;

use http::{HeaderMap, header};

use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::secret::sha256;
use crate::platform::db::Db;
use crate::platform::http::routes::{Access, Routes};
use crate::platform::state::App;

pub use clock::follow;
pub use file::{DemoFile, Person};
pub use key::{make_root_key, root_key};
pub use store::Installation;

/// The endpoints of demo mode; mounted only there.
pub fn routes() -> Routes {
    Routes::new().get("/demo/outbox", Access::Demo, outbox::show).post("/demo/clock", Access::Demo, clock::advance)
}

/// What the database says of itself; `None` before the first `gatehouse serve` or `gatehouse demo`.
pub async fn installation(db: &Db) -> Result<Option<Installation>> {
    store::installation(db).await
}

/// Notes that this is an ordinary installation, so that it can never become a demo.
pub async fn settle_down(db: &Db, now: Timestamp) -> Result<()> {
    store::insert(db, false, now).await.map(|_| ())
}

/// Whether the demo was filled to the end.
pub async fn is_filled(db: &Db) -> Result<bool> {
    Ok(store::installation(db).await?.is_some_and(|found| found.demo_filled))
}

/// Notes that the demo was filled to the end.
pub async fn filled(db: &Db, now: Timestamp) -> Result<()> {
    store::filled(db, now).await
}

/// Empties a demo that was not filled to the end, as the owner of its tables. Refuses any other database.
pub async fn empty(migrate_url: &str) -> anyhow::Result<()> {
    store::empty(migrate_url).await
}

/// Why a database cannot be marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotMark {
    /// Somebody uses it.
    #[error("this database is in use by an ordinary installation; a demo wants an empty one of its own")]
    InUse,
}

/// Marks an empty database as a demo. A database that bears the mark keeps it.
pub async fn mark(db: &Db, now: Timestamp) -> Result<Result<(), CannotMark>> {
    match store::installation(db).await? {
        Some(found) if found.demo => return Ok(Ok(())),
        Some(_) => return Ok(Err(CannotMark::InUse)),
        None => {}
    }
    if !store::is_empty(db).await? {
        return Ok(Err(CannotMark::InUse));
    }
    let marked = store::insert(db, true, now).await?;
    // Another process was faster: its word counts.
    let demo = marked || store::installation(db).await?.is_some_and(|found| found.demo);
    Ok(if demo { Ok(()) } else { Err(CannotMark::InUse) })
}

/// Whether the request brings the demo file's secret key; `None` when it brings no key at all.
pub async fn key_holder(app: &App, headers: &HeaderMap) -> Result<Option<()>> {
    let Some(given) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let key = given.to_str().ok().and_then(|v| v.strip_prefix("Bearer "));
    let hash = sha256(key.unwrap_or_default().as_bytes());
    if store::is_secret_key(&app.db, &hash, app.clock.now()).await? {
        Ok(Some(()))
    } else {
        Err(Error::new(Kind::Unauthenticated, "Give the demo file's secret key as a Bearer token."))
    }
}
