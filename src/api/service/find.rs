//! Reads a site's keys, never their texts.

use crate::access::Permit;
use crate::access::grant::ReadApiKeys;
use crate::api::key::Key;
use crate::api::store;
use crate::error::{Error, Result};
use crate::kernel::id::KeyId;
use crate::platform::state::App;

/// All keys of the permit's site, the newest first, revoked ones included.
pub async fn all(app: &App, permit: &Permit<ReadApiKeys>) -> Result<Vec<Key>> {
    let mut tx = app.db.site(permit.site_id()).await?;
    store::key::all(&mut tx, permit.site_id()).await
}

/// One key of the permit's site.
pub async fn one(app: &App, permit: &Permit<ReadApiKeys>, id: KeyId) -> Result<Key> {
    all(app, permit).await?.into_iter().find(|key| key.id == id).ok_or_else(Error::not_found)
}
