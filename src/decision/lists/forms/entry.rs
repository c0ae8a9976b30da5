//! Adding, changing and removing entries.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;

use crate::access::{Permit, grant};
use crate::console::Console;
use crate::decision::lists::entry::{Draft, Entry};
use crate::decision::lists::forms::body::Pairs;
use crate::decision::lists::forms::{confirm, id, problems, see};
use crate::decision::lists::input::{EntryInput, MOST_FIELDS, Read, RowInput};
use crate::decision::lists::list::{List, ListKind};
use crate::decision::lists::pages::Links;
use crate::decision::lists::pages::entry_form::{self, EntryForm, Trouble};
use crate::decision::lists::pages::unnamed::{self, Question};
use crate::decision::lists::service::add_entries::{Added, add_entries};
use crate::decision::lists::service::change_entry::{Changed, change_entry};
use crate::decision::lists::service::remove_entry::{Removed, remove_entry};
use crate::decision::lists::service::{Editor, effect, read};
use crate::error::{Error, Kind, Result};
use crate::kernel::id::{EntryId, ListId};
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};
use crate::ui::stale::merged;

/// What the person pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// The button that saves.
    Save,
    /// "Show the effect".
    Preview,
    /// "Add a field".
    AddField,
    /// "Remove" beside a field; its place from 0.
    RemoveField(usize),
}

/// Reads the fields that the forms of new and changed entries share.
pub(in crate::decision::lists) fn read_entry(pairs: &mut Pairs) -> Result<(EntryInput, Pressed)> {
    let mut rows = Vec::new();
    for number in 1..=MOST_FIELDS {
        let (field, values) = (pairs.one(&format!("field-{number}"))?, pairs.one(&format!("values-{number}"))?);
        if field.is_some() || values.is_some() {
            rows.push(RowInput { field: field.unwrap_or_default(), values: values.unwrap_or_default() });
        }
    }
    if rows.is_empty() {
        rows = EntryInput::empty().rows;
    }
    let pressed = match pairs.text("action")?.as_str() {
        "" | "save" => Pressed::Save,
        "preview" => Pressed::Preview,
        "add-field" => Pressed::AddField,
        other => match other.strip_prefix("remove-field-").and_then(|n| n.parse::<usize>().ok()) {
            Some(number @ 1..=MOST_FIELDS) => Pressed::RemoveField(number - 1),
            _ => return Err(Error::new(Kind::Malformed, "The form has no such button. Open the page again.")),
        },
    };
    let input = EntryInput {
        name: pairs.text("name")?,
        note: pairs.text("note")?,
        ends: pairs.text("ends")?,
        rows,
        together: pairs.ticked("together")?,
    };
    Ok((input, pressed))
}

/// Changes the form as the buttons beside its fields ask; `true` if that was all that was asked.
fn arranged(input: &mut EntryInput, pressed: Pressed) -> bool {
    match pressed {
        Pressed::Save | Pressed::Preview => return false,
        Pressed::AddField => input.add_row(),
        Pressed::RemoveField(place) => input.remove_row(place),
    }
    true
}

/// One entry with everything, or for an allow list one for each value unless all must match.
pub(super) fn drafts(kind: ListKind, input: &EntryInput, read: &Read) -> Vec<Draft> {
    if kind == ListKind::Allow && !input.together {
        return read
            .draft
            .conditions
            .split()
            .into_iter()
            .map(|conditions| Draft { conditions, ..read.draft.clone() })
            .collect();
    }
    vec![read.draft.clone()]
}

