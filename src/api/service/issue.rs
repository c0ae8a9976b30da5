//! Makes a key. Its text leaves here once and is kept nowhere.

use crate::access::Permit;
use crate::access::grant::EditApiKeys;
use crate::api::key::{KeyKind, KeyText};
use crate::api::rate::Rate;
use crate::api::scope::Scope;
use crate::api::store;
use crate::audit::{self, Actor, Entry, Values};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, KeyId, SiteId};
use crate::platform::db::Tx;
use crate::platform::state::App;

/// What a key shall be.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What people call it, 1 to 60 characters.
    pub name: String,
    /// Who may hold it.
    pub kind: KeyKind,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it stops working by itself.
    pub expires_at: Option<Timestamp>,
}

/// A key that was just made, with the only copy of its text.
pub struct Made {
    /// Its id.
    pub id: KeyId,
    /// The text, to be shown once.
    pub text: KeyText,
}

/// Makes a key for the permit's site: live for a live site, test for a test site.
///
/// # Errors
/// A stale proof of identity, a scope beyond what the maker may do.
pub async fn issue(app: &App, permit: &Permit<EditApiKeys>, wanted: &Wanted, rate: Rate) -> Result<Made> {
    let now = app.clock.now();
    permit.fresh(now)?;
    if let Some(beyond) = wanted.scopes.iter().find(|scope| !scope.may_be_given_by(permit.role())) {
        let message = format!("your role {} may not give {beyond} to a key", permit.role().label());
        return Err(Error::field("scopes", "scope_beyond_maker", message));
    }
    let visitor = permit.visitor();
    let mut tx = app.db.site(permit.site_id()).await?;
    let place = (permit.site_id(), permit.site().live);
    let made = write(&mut tx, app, place, (wanted, rate), Some(visitor.id), Actor::of(visitor)).await?;
    tx.commit().await?;
    Ok(made)
}

/// Makes a key at the operator's command (command line, demo): not bound by anybody's role, and as fast as its kind usually
/// is. The transaction is the site's.
pub async fn issue_by_operator(tx: &mut Tx, app: &App, site: SiteId, live: bool, wanted: &Wanted) -> Result<Made> {
    write(tx, app, (site, live), (wanted, Rate::usual(wanted.kind)), None, Actor::CommandLine).await
}

async fn write(
    tx: &mut Tx,
    app: &App,
    (site, live): (SiteId, bool),
    (wanted, rate): (&Wanted, Rate),
    by: Option<CollaboratorId>,
    actor: Actor,
) -> Result<Made> {
    let now = app.clock.now();
    let (id, text) = (KeyId::new(now), KeyText::random(wanted.kind, live));
    let row = store::key::New {
        id,
        name: &wanted.name,
        kind: wanted.kind,
        prefix: text.prefix(),
        hash: text.hash(),
        scopes: &wanted.scopes,
        created_by: by,
        expires_at: wanted.expires_at,
        rate,
    };
    store::key::insert(tx, site, &row, now).await?;
    let scopes: Vec<&str> = wanted.scopes.iter().map(|s| s.as_str()).collect();
    let new = Values::new()
        .personal("name", &wanted.name)
        .plain("kind", wanted.kind.as_str())
        .plain("prefix", text.prefix())
        .plain("scopes", scopes)
        .plain("expires_at", wanted.expires_at)
        .plain("rate", rate);
    audit::record(
        tx,
        app,
        site,
        Entry { actor, action: "api_key.created", target: id.into(), old: None, new: Some(new) },
    )
    .await?;
    Ok(Made { id, text })
}
