//! Adds entries to a list, all of them or none.

use crate::audit::{self, Values};
use crate::decision::lists::entry::{Draft, Entry};
use crate::decision::lists::list::{List, ListKind};
use crate::decision::lists::service::{Editor, words};
use crate::decision::lists::store;
use crate::error::{Error, Result};
use crate::kernel::id::{EntryId, ListId};
use crate::platform::db::Tx;
use crate::platform::state::App;

/// What became of a wish to add entries.
#[derive(Debug)]
pub enum Added {
    /// They stand; the first has the id that was asked for.
    Done {
        /// Their list.
        list: List,
        /// Their ids, in order.
        ids: Vec<EntryId>,
    },
    /// The same form was sent before: the first entry that it made stands as it was written.
    Already(List),
    /// A form with this id was sent before, and said something else.
    Different(Box<Entry>),
}

/// Adds one entry for each draft. `first` is the first one's id: the form carries it, so that sending it twice adds once.
pub async fn add_entries(
    tx: &mut Tx,
    app: &App,
    editor: &Editor,
    list: ListId,
    first: EntryId,
    drafts: &[Draft],
) -> Result<Added> {
    let site = editor.site();
    let list = store::list::hold(tx, site, list).await?.ok_or_else(Error::not_found)?;
    editor.need_entries(list.kind)?;
    let Some(newest) = drafts.first() else { return Err(Error::field("values", "missing", "name at least one value")) };
    store::one_at_a_time(tx, first.0).await?;
    if let Some(before) = store::entry::find(tx, site, first).await? {
        let same = before.list == list.id
            && before.draft.name == newest.name
            && before.draft.conditions.same_as(&newest.conditions);
        return Ok(if same { Added::Already(list) } else { Added::Different(Box::new(before)) });
    }
    if list.kind == ListKind::Allow {
        editor.need_fresh()?;
    }
    let now = app.clock.now();
    let ids: Vec<EntryId> = std::iter::once(first).chain((1..drafts.len()).map(|_| EntryId::new(now))).collect();
    store::entry::insert(tx, site, list.id, &ids, drafts, editor, now).await?;
    let new = if let [one] = drafts {
        words::entry(first, one).plain("list", list.id)
    } else {
        // All ids, however many: their rows are never changed, so the log tells what came in.
        Values::new()
            .plain("ids", &ids)
            .plain("list", list.id)
            .plain("entries", drafts.len())
            .personal("name", newest.name.as_str())
            .plain("expires_at", newest.expires_at)
    };
    let action = if drafts.len() == 1 { "list_entry.added" } else { "list_entries.added" };
    let entry = audit::Entry {
        actor: editor.actor(),
        action,
        target: words::target(&list, first, newest),
        old: None,
        new: Some(new),
    };
    audit::record(tx, app, site, entry).await?;
    Ok(Added::Done { list, ids })
}
