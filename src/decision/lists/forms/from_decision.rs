//! Adding an entry from a decision: the attempt's values are read again, never taken from the form.

use axum::extract::State;
use axum::response::Response;
use chrono_tz::Tz;
use http::StatusCode;

use crate::access::{Permission, Permit, grant};
use crate::console::Console;
use crate::decision::lists::field::Field;
use crate::decision::lists::forms::body::Pairs;
use crate::decision::lists::forms::entry::drafts;
use crate::decision::lists::forms::{problems, see};
use crate::decision::lists::input::{EntryInput, Read, RowInput};
use crate::decision::lists::lines;
use crate::decision::lists::list::{List, ListKind};
use crate::decision::lists::pages::Links;
use crate::decision::lists::pages::entry_form::Trouble;
use crate::decision::lists::pages::from_decision::{self, FromDecision, Input, values_of};
use crate::decision::lists::service::add_entries::{Added, add_entries};
use crate::decision::lists::service::{Editor, effect, read};
use crate::decision::service::search;
use crate::error::{Error, FieldError, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{DecisionId, EntryId, ListId};
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};

/// `POST /s/{site}/lists/entries/new`
pub async fn add(
    State(app): State<App>,
    permit: Permit<grant::EditBlockEntries>,
    console: Console,
    pairs: Pairs,
) -> Result<Response> {
    let sent = Sent::read(pairs)?;
    let (site, now) = (permit.site_id(), app.clock.now());
    let editor = Editor::person(&permit, now);
    editor.need_entries(sent.kind)?;
    let detail = search::one(&app, &permit.also()?, sent.from).await?.ok_or_else(Error::not_found)?;
    let values = values_of(&detail.attempt);
    let mut tx = app.db.site(site).await?;
    let lists: Vec<List> =
        read::lists(&mut tx, site, Some(sent.kind), now).await?.into_iter().map(|counted| counted.list).collect();
    let entry = sent.entry(&values);
    let checked = sent.check(&entry, &lists, permit.site().time_zone, now);
    let page = FromDecision {
        links: Links::of(&permit),
        from: sent.from,
        kind: sent.kind,
        lists,
        may_make: permit.role().may(Permission::EditProtection),
        values,
        once: sent.once,
        input: sent.shown_again(),
        problems: Problems::none(),
        trouble: Trouble::None,
    };
    let (list, said) = match checked {
        Ok(good) => good,
        Err(wrong) => {
            let page = FromDecision { problems: problems(wrong), ..page };
            return Ok(from_decision::show(console, page, StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let drafts = drafts(sent.kind, &entry, &said);
    tx.rollback().await?;
    let trial = effect::of_entries(&editor, &list, None, &drafts)?;
    if sent.preview {
        let trouble = Trouble::Effect(effect::preview(&app, &editor, &trial).await?);
        return Ok(from_decision::show(console, FromDecision { trouble, ..page }, StatusCode::OK));
    }
    if let Some(week) = effect::unnamed(&app, &editor, &trial, sent.typed.as_deref()).await? {
        let trouble = Trouble::Unnamed(week, sent.typed);
        let page = FromDecision { trouble, ..page };
        return Ok(from_decision::show(console, page, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let mut tx = app.db.site(site).await?;
    match add_entries(&mut tx, &app, &editor, list.id, sent.once, &drafts).await {
        Ok(Added::Done { list, ids }) => {
            tx.commit().await?;
            Ok(see(&format!("{}?added={}", page.links.list(list.id), ids.len())))
        }
        Ok(Added::Already(list)) => Ok(see(&Done::Added.at(&page.links.list(list.id)))),
        Ok(Added::Different(before)) => {
            let name = before.draft.name.as_str();
            let words = format!("This form was sent before and made the entry {name}. Send it again to add another.");
            let problems = problems(vec![FieldError::new("", "sent_before", words)]);
            let page = FromDecision { once: EntryId::new(now), problems, ..page };
            Ok(from_decision::show(console, page, StatusCode::CONFLICT))
        }
        Err(error) if error.kind == Kind::StepUpRequired => {
            let page = FromDecision { trouble: Trouble::ConfirmFirst, ..page };
            Ok(from_decision::show(console, page, StatusCode::FORBIDDEN))
        }
        Err(error) => Err(error),
    }
}

/// The form as it was sent.
struct Sent {
    once: EntryId,
    from: DecisionId,
    kind: ListKind,
    input: Input,
    /// "Show the effect" was pressed.
    preview: bool,
    /// What was typed to name how many good payments it would have refused.
    typed: Option<String>,
}

impl Sent {
    fn read(mut pairs: Pairs) -> Result<Self> {
        let lost = |_| Error::new(Kind::Malformed, "The form lost its number. Open the page again.");
        let sent = Self {
            once: pairs.text("once")?.parse().map_err(lost)?,
            from: pairs.text("from")?.parse().map_err(|_| Error::not_found())?,
            kind: pairs.text("kind")?.parse().map_err(|_| Error::not_found())?,
            input: Input {
                list: pairs.text("list")?,
                name: pairs.text("name")?,
                note: pairs.text("note")?,
                ends: pairs.text("ends")?,
                ticked: pairs.all("use").iter().filter_map(|name| name.parse().ok()).collect(),
                together: pairs.ticked("together")?,
            },
            preview: pairs.text("action")? == "preview",
            typed: pairs.one("typed")?,
        };
        pairs.finish()?;
        Ok(sent)
    }

    /// The entry that the ticked ones of the attempt's values make.
    fn entry(&self, values: &[(Field, String)]) -> EntryInput {
        let ticked = values.iter().filter(|(field, _)| self.input.ticked.contains(field));
        EntryInput {
            name: self.input.name.clone(),
            note: self.input.note.clone(),
            ends: self.input.ends.clone(),
            rows: ticked
                .map(|(field, value)| RowInput { field: field.as_str().to_owned(), values: value.clone() })
                .collect(),
            together: self.input.together,
        }
    }

    /// The list that was chosen and what the entry says, or everything that has to be mended.
    fn check(
        &self,
        entry: &EntryInput,
        lists: &[List],
        zone: Tz,
        now: Timestamp,
    ) -> std::result::Result<(List, Read), Vec<FieldError>> {
        let mut wrong = Vec::new();
        let id = self.input.list.parse::<ListId>().ok();
        let list = id.and_then(|id| lists.iter().find(|list| list.id == id)).cloned();
        if list.is_none() {
            wrong.push(FieldError::new("list", "list", "List: choose one of these lists."));
        }
        if entry.rows.is_empty() {
            wrong.push(FieldError::new("use", "values", "Tick at least one value."));
        }
        let said = entry
            .read(zone, now, None)
            .map_err(|more| wrong.extend(more.into_iter().filter(|w| !w.field.starts_with("values-"))));
        match (list, said) {
            (Some(list), Ok(said)) if wrong.is_empty() => Ok((list, said)),
            _ => Err(wrong),
        }
    }

    /// What was typed, without what may not be sent back.
    fn shown_again(&self) -> Input {
        let again = |text: &str| lines::without_card_numbers(None, text);
        Input { name: again(&self.input.name), note: again(&self.input.note), ..self.input.clone() }
    }
}
