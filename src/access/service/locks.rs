//! Who is locked out of a site's console now. [`super::collaborators::unlock`] lets them in again.

use crate::access::store;
use crate::access::store::lockout::Shut;
use crate::access::{Permit, grant};
use crate::error::Result;
use crate::platform::state::App;

/// The site's people with a locked door, by name.
pub async fn list(app: &App, permit: &Permit<grant::ManageCollaborators>) -> Result<Vec<Shut>> {
    store::lockout::shut_at(&app.db, permit.site_id(), app.clock.now()).await
}
