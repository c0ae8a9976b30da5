//! Making, changing, switching and removing lists.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;

use crate::access::{Permit, grant};
use crate::console::Console;
use crate::decision::lists::forms::body::Pairs;
use crate::decision::lists::forms::{confirm, id, problems, see};
use crate::decision::lists::input::ListInput;
use crate::decision::lists::list::{ListKind, Settings};
use crate::decision::lists::pages::list_form::{self, Base, ListForm, Target, Trouble, differing};
use crate::decision::lists::pages::switch::{self, read_mode};
use crate::decision::lists::pages::unnamed::{self, Question};
use crate::decision::lists::pages::{self, Links, a};
use crate::decision::lists::service::create_list::{Made, create_list};
use crate::decision::lists::service::remove_list::remove_list;
use crate::decision::lists::service::save_list::{self, Saved, save_list, unlink};
use crate::decision::lists::service::{Editor, effect, read};
use crate::decision::verdict::Mode;
use crate::error::{Error, FieldError, Kind, Result};
use crate::kernel::id::{ListId, ServiceId};
use crate::platform::state::App;
use crate::sites::service::services;
use crate::ui::feedback::{Done, Problems};
use crate::ui::stale::{Opened, merged, merged_boxes};

fn read_list(pairs: &mut Pairs) -> Result<ListInput> {
    Ok(ListInput {
        name: pairs.text("name")?,
        note: pairs.text("note")?,
        mode: pairs.text("mode")?,
        all_services: pairs.text("reach")? != "chosen",
        services: pairs.all("service"),
        also_challenge_list: pairs.ticked("also_challenge_list")?,
    })
}

/// What was typed on top of what somebody else has saved since the form was opened; all of it as typed, where the form does
/// not say how it was opened.
fn onto(typed: ListInput, opened: Opened, newer: &ListInput) -> ListInput {
    let mut pairs = Pairs::from(opened);
    let (Ok(opened), Ok(())) = (read_list(&mut pairs), pairs.finish()) else { return typed };
    if opened.name.is_empty() {
        return typed;
    }
    let newer = newer.clone();
    ListInput {
        name: merged(&opened.name, typed.name, newer.name),
        note: merged(&opened.note, typed.note, newer.note),
        mode: merged(&opened.mode, typed.mode, newer.mode),
        all_services: merged(&opened.all_services, typed.all_services, newer.all_services),
        services: merged_boxes(&opened.services, typed.services, newer.services),
        also_challenge_list: merged(&opened.also_challenge_list, typed.also_challenge_list, newer.also_challenge_list),
    }
}

fn name_taken(kind: ListKind) -> Problems {
    let words = format!("Name: there is {} with this name already; choose another.", a(kind));
    problems(vec![FieldError::new("name", "taken", words)])
}

fn unknown_service() -> Problems {
    problems(vec![FieldError::new("reach", "services", "Services: one of them is not there any more; choose again.")])
}

