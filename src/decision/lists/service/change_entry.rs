//! Changes an entry: its row is closed and another opened, at one instant, in one transaction.

use crate::audit;
use crate::decision::lists::entry::{Draft, Entry};
use crate::decision::lists::loosening;
use crate::decision::lists::service::{Editor, words};
use crate::decision::lists::store;
use crate::error::{Error, Result};
use crate::kernel::id::{EntryId, ListId};
use crate::platform::db::Tx;
use crate::platform::state::App;

/// What became of a wish to change an entry.
#[derive(Debug)]
pub enum Changed {
    /// The row that now stands.
    Done(EntryId),
    /// Nothing differed.
    Unchanged,
    /// Somebody else changed or removed it since the form was opened: how it stands now, if it does.
    Stale(Option<Box<Entry>>),
}

/// Puts `new` in the place of the row `id`, if that still stands.
pub async fn change_entry(
    tx: &mut Tx,
    app: &App,
    editor: &Editor,
    list: ListId,
    id: EntryId,
    new: &Draft,
) -> Result<Changed> {
    let site = editor.site();
    let list = store::list::hold(tx, site, list).await?.ok_or_else(Error::not_found)?;
    editor.need_entries(list.kind)?;
    let before = store::entry::lock(tx, site, id).await?.filter(|e| e.list == list.id).ok_or_else(Error::not_found)?;
    if before.valid_to.is_some() {
        let now_stands = store::entry::newest(tx, site, id).await?;
        // Sent twice: what stands is what was wanted.
        if let Some(stands) = now_stands.as_ref().filter(|e| same(&e.draft, new)) {
            return Ok(Changed::Done(stands.id));
        }
        return Ok(Changed::Stale(now_stands.map(Box::new)));
    }
    if same(&before.draft, new) {
        return Ok(Changed::Unchanged);
    }
    if loosening::of_entry(list.kind, &before.draft, new) {
        editor.need_fresh()?;
    }
    let now = app.clock.now();
    let next = EntryId::new(now);
    store::entry::insert(tx, site, list.id, &[next], std::slice::from_ref(new), editor, now).await?;
    store::entry::close(tx, site, id, now, Some(next)).await?;
    let entry = audit::Entry {
        actor: editor.actor(),
        action: "list_entry.changed",
        target: words::target(&list, id, &before.draft),
        old: Some(words::entry(id, &before.draft).plain("list", list.id)),
        new: Some(words::entry(next, new).plain("list", list.id)),
    };
    audit::record(tx, app, site, entry).await?;
    Ok(Changed::Done(next))
}

fn same(one: &Draft, other: &Draft) -> bool {
    one.name == other.name
        && one.note == other.note
        && one.expires_at == other.expires_at
        && one.conditions.same_as(&other.conditions)
}
