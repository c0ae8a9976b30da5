//! Removes a list: it no longer acts, and its name is free again. Its rows stay for replays and the audit log.

use crate::audit::{self, Target};
use crate::decision::lists::list::{List, ListKind};
use crate::decision::lists::service::{Editor, words};
use crate::decision::lists::store;
use crate::error::{Error, Result};
use crate::kernel::id::ListId;
use crate::platform::db::Tx;
use crate::platform::state::App;

/// Removes the list and gives back what it was.
pub async fn remove_list(tx: &mut Tx, app: &App, editor: &Editor, id: ListId) -> Result<List> {
    editor.need_lists()?;
    let site = editor.site();
    let before = store::list::lock(tx, site, id).await?.ok_or_else(Error::not_found)?;
    if before.kind != ListKind::Allow {
        editor.need_fresh()?;
    }
    store::list::remove(tx, site, id, app.clock.now()).await?;
    let entry = audit::Entry {
        actor: editor.actor(),
        action: "list.removed",
        target: Target::plain(before.settings.name.as_str()),
        old: Some(words::settings(&before.settings, before.kind).plain("id", id).plain("kind", before.kind)),
        new: None,
    };
    audit::record(tx, app, site, entry).await?;
    Ok(before)
}
