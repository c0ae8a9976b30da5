//! Rows of `membership`.

use crate::access::permission::Role;
use crate::error::{Error, Result};
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::platform::db::Db;

pub async fn role(db: &Db, site: SiteId, who: CollaboratorId) -> Result<Option<Role>> {
    let role = sqlx::query_scalar!(
        "select role
         from membership
         where site_id = $1
           and collaborator_id = $2",
        site.0,
        who.0,
    )
    .fetch_optional(db.pool())
    .await?;
    role.map(|text| text.parse().map_err(Error::internal)).transpose()
}
