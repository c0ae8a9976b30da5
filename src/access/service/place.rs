//! A person's place at a site that they make themselves.

use crate::access::permission::Role;
use crate::access::permit::Visitor;
use crate::access::store;
use crate::audit::{self, Actor, Entry, Values};
use crate::error::Result;
use crate::kernel::id::SiteId;
use crate::platform::db::Tx;
use crate::platform::state::App;

/// Holds the visitor until the commit: the sites they make are counted one at a time.
pub async fn hold(tx: &mut Tx, visitor: &Visitor) -> Result<()> {
    store::collaborator::hold(tx, visitor.id).await
}

/// Makes the visitor the owner of a new site, in the transaction that makes it.
pub async fn own(tx: &mut Tx, app: &App, site: SiteId, visitor: &Visitor) -> Result<()> {
    store::membership::insert(tx, site, visitor.id, Role::Owner, app.clock.now()).await?;
    let values =
        Values::new().personal("email", &visitor.email).personal("name", &visitor.name).plain("role", Role::Owner);
    let entry = Entry {
        actor: Actor::of(visitor),
        action: "collaborator.created",
        target: visitor.id.into(),
        old: None,
        new: Some(values),
    };
    audit::record(tx, app, site, entry).await?;
    Ok(())
}
