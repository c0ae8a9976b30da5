//! Makes a site: in the console by somebody who changes another's settings already, or at the server. Its row, its first policy (the defaults of a new site) and the first row of its audit chain.

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::access::service::{access_settings, place, requirement};
use crate::access::{Permission, Visitor};
use crate::audit::{self, Actor, Target, Values};
use crate::decision::service::policy;
use crate::error::{Error, Kind, Result};
use crate::kernel::email::Email;
use crate::kernel::id::SiteId;
use crate::kernel::money::Currency;
use crate::platform::db::{Tx, enter};
use crate::platform::state::App;
use crate::sites::name::SiteName;
use crate::sites::service::of;
use crate::sites::site::{IdleMinutes, Settings, Site};
use crate::sites::{handle, store};

/// How many handles are tried before we give up: more sites of one name than that is a mistake.
const MOST_TRIES: u32 = 100;

/// Sites that one person makes in a day.
const A_DAY: usize = 10;

const DAY: TimeDelta = TimeDelta::days(1);

/// Whether the visitor may make sites: they change the settings of one already, and not one that is shut to their session,
/// for want of a second factor or of one that counts there. Other roles manage nobody's settings.
pub async fn may_create(app: &App, visitor: &Visitor) -> Result<()> {
    let mine = of(&app.db, visitor.id).await?;
    let editing: Vec<_> = mine.iter().filter(|site| site.role.may(Permission::EditSite)).collect();
    if editing.is_empty() {
        return Err(Error::new(
            Kind::Forbidden,
            "Only an owner or admin of a site may make another. Ask one of yours.",
        ));
    }
    let shut = requirement::shut_to(app.db.pool(), visitor, app.clock.now()).await?;
    if editing.iter().all(|site| shut.contains(&site.id)) {
        let words = "Your site asks for a second factor that you have not proved. Open it and confirm there, or set one up under Password and MFA, then make the site.";
        return Err(Error::new(Kind::Forbidden, words).code("second_factor_required"));
    }
    Ok(())
}

/// Makes a site that the visitor owns.
///
/// # Errors
/// Those of [`may_create`]; `StepUpRequired`; 429 after ten in a day.
pub async fn create_own(app: &App, visitor: &Visitor, new: NewSite) -> Result<Site> {
    let now = app.clock.now();
    may_create(app, visitor).await?;
    if !visitor.proved_recently(now) {
        return Err(Error::new(Kind::StepUpRequired, "Confirm that it is you, then do this again."));
    }
    let mut tx = app.db.platform().await?;
    place::hold(&mut tx, visitor).await?;
    // The oldest of the last ten makes room when it is a day old.
    if let Some(made) = store::site::made_by(&mut tx, visitor.id, now - DAY).await?.get(A_DAY - 1) {
        let seconds = u32::try_from((*made + DAY - now).num_seconds() + 1).unwrap_or(u32::MAX);
        let words = "You have made ten sites within a day. Make the next one tomorrow.";
        return Err(Error::new(Kind::TooMany, words).retry_after(seconds));
    }
    let site = create(&mut tx, app, new).await?;
    place::own(&mut tx, app, site.id, visitor).await?;
    tx.commit().await?;
    Ok(site)
}

/// What a new site is.
#[derive(Debug, Clone)]
pub struct NewSite {
    /// What people call it; its handle comes from it.
    pub name: SiteName,
    /// Live or test, for good.
    pub live: bool,
    /// Where people who are stuck are sent.
    pub support_email: Option<Email>,
    /// The preset of new services.
    pub currency: Currency,
    /// The zone in which times are shown.
    pub time_zone: Tz,
    /// Who makes it.
    pub by: Actor,
}

/// Makes the site. Its owner is the caller's to add. From here on the transaction sees the new site's rows and no others.
pub async fn create(tx: &mut Tx, app: &App, new: NewSite) -> Result<Site> {
    let now = app.clock.now();
    let id = SiteId::new(now);
    let settings = Settings {
        name: new.name,
        company_name: None,
        support_email: new.support_email,
        currency: new.currency,
        time_zone: new.time_zone,
        idle: IdleMinutes::DEFAULT,
    };
    let maker = match &new.by {
        Actor::Collaborator { id, .. } => Some(*id),
        _ => None,
    };
    let derived = handle::derive(settings.name.as_str());
    let mut taken = true;
    for tries in 0..MOST_TRIES {
        if store::site::insert(tx, id, &handle::candidate(&derived, tries), new.live, &settings, maker, now).await? {
            taken = false;
            break;
        }
    }
    if taken {
        return Err(Error::new(Kind::Conflict, "There are too many sites with this name. Choose another."));
    }
    enter(tx, id).await?;
    policy::first(tx, id, now).await?;
    access_settings::first(tx, id).await?;
    let site = store::site::lock(tx, id).await?;
    let entry = audit::Entry {
        actor: new.by,
        action: "site.created",
        target: Target::plain(&site.name),
        old: None,
        new: Some(
            Values::new()
                .plain("handle", &site.handle)
                .plain("name", &site.name)
                .plain("live", site.live)
                .plain("currency", site.currency)
                .plain("time_zone", site.time_zone.name()),
        ),
    };
    audit::record(tx, app, id, entry).await?;
    Ok(site)
}
