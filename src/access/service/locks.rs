//! Who is locked out of a site's console now. [`super::collaborators::unlock`] lets them in again.

use crate::access::authority::{self, Deed, Refusal, Subject};
use crate::access::store;
use crate::access::store::lockout::Shut;
use crate::access::{Permit, Role, grant};
use crate::error::{Error, Result};
use crate::platform::state::App;

/// Somebody's locked door.
pub struct Locked {
    /// Whose, which, and until when.
    pub shut: Shut,
    /// Why this visitor may not open it, if they may not.
    pub refusal: Option<Refusal>,
}

/// The site's people with a locked door, by name.
pub async fn list(app: &App, permit: &Permit<grant::ManageCollaborators>) -> Result<Vec<Locked>> {
    let found = store::lockout::shut_at(&app.db, permit.site_id(), app.clock.now()).await?;
    let told = |shut: Shut| {
        let role: Role = shut.role.parse().map_err(Error::internal)?;
        let subject = Subject { role, oneself: shut.who == permit.visitor().id, last_owner: false };
        let refusal = authority::check(permit.role(), subject, Deed::Unlock).err();
        Ok(Locked { shut, refusal })
    };
    found.into_iter().map(told).collect()
}
