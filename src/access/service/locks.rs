//! Who is locked out of a site's console now. [`super::collaborators::unlock`] lets them in again.

use crate::access::authority::{self, Deed, Subject};
use crate::access::service::collaborators::unlock::{Door, refusals};
use crate::access::store;
use crate::access::store::lockout::Shut;
use crate::access::{Permit, Role, grant};
use crate::error::{Error, Result};
use crate::platform::state::App;

/// Somebody's locked door.
pub struct Locked {
    /// Whose, which, and until when.
    pub shut: Shut,
    /// Why this visitor may not open it, in words, if they may not.
    pub refusal: Option<String>,
}

/// The site's people with a locked door, by name.
pub async fn list(app: &App, permit: &Permit<grant::ManageCollaborators>) -> Result<Vec<Locked>> {
    let (visitor, now) = (permit.visitor(), app.clock.now());
    let found = store::lockout::shut_at(&app.db, permit.site_id(), now).await?;
    // Unlocking opens all doors of a person, or none.
    let closed = |shut: &Shut| found.iter().any(|other| other.who == shut.who && other.closed);
    let doors: Vec<_> = found.iter().map(|shut| Door { who: shut.who, closed: closed(shut) }).collect();
    let mut tx = app.db.site(permit.site_id()).await?;
    let refusals = refusals(&mut tx, visitor, &doors, now).await?;
    let told = |shut: Shut| {
        let role: Role = shut.role.parse().map_err(Error::internal)?;
        let subject = Subject { role, oneself: shut.who == visitor.id, last_owner: false };
        let refusal = match authority::check(permit.role(), subject, Deed::Unlock) {
            Err(refusal) => Some(refusal.to_string()),
            Ok(()) => refusals.get(&shut.who).map(|error| error.detail.to_string()),
        };
        Ok(Locked { shut, refusal })
    };
    found.into_iter().map(told).collect()
}
