//! The first row of the installation's own chain, so that a chain that is gone can be told from one that never was.

use crate::audit::entry::{Actor, Entry};
use crate::audit::service::record::record;
use crate::audit::store::chain as store;
use crate::audit::values::Target;
use crate::error::Result;
use crate::kernel::id::SiteId;
use crate::platform::state::App;

/// Writes the first row of the installation's chain, once in its life: at the first start.
pub async fn begin(app: &App) -> Result<()> {
    let mut tx = app.db.site(SiteId::PLATFORM).await?;
    if !store::is_to_begin(&mut tx).await? {
        return Ok(());
    }
    let entry = Entry {
        actor: Actor::System,
        action: "installation.begun",
        target: Target::plain("the installation"),
        old: None,
        new: None,
    };
    let id = record(&mut tx, app, SiteId::PLATFORM, entry).await?;
    store::begun_with(&mut tx, id).await?;
    tx.commit().await?;
    Ok(())
}
