//! Somebody's place at a site: shut, opened again, taken away. The person and their other sites stay.

use super::Hand;
use crate::access::authority::Deed;
use crate::access::grant::ManageCollaborators;
use crate::access::permit::Permit;
use crate::access::service::notify;
use crate::access::service::notify::collaborators::Change;
use crate::access::store;
use crate::audit::Values;
use crate::error::Result;
use crate::kernel::id::CollaboratorId;
use crate::platform::state::App;

/// Shuts a person out of this site from the next request on; `false` if they are already.
pub async fn disable(app: &App, permit: &Permit<ManageCollaborators>, who: CollaboratorId) -> Result<bool> {
    let mut hand = Hand::take(app, permit, who).await?;
    hand.allow(Deed::Disable)?;
    if hand.member.disabled_at.is_some() {
        return Ok(false);
    }
    store::member::set_disabled(&mut hand.tx, permit.site_id(), who, Some(hand.now)).await?;
    hand.shrink_invitations(permit, None).await?;
    hand.end_sessions_here(permit).await?;
    notify::collaborators::place_changed(&mut hand.tx, app, permit, &hand.member, Change::Disabled).await?;
    hand.record(app, permit, "collaborator.disabled", None, None).await?;
    Ok(true)
}

/// Lets a person in again; `false` if they were not shut out.
pub async fn enable(app: &App, permit: &Permit<ManageCollaborators>, who: CollaboratorId) -> Result<bool> {
    let mut hand = Hand::take(app, permit, who).await?;
    hand.allow(Deed::Enable)?;
    let Some(since) = hand.member.disabled_at else { return Ok(false) };
    store::member::set_disabled(&mut hand.tx, permit.site_id(), who, None).await?;
    notify::collaborators::place_changed(&mut hand.tx, app, permit, &hand.member, Change::Enabled).await?;
    hand.record(app, permit, "collaborator.enabled", Some(Values::new().plain("disabled_at", since)), None).await?;
    Ok(true)
}

/// Takes a person's place away. What was required of them is remembered for 30 days, should they come back.
pub async fn remove(app: &App, permit: &Permit<ManageCollaborators>, who: CollaboratorId) -> Result<()> {
    let mut hand = Hand::take(app, permit, who).await?;
    hand.allow(Deed::Remove)?;
    let (site, now) = (permit.site_id(), hand.now);
    store::member::keep_requirement(&mut hand.tx, site, who, now).await?;
    hand.shrink_invitations(permit, None).await?;
    store::member::remove(&mut hand.tx, site, who).await?;
    notify::collaborators::place_changed(&mut hand.tx, app, permit, &hand.member, Change::Removed).await?;
    let old = Values::new().personal("email", &hand.member.email).personal("name", &hand.member.name);
    let old = old.plain("role", hand.member.role);
    hand.record(app, permit, "collaborator.removed", Some(old), None).await
}
