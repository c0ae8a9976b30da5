//! The sites of a person.

use crate::access::Role;
use crate::error::{Error, Result};
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::platform::db::Db;
use crate::sites::store;

/// A site and what the person is there.
#[derive(Debug, Clone)]
pub struct Mine {
    /// The site.
    pub id: SiteId,
    /// Stands in console addresses.
    pub handle: String,
    /// What people call it.
    pub name: String,
    /// Live or test.
    pub live: bool,
    /// The person's role there.
    pub role: Role,
}

/// The collaborator's sites, by name.
pub async fn of(db: &Db, who: CollaboratorId) -> Result<Vec<Mine>> {
    let rows = store::site::of(db, who).await?;
    rows.into_iter()
        .map(|r| {
            Ok(Mine {
                id: r.id,
                handle: r.handle,
                name: r.name,
                live: r.live,
                role: r.role.parse().map_err(Error::internal)?,
            })
        })
        .collect()
}
