//! The operator's side of people: make one, unlock one, switch one off and on. What the command line calls. Whom it
//! concerns is told by mail.

use crate::access::common;
use crate::access::hashing::{Caller, Password};
use crate::access::permission::Role;
use crate::access::service::collaborators::{owners_to_tell, reason};
use crate::access::service::notify;
use crate::access::service::record::{self, Event};
use crate::access::service::requirement::{self, Who};
use crate::access::service::strength;
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::audit::{self, Actor, Entry, Values};
use crate::error::{Error, Kind, Result};
use crate::kernel::email::Email;
use crate::kernel::id::CollaboratorId;
use crate::kernel::secret::Token;
use crate::platform::db::Tx;
use crate::platform::state::App;
use crate::sites::name::Name;
use crate::sites::{self, Site};

/// A person to make, or, if the address is known, only their place at the site.
pub struct NewCollaborator {
    /// Where they sign in and get mail.
    pub email: Email,
    /// Their name.
    pub name: String,
    /// What they are at the site.
    pub role: Role,
    /// Their password; not needed for somebody who is there already.
    pub password: Option<Password>,
    /// Who makes them.
    pub by: Actor,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// A new person with a place at the site.
    Person(CollaboratorId),
    /// A place for a person who was there.
    Place(CollaboratorId),
}

/// Whether somebody signs in with this address.
pub async fn exists(app: &App, email: &Email) -> Result<bool> {
    Ok(store::collaborator::by_email(&app.db, email.canonical()).await?.is_some())
}

/// Makes a collaborator at a site. Somebody who is there already only gets a place, and keeps name and password. They and
/// the site's owners are told.
pub async fn create(app: &App, site: &Site, new: NewCollaborator) -> Result<Made> {
    let (mut tx, made) = make(app, site, new).await?;
    let now = app.clock.now();
    let (Made::Person(who) | Made::Place(who)) = made;
    let newcomer = store::member::all(&mut tx, site.id, Some(who), now).await?.into_iter().next();
    let newcomer = newcomer.ok_or_else(Error::not_found)?;
    let mut owners = owners_to_tell(&mut tx, site.id, now).await?;
    owners.retain(|one| one.id != who);
    notify::collaborators::placed(&mut tx, app, site, &newcomer, &owners).await?;
    tx.commit().await?;
    Ok(made)
}

/// A password that nobody chose and every rule lets through: one in a thousand random ones is taken for a common one.
pub fn random_password() -> Token {
    let fits = |token: &Token| !common::is_common(token.reveal());
    std::iter::repeat_with(Token::random).find(fits).unwrap_or_else(Token::random)
}

/// The same for people of a demo, whose addresses nobody reads: no mails.
pub async fn create_for_demo(app: &App, site: &Site, new: NewCollaborator) -> Result<Made> {
    let (tx, made) = make(app, site, new).await?;
    tx.commit().await?;
    Ok(made)
}

async fn make(app: &App, site: &Site, new: NewCollaborator) -> Result<(Tx, Made)> {
    let now = app.clock.now();
    let known = store::collaborator::by_email(&app.db, new.email.canonical()).await?;
    let name = match &known {
        Some(account) => account.name.clone(),
        None => person_name(&new.name)?,
    };
    let hash = match (&known, &new.password) {
        (Some(_), _) => None,
        (None, None) => return Err(Error::field("password", "missing", "A new collaborator needs a password.")),
        (None, Some(password)) => {
            let own = strength::own_words_at(site, &name, &new.email);
            strength::demand(strength::rule_at(app, site.id).await?, password, &own)?;
            Some(app.hasher().hash(app.hasher().place(Caller::Known)?, password.clone()).await?)
        }
    };
    let mut tx = app.db.site(site.id).await?;
    let who = match (&known, &hash) {
        (Some(account), _) => account.id,
        (None, Some(hash)) => {
            let id = CollaboratorId::new(now);
            store::collaborator::insert(&mut tx, id, &new.email, &name, hash, now).await?;
            id
        }
        (None, None) => return Err(Error::internal(anyhow::anyhow!("a new person without a hash"))),
    };
    if !store::membership::insert(&mut tx, site.id, who, new.role, now).await? {
        let text = format!("{} is at this site already. Change the role on its Collaborators page.", new.email);
        return Err(Error::new(Kind::Conflict, text).code("already_there"));
    }
    // Somebody who was here before goes on from the deadline they had.
    store::member::recall_requirement(&mut tx, site.id, who).await?;
    requirement::refresh(&mut tx, site.id, Who::One(who), now).await?;
    let values = Values::new().personal("email", new.email.as_str()).personal("name", name).plain("role", new.role);
    let entry =
        Entry { actor: new.by, action: "collaborator.created", target: who.into(), old: None, new: Some(values) };
    audit::record(&mut tx, app, site.id, entry).await?;
    Ok((tx, if known.is_some() { Made::Place(who) } else { Made::Person(who) }))
}