/// `POST /s/{site}/lists/{list}/entries/new`
pub async fn add(
    State(app): State<App>,
    permit: Permit<grant::EditBlockEntries>,
    console: Console,
    Path((_, list)): Path<(String, String)>,
    mut pairs: Pairs,
) -> Result<Response> {
    let list: ListId = id(&list)?;
    let once: EntryId = pairs
        .text("once")?
        .parse()
        .map_err(|_| Error::new(Kind::Malformed, "The form lost its number. Open the page again."))?;
    let (mut input, pressed) = read_entry(&mut pairs)?;
    let typed = pairs.one("typed")?;
    pairs.finish()?;
    let (site, now) = (permit.site_id(), app.clock.now());
    let editor = Editor::person(&permit, now);
    let mut tx = app.db.site(site).await?;
    let list = read::list(&mut tx, site, list).await?.ok_or_else(Error::not_found)?;
    tx.rollback().await?;
    editor.need_entries(list.kind)?;
    let links = Links::of(&permit);
    let page = |input: EntryInput, once: EntryId, problems: Problems, trouble: Trouble| {
        EntryForm::new_entry(links.clone(), list.clone(), once, input.shown_again(), problems, trouble)
    };
    if arranged(&mut input, pressed) {
        return Ok(entry_form::show(console, page(input, once, Problems::none(), Trouble::None), StatusCode::OK));
    }
    let said = match input.read(permit.site().time_zone, now, None) {
        Ok(said) => said,
        Err(wrong) => {
            return Ok(entry_form::show(
                console,
                page(input, once, problems(wrong), Trouble::None),
                StatusCode::UNPROCESSABLE_ENTITY,
            ));
        }
    };
    let drafts = drafts(list.kind, &input, &said);
    let trial = effect::of_entries(&editor, &list, None, &drafts)?;
    if pressed == Pressed::Preview {
        let shown = Trouble::Effect(effect::preview(&app, &editor, &trial).await?);
        return Ok(entry_form::show(console, page(input, once, Problems::none(), shown), StatusCode::OK));
    }
    if let Some(week) = effect::unnamed(&app, &editor, &trial, typed.as_deref()).await? {
        let form = page(input, once, Problems::none(), Trouble::Unnamed(week, typed));
        return Ok(entry_form::show(console, form, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let mut tx = app.db.site(site).await?;
    match add_entries(&mut tx, &app, &editor, list.id, once, &drafts).await {
        Ok(Added::Done { ids, .. }) => {
            tx.commit().await?;
            let repeated = if said.repeated > 0 { format!("&repeated={}", said.repeated) } else { String::new() };
            Ok(see(&format!("{}?added={}{repeated}", links.list(list.id), ids.len())))
        }
        Ok(Added::Already(list)) => Ok(see(&Done::Added.at(&links.list(list.id)))),
        Ok(Added::Different(before)) => {
            let trouble = Trouble::SentBefore(before);
            Ok(entry_form::show(
                console,
                page(input, EntryId::new(now), Problems::none(), trouble),
                StatusCode::CONFLICT,
            ))
        }
        Err(error) if error.kind == Kind::StepUpRequired => Ok(entry_form::show(
            console,
            page(input, once, Problems::none(), Trouble::ConfirmFirst),
            StatusCode::FORBIDDEN,
        )),
        Err(error) => Err(error),
    }
}

/// What was typed on top of what somebody else has saved since the form was opened, each field with its values being one.
fn onto(typed: EntryInput, opened: &EntryInput, newer: EntryInput) -> EntryInput {
    let values = |input: &EntryInput, field: &str| {
        input.rows.iter().find(|row| row.field == field).map(|row| row.values.clone())
    };
    let added = newer.rows.iter().filter(|row| values(&typed, &row.field).is_none());
    let rows: Vec<RowInput> = typed
        .rows
        .iter()
        .chain(added)
        .filter_map(|RowInput { field, .. }| {
            let values = merged(&values(opened, field), values(&typed, field), values(&newer, field))?;
            Some(RowInput { field: field.clone(), values })
        })
        .collect();
    EntryInput {
        // The form holds one field at least.
        rows: if (1..=MOST_FIELDS).contains(&rows.len()) { rows } else { typed.rows },
        name: merged(&opened.name, typed.name, newer.name),
        note: merged(&opened.note, typed.note, newer.note),
        ends: merged(&opened.ends, typed.ends, newer.ends),
        together: typed.together,
    }
}

/// `POST /s/{site}/lists/{list}/entries/{entry}/edit`
pub async fn change(
    State(app): State<App>,
    permit: Permit<grant::EditBlockEntries>,
    console: Console,
    Path((_, list, entry)): Path<(String, String, String)>,
    mut pairs: Pairs,
) -> Result<Response> {
    let (list, entry): (ListId, EntryId) = (id(&list)?, id(&entry)?);
    let (mut input, pressed) = read_entry(&mut pairs)?;
    let typed = pairs.one("typed")?;
    pairs.finish()?;
    let (site, now) = (permit.site_id(), app.clock.now());
    let editor = Editor::person(&permit, now);
    let mut tx = app.db.site(site).await?;
    let list: List = read::list(&mut tx, site, list).await?.ok_or_else(Error::not_found)?;
    editor.need_entries(list.kind)?;
    let before = read::entry(&mut tx, site, list.id, entry).await?.ok_or_else(Error::not_found)?;
    tx.rollback().await?;
    let links = Links::of(&permit);
    let page = |input: EntryInput, target: EntryId, problems: Problems, trouble: Trouble| {
        EntryForm::change(links.clone(), list.clone(), target, input.shown_again(), problems, trouble)
    };
    if arranged(&mut input, pressed) {
        return Ok(entry_form::show(console, page(input, entry, Problems::none(), Trouble::None), StatusCode::OK));
    }
    let said = match input.read(permit.site().time_zone, now, before.draft.expires_at) {
        Ok(said) => said,
        Err(wrong) => {
            return Ok(entry_form::show(
                console,
                page(input, entry, problems(wrong), Trouble::None),
                StatusCode::UNPROCESSABLE_ENTITY,
            ));
        }
    };
    let trial = effect::of_entries(&editor, &list, Some(&before), std::slice::from_ref(&said.draft))?;
    if pressed == Pressed::Preview {
        let shown = Trouble::Effect(effect::preview(&app, &editor, &trial).await?);
        return Ok(entry_form::show(console, page(input, entry, Problems::none(), shown), StatusCode::OK));
    }
    // What no longer stands cannot be changed, and is told so below; another name or note refuses nobody.
    if before.valid_to.is_none()
        && !before.draft.conditions.same_as(&said.draft.conditions)
        && let Some(week) = effect::unnamed(&app, &editor, &trial, typed.as_deref()).await?
    {
        let form = page(input, entry, Problems::none(), Trouble::Unnamed(week, typed));
        return Ok(entry_form::show(console, form, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let mut tx = app.db.site(site).await?;
    match change_entry(&mut tx, &app, &editor, list.id, entry, &said.draft).await {
        Ok(Changed::Done(next)) => {
            tx.commit().await?;
            Ok(see(&Done::Saved.at(&links.entry(list.id, next))))
        }
        Ok(Changed::Unchanged) => Ok(see(&Done::Unchanged.at(&links.entry(list.id, entry)))),
        Ok(Changed::Stale(Some(stands))) => {
            let of = |entry: &Entry| EntryInput::of(entry, permit.site().time_zone);
            let typed = of(&Entry { draft: said.draft, ..before.clone() });
            let form =
                page(onto(typed, &of(&before), of(&stands)), stands.id, Problems::none(), Trouble::Changed(stands));
            Ok(entry_form::show(console, form, StatusCode::CONFLICT))
        }
        Ok(Changed::Stale(None)) => {
            Ok(entry_form::show(console, page(input, entry, Problems::none(), Trouble::Removed), StatusCode::CONFLICT))
        }
        Err(error) if error.kind == Kind::StepUpRequired => Ok(entry_form::show(
            console,
            page(input, entry, Problems::none(), Trouble::ConfirmFirst),
            StatusCode::FORBIDDEN,
        )),
        Err(error) => Err(error),
    }
}

/// `POST /s/{site}/lists/{list}/entries/{entry}/remove`
pub async fn remove(
    State(app): State<App>,
    permit: Permit<grant::EditBlockEntries>,
    console: Console,
    Path((_, list, entry)): Path<(String, String, String)>,
    mut pairs: Pairs,
) -> Result<Response> {
    let typed = pairs.one("typed")?;
    pairs.finish()?;
    let (list, entry): (ListId, EntryId) = (id(&list)?, id(&entry)?);
    let (site, editor) = (permit.site_id(), Editor::person(&permit, app.clock.now()));
    let links = Links::of(&permit);
    let mut tx = app.db.site(site).await?;
    let standing = read::list(&mut tx, site, list).await?.ok_or_else(Error::not_found)?;
    let before = read::entry(&mut tx, site, list, entry).await?.ok_or_else(Error::not_found)?;
    tx.rollback().await?;
    let trial = effect::of_entries(&editor, &standing, Some(&before), &[])?;
    if before.valid_to.is_none()
        && let Some(week) = effect::unnamed(&app, &editor, &trial, typed.as_deref()).await?
    {
        let question = Question {
            title: format!("Remove {}?", before.draft.name.as_str()),
            action: links.remove_entry(list, entry),
            hidden: Vec::new(),
            number: "typed",
            button: "Remove the entry",
            cancel: links.entry(list, entry),
            week,
            typed,
        };
        return Ok(unnamed::show(console, question));
    }
    let mut tx = app.db.site(site).await?;
    match remove_entry(&mut tx, &app, &editor, list, entry).await {
        Ok(Removed::Done(list)) => {
            tx.commit().await?;
            Ok(see(&Done::Removed.at(&links.list(list.id))))
        }
        Ok(Removed::Already(list)) => Ok(see(&Done::Removed.at(&links.list(list.id)))),
        Ok(Removed::Stale(stands)) => Err(Error::new(
            Kind::Conflict,
            format!(
                "Somebody changed this entry meanwhile, so it was not removed. Look at it as it is now, under the name {}, and decide again.",
                stands.draft.name.as_str()
            ),
        )),
        Err(error) if error.kind == Kind::StepUpRequired => Ok(confirm(&links.remove_entry(list, entry))),
        Err(error) => Err(error),
    }
}
