//! Changes a list: its name, its mode, and where it acts.

use crate::audit::{self, Target, Values};
use crate::decision::lists::list::{List, Reach, Settings};
use crate::decision::lists::loosening;
use crate::decision::lists::service::{Editor, words};
use crate::decision::lists::store;
use crate::decision::lists::store::list::Taken;
use crate::decision::verdict::Mode;
use crate::error::{Error, Kind, Result};
use crate::kernel::id::{ListId, ServiceId};
use crate::platform::db::Tx;
use crate::platform::state::App;

/// What became of a wish to change a list.
#[derive(Debug)]
pub enum Saved {
    /// It is done.
    Done(List),
    /// Nothing differed.
    Unchanged(List),
    /// Somebody else saved since the form was opened: this is how it stands now.
    Stale(List),
    /// Another list of the kind has this name.
    NameTaken,
    /// A service that the site does not have, or no longer.
    UnknownService,
}

/// Saves the settings if nobody changed them since `base`.
pub async fn save_list(
    tx: &mut Tx,
    app: &App,
    editor: &Editor,
    id: ListId,
    base: i32,
    new: &Settings,
) -> Result<Saved> {
    editor.need_lists()?;
    let before = store::list::lock(tx, editor.site(), id).await?.ok_or_else(Error::not_found)?;
    if before.settings == *new {
        return Ok(Saved::Unchanged(before));
    }
    if before.version != base {
        return Ok(Saved::Stale(before));
    }
    put(tx, app, editor, before, new).await
}

/// Sets the mode of a list, whatever else somebody changed meanwhile.
pub async fn switch(tx: &mut Tx, app: &App, editor: &Editor, id: ListId, mode: Mode) -> Result<Saved> {
    editor.need_lists()?;
    let before = store::list::lock(tx, editor.site(), id).await?.ok_or_else(Error::not_found)?;
    let new = Settings { mode, ..before.settings.clone() };
    if before.settings == new { Ok(Saved::Unchanged(before)) } else { put(tx, app, editor, before, &new).await }
}

/// The settings of a list without a service: of a list of all services the others remain chosen one by one. What they
/// were if it does not act there.
pub async fn without(tx: &mut Tx, editor: &Editor, before: &List, service: ServiceId) -> Result<Settings> {
    let linked: Vec<ServiceId> = match &before.settings.reach {
        Reach::AllServices => crate::sites::service::services::all(tx, editor.site())
            .await?
            .into_iter()
            .filter(crate::sites::Service::is_open)
            .map(|s| s.id)
            .collect(),
        Reach::Services(ids) => ids.clone(),
    };
    if !linked.contains(&service) {
        return Ok(before.settings.clone());
    }
    let rest = linked.into_iter().filter(|s| *s != service).collect();
    Ok(Settings { reach: Reach::Services(rest), ..before.settings.clone() })
}

/// Takes a service away from a list; see [`without`].
pub async fn unlink(tx: &mut Tx, app: &App, editor: &Editor, id: ListId, service: ServiceId) -> Result<Saved> {
    editor.need_lists()?;
    let before = store::list::lock(tx, editor.site(), id).await?.ok_or_else(Error::not_found)?;
    let new = without(tx, editor, &before, service).await?;
    if before.settings == new { Ok(Saved::Unchanged(before)) } else { put(tx, app, editor, before, &new).await }
}

async fn put(tx: &mut Tx, app: &App, editor: &Editor, before: List, new: &Settings) -> Result<Saved> {
    let site = editor.site();
    if !store::list::knows_services(tx, site, &new.reach).await? {
        return Ok(Saved::UnknownService);
    }
    if loosening::of_settings(before.kind, &before.settings, new) {
        editor.need_fresh()?;
    }
    if let Err(Taken::Name | Taken::Id) = store::list::update(tx, site, before.id, new).await? {
        return Ok(Saved::NameTaken);
    }
    let (old_words, new_words) = (words::settings(&before.settings, before.kind), words::settings(new, before.kind));
    let (old, changed) = Values::differing(old_words, new_words).unzip();
    let of_list = |values: Option<Values>| Some(values.unwrap_or_default().plain("list", before.id));
    let action = match new.mode {
        same if same == before.settings.mode => "list.changed",
        Mode::Off => "list.disabled",
        Mode::Shadow => "list.set_to_shadow",
        Mode::Enforce => "list.enabled",
    };
    let entry = audit::Entry {
        actor: editor.actor(),
        action,
        target: Target::plain(before.settings.name.as_str()),
        old: of_list(old),
        new: of_list(changed),
    };
    audit::record(tx, app, site, entry).await?;
    store::list::find(tx, site, before.id)
        .await?
        .map(Saved::Done)
        .ok_or_else(|| Error::new(Kind::Conflict, "The list was removed meanwhile."))
}
