//! One entry with all its values, also one that no longer stands: old decisions lead here.

use axum::extract::{Path, State};
use axum::response::Response;
use leptos::prelude::*;

use crate::access::{Permit, Role, grant};
use crate::console::Console;
use crate::decision::lists::entry::{Entry, Standing};
use crate::decision::lists::forms::id;
use crate::decision::lists::list::List;
use crate::decision::lists::pages::{
    Links, MATCHED, author_words, crumbs, end_words, kind_sign, matched, may_edit_entries,
};
use crate::decision::lists::service::matches::{self, Matches};
use crate::decision::lists::service::read;
use crate::decision::pages::IF_THE_DATABASE_FAILS;
use crate::decision::verdict::Mode;
use crate::error::{Error, Result};
use crate::kernel::id::{EntryId, ListId};
use crate::platform::state::App;
use crate::ui::feedback::{Banner, Tone, banner};
use crate::ui::icon::{Icon, icon};
use crate::ui::layout::{Block, Head, Place, Split, facts};
use crate::ui::text::{Clockface, code, counted};

/// The most values of a field that are written out.
const WRITTEN_OUT: usize = 500;

struct Model {
    links: Links,
    list: List,
    entry: Entry,
    matches: Option<Matches>,
    /// The row that stands in its place after further changes.
    newest: Option<EntryId>,
    role: Role,
    face: Clockface,
}

/// `GET /s/{site}/lists/{list}/entries/{entry}`
pub async fn get(
    State(app): State<App>,
    permit: Permit<grant::ReadLists>,
    console: Console,
    Path((_, list, entry)): Path<(String, String, String)>,
) -> Result<Response> {
    let (list, entry): (ListId, EntryId) = (id(&list)?, id(&entry)?);
    let (site, now) = (permit.site_id(), app.clock.now());
    let mut tx = app.db.site(site).await?;
    let list = read::list(&mut tx, site, list).await?.ok_or_else(Error::not_found)?;
    let entry = read::entry(&mut tx, site, list.id, entry).await?.ok_or_else(Error::not_found)?;
    let newest = match entry.valid_to {
        Some(_) => read::newest(&mut tx, site, entry.id).await?.map(|e| e.id),
        None => None,
    };
    let matches = matches::of_entries(&mut tx, site, &[entry.id], now).await?.remove(&entry.id);
    let face = Clockface { now, zone: permit.site().time_zone };
    let model = Model { links: Links::of(&permit), list, entry, matches, newest, role: permit.role(), face };
    Ok(console.page(model.entry.draft.name.as_str().to_owned(), move || content(model)))
}

fn content(model: Model) -> impl IntoView {
    let (list, entry, links) = (&model.list, &model.entry, &model.links);
    let stands = entry.valid_to.is_none();
    let actions = (stands && may_edit_entries(model.role, list.kind)).then(|| {
        view! {
            <a class="button" href=links.remove_entry(list.id, entry.id)>{icon(Icon::Trash)}"Remove"</a>
            <a class="button primary" href=links.edit_entry(list.id, entry.id)>{icon(Icon::Pencil)}"Change"</a>
        }
    });
    let note = entry.draft.note.as_str().to_owned();
    let count = entry.draft.conditions.field_count();
    let lead = if count > 1 {
        "An attempt matches when all of these fields do; any value of a field will do."
    } else {
        "An attempt matches when it has one of these values."
    };
    let parts: Vec<_> = entry
        .draft
        .conditions
        .fields()
        .enumerate()
        .map(|(place, (field, values))| {
            let place = if place + 1 == count { Place::Last } else if place == 0 { Place::First } else { Place::Between };
            let more = values.len().saturating_sub(WRITTEN_OUT);
            let lines: Vec<_> = values.iter().take(WRITTEN_OUT).map(|v| view! { <li>{code(v.typed.clone())}</li> }).collect();
            let rest = (more > 0).then(|| view! { <p class="quiet">{format!("and {} more", counted(more, "value", "values"))}</p> });
            view! { <Block title=field.label() lead=counted(values.len(), "value", "values") place=place><ul>{lines}</ul>{rest}</Block> }
        })
        .collect();
    let mut lines = vec![
        ("List", view! { <a href=links.list(list.id)>{list.settings.name.as_str().to_owned()}</a> }.into_any()),
        ("Kind", kind_sign(list.kind)),
    ];
    lines.push((MATCHED.label, matched(model.matches.as_ref(), model.face)));
    lines.push(("Ends", end_words(entry.draft.expires_at, model.face)));
    lines.push((IF_THE_DATABASE_FAILS.0, IF_THE_DATABASE_FAILS.1.into_any()));
    lines.push(("Written by", author_words(&entry.author).into_any()));
    lines.push(("Stands since", model.face.at(entry.valid_from).into_any()));
    if let Some(until) = entry.valid_to {
        lines.push(("Stood until", model.face.at(until).into_any()));
    }
    lines.push(("Id", code(entry.id.to_string())));
    let rail = view! { <Block title="About this entry" place=Place::Only>{facts(lines)}</Block> };
    view! {
        <Head title=entry.draft.name.as_str().to_owned() crumbs=crumbs(links, Some(list)) lead=(!note.is_empty()).then_some(note)>{actions}</Head>
        {standing_banner(&model)}
        <Split rail=rail.into_any()><p class="mid">{lead}</p>{parts}</Split>
    }
}

/// Why this entry does nothing now, if it does.
fn standing_banner(model: &Model) -> Option<AnyView> {
    let (list, entry) = (&model.list, &model.entry);
    let words = match entry.standing(model.face.now) {
        Standing::Current if list.settings.mode == Mode::Enforce => return None,
        Standing::Current if list.settings.mode == Mode::Shadow => Banner::new(
            Tone::Info,
            "Its list is in shadow.",
            "Decisions record that this entry matches and what it would have done, and nothing is done.",
        ),
        Standing::Current => Banner::new(
            Tone::Warning,
            "Its list is off.",
            "No attempt is compared with this entry until the list is in shadow or enforced.",
        ),
        Standing::Expired => Banner::new(
            Tone::Info,
            "This entry has ended.",
            "No attempt is compared with it any more. Change its end to use it again.",
        ),
        Standing::Removed => {
            Banner::new(Tone::Info, "This entry was removed.", "It is kept so that old decisions can be explained.")
        }
        Standing::Replaced(_) => {
            let banner = Banner::new(
                Tone::Info,
                "This entry was changed since.",
                "It is kept as it was, so that old decisions can be explained.",
            );
            match model.newest {
                Some(newest) => banner.action("See it as it is now", model.links.entry(list.id, newest)),
                None => Banner {
                    text: "It was removed later, and is kept as it was, so that old decisions can be explained.".into(),
                    ..banner
                },
            }
        }
    };
    Some(banner(words).into_any())
}
