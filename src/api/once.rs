//! One effect of one request: the site's transaction, the Idempotency-Key taken first, the answer stored with the effect.

use axum::response::Response;

use crate::api::KeyPermit;
use crate::api::idempotency::{Begun, Idempotency, Stored};
use crate::api::v1::reply;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::SiteId;
use crate::platform::db::Tx;
use crate::platform::state::App;

/// An effect under way. Dropped unfinished, it has changed nothing.
pub struct Once {
    /// The site's transaction.
    pub tx: Tx,
    site: SiteId,
    now: Timestamp,
    idempotency: Option<Idempotency>,
}

/// How the request goes on.
pub enum Start {
    /// It is new: do it, then [`Once::finish`].
    Fresh(Box<Once>),
    /// It was done before: send this.
    Again(Response),
}

/// Opens the transaction and takes the key, if there is one.
pub async fn start(app: &App, permit: &KeyPermit, idempotency: Option<Idempotency>) -> Result<Start> {
    let (site, now) = (permit.site_id(), app.clock.now());
    let mut tx = app.db.site(site).await?;
    if let Some(key) = &idempotency
        && let Begun::Stored(answer) = key.begin(&mut tx, site, now).await?
    {
        return Ok(Start::Again(reply::of(answer)));
    }
    Ok(Start::Fresh(Box::new(Once { tx, site, now, idempotency })))
}

/// Whether the request was answered before, so that [`start`] will answer alike. Takes no lock: `false` may be out of date
/// at once.
pub async fn is_answered(app: &App, permit: &KeyPermit, idempotency: Option<&Idempotency>) -> Result<bool> {
    let Some(key) = idempotency else { return Ok(false) };
    let mut tx = app.db.site(permit.site_id()).await?;
    let stored = key.stored(&mut tx, permit.site_id(), app.clock.now()).await?;
    tx.rollback().await?;
    Ok(stored.is_some())
}

impl Once {
    /// Stores the answer with the effect, commits both and sends it.
    pub async fn finish(mut self: Box<Self>, answer: Stored) -> Result<Response> {
        if let Some(key) = &self.idempotency {
            key.store(&mut self.tx, self.site, &answer, self.now).await?;
        }
        self.tx.commit().await?;
        Ok(reply::of(answer))
    }
}
