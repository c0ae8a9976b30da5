//! Makes a list.

use crate::audit::{self, Target};
use crate::decision::lists::list::{List, ListKind, Settings};
use crate::decision::lists::service::{Editor, words};
use crate::decision::lists::store;
use crate::decision::lists::store::list::Taken;
use crate::error::{Error, Result};
use crate::kernel::id::ListId;
use crate::platform::db::Tx;
use crate::platform::state::App;

/// What became of a wish to make a list.
#[derive(Debug)]
pub enum Made {
    /// It stands.
    Done(List),
    /// Another list of the kind has this name.
    NameTaken,
    /// The same form was sent before; this is the list it made.
    Already(List),
    /// A service that the site does not have, or no longer.
    UnknownService,
}

/// Makes a list under `id`, which the form carries so that sending it twice makes one list.
pub async fn create_list(
    tx: &mut Tx,
    app: &App,
    editor: &Editor,
    id: ListId,
    kind: ListKind,
    new: &Settings,
) -> Result<Made> {
    editor.need_lists()?;
    let site = editor.site();
    store::one_at_a_time(tx, id.0).await?;
    if let Some(before) = store::list::find(tx, site, id).await? {
        let same = before.kind == kind && before.settings == *new;
        return Ok(if same { Made::Already(before) } else { Made::NameTaken });
    }
    if !store::list::knows_services(tx, site, &new.reach).await? {
        return Ok(Made::UnknownService);
    }
    match store::list::insert(tx, site, id, kind, new, editor.collaborator(), app.clock.now()).await? {
        Err(Taken::Name) => return Ok(Made::NameTaken),
        Err(Taken::Id) => {
            return Err(Error::new(crate::error::Kind::Conflict, "This form was sent before. Open a new one."));
        }
        Ok(()) => {}
    }
    let entry = audit::Entry {
        actor: editor.actor(),
        action: "list.created",
        target: Target::plain(new.name.as_str()),
        old: None,
        new: Some(words::settings(new, kind).plain("id", id).plain("kind", kind)),
    };
    audit::record(tx, app, site, entry).await?;
    store::list::find(tx, site, id).await?.map(Made::Done).ok_or_else(Error::not_found)
}
