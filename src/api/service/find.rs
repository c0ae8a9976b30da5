//! Reads a site's keys, never their texts.

use crate::access::Permit;
use crate::access::grant::ReadApiKeys;
use crate::api::key::Key;
use crate::api::store;
use crate::error::{Error, Result};
use crate::kernel::id::KeyId;
use crate::kernel::page::{PageOf, PageRequest};
use crate::platform::state::App;

/// Keys of the permit's site, the newest first, revoked ones included.
pub async fn page(app: &App, permit: &Permit<ReadApiKeys>, page: PageRequest) -> Result<PageOf<Key>> {
    let mut tx = app.db.site(permit.site_id()).await?;
    let keys = store::key::all(&mut tx, permit.site_id(), None, page.after.map(KeyId), page.fetch()).await?;
    Ok(PageOf::cut(keys, page, |key| key.id.to_string()))
}

/// One key of the permit's site.
pub async fn one(app: &App, permit: &Permit<ReadApiKeys>, id: KeyId) -> Result<Key> {
    let mut tx = app.db.site(permit.site_id()).await?;
    store::key::all(&mut tx, permit.site_id(), Some(id), None, 1).await?.pop().ok_or_else(Error::not_found)
}