/// Opens every bucket of a person; whether one was shut.
pub async fn unlock(app: &App, email: &Email, by: Actor) -> Result<bool> {
    let now = app.clock.now();
    let account = known(app, email).await?;
    let mut tx = app.db.platform().await?;
    let shut = store::lockout::forget(&mut tx, account.id, now).await?;
    if shut {
        notify::opened(&mut tx, app, &account, now).await?;
        record::everywhere(&mut tx, app, Some(account.id), Event::new(by, "account.unlocked", account.id)).await?;
    }
    tx.commit().await?;
    Ok(shut)
}

async fn known(app: &App, email: &Email) -> Result<Account> {
    let unknown = || Error::field("email", "unknown", format!("Nobody signs in with {email}."));
    store::collaborator::by_email(&app.db, email.canonical()).await?.ok_or_else(unknown)
}

/// Switches a person off everywhere: they are signed out, cannot sign in, and their keys and invitations are worthless.
/// `false` if they were already. A site's last owner stays.
pub async fn disable(app: &App, email: &Email, why: &str) -> Result<bool> {
    let (why, now) = (reason(why)?, app.clock.now());
    let account = known(app, email).await?;
    let who = account.id;
    let mut tx = app.db.platform().await?;
    let places = store::membership::sites(&mut tx, who).await?;
    for site in &places {
        store::member::lock_site(&mut tx, *site).await?;
        if store::member::owners(&mut tx, *site).await? == [who] {
            drop(tx);
            let name = sites::by_id(&app.db, *site).await?.map_or_else(|| site.to_string(), |site| site.name);
            let text = format!("{email} is the only owner of {name}. Make somebody else an owner there first.");
            return Err(Error::new(Kind::Conflict, text).code("last_owner"));
        }
    }
    if !store::collaborator::set_disabled(&mut tx, who, Some(now)).await? {
        return Ok(false);
    }
    for site in places {
        store::invitation::revoke_of(&mut tx, site, who, &Role::ALL, now).await?;
    }
    store::member::end_half_sign_ins(&mut tx, who, now).await?;
    let ended = store::session::revoke_others(&mut tx, who, None, now).await?;
    store::device::end_all_but(&mut tx, who, 0, now).await?;
    notify::switched_off(&mut tx, app, &account, &why, now).await?;
    let event = Event::new(Actor::CommandLine, "account.disabled", who)
        .values(None, Some(Values::new().personal("reason", why).plain("sessions_ended", ended)));
    record::everywhere(&mut tx, app, Some(who), event).await?;
    tx.commit().await?;
    Ok(true)
}

/// Switches a person on again: they sign in with the password and devices they had. `false` if they were not off.
pub async fn enable(app: &App, email: &Email) -> Result<bool> {
    let now = app.clock.now();
    let account = known(app, email).await?;
    let mut tx = app.db.platform().await?;
    if !store::collaborator::set_disabled(&mut tx, account.id, None).await? {
        return Ok(false);
    }
    notify::switched_on(&mut tx, app, &account, now).await?;
    let event = Event::new(Actor::CommandLine, "account.enabled", account.id);
    record::everywhere(&mut tx, app, Some(account.id), event).await?;
    tx.commit().await?;
    Ok(true)
}

/// A name to show: one visible line of 1 to 100 characters.
pub fn person_name(text: &str) -> Result<String> {
    let name = text.parse::<Name<100>>().map_err(|e| Error::field("name", "unreadable", format!("{e}.")))?;
    Ok(name.as_str().to_owned())
}
