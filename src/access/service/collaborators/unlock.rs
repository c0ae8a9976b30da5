//! Opens the account of somebody whom wrong passwords have locked out.

use super::Hand;
use crate::access::authority::Deed;
use crate::access::grant::ManageCollaborators;
use crate::access::permit::Permit;
use crate::access::service::notify;
use crate::access::service::record::{self, Event};
use crate::access::store;
use crate::audit::Actor;
use crate::error::Result;
use crate::kernel::id::CollaboratorId;
use crate::platform::state::App;

/// Opens it; whether it was shut.
pub async fn unlock(app: &App, permit: &Permit<ManageCollaborators>, who: CollaboratorId) -> Result<bool> {
    let mut hand = Hand::take(app, permit, who).await?;
    hand.allow(Deed::Unlock)?;
    let shut = store::lockout::forget(&mut hand.tx, who, hand.now).await?;
    if shut {
        notify::collaborators::unlocked(&mut hand.tx, app, permit, &hand.member).await?;
    }
    let event = Event::new(Actor::of(permit.visitor()), "account.unlocked", who);
    record::everywhere(&mut hand.tx, app, Some(who), event).await?;
    hand.tx.commit().await?;
    Ok(shut)
}
