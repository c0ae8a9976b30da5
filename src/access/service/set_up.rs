//! The first owner and site. A token from the command line, good for a day and once, lets whoever holds it make them;
//! there is no default account.

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::access::Role;
use crate::access::hashing::{Caller, Password};
use crate::access::password::{Rule, own_words};
use crate::access::service::record::{self, Event};
use crate::access::service::{collaborator, notify, strength};
use crate::access::store;
use crate::access::store::token::{New, Purpose};
use crate::audit::{self, Actor, Entry, Target, Values};
use crate::error::{Error, FieldError, Kind, Result};
use crate::kernel::email::Email;
use crate::kernel::id::CollaboratorId;
use crate::kernel::ip::ClientAddress;
use crate::kernel::money::Currency;
use crate::kernel::secret::Token;
use crate::platform::state::App;
use crate::sites::{self, NewSite, SiteName};

/// What is asked of the first owner's password: there is no site yet that could ask for more.
pub const RULE: Rule = Rule::COLLABORATORS;

/// How long a token lives.
const LIFE: TimeDelta = TimeDelta::hours(24);

/// Makes a token; an older one ends. Refused once somebody is there. Returns the address to open.
pub async fn invite(app: &App) -> Result<String> {
    let now = app.clock.now();
    let mut tx = app.db.platform().await?;
    if store::collaborator::any(&mut tx).await? {
        return Err(Error::new(
            Kind::Conflict,
            "Somebody is there already; make others with `gatehouse collaborator create`.",
        ));
    }
    let token = Token::random();
    let row = New {
        hash: token.hash(),
        purpose: Purpose::SetUp,
        who: None,
        email: None,
        new_email: None,
        now,
        expires_at: now + LIFE,
    };
    store::token::insert(&mut tx, row).await?;
    let event = Event::new(Actor::CommandLine, "set_up.token_made", Target::plain("the first owner and site"))
        .values(None, Some(Values::new().plain("expires_at", now + LIFE)));
    record::everywhere(&mut tx, app, None, event).await?;
    tx.commit().await?;
    Ok(notify::link(app, "/set-up", &token))
}

/// Whether the token can still be used.
pub async fn is_live(app: &App, token: &Token) -> Result<bool> {
    Ok(store::token::find(&app.db, &token.hash(), Purpose::SetUp, app.clock.now()).await?.is_some())
}

/// The first owner and site, parsed.
pub struct FirstHouse {
    /// The site's name.
    pub site: SiteName,
    /// Live or test.
    pub live: bool,
    /// The preset of services.
    pub currency: Currency,
    /// Times are shown in it.
    pub time_zone: Tz,
    /// The owner's name.
    pub owner: String,
    /// Where the owner signs in.
    pub email: Email,
    /// The owner's password.
    pub password: Password,
    /// Where it is done from.
    pub address: ClientAddress,
    /// The browser's own words.
    pub user_agent: String,
}

/// Makes them, and uses the token up. Of many at once, one wins; the others find it gone (`false`).
pub async fn set_up(app: &App, token: &Token, house: FirstHouse) -> Result<bool> {
    if !is_live(app, token).await? {
        return Ok(false);
    }
    let now = app.clock.now();
    let name = collaborator::person_name(&house.owner).map_err(|error| renamed(error, "owner"))?;
    strength::demand(
        RULE,
        &house.password,
        &own_words([name.as_str(), house.email.canonical(), house.site.as_str()].into_iter()),
    )?;
    let hash = app.hasher().hash(app.hasher().place(Caller::Stranger)?, house.password).await?;

    let mut tx = app.db.platform().await?;
    let first = store::collaborator::is_first(&mut tx).await?;
    if !first || store::token::consume(&mut tx, &token.hash(), Purpose::SetUp, now).await?.is_none() {
        return Ok(false);
    }
    let owner = CollaboratorId::new(now);
    store::collaborator::insert(&mut tx, owner, &house.email, &name, &hash, now).await?;
    let by = Actor::Stranger {
        email: Some(house.email.as_str().to_owned()),
        address: house.address,
        user_agent: house.user_agent,
    };
    let new = NewSite {
        name: house.site,
        live: house.live,
        support_email: Some(house.email.clone()),
        currency: house.currency,
        time_zone: house.time_zone,
        by: by.clone(),
    };
    let site = sites::service::create(&mut tx, app, new).await?;
    store::membership::insert(&mut tx, site.id, owner, Role::Owner, now).await?;
    let values =
        Values::new().personal("email", house.email.as_str()).personal("name", name).plain("role", Role::Owner);
    let entry = Entry { actor: by, action: "collaborator.created", target: owner.into(), old: None, new: Some(values) };
    audit::record(&mut tx, app, site.id, entry).await?;
    tx.commit().await?;
    Ok(true)
}

/// The same error under the form's own name for the field.
fn renamed(mut error: Error, field: &str) -> Error {
    error.fields = error.fields.into_iter().map(|f| FieldError { field: field.to_owned(), ..f }).collect();
    error
}
