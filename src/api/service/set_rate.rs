//! Gives a key another rate: from the next request on, in every process.

use crate::access::Permit;
use crate::access::grant::EditApiKeys;
use crate::api::rate::Rate;
use crate::api::service::find;
use crate::api::store;
use crate::audit::{self, Actor, Entry, Values};
use crate::error::Result;
use crate::kernel::id::KeyId;
use crate::platform::state::App;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// It has the new rate.
    Done,
    /// It had it before.
    Unchanged,
    /// Somebody else changed or revoked the key meanwhile.
    Stale,
}

/// Changes the rate of a key of the permit's site from the one that was seen.
///
/// # Errors
/// A stale proof of identity, a key that is not this site's.
pub async fn set_rate(app: &App, permit: &Permit<EditApiKeys>, id: KeyId, seen: Rate, new: Rate) -> Result<Set> {
    permit.fresh(app.clock.now())?;
    let key = find::one(app, &permit.also()?, id).await?;
    if key.rate == new {
        return Ok(Set::Unchanged);
    }
    let site = permit.site_id();
    let mut tx = app.db.site(site).await?;
    if !store::key::set_rate(&mut tx, site, id, seen, new).await? {
        return Ok(Set::Stale);
    }
    let entry = Entry {
        actor: Actor::of(permit.visitor()),
        action: "api_key.rate_changed",
        target: id.into(),
        old: Some(Values::new().personal("name", &key.name).plain("rate", seen)),
        new: Some(Values::new().personal("name", &key.name).plain("rate", new)),
    };
    audit::record(&mut tx, app, site, entry).await?;
    tx.commit().await?;
    Ok(Set::Done)
}
