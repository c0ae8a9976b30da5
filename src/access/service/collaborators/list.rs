//! The people of a site and those who are asked to join.

use std::collections::HashMap;

use super::unlock::{Door, refusals};
use crate::access::authority::{Refusal, may_reset_everywhere};
use crate::access::grant::{ManageCollaborators, ReadCollaborators};
use crate::access::invitation::Invitation;
use crate::access::permission::Permission;
use crate::access::permit::{Permit, Visitor};
use crate::access::requirement::Standing;
use crate::access::service::requirement::{self, AtSite};
use crate::access::store;
pub use crate::access::store::member::Member;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CollaboratorId;
use crate::platform::db::Tx;
use crate::platform::state::App;

/// How a collaborator stands with the second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mfa {
    /// None is set up, none is required.
    Off,
    /// At least one is active that the site accepts.
    Active,
    /// None yet, and somebody excused it.
    Exempt(Standing),
    /// None yet, and there is time.
    Due(Standing),
    /// None, and the time is over.
    Overdue(Standing),
}

impl Mfa {
    fn of(at: &AtSite) -> Self {
        match at.standing {
            _ if at.active => Self::Active,
            Standing::Free => Self::Off,
            standing @ Standing::Exempt { .. } => Self::Exempt(standing),
            standing @ Standing::Due { .. } => Self::Due(standing),
            standing @ Standing::Overdue { .. } => Self::Overdue(standing),
        }
    }
}

/// A collaborator as the list shows them.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Who, in which role.
    pub member: Member,
    /// Their second factor.
    pub mfa: Mfa,
    /// Why the reader would unlock them in vain, in words.
    pub no_unlock: Option<String>,
}

/// One of them, and what decides about what may be done to them.
#[derive(Debug, Clone)]
pub struct One {
    /// As the list shows them.
    pub listed: Listed,
    /// The site would be without an owner if they went.
    pub last_owner: bool,
    /// Why the reader cannot reset their devices, which count at every site they belong to.
    pub no_reset: Option<Refusal>,
}

/// Everybody, by name, and the invitations that wait for an answer.
pub async fn all(app: &App, permit: &Permit<ReadCollaborators>) -> Result<(Vec<Listed>, Vec<Invitation>)> {
    let (site, now) = (permit.site_id(), app.clock.now());
    let mut tx = app.db.site(site).await?;
    let members = store::member::all(&mut tx, site, None, now).await?;
    let mut vain = match permit.role().may(Permission::ManageCollaborators) {
        true => unlocked_in_vain(&mut tx, permit.visitor(), &members, now).await?,
        false => HashMap::new(),
    };
    drop(tx);
    let standings = requirement::at_site(&app.db, site, now).await?;
    let listed = members.into_iter().map(|member| {
        let mfa = standings.iter().find(|at| at.who == member.id).map_or(Mfa::Off, Mfa::of);
        let no_unlock = vain.remove(&member.id);
        Listed { member, mfa, no_unlock }
    });
    Ok((listed.collect(), store::invitation::waiting(&app.db, site).await?))
}

/// One of them.
pub async fn one(app: &App, permit: &Permit<ManageCollaborators>, who: CollaboratorId) -> Result<One> {
    let (site, now) = (permit.site_id(), app.clock.now());
    let mut tx = app.db.site(site).await?;
    let found = store::member::all(&mut tx, site, Some(who), now).await?;
    let owners = store::member::owners(&mut tx, site).await?;
    let places = super::places(&mut tx, who, permit.visitor(), now).await?;
    let mut vain = unlocked_in_vain(&mut tx, permit.visitor(), &found, now).await?;
    drop(tx);
    let member = found.into_iter().next().ok_or_else(Error::not_found)?;
    let mfa = requirement::at(&app.db, site, who, now).await?.as_ref().map_or(Mfa::Off, Mfa::of);
    Ok(One {
        listed: Listed { member, mfa, no_unlock: vain.remove(&who) },
        last_owner: owners.iter().all(|id| *id == who),
        no_reset: may_reset_everywhere(&places).err(),
    })
}

/// Which of these people would not be unlocked, and why.
async fn unlocked_in_vain(
    tx: &mut Tx,
    visitor: &Visitor,
    members: &[Member],
    now: Timestamp,
) -> Result<HashMap<CollaboratorId, String>> {
    let locked = members.iter().filter(|member| member.locked);
    let doors: Vec<_> = locked.map(|member| Door { who: member.id, closed: member.closed }).collect();
    let refusals = refusals(tx, visitor, &doors, now).await?;
    Ok(refusals.into_iter().map(|(who, error)| (who, error.detail.to_string())).collect())
}
