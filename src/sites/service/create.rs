//! Makes a site: its row, its first policy (the defaults of a new site) and the first row of its audit chain.

use chrono_tz::Tz;

use crate::access::service::access_settings;
use crate::audit::{self, Actor, Target, Values};
use crate::decision::service::policy;
use crate::error::{Error, Kind, Result};
use crate::kernel::email::Email;
use crate::kernel::id::SiteId;
use crate::kernel::money::Currency;
use crate::platform::db::{Tx, enter};
use crate::platform::state::App;
use crate::sites::name::SiteName;
use crate::sites::site::{IdleMinutes, Settings, Site};
use crate::sites::{handle, store};

/// How many handles are tried before we give up: more sites of one name than that is a mistake.
const MOST_TRIES: u32 = 100;

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
    let derived = handle::derive(settings.name.as_str());
    let mut taken = true;
    for tries in 0..MOST_TRIES {
        if store::site::insert(tx, id, &handle::candidate(&derived, tries), new.live, &settings, now).await? {
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
