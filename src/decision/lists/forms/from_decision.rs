//! Adding an entry from a decision: the attempt's values are read again, never taken from the form.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::access::{Permission, Permit, grant};
use crate::console::Console;
use crate::decision::lists::forms::body::Pairs;
use crate::decision::lists::forms::entry::drafts;
use crate::decision::lists::forms::{problems, see};
use crate::decision::lists::input::{EntryInput, RowInput};
use crate::decision::lists::lines;
use crate::decision::lists::list::{List, ListKind};
use crate::decision::lists::pages::Links;
use crate::decision::lists::pages::from_decision::{self, FromDecision, Input, values_of};
use crate::decision::lists::service::add_entries::{Added, add_entries};
use crate::decision::lists::service::{Editor, read};
use crate::decision::service::search;
use crate::error::{Error, FieldError, Kind, Result};
use crate::kernel::id::{DecisionId, EntryId, ListId};
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};

/// `POST /s/{site}/lists/entries/new`
pub async fn add(
    State(app): State<App>,
    permit: Permit<grant::EditBlockEntries>,
    console: Console,
    mut pairs: Pairs,
) -> Result<Response> {
    let lost = |_| Error::new(Kind::Malformed, "The form lost its number. Open the page again.");
    let once: EntryId = pairs.text("once")?.parse().map_err(lost)?;
    let from: DecisionId = pairs.text("from")?.parse().map_err(|_| Error::not_found())?;
    let kind: ListKind = pairs.text("kind")?.parse().map_err(|_| Error::not_found())?;
    let input = Input {
        list: pairs.text("list")?,
        name: pairs.text("name")?,
        note: pairs.text("note")?,
        ends: pairs.text("ends")?,
        ticked: pairs.all("use").iter().filter_map(|name| name.parse().ok()).collect(),
        together: pairs.ticked("together")?,
    };
    pairs.finish()?;
    let (site, now) = (permit.site_id(), app.clock.now());
    let editor = Editor::person(&permit, now);
    editor.need_entries(kind)?;
    let detail = search::one(&app, &permit.also()?, from).await?.ok_or_else(Error::not_found)?;
    let values = values_of(&detail.attempt);
    let mut tx = app.db.site(site).await?;
    let lists: Vec<List> =
        read::lists(&mut tx, site, Some(kind), now).await?.into_iter().map(|counted| counted.list).collect();
    let list: Option<ListId> = input.list.parse().ok().filter(|id| lists.iter().any(|l| l.id == *id));
    let rows: Vec<RowInput> = values
        .iter()
        .filter(|(field, _)| input.ticked.contains(field))
        .map(|(field, value)| RowInput { field: field.as_str().to_owned(), values: value.clone() })
        .collect();
    let nothing_ticked = rows.is_empty();
    let entry = EntryInput {
        name: input.name.clone(),
        note: input.note.clone(),
        ends: input.ends.clone(),
        rows,
        together: input.together,
    };
    let links = Links::of(&permit);
    let may_make = permit.role().may(Permission::EditProtection);
    let show = |once: EntryId, problems: Problems, confirm_first: bool, status: StatusCode| {
        let again = |text: &str| lines::without_card_numbers(None, text);
        let input = Input { name: again(&input.name), note: again(&input.note), ..input.clone() };
        let form = FromDecision {
            links: links.clone(),
            from,
            kind,
            lists: lists.clone(),
            may_make,
            values: values.clone(),
            once,
            input,
            problems,
            confirm_first,
        };
        Ok(from_decision::show(console, form, status))
    };
    let mut wrong = Vec::new();
    if list.is_none() {
        wrong.push(FieldError::new("list", "list", "List: choose one of these lists."));
    }
    if nothing_ticked {
        wrong.push(FieldError::new("use", "values", "Tick at least one value."));
    }
    let said = entry
        .read(permit.site().time_zone, now, None)
        .map_err(|more| wrong.extend(more.into_iter().filter(|w| !w.field.starts_with("values-"))));
    let (Ok(said), Some(list), true) = (said, list, wrong.is_empty()) else {
        return show(once, problems(wrong), false, StatusCode::UNPROCESSABLE_ENTITY);
    };
    match add_entries(&mut tx, &app, &editor, list, once, &drafts(kind, &entry, &said)).await {
        Ok(Added::Done { list, ids }) => {
            tx.commit().await?;
            Ok(see(&format!("{}?added={}", links.list(list.id), ids.len())))
        }
        Ok(Added::Already(list)) => Ok(see(&Done::Added.at(&links.list(list.id)))),
        Ok(Added::Different(before)) => {
            let words = format!(
                "This form was sent before and made the entry {}. Send it again to add another.",
                before.draft.name.as_str()
            );
            show(
                EntryId::new(now),
                problems(vec![FieldError::new("", "sent_before", words)]),
                false,
                StatusCode::CONFLICT,
            )
        }
        Err(error) if error.kind == Kind::StepUpRequired => show(once, Problems::none(), true, StatusCode::FORBIDDEN),
        Err(error) => Err(error),
    }
}
