//! Keeps a site's payment services: make, rename, archive, open again.

use crate::access::{Permit, grant};
use crate::audit::{self, Actor, Target, Values};
use crate::error::{Error, Result};
use crate::kernel::id::{ServiceId, SiteId};
use crate::platform::db::Tx;
use crate::platform::state::App;
use crate::sites::payment_service::{Service, ServiceSettings};
use crate::sites::store;
use crate::sites::store::service::Taken;

/// What became of a wish to save.
#[derive(Debug)]
pub enum Saved {
    /// It is done, or nothing differed.
    Done(Service),
    /// Somebody else saved since the form was opened: this is how it stands now.
    Stale(Service),
    /// Another service of the site has this name.
    NameTaken,
    /// It has attempts, so its currency stands.
    CurrencyFixed,
}

/// All services of a site, open ones first, by name. For pickers and the API; who may see them is the caller's to ask.
pub async fn all(tx: &mut Tx, site: SiteId) -> Result<Vec<Service>> {
    store::service::all(tx, site).await
}

/// One service of a site.
pub async fn find(tx: &mut Tx, site: SiteId, id: ServiceId) -> Result<Option<Service>> {
    store::service::find(tx, site, id).await
}

/// All services, for the page.
pub async fn list(app: &App, permit: &Permit<grant::ReadServices>) -> Result<Vec<Service>> {
    let mut tx = app.db.site(permit.site_id()).await?;
    all(&mut tx, permit.site_id()).await
}

/// One service, and whether its currency is fixed.
pub async fn one(app: &App, permit: &Permit<grant::ReadServices>, id: ServiceId) -> Result<Option<(Service, bool)>> {
    let mut tx = app.db.site(permit.site_id()).await?;
    let Some(service) = find(&mut tx, permit.site_id(), id).await? else { return Ok(None) };
    let fixed = store::service::has_attempts(&mut tx, permit.site_id(), id).await?;
    Ok(Some((service, fixed)))
}

/// How many attempts named it in the last 24 hours.
pub async fn of_last_day(app: &App, permit: &Permit<grant::EditServices>, id: ServiceId) -> Result<i64> {
    let mut tx = app.db.site(permit.site_id()).await?;
    let since = app.clock.now() - chrono::TimeDelta::hours(24);
    store::service::attempts_since(&mut tx, permit.site_id(), id, since).await
}

/// Makes a service within the caller's transaction (the console, the demo, the command line).
pub async fn create(tx: &mut Tx, app: &App, site: SiteId, by: Actor, new: &ServiceSettings) -> Result<Saved> {
    let now = app.clock.now();
    let id = ServiceId::new(now);
    if let Err(Taken::Name) = store::service::insert(tx, site, id, new, now).await? {
        return Ok(Saved::NameTaken);
    }
    let entry = audit::Entry {
        actor: by,
        action: "service.created",
        target: Target::plain(new.name.as_str()),
        old: None,
        new: Some(Values::new().plain("id", id).plain("name", &new.name).plain("currency", new.currency)),
    };
    audit::record(tx, app, site, entry).await?;
    find(tx, site, id).await?.map(Saved::Done).ok_or_else(Error::not_found)
}

/// Makes a service in the console.
///
/// # Errors
/// `StepUpRequired` like every change of payment settings; a database failure.
pub async fn add(app: &App, permit: &Permit<grant::EditServices>, new: &ServiceSettings) -> Result<Saved> {
    permit.fresh(app.clock.now())?;
    let mut tx = app.db.site(permit.site_id()).await?;
    let saved = create(&mut tx, app, permit.site_id(), Actor::of(permit.visitor()), new).await?;
    if matches!(saved, Saved::Done(_)) {
        tx.commit().await?;
    }
    Ok(saved)
}

/// Changes name and currency if nobody changed the service since `base`.
///
/// # Errors
/// As [`add`], if something differs.
pub async fn save(
    app: &App,
    permit: &Permit<grant::EditServices>,
    id: ServiceId,
    base: i32,
    new: &ServiceSettings,
) -> Result<Saved> {
    let site = permit.site_id();
    let mut tx = app.db.site(site).await?;
    let before = store::service::lock(&mut tx, site, id).await?.ok_or_else(Error::not_found)?;
    if before.version != base {
        return Ok(Saved::Stale(before));
    }
    if before.name == new.name.as_str() && before.currency == new.currency {
        return Ok(Saved::Done(before));
    }
    permit.fresh(app.clock.now())?;
    if before.currency != new.currency && store::service::has_attempts(&mut tx, site, id).await? {
        return Ok(Saved::CurrencyFixed);
    }
    if let Err(Taken::Name) = store::service::update(&mut tx, site, id, new).await? {
        return Ok(Saved::NameTaken);
    }
    let entry = audit::Entry {
        actor: Actor::of(permit.visitor()),
        action: "service.changed",
        target: Target::plain(&before.name),
        old: Some(Values::new().plain("name", &before.name).plain("currency", before.currency)),
        new: Some(Values::new().plain("name", &new.name).plain("currency", new.currency)),
    };
    audit::record(&mut tx, app, site, entry).await?;
    let after = find(&mut tx, site, id).await?.ok_or_else(Error::not_found)?;
    tx.commit().await?;
    Ok(Saved::Done(after))
}

/// Archives a service (it takes no more attempts) or opens it again. Doing it twice changes nothing.
///
/// # Errors
/// As [`add`], if something differs.
pub async fn archive(
    app: &App,
    permit: &Permit<grant::EditServices>,
    id: ServiceId,
    archived: bool,
) -> Result<Service> {
    let site = permit.site_id();
    let mut tx = app.db.site(site).await?;
    let before = store::service::lock(&mut tx, site, id).await?.ok_or_else(Error::not_found)?;
    if before.is_open() != archived {
        return Ok(before);
    }
    permit.fresh(app.clock.now())?;
    let at = archived.then(|| app.clock.now());
    store::service::set_archived(&mut tx, site, id, at).await?;
    let entry = audit::Entry {
        actor: Actor::of(permit.visitor()),
        action: if archived { "service.archived" } else { "service.reopened" },
        target: Target::plain(&before.name),
        old: Some(Values::new().plain("archived", !archived)),
        new: Some(Values::new().plain("archived", archived)),
    };
    audit::record(&mut tx, app, site, entry).await?;
    let after = find(&mut tx, site, id).await?.ok_or_else(Error::not_found)?;
    tx.commit().await?;
    Ok(after)
}
