//! Joining a site by an invitation: somebody new gives a name and a password, somebody who is there already signs in and
//! presses a button, freshly proved: a place is a role, and a session in the wrong hands gets none. Either must be the
//! person of the address it was mailed to.

use crate::access::Visitor;
use crate::access::hashing::{Caller, Password};
use crate::access::invitation::{Invitation, State};
use crate::access::password::Rule;
use crate::access::service::requirement::{self, Who};
use crate::access::service::{collaborator, notify, strength};
use crate::access::{session, store};
use crate::audit::{self, Actor, Entry, Values};
use crate::error::{Error, Kind, Result};
use crate::kernel::email::Email;
use crate::kernel::id::CollaboratorId;
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::Token;
use crate::platform::db::Tx;
use crate::platform::state::App;
use crate::sites::{self, Site};

/// An invitation whose link works, and its site.
#[derive(Debug, Clone)]
pub struct Live {
    /// The invitation.
    pub invitation: Invitation,
    /// Where to.
    pub site: Site,
    /// Somebody signs in with the address already.
    pub known: bool,
    /// What the site asks of a password.
    pub rule: Rule,
}

/// The invitation of this link, while it works.
pub async fn live(app: &App, token: &Token) -> Result<Option<Live>> {
    let Some(invitation) = store::invitation::by_token(&app.db, &token.hash()).await? else { return Ok(None) };
    if invitation.state(app.clock.now()) != State::Open {
        return Ok(None);
    }
    let Some(site) = sites::by_id(&app.db, invitation.site).await? else { return Ok(None) };
    let known = store::collaborator::by_email(&app.db, &invitation.email_canonical).await?.is_some();
    let rule = strength::rule_at(app, site.id).await?;
    Ok(Some(Live { invitation, site, known, rule }))
}

/// What came of joining.
#[derive(Debug)]
pub enum Joined {
    /// They are a collaborator now.
    Yes {
        /// The site's handle.
        site: String,
        /// The cookie under which the session of somebody who was signed in goes on.
        session: Option<Token>,
    },
    /// The link does not work any more.
    Gone,
    /// It is for another address than the one they are signed in with.
    ForAnother(String),
    /// Somebody signs in with the address already: sign in first.
    Known,
}

/// Somebody new.
pub struct Newcomer {
    /// Their name.
    pub name: String,
    /// Their password.
    pub password: Password,
    /// Where from.
    pub address: ClientAddress,
    /// The browser's own words.
    pub user_agent: String,
}

/// Makes the person and their place. Nobody is signed in by it.
pub async fn as_newcomer(app: &App, token: &Token, new: Newcomer) -> Result<Joined> {
    let Some(live) = live(app, token).await? else { return Ok(Joined::Gone) };
    if live.known {
        return Ok(Joined::Known);
    }
    let name = collaborator::person_name(&new.name)?;
    let email: Email = live.invitation.email.parse().map_err(Error::internal)?;
    strength::demand(live.rule, &new.password, &strength::own_words_at(&live.site, &name, &email))?;
    let hash = app.hasher().hash(app.hasher().place(Caller::Stranger)?, new.password).await?;
    let now = app.clock.now();
    let mut tx = app.db.site(live.site.id).await?;
    let who = CollaboratorId::new(now);
    match store::collaborator::insert(&mut tx, who, &email, &name, &hash, now).await {
        Ok(()) => {}
        Err(error) if error.kind == Kind::Conflict => return Ok(Joined::Known),
        Err(error) => return Err(error),
    }
    let actor =
        Actor::Stranger { email: Some(email.as_str().to_owned()), address: new.address, user_agent: new.user_agent };
    store::member::lock_site(&mut tx, live.site.id).await?;
    join(tx, app, token, &live, who, actor).await
}

/// Whether the invitation is for the visitor's address.
pub async fn is_for(app: &App, live: &Live, visitor: &Visitor) -> Result<bool> {
    let me = store::collaborator::by_id(&app.db, visitor.id).await?.ok_or_else(Error::not_found)?;
    Ok(me.email_canonical == live.invitation.email_canonical)
}

/// Gives the visitor a place, if the invitation is theirs; their session goes on under a new id.
///
/// # Errors
/// `StepUpRequired`.
pub async fn as_visitor(app: &App, token: &Token, visitor: &Visitor) -> Result<Joined> {
    let Some(live) = live(app, token).await? else { return Ok(Joined::Gone) };
    if !is_for(app, &live, visitor).await? {
        return Ok(Joined::ForAnother(live.invitation.email));
    }
    let now = app.clock.now();
    if !visitor.proved_recently(now) {
        return Err(Error::new(Kind::StepUpRequired, "Confirm that it is you, then do this again."));
    }
    let mut tx = app.db.site(live.site.id).await?;
    store::member::lock_site(&mut tx, live.site.id).await?;
    let Some(session) = session::renew(&mut tx, &visitor.session, None, now).await? else { return Ok(Joined::Gone) };
    Ok(match join(tx, app, token, &live, visitor.id, Actor::of(visitor)).await? {
        Joined::Yes { site, .. } => Joined::Yes { site, session: Some(session) },
        other => other,
    })
}

/// The place, in the transaction in which nobody else changes the site's people.
async fn join(mut tx: Tx, app: &App, token: &Token, live: &Live, who: CollaboratorId, actor: Actor) -> Result<Joined> {
    let (site, now, invitation) = (live.site.id, app.clock.now(), &live.invitation);
    if !store::invitation::accept(&mut tx, &token.hash(), now).await? {
        return Ok(Joined::Gone);
    }
    // Somebody who got a place in another way meanwhile keeps it as it is.
    if !store::membership::is_member(&mut tx, site, &invitation.email_canonical).await? {
        store::membership::insert(&mut tx, site, who, invitation.role, now).await?;
        store::member::set_mfa(&mut tx, site, who, invitation.mfa_own, invitation.suggested_phone.as_deref()).await?;
        store::member::recall_requirement(&mut tx, site, who).await?;
        requirement::refresh(&mut tx, site, Who::One(who), now).await?;
    }
    let member =
        store::member::all(&mut tx, site, Some(who), now).await?.into_iter().next().ok_or_else(Error::not_found)?;
    let giver = store::invitation::giver(&mut tx, site, invitation.id).await?;
    notify::collaborators::joined(&mut tx, app, live, &member, giver).await?;
    let new = Values::new().personal("email", &member.email).personal("name", &member.name);
    let new = new.plain("role", member.role).plain("invitation", invitation.id);
    let entry = Entry { actor, action: "collaborator.joined", target: who.into(), old: None, new: Some(new) };
    audit::record(&mut tx, app, site, entry).await?;
    tx.commit().await?;
    Ok(Joined::Yes { site: live.site.handle.clone(), session: None })
}
