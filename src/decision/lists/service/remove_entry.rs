//! Removes an entry: its row is closed.

use crate::audit;
use crate::decision::lists::entry::Entry;
use crate::decision::lists::list::{List, ListKind};
use crate::decision::lists::service::{Editor, words};
use crate::decision::lists::store;
use crate::error::{Error, Result};
use crate::kernel::id::{EntryId, ListId};
use crate::platform::db::Tx;
use crate::platform::state::App;

/// What became of a wish to remove an entry.
#[derive(Debug)]
pub enum Removed {
    /// It is gone from this list.
    Done(List),
    /// It had been removed before.
    Already(List),
    /// Somebody else changed it since the page was opened: how it stands now.
    Stale(Box<Entry>),
}

/// Removes the row `id`, if that still stands.
pub async fn remove_entry(tx: &mut Tx, app: &App, editor: &Editor, list: ListId, id: EntryId) -> Result<Removed> {
    let site = editor.site();
    let list = store::list::hold(tx, site, list).await?.ok_or_else(Error::not_found)?;
    editor.need_entries(list.kind)?;
    let before = store::entry::lock(tx, site, id).await?.filter(|e| e.list == list.id).ok_or_else(Error::not_found)?;
    if before.valid_to.is_some() {
        return Ok(match store::entry::newest(tx, site, id).await? {
            Some(stands) => Removed::Stale(Box::new(stands)),
            None => Removed::Already(list),
        });
    }
    if list.kind != ListKind::Allow {
        editor.need_fresh()?;
    }
    store::entry::close(tx, site, id, app.clock.now(), None).await?;
    let entry = audit::Entry {
        actor: editor.actor(),
        action: "list_entry.removed",
        target: words::target(&list, id, &before.draft),
        old: Some(words::entry(id, &before.draft).plain("list", list.id)),
        new: None,
    };
    audit::record(tx, app, site, entry).await?;
    Ok(Removed::Done(list))
}