/// `POST /s/{site}/lists/new`
pub async fn create(
    State(app): State<App>,
    permit: Permit<grant::EditProtection>,
    console: Console,
    mut pairs: Pairs,
) -> Result<Response> {
    let once: ListId = pairs
        .text("once")?
        .parse()
        .map_err(|_| Error::new(Kind::Malformed, "The form lost its number. Open the page again."))?;
    let kind: ListKind = pairs
        .text("kind")?
        .parse()
        .map_err(|_| Error::new(Kind::Malformed, "The form names no kind of list. Open the page again."))?;
    let input = read_list(&mut pairs)?;
    pairs.finish()?;
    let links = Links::of(&permit);
    let mut tx = app.db.site(permit.site_id()).await?;
    let known = services::all(&mut tx, permit.site_id()).await?;
    let show = |input: ListInput, problems: Problems, trouble: Trouble, status: StatusCode| {
        let form = ListForm {
            links: links.clone(),
            target: Target::New { once, kind },
            input: input.shown_again(),
            services: known.clone(),
            problems,
            trouble,
        };
        Ok(list_form::show(console, form, status))
    };
    let settings = match input.read(kind) {
        Ok(settings) => settings,
        Err(wrong) => return show(input, problems(wrong), Trouble::None, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let editor = Editor::person(&permit, app.clock.now());
    match create_list(&mut tx, &app, &editor, once, kind, &settings).await? {
        Made::Done(list) => {
            tx.commit().await?;
            Ok(see(&Done::Created.at(&links.list(list.id))))
        }
        Made::Already(list) => Ok(see(&Done::Created.at(&links.list(list.id)))),
        Made::NameTaken => show(input, name_taken(kind), Trouble::None, StatusCode::UNPROCESSABLE_ENTITY),
        Made::UnknownService => show(input, unknown_service(), Trouble::None, StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// `POST /s/{site}/lists/{list}/edit`
pub async fn save(
    State(app): State<App>,
    permit: Permit<grant::EditProtection>,
    console: Console,
    Path((_, list)): Path<(String, String)>,
    mut pairs: Pairs,
) -> Result<Response> {
    let list: ListId = id(&list)?;
    let version: i32 = pairs
        .text("base")?
        .parse()
        .map_err(|_| Error::new(Kind::Malformed, "The form lost its version. Open the page again."))?;
    let base = Base { version, opened: Opened::from(pairs.text("opened")?) };
    let input = read_list(&mut pairs)?;
    let (preview, typed) = (pairs.text("action")? == "preview", pairs.one("typed")?);
    pairs.finish()?;
    let links = Links::of(&permit);
    let mut tx = app.db.site(permit.site_id()).await?;
    let before = read::list(&mut tx, permit.site_id(), list).await?.ok_or_else(Error::not_found)?;
    let known = services::all(&mut tx, permit.site_id()).await?;
    let kind = before.kind;
    let show = |input: ListInput, base: Base, problems: Problems, trouble: Trouble, status: StatusCode| {
        let target = Target::Change { list: before.clone(), base };
        let form = ListForm {
            links: links.clone(),
            target,
            input: input.shown_again(),
            services: known.clone(),
            problems,
            trouble,
        };
        Ok(list_form::show(console, form, status))
    };
    let settings = match input.read(kind) {
        Ok(settings) => settings,
        Err(wrong) => return show(input, base, problems(wrong), Trouble::None, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let editor = Editor::person(&permit, app.clock.now());
    let trial = effect::of_settings(&mut tx, &app, &editor, &before, Some(&settings)).await?;
    tx.rollback().await?;
    if preview {
        let shown = Trouble::Effect(effect::preview(&app, &editor, &trial).await?);
        return show(input, base, Problems::none(), shown, StatusCode::OK);
    }
    // A form of an older version is told so first.
    if base.version == before.version
        && settings != before.settings
        && let Some(week) = effect::unnamed(&app, &editor, &trial, typed.as_deref()).await?
    {
        let trouble = Trouble::Unnamed(week, typed);
        return show(input, base, Problems::none(), trouble, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mut tx = app.db.site(permit.site_id()).await?;
    match save_list(&mut tx, &app, &editor, list, base.version, &settings).await {
        Ok(Saved::Done(_)) => {
            tx.commit().await?;
            Ok(see(&Done::Saved.at(&links.list(list))))
        }
        Ok(Saved::Unchanged(_)) => Ok(see(&Done::Unchanged.at(&links.list(list)))),
        Ok(Saved::Stale(now)) => {
            let newer = ListInput::of(&now.settings);
            let input = onto(input, base.opened, &newer).shown_again();
            let trouble = Trouble::Changed(differing(&newer, &input, &known));
            show(input, Base::of(&now), Problems::none(), trouble, StatusCode::CONFLICT)
        }
        Ok(Saved::NameTaken) => show(input, base, name_taken(kind), Trouble::None, StatusCode::UNPROCESSABLE_ENTITY),
        Ok(Saved::UnknownService) => {
            show(input, base, unknown_service(), Trouble::None, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) if error.kind == Kind::StepUpRequired => {
            show(input, base, Problems::none(), Trouble::ConfirmFirst, StatusCode::FORBIDDEN)
        }
        Err(error) => Err(error),
    }
}

/// `POST /s/{site}/lists/{list}/switch`
pub async fn turn(
    State(app): State<App>,
    permit: Permit<grant::EditProtection>,
    console: Console,
    Path((_, list)): Path<(String, String)>,
    mut pairs: Pairs,
) -> Result<Response> {
    let list: ListId = id(&list)?;
    let mode = read_mode(&pairs.text("to")?)?;
    let typed = pairs.one("typed")?;
    pairs.finish()?;
    let links = Links::of(&permit);
    let editor = Editor::person(&permit, app.clock.now());
    let mut tx = app.db.site(permit.site_id()).await?;
    let before = read::list(&mut tx, permit.site_id(), list).await?.ok_or_else(Error::not_found)?;
    let after = Settings { mode, ..before.settings.clone() };
    if after == before.settings {
        return Ok(see(&Done::Unchanged.at(&links.list(list))));
    }
    let trial = effect::of_settings(&mut tx, &app, &editor, &before, Some(&after)).await?;
    tx.rollback().await?;
    if let Some(week) = effect::unnamed(&app, &editor, &trial, typed.as_deref()).await? {
        let effect = effect::preview(&app, &editor, &trial).await?;
        let question = switch::Question { links, list: before, to: mode, effect, week: Some(week), typed };
        return Ok(switch::show(console, question, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let mut tx = app.db.site(permit.site_id()).await?;
    match save_list::switch(&mut tx, &app, &editor, list, mode).await {
        Ok(_) => {
            tx.commit().await?;
            let done = match mode {
                Mode::Off => Done::SwitchedOff,
                Mode::Shadow => Done::Shadowed,
                Mode::Enforce => Done::SwitchedOn,
            };
            Ok(see(&done.at(&links.list(list))))
        }
        Err(error) if error.kind == Kind::StepUpRequired => Ok(confirm(&links.switch_list(list, mode))),
        Err(error) => Err(error),
    }
}

/// `POST /s/{site}/lists/{list}/unlink`
pub async fn unlink_service(
    State(app): State<App>,
    permit: Permit<grant::EditProtection>,
    console: Console,
    Path((_, list)): Path<(String, String)>,
    mut pairs: Pairs,
) -> Result<Response> {
    let list: ListId = id(&list)?;
    let service: ServiceId = id(&pairs.text("service")?)?;
    let typed = pairs.one("typed")?;
    pairs.finish()?;
    let links = Links::of(&permit);
    let editor = Editor::person(&permit, app.clock.now());
    let mut tx = app.db.site(permit.site_id()).await?;
    let before = read::list(&mut tx, permit.site_id(), list).await?.ok_or_else(Error::not_found)?;
    let after = save_list::without(&mut tx, &editor, &before, service).await?;
    let trial = effect::of_settings(&mut tx, &app, &editor, &before, Some(&after)).await?;
    tx.rollback().await?;
    if let Some(week) = effect::unnamed(&app, &editor, &trial, typed.as_deref()).await? {
        let question = Question {
            title: format!("Unlink the service from {}?", before.settings.name.as_str()),
            action: format!("{}/unlink", links.list(list)),
            hidden: vec![("service", service.to_string())],
            number: "typed",
            button: "Unlink the service",
            cancel: links.list(list),
            week,
            typed,
        };
        return Ok(unnamed::show(console, question));
    }
    let mut tx = app.db.site(permit.site_id()).await?;
    match unlink(&mut tx, &app, &editor, list, service).await {
        Ok(Saved::Done(_)) => {
            tx.commit().await?;
            Ok(see(&Done::Saved.at(&links.list(list))))
        }
        Ok(_) => Ok(see(&Done::Unchanged.at(&links.list(list)))),
        Err(error) if error.kind == Kind::StepUpRequired => Ok(confirm(&links.list(list))),
        Err(error) => Err(error),
    }
}

/// `POST /s/{site}/lists/{list}/remove`
pub async fn remove(
    State(app): State<App>,
    permit: Permit<grant::EditProtection>,
    console: Console,
    Path((_, list)): Path<(String, String)>,
    mut pairs: Pairs,
) -> Result<Response> {
    let (typed, number) = (pairs.text("typed")?, pairs.one("number")?);
    pairs.finish()?;
    let list: ListId = id(&list)?;
    let links = Links::of(&permit);
    let now = app.clock.now();
    let editor = Editor::person(&permit, now);
    let mut tx = app.db.site(permit.site_id()).await?;
    let counted = read::counted(&mut tx, permit.site_id(), list, now).await?.ok_or_else(Error::not_found)?;
    let before = &counted.list;
    if before.kind != ListKind::Allow && editor.need_fresh().is_err() {
        return Ok(confirm(&links.remove_list(list)));
    }
    let name = before.settings.name.as_str().to_owned();
    if typed.trim() != name {
        let error = format!("Type {name}, the name of the list.");
        return Ok(pages::remove::question(console, links, counted, Some(error)));
    }
    let trial = effect::of_settings(&mut tx, &app, &editor, before, None).await?;
    tx.rollback().await?;
    if let Some(week) = effect::unnamed(&app, &editor, &trial, number.as_deref()).await? {
        let question = Question {
            title: format!("Remove {name}?"),
            action: links.remove_list(list),
            hidden: vec![("typed", name)],
            number: "number",
            button: "Remove the list",
            cancel: links.list(list),
            week,
            typed: number,
        };
        return Ok(unnamed::show(console, question));
    }
    let mut tx = app.db.site(permit.site_id()).await?;
    match remove_list(&mut tx, &app, &editor, list).await {
        Ok(_) => {
            tx.commit().await?;
            Ok(see(&Done::Removed.at(&links.all())))
        }
        Err(error) if error.kind == Kind::StepUpRequired => Ok(confirm(&links.remove_list(list))),
        Err(error) => Err(error),
    }
}
