//! The people of a site, and what owners and admins do with them. Each change proves freshly who does it, is allowed by
//! [`authority`] on what the transaction itself has read, is recorded, and told to the person. A change of role, shutting
//! out and removing touch one site: from the next request on the person's sessions open it no more, or only after a fresh
//! proof under a new id, and other sites as before. What concerns the person everywhere (devices, the password, a reset)
//! ends all their sessions, and only who reaches them everywhere may do it.

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

use crate::access::authority::{self, Deed, Refusal, Subject};
use crate::access::grant::ManageCollaborators;
use crate::access::permission::Role;
use crate::access::permit::{Permit, Visitor};
use crate::access::service::{notify, requirement};
use crate::access::store;
use crate::access::store::member::Member;
use crate::audit::{self, Actor, Entry, Values};
use crate::error::{Error, Kind, Result, sentence};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::kernel::name::{NotAName, line};
use crate::kernel::phone::Phone;
use crate::platform::db::Tx;
use crate::platform::sms;
use crate::platform::state::App;

/// What became of a change that somebody made from a form, which says how the person stood when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Done,
    /// They were like that already.
    Unchanged,
    /// Somebody else changed it meanwhile, so nothing was done.
    Stale,
}

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
        store::collaborator::hold_all(&mut tx, &[who, visitor.id]).await?;
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

    /// The person's sites, with the actor's role there and theirs. A site that the actor's session does not open, for want of
    /// a second factor or of one that counts there, is none where they reach anybody.
    pub async fn places(&mut self, actor: &Visitor) -> Result<Vec<(Option<Role>, Role)>> {
        places(&mut self.tx, self.member.id, actor, self.now).await
    }

    /// Ends the person's sessions as far as this site is concerned: they prove who they are before they go on here.
    pub async fn end_sessions_here(&mut self, permit: &Permit<ManageCollaborators>) -> Result<()> {
        store::member::note_change(&mut self.tx, permit.site_id(), self.member.id, self.now).await
    }

    /// Takes back the invitations that the person, being `role` from now on (or nobody), may no longer give.
    pub async fn shrink_invitations(&mut self, permit: &Permit<ManageCollaborators>, role: Option<Role>) -> Result<()> {
        shrink_invitations(&mut self.tx, permit.site_id(), self.member.id, role, self.now).await
    }

    /// Tells the site's owners what an admin no longer asks of another admin: those two could else agree on it alone.
    pub async fn tell_owners(&mut self, app: &App, permit: &Permit<ManageCollaborators>, what: &str) -> Result<()> {
        if (self.actor, self.member.role) != (Role::Admin, Role::Admin) {
            return Ok(());
        }
        let owners = owners_to_tell(&mut self.tx, permit.site_id(), self.now).await?;
        notify::collaborators::loosened_for_an_admin(&mut self.tx, app, permit, &self.member, &owners, what).await
    }

    /// Records the change at the site and commits.
    pub async fn record(
        mut self,
        app: &App,
        permit: &Permit<ManageCollaborators>,
        action: &'static str,
        old: Option<Values>,
        new: Option<Values>,
    ) -> Result<()> {
        let entry = Entry { actor: Actor::of(permit.visitor()), action, target: self.member.id.into(), old, new };
        audit::record(&mut self.tx, app, permit.site_id(), entry).await?;
        self.tx.commit().await?;
        Ok(())
    }
}

/// The site's owners who can sign in, with their addresses.
pub(super) async fn owners_to_tell(tx: &mut Tx, site: SiteId, now: Timestamp) -> Result<Vec<Member>> {
    let mut owners = store::member::all(tx, site, None, now).await?;
    owners.retain(|one| one.role == Role::Owner && one.disabled_at.is_none() && !one.off);
    Ok(owners)
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
        Refusal::OtherSites | Refusal::ClosedElsewhere => (Kind::Forbidden, "other_sites"),
        _ => (Kind::Forbidden, "out_of_reach"),
    };
    Error::new(kind, refusal.to_string()).code(code)
}

/// A reason for others to read: one visible line of 3 to 200 characters.
pub(super) fn reason(text: &str) -> Result<String> {
    match line(text, 200) {
        Ok(text) if text.chars().count() >= 3 => Ok(text),
        Err(why @ NotAName::CardNumber) => Err(Error::field("reason", "card_number", sentence(&why))),
        _ => {
            Err(Error::field("reason", "missing", "Say why, in 3 to 200 characters on one line: others will read it."))
        }
    }
}

/// The sites of a person: the actor's role there, unless it is shut to their session, and the person's.
pub(super) async fn places(
    tx: &mut Tx,
    who: CollaboratorId,
    actor: &Visitor,
    now: Timestamp,
) -> Result<Vec<(Option<Role>, Role)>> {
    let shut = requirement::shut_to(&mut **tx, actor, now).await?;
    let shared = store::member::shared_places(tx, who, actor.id).await?;
    Ok(shared.into_iter().map(|one| (one.actors.filter(|_| !shut.contains(&one.site)), one.theirs)).collect())
}
