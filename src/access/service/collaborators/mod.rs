//! The people of a site, and what owners and admins do with them. Each change proves freshly who does it, is allowed by
//! [`authority`] on what the transaction itself has read, ends the person's sessions where their place changes, is
//! recorded, and told to the person.

pub mod exempt;
pub mod invite;
pub mod join;
pub mod leave;
pub mod list;
pub mod place;
pub mod reset_mfa;
pub mod role;
pub mod samples;
pub mod switch_mfa;
pub mod unlock;

use serde_json::Value;

use crate::access::authority::{self, Deed, Refusal, Subject};
use crate::access::grant::ManageCollaborators;
use crate::access::permission::Role;
use crate::access::permit::Permit;
use crate::access::store;
use crate::access::store::member::Member;
use crate::audit::{self, Actor, Entry};
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::kernel::phone::Phone;
use crate::platform::db::Tx;
use crate::platform::sms;
use crate::platform::state::App;

/// A person of the site in somebody's hands: the transaction in which nobody else changes the site's people.
pub(super) struct Hand {
    pub tx: Tx,
    pub member: Member,
    pub actor: Role,
    pub now: Timestamp,
    subject: Subject,
}

impl Hand {
    /// Takes the person in hand, with roles as they are now and not as they were when the page was opened.
    pub async fn take(app: &App, permit: &Permit<ManageCollaborators>, who: CollaboratorId) -> Result<Self> {
        let now = app.clock.now();
        permit.fresh(now)?;
        let (site, visitor) = (permit.site_id(), permit.visitor());
        let mut tx = app.db.site(site).await?;
        store::member::lock_site(&mut tx, site).await?;
        let actor = store::member::acting_role(&mut tx, site, visitor.id).await?.ok_or_else(Error::not_found)?;
        let member =
            store::member::all(&mut tx, site, Some(who), now).await?.into_iter().next().ok_or_else(Error::not_found)?;
        let owners = store::member::owners(&mut tx, site).await?;
        let subject =
            Subject { role: member.role, oneself: who == visitor.id, last_owner: owners.iter().all(|id| *id == who) };
        Ok(Self { tx, member, actor, now, subject })
    }

    /// Refuses what this actor may not do to this person.
    pub fn allow(&self, deed: Deed) -> Result<()> {
        authority::check(self.actor, self.subject, deed).map_err(refused)
    }

    /// Ends all sessions of the person, who signs in again.
    pub async fn end_sessions(&mut self) -> Result<u64> {
        store::session::revoke_others(&mut self.tx, self.member.id, None, self.now).await
    }

    /// Takes back the invitations that the person, being `role` from now on (or nobody), may no longer give.
    pub async fn shrink_invitations(&mut self, permit: &Permit<ManageCollaborators>, role: Option<Role>) -> Result<()> {
        shrink_invitations(&mut self.tx, permit.site_id(), self.member.id, role, self.now).await
    }

    /// Records the change at the site and commits.
    pub async fn record(
        mut self,
        app: &App,
        permit: &Permit<ManageCollaborators>,
        action: &'static str,
        old: Option<Value>,
        new: Option<Value>,
    ) -> Result<()> {
        let entry = Entry { actor: Actor::of(permit.visitor()), action, target: self.member.id.to_string(), old, new };
        audit::record(&mut self.tx, app, permit.site_id(), entry).await?;
        self.tx.commit().await?;
        Ok(())
    }
}

/// Takes back the open invitations of somebody that exceed what they may give as `role`.
async fn shrink_invitations(
    tx: &mut Tx,
    site: SiteId,
    who: CollaboratorId,
    role: Option<Role>,
    now: Timestamp,
) -> Result<()> {
    let beyond: Vec<Role> = Role::ALL
        .into_iter()
        .filter(|given| role.is_none_or(|role| authority::grants(role, *given).is_err()))
        .collect();
    store::invitation::revoke_of(tx, site, who, &beyond, now).await?;
    Ok(())
}

/// Refuses a number to fill in for somebody where the site texts no codes to its country.
async fn demand_served(tx: &mut Tx, permit: &Permit<ManageCollaborators>, phone: Option<&Phone>) -> Result<()> {
    let Some(phone) = phone else { return Ok(()) };
    let country = phone.country();
    if sms::countries(tx, permit.visitor().id, Some(permit.site_id())).await?.contains(&country) {
        return Ok(());
    }
    let words = format!(
        "Codes are not texted to numbers of {} at {}. Give a number of another country, leave it empty, or let an owner add the \
         country under multi-factor authentication.",
        country.name(),
        permit.site().name
    );
    Err(Error::field("phone", "country_not_served", words))
}

/// The rule's no, in its own words.
pub(in crate::access) fn refused(refusal: Refusal) -> Error {
    let (kind, code) = match refusal {
        Refusal::LastOwner => (Kind::Conflict, "last_owner"),
        Refusal::OtherSites => (Kind::Forbidden, "other_sites"),
        _ => (Kind::Forbidden, "out_of_reach"),
    };
    Error::new(kind, refusal.to_string()).code(code)
}

/// A reason for others to read: one visible line of 3 to 200 characters.
pub(super) fn reason(text: &str) -> Result<String> {
    let text = text.trim();
    let fits = (3..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Error::field("reason", "missing", "Say why, in 3 to 200 characters on one line: others will read it."))
    }
}
