//! Another role, and ownership handed over.

use super::{Changed, Hand, shrink_invitations};
use crate::access::authority::Deed;
use crate::access::grant::ManageCollaborators;
use crate::access::permission::Role;
use crate::access::permit::{Permit, not_signed_in};
use crate::access::service::notify;
use crate::access::{session, store};
use crate::audit::Values;
use crate::error::{Error, Kind, Result};
use crate::kernel::id::CollaboratorId;
use crate::kernel::secret::Token;
use crate::platform::state::App;

/// Gives somebody another role, if theirs still is the one that was `seen`. They prove who they are before they use it.
pub async fn change(
    app: &App,
    permit: &Permit<ManageCollaborators>,
    who: CollaboratorId,
    seen: Role,
    role: Role,
) -> Result<Changed> {
    let mut hand = Hand::take(app, permit, who).await?;
    hand.allow(Deed::ChangeRole(role))?;
    let old = hand.member.role;
    if old == role {
        return Ok(Changed::Unchanged);
    }
    if old != seen {
        return Ok(Changed::Stale);
    }
    store::member::set_role(&mut hand.tx, permit.site_id(), who, role).await?;
    hand.shrink_invitations(permit, Some(role)).await?;
    hand.end_sessions_here(permit).await?;
    notify::collaborators::role_changed(&mut hand.tx, app, permit, &hand.member, role).await?;
    let (old, new) = (Values::new().plain("role", old), Values::new().plain("role", role));
    hand.record(app, permit, "collaborator.role_changed", Some(old), Some(new)).await?;
    Ok(Changed::Done)
}

/// Makes somebody an owner in the visitor's place, who becomes an admin. The new owner proves who they are before going on;
/// the visitor goes on under a new session, and their others end.
pub async fn hand_over(app: &App, permit: &Permit<ManageCollaborators>, who: CollaboratorId) -> Result<Token> {
    let mut hand = Hand::take(app, permit, who).await?;
    hand.allow(Deed::HandOver)?;
    let (site, visitor, now) = (permit.site_id(), permit.visitor(), hand.now);
    if store::member::acting_role(&mut hand.tx, site, who).await?.is_none() {
        return Err(Error::new(
            Kind::Conflict,
            "This person is shut out. Let them in first, then hand ownership over.",
        ));
    }
    let old = hand.member.role;
    store::member::set_role(&mut hand.tx, site, who, Role::Owner).await?;
    store::member::set_role(&mut hand.tx, site, visitor.id, Role::Admin).await?;
    shrink_invitations(&mut hand.tx, site, visitor.id, Some(Role::Admin), now).await?;
    hand.end_sessions_here(permit).await?;
    store::session::revoke_others(&mut hand.tx, visitor.id, Some(&visitor.session), now).await?;
    let session = session::renew(&mut hand.tx, &visitor.session, None, now).await?.ok_or_else(not_signed_in)?;
    notify::collaborators::handed_over(&mut hand.tx, app, permit, &hand.member).await?;
    let before = Values::new().plain("role", old).personal("owner", &visitor.email);
    let after = Values::new().plain("role", Role::Owner).personal("owner", &hand.member.email);
    hand.record(app, permit, "collaborator.ownership_handed_over", Some(before), Some(after)).await?;
    Ok(session)
}
