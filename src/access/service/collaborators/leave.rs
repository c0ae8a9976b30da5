//! A person gives up their own place at a site. Everybody may, but the last owner.

use super::{owners_to_tell, refused, shrink_invitations};
use crate::access::authority::{self, Subject};
use crate::access::grant::ReadOverview;
use crate::access::permit::{Permit, not_signed_in};
use crate::access::service::notify;
use crate::access::{session, store};
use crate::audit::{self, Actor, Entry, Values};
use crate::error::{Error, Result};
use crate::kernel::secret::Token;
use crate::platform::state::App;

/// Whether the visitor may leave, as things stand.
pub async fn may_leave(app: &App, permit: &Permit<ReadOverview>) -> Result<std::result::Result<(), String>> {
    let mut tx = app.db.site(permit.site_id()).await?;
    let owners = store::member::owners(&mut tx, permit.site_id()).await?;
    let last_owner = owners.iter().all(|id| *id == permit.visitor().id);
    let me = Subject { role: permit.role(), oneself: true, last_owner };
    Ok(authority::may_leave(me).map_err(|refusal| refusal.to_string()))
}

/// Leaves. Other sessions end; this one goes on under a new id.
pub async fn leave(app: &App, permit: &Permit<ReadOverview>) -> Result<Token> {
    let now = app.clock.now();
    permit.fresh(now)?;
    let (site, visitor) = (permit.site_id(), permit.visitor());
    let mut tx = app.db.site(site).await?;
    store::member::lock_site(&mut tx, site).await?;
    store::collaborator::hold(&mut tx, visitor.id).await?;
    let role = store::member::acting_role(&mut tx, site, visitor.id).await?.ok_or_else(Error::not_found)?;
    let owners = store::member::owners(&mut tx, site).await?;
    let me = Subject { role, oneself: true, last_owner: owners.iter().all(|id| *id == visitor.id) };
    authority::may_leave(me).map_err(refused)?;
    store::member::keep_requirement(&mut tx, site, visitor.id, now).await?;
    shrink_invitations(&mut tx, site, visitor.id, None, now).await?;
    store::member::remove(&mut tx, site, visitor.id).await?;
    store::session::revoke_others(&mut tx, visitor.id, Some(&visitor.session), now).await?;
    let session = session::renew(&mut tx, &visitor.session, None, now).await?.ok_or_else(not_signed_in)?;
    let owners = owners_to_tell(&mut tx, site, now).await?;
    notify::collaborators::left(&mut tx, app, permit.site(), visitor, &owners).await?;
    let entry = Entry {
        actor: Actor::of(visitor),
        action: "collaborator.left",
        target: visitor.id.into(),
        old: Some(Values::new().personal("email", &visitor.email).personal("name", &visitor.name).plain("role", role)),
        new: None,
    };
    audit::record(&mut tx, app, site, entry).await?;
    tx.commit().await?;
    Ok(session)
}
