//! A demo's other people, each in another state of the second factor. Nobody can sign in as one of them: their passwords
//! are random and kept nowhere.

use chrono::TimeDelta;

use crate::access::hashing::Password;
use crate::access::invitation::LIFE;
use crate::access::permission::Role;
use crate::access::requirement::Moments;
use crate::access::service::collaborator::{self, Made, NewCollaborator};
use crate::access::service::requirement::{self, Who};
use crate::access::store;
use crate::access::store::factor::{MadeOf, New as NewFactor};
use crate::audit::Actor;
use crate::error::{Error, Result};
use crate::kernel::id::{CollaboratorId, FactorId, InvitationId};
use crate::kernel::secret::Token;
use crate::platform::state::App;
use crate::sites::Site;

/// Makes them: one with a device, one with time left, one past the deadline, one exempt, one only asked.
pub async fn make(app: &App, site: &Site, owner: &str) -> Result<()> {
    let now = app.clock.now();
    let owner = store::collaborator::by_email(&app.db, owner).await?.ok_or_else(Error::not_found)?.id;
    let active = person(app, site, "Mara Ellwood", "mara.ellwood@example.com", Role::Support).await?;
    let due = person(app, site, "Joss Pemberley", "joss.pemberley@example.com", Role::Developer).await?;
    let late = person(app, site, "Hanne Vik", "hanne.vik@example.com", Role::Developer).await?;
    let exempt = person(app, site, "Anouk Feld", "anouk.feld@example.com", Role::Analyst).await?;

    let mut tx = app.db.site(site.id).await?;
    for who in [active, due, late, exempt] {
        store::member::set_mfa(&mut tx, site.id, who, true, None).await?;
    }
    requirement::refresh(&mut tx, site.id, Who::All, now).await?;
    let id = FactorId::new(now);
    let made_of = MadeOf::Sms("+447700900123");
    store::factor::insert(&mut tx, NewFactor { id, who: active, name: "Phone", made_of, now }).await?;
    store::factor::activate(&mut tx, id, now).await?;
    let long_ago = Moments { since: Some(now - TimeDelta::days(20)), ended_at: None };
    store::requirement::save(&mut tx, site.id, late, long_ago).await?;
    let exemption = (now + TimeDelta::days(14), "New phone on its way", owner);
    store::member::set_exemption(&mut tx, site.id, exempt, Some(exemption)).await?;
    let invitation = store::invitation::New {
        id: InvitationId::new(now),
        email: &"ruth.calloway@example.com".parse().map_err(Error::internal)?,
        role: Role::Support,
        mfa_own: false,
        suggested_phone: None,
        token_hash: Token::random().hash(),
        by: owner,
        now,
        expires_at: now + LIFE,
    };
    store::invitation::insert(&mut tx, site.id, invitation).await?;
    tx.commit().await?;
    Ok(())
}

async fn person(app: &App, site: &Site, name: &str, email: &str, role: Role) -> Result<CollaboratorId> {
    let new = NewCollaborator {
        email: email.parse().map_err(Error::internal)?,
        name: name.to_owned(),
        role,
        password: Some(Password::typed(collaborator::random_password().reveal())?),
        by: Actor::CommandLine,
    };
    match collaborator::create_for_demo(app, site, new).await? {
        Made::Person(id) | Made::Place(id) => Ok(id),
    }
}
