//! A person's own switch: a second factor is required of them, whatever the site asks of others. The number is only
//! filled in for them when they set a device up; it proves nothing.

use super::{Changed, Hand, demand_served};
use crate::access::authority::Deed;
use crate::access::grant::ManageCollaborators;
use crate::access::permit::Permit;
use crate::access::service::notify;
use crate::access::service::requirement::{self, Who};
use crate::access::store;
use crate::audit::Values;
use crate::error::{Error, Result};
use crate::kernel::id::CollaboratorId;
use crate::kernel::phone::Phone;
use crate::platform::state::App;

/// The switch and the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch<'a> {
    /// A second factor is required.
    pub on: bool,
    /// E.164.
    pub phone: Option<&'a str>,
}

/// Sets both, if they still are as they were `seen`.
pub async fn switch(
    app: &App,
    permit: &Permit<ManageCollaborators>,
    who: CollaboratorId,
    seen: Switch<'_>,
    wanted: Switch<'_>,
) -> Result<Changed> {
    let mut hand = Hand::take(app, permit, who).await?;
    hand.allow(Deed::EditMfa)?;
    let now = Switch { on: hand.member.mfa_own, phone: hand.member.suggested_phone.as_deref() };
    if now == wanted {
        return Ok(Changed::Unchanged);
    }
    if now != seen {
        return Ok(Changed::Stale);
    }
    let number = wanted.phone.map(str::parse::<Phone>).transpose().map_err(Error::internal)?;
    demand_served(&mut hand.tx, permit, number.as_ref()).await?;
    let (was_on, Switch { on, phone }) = (now.on, wanted);
    store::member::set_mfa(&mut hand.tx, permit.site_id(), who, on, phone).await?;
    if was_on != on {
        requirement::refresh(&mut hand.tx, permit.site_id(), Who::One(who), hand.now).await?;
        notify::collaborators::mfa_switched(&mut hand.tx, app, permit, &hand.member, on).await?;
        if !on {
            hand.tell_owners(app, permit, "is no longer asked in particular for a second factor").await?;
        }
    }
    let values =
        |on: bool, phone: Option<&str>| Values::new().plain("mfa_own", on).plain("phone_suggested", phone.is_some());
    let old = values(was_on, hand.member.suggested_phone.as_deref());
    let new = values(on, phone);
    hand.record(app, permit, "collaborator.mfa_switched", Some(old), Some(new)).await?;
    Ok(Changed::Done)
}
