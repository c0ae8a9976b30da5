//! Revokes a key: the next request that presents it is refused, in every process.

use crate::access::Permit;
use crate::access::grant::EditApiKeys;
use crate::api::service::find;
use crate::api::store;
use crate::audit::{self, Actor, Entry, Values};
use crate::error::Result;
use crate::kernel::id::KeyId;
use crate::platform::state::App;

/// Revokes a key of the permit's site. Revoking it again changes nothing.
///
/// # Errors
/// A stale proof of identity, a key that is not this site's.
pub async fn revoke(app: &App, permit: &Permit<EditApiKeys>, id: KeyId) -> Result<()> {
    let now = app.clock.now();
    permit.fresh(now)?;
    let key = find::one(app, &permit.also()?, id).await?;
    let site = permit.site_id();
    let mut tx = app.db.site(site).await?;
    if store::key::revoke(&mut tx, site, id, now).await? {
        let old = Values::new().personal("name", key.name).plain("prefix", key.prefix);
        let entry = Entry {
            actor: Actor::of(permit.visitor()),
            action: "api_key.revoked",
            target: id.into(),
            old: Some(old),
            new: None,
        };
        audit::record(&mut tx, app, site, entry).await?;
    }
    tx.commit().await?;
    Ok(())
}
