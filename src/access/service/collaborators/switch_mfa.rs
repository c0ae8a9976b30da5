//! A person's own switch: a second factor is required of them, whatever the site asks of others. The number is only
//! filled in for them when they set a device up; it proves nothing.

use serde_json::json;

use super::{Hand, demand_served};
use crate::access::authority::Deed;
use crate::access::grant::ManageCollaborators;
use crate::access::permit::Permit;
use crate::access::service::notify;
use crate::access::service::requirement::{self, Who};
use crate::access::store;
use crate::error::Result;
use crate::kernel::id::CollaboratorId;
use crate::kernel::phone::Phone;
use crate::platform::state::App;

/// Sets it; `false` if nothing differs.
pub async fn switch(
    app: &App,
    permit: &Permit<ManageCollaborators>,
    who: CollaboratorId,
    on: bool,
    phone: Option<&Phone>,
) -> Result<bool> {
    let mut hand = Hand::take(app, permit, who).await?;
    hand.allow(Deed::EditMfa)?;
    demand_served(&mut hand.tx, permit, phone).await?;
    let phone = phone.map(Phone::as_str);
    if hand.member.mfa_own == on && hand.member.suggested_phone.as_deref() == phone {
        return Ok(false);
    }
    let was_on = hand.member.mfa_own;
    store::member::set_mfa(&mut hand.tx, permit.site_id(), who, on, phone).await?;
    if was_on != on {
        requirement::refresh(&mut hand.tx, permit.site_id(), Who::One(who), hand.now).await?;
        notify::collaborators::mfa_switched(&mut hand.tx, app, permit, &hand.member, on).await?;
    }
    let old = json!({ "mfa_own": was_on, "phone_suggested": hand.member.suggested_phone.is_some() });
    let new = json!({ "mfa_own": on, "phone_suggested": phone.is_some() });
    hand.record(app, permit, "collaborator.mfa_switched", Some(old), Some(new)).await?;
    Ok(true)
}
