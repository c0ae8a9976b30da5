//! Reads a site's keys, never their texts.

use crate::access::Permit;
use crate::access::grant::ReadApiKeys;
use crate::access::service::requirement;
use crate::api::key::Key;
use crate::api::scope::Maker;
use crate::api::store;
use crate::error::{Error, Result};
use crate::kernel::id::KeyId;
use crate::platform::state::App;

/// All keys of the permit's site, the newest first, revoked ones included.
pub async fn all(app: &App, permit: &Permit<ReadApiKeys>) -> Result<Vec<Key>> {
    let mut tx = app.db.site(permit.site_id()).await?;
    let mut keys = store::key::all(&mut tx, permit.site_id()).await?;
    drop(tx);
    let people = requirement::at_site(&app.db, permit.site_id(), app.clock.now()).await?;
    let overdue: Vec<_> = people.iter().filter(|at| at.is_shut()).map(|at| at.who).collect();
    for key in &mut keys {
        if let (Maker::Member(role), Some((who, _))) = (key.maker, &key.created_by)
            && overdue.contains(who)
        {
            key.maker = Maker::Overdue(role);
        }
    }
    Ok(keys)
}

/// One key of the permit's site.
pub async fn one(app: &App, permit: &Permit<ReadApiKeys>, id: KeyId) -> Result<Key> {
    all(app, permit).await?.into_iter().find(|key| key.id == id).ok_or_else(Error::not_found)
}
