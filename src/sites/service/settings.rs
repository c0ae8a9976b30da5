//! Changes a site's settings.

use crate::access::{Permit, grant};
use crate::audit::{self, Actor, Target, Values};
use crate::error::Result;
use crate::platform::state::App;
use crate::sites::site::{Settings, Site};
use crate::sites::store;

/// What became of a wish to save.
#[derive(Debug)]
pub enum Saved {
    /// It is done, or nothing differed.
    Done(Site),
    /// Somebody else saved since the form was opened: this is how it stands now.
    Stale(Site),
    /// The proof of identity is too old for this much of the change.
    StepUp(Vec<&'static str>),
}

/// Saves the settings if nobody changed them since `base`. Some changes ask for a fresh proof of identity.
pub async fn save(app: &App, permit: &Permit<grant::EditSite>, base: i32, new: Settings) -> Result<Saved> {
    let mut tx = app.db.site(permit.site_id()).await?;
    let before = store::site::lock(&mut tx, permit.site_id()).await?;
    if before.settings_version != base {
        return Ok(Saved::Stale(before));
    }
    let (old_words, new_words) = (of_site(&before), of_settings(&new));
    let Some((old, changed)) = Values::differing(old_words, new_words) else { return Ok(Saved::Done(before)) };
    let guarded = new.guarded(&before);
    if !guarded.is_empty() && permit.fresh(app.clock.now()).is_err() {
        return Ok(Saved::StepUp(guarded));
    }
    store::site::update(&mut tx, before.id, &new).await?;
    let entry = audit::Entry {
        actor: Actor::of(permit.visitor()),
        action: "site.settings_changed",
        target: Target::plain(&before.name),
        old: Some(old),
        new: Some(changed),
    };
    audit::record(&mut tx, app, before.id, entry).await?;
    let after = store::site::lock(&mut tx, before.id).await?;
    tx.commit().await?;
    Ok(Saved::Done(after))
}

fn of_site(site: &Site) -> Values {
    Values::new()
        .plain("name", &site.name)
        .plain("company_name", &site.company_name)
        .personal("support_email", &site.support_email)
        .plain("currency", site.currency)
        .plain("time_zone", site.time_zone.name())
        .plain("idle_minutes", site.idle_minutes)
}

fn of_settings(new: &Settings) -> Values {
    Values::new()
        .plain("name", &new.name)
        .plain("company_name", &new.company_name)
        .personal("support_email", &new.support_email)
        .plain("currency", new.currency)
        .plain("time_zone", new.time_zone.name())
        .plain("idle_minutes", new.idle.get())
}
