//! The operator's side of people: make one, unlock one. What the command line calls.

use serde_json::json;

use crate::access::hashing::{Caller, Password};
use crate::access::password::own_words;
use crate::access::permission::Role;
use crate::access::service::record::{self, Event};
use crate::access::service::strength;
use crate::access::store;
use crate::audit::{self, Actor, Entry};
use crate::error::{Error, Kind, Result};
use crate::kernel::email::Email;
use crate::kernel::id::CollaboratorId;
use crate::platform::state::App;
use crate::sites::Site;
use crate::sites::name::Name;

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

/// Makes a collaborator at a site. Somebody who is there already only gets a place, and keeps name and password.
pub async fn create(app: &App, site: &Site, new: NewCollaborator) -> Result<Made> {
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
            let own = own_words([&name, new.email.canonical(), &site.name, &site.handle].into_iter());
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
    let values = json!({ "email": new.email.as_str(), "name": name, "role": new.role });
    let entry =
        Entry { actor: new.by, action: "collaborator.created", target: who.to_string(), old: None, new: Some(values) };
    audit::record(&mut tx, app, site.id, entry).await?;
    tx.commit().await?;
    Ok(if known.is_some() { Made::Place(who) } else { Made::Person(who) })
}

/// Opens every bucket of a person; whether one was shut.
pub async fn unlock(app: &App, email: &Email, by: Actor) -> Result<bool> {
    let now = app.clock.now();
    let account = store::collaborator::by_email(&app.db, email.canonical())
        .await?
        .ok_or_else(|| Error::field("email", "unknown", format!("Nobody signs in with {email}.")))?;
    let mut tx = app.db.platform().await?;
    let shut = store::lockout::forget(&mut tx, account.id, now).await?;
    record::everywhere(&mut tx, app, Some(account.id), Event::new(by, "account.unlocked", account.id.to_string()))
        .await?;
    tx.commit().await?;
    Ok(shut)
}

/// A name to show: one visible line of 1 to 100 characters.
pub fn person_name(text: &str) -> Result<String> {
    let name = text.parse::<Name<100>>().map_err(|e| Error::field("name", "unreadable", format!("{e}.")))?;
    Ok(name.as_str().to_owned())
}
