//! A person's own switch: a second factor is required of them, whatever the site asks of others. The number is only
//! filled in for them when they set a device up; it proves nothing.

use super::Hand;
use crate::access::authority::Deed;
use crate::access::grant::ManageCollaborators;
use crate::access::permit::Permit;
use crate::access::service::notify;
use crate::access::service::requirement::{self, Who};
use crate::access::store;
use crate::audit::Values;
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
    let values =
        |on: bool, phone: Option<&str>| Values::new().plain("mfa_own", on).plain("phone_suggested", phone.is_some());
    let old = values(was_on, hand.member.suggested_phone.as_deref());
    let new = values(on, phone);
    hand.record(app, permit, "collaborator.mfa_switched", Some(old), Some(new)).await?;
    Ok(true)
}
