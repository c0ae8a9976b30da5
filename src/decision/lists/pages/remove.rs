//! The questions before a list or an entry goes.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;

use crate::access::{Permit, grant};
use crate::console::Console;
use crate::decision::lists::forms::{confirm, id, see};
use crate::decision::lists::list::ListKind;
use crate::decision::lists::pages::{Links, conditions, entries_words};
use crate::decision::lists::service::read::Counted;
use crate::decision::lists::service::{Editor, read};
use crate::error::{Error, Result};
use crate::kernel::id::{EntryId, ListId};
use crate::platform::state::App;
use crate::ui::dialog::Confirm;
use crate::ui::page::Page;

use leptos::prelude::*;

/// What a removal lets through, in a sentence.
fn consequence(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Block => "What it refuses now will be let through, unless something else stops it.",
        ListKind::Challenge => "What it challenges now will be let through, unless something else stops it.",
        ListKind::Allow => "Velocity filters and scores apply again to what it trusts now.",
    }
}

/// `GET /s/{site}/lists/{list}/remove`
pub async fn list(
    State(app): State<App>,
    permit: Permit<grant::EditProtection>,
    console: Console,
    Path((_, list)): Path<(String, String)>,
) -> Result<Response> {
    let list: ListId = id(&list)?;
    let now = app.clock.now();
    let mut tx = app.db.site(permit.site_id()).await?;
    let counted = read::counted(&mut tx, permit.site_id(), list, now).await?.ok_or_else(Error::not_found)?;
    let links = Links::of(&permit);
    if counted.list.kind != ListKind::Allow && Editor::person(&permit, now).need_fresh().is_err() {
        return Ok(confirm(&links.remove_list(list)));
    }
    Ok(question(console, links, counted, None))
}

/// The question; `error`: the name was typed wrongly.
pub fn question(console: Console, links: Links, counted: Counted, error: Option<String>) -> Response {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let list = counted.list;
    let name = list.settings.name.as_str().to_owned();
    let entries = entries_words(counted.current, counted.expired);
    let text = format!("It goes with its {entries}. {} Old decisions keep their explanation.", consequence(list.kind));
    let (action, cancel) = (links.remove_list(list.id), links.list(list.id));
    let title = format!("Remove {name}?");
    let view = move || {
        view! {
            <Confirm title=title text=text action=action button="Remove the list" cancel=cancel typed=name error=error/>
        }
    };
    console.show(Page::new("Remove a list", view).status(status))
}

/// `GET /s/{site}/lists/{list}/entries/{entry}/remove`
pub async fn entry(
    State(app): State<App>,
    permit: Permit<grant::EditBlockEntries>,
    console: Console,
    Path((_, list, entry)): Path<(String, String, String)>,
) -> Result<Response> {
    let (list, entry): (ListId, EntryId) = (id(&list)?, id(&entry)?);
    let now = app.clock.now();
    let mut tx = app.db.site(permit.site_id()).await?;
    let list = read::list(&mut tx, permit.site_id(), list).await?.ok_or_else(Error::not_found)?;
    let entry = read::entry(&mut tx, permit.site_id(), list.id, entry).await?.ok_or_else(Error::not_found)?;
    let editor = Editor::person(&permit, now);
    editor.need_entries(list.kind)?;
    let links = Links::of(&permit);
    if entry.valid_to.is_some() {
        return Ok(see(&links.entry(list.id, entry.id)));
    }
    if list.kind != ListKind::Allow && editor.need_fresh().is_err() {
        return Ok(confirm(&links.remove_entry(list.id, entry.id)));
    }
    let name = entry.draft.name.as_str().to_owned();
    let text = format!("It leaves the list {}. {}", list.settings.name.as_str(), consequence(list.kind));
    Ok(console.page(format!("Remove {name}"), move || {
        view! {
            <Confirm
                title=format!("Remove {name}?") text=text action=links.remove_entry(list.id, entry.id) button="Remove the entry"
                cancel=links.entry(list.id, entry.id)
            >
                {conditions(&entry.draft.conditions)}
            </Confirm>
        }
    }))
}
