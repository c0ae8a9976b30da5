//! The form of a new or changed entry: fields, and for each its values, one a line.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::{Permit, grant};
use crate::console::Console;
use crate::decision::backtest::Effect;
use crate::decision::last_week::LastWeek;
use crate::decision::lists::entry::{Entry, Standing};
use crate::decision::lists::field::Field as Named;
use crate::decision::lists::forms::{confirm, id, see};
use crate::decision::lists::input::{EntryInput, MOST_FIELDS, RowInput};
use crate::decision::lists::list::{List, ListKind};
use crate::decision::lists::pages::{
    Links, author_words, conditions, confirm_first, crumbs, effect_button, effect_of, overtaken,
};
use crate::decision::lists::service::{Editor, read};
use crate::decision::pages::effect::Of;
use crate::decision::pages::number::name_the_number;
use crate::error::{Error, Result};
use crate::kernel::id::{EntryId, ListId};
use crate::platform::state::App;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::{CheckboxRow, Field, Select, TextArea};
use crate::ui::icon::{Icon, icon};
use crate::ui::islands::lines::LinePreview;
use crate::ui::layout::Head;
use crate::ui::page::Page;

/// Why the form comes back though its fields are good.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// It does not.
    None,
    /// It was asked what it would have done; `None` while too many are being worked out.
    Effect(Option<Box<Effect>>),
    /// It would have refused more than half of last week's good payments, and what was typed does not name how many.
    Unnamed(LastWeek, Option<String>),
    /// It asks for a fresh proof.
    ConfirmFirst,
    /// The same form was sent before and made this entry.
    SentBefore(Box<Entry>),
    /// Somebody else changed the entry meanwhile: how it stands now.
    Changed(Box<Entry>),
    /// Somebody else removed the entry meanwhile.
    Removed,
}

/// Everything the form shows.
pub struct EntryForm {
    links: Links,
    list: List,
    /// The id of the entry to make, or the row to change.
    entry: EntryId,
    is_new: bool,
    input: EntryInput,
    problems: Problems,
    trouble: Trouble,
}

impl EntryForm {
    /// A new entry; its id is in the form, so that sending it twice makes one.
    pub fn new_entry(
        links: Links,
        list: List,
        once: EntryId,
        input: EntryInput,
        problems: Problems,
        trouble: Trouble,
    ) -> Self {
        Self { links, list, entry: once, is_new: true, input, problems, trouble }
    }

    /// A changed entry; the row in the path is what the person saw.
    pub fn change(
        links: Links,
        list: List,
        entry: EntryId,
        input: EntryInput,
        problems: Problems,
        trouble: Trouble,
    ) -> Self {
        Self { links, list, entry, is_new: false, input, problems, trouble }
    }

    fn path(&self) -> String {
        if self.is_new { self.links.new_entry(self.list.id) } else { self.links.edit_entry(self.list.id, self.entry) }
    }
}

/// `GET /s/{site}/lists/{list}/entries/new`
pub async fn new(
    State(app): State<App>,
    permit: Permit<grant::EditBlockEntries>,
    console: Console,
    Path((_, list)): Path<(String, String)>,
) -> Result<Response> {
    let list: ListId = id(&list)?;
    let now = app.clock.now();
    let mut tx = app.db.site(permit.site_id()).await?;
    let list = read::list(&mut tx, permit.site_id(), list).await?.ok_or_else(Error::not_found)?;
    let editor = Editor::person(&permit, now);
    editor.need_entries(list.kind)?;
    let links = Links::of(&permit);
    // An allow entry always lets more through: better asked before it is written than after.
    if list.kind == ListKind::Allow && editor.need_fresh().is_err() {
        return Ok(confirm(&links.new_entry(list.id)));
    }
    let form =
        EntryForm::new_entry(links, list, EntryId::new(now), EntryInput::empty(), Problems::none(), Trouble::None);
    Ok(show(console, form, StatusCode::OK))
}

/// `GET /s/{site}/lists/{list}/entries/{entry}/edit`
pub async fn edit(
    State(app): State<App>,
    permit: Permit<grant::EditBlockEntries>,
    console: Console,
    Path((_, list, entry)): Path<(String, String, String)>,
) -> Result<Response> {
    let (list, entry): (ListId, EntryId) = (id(&list)?, id(&entry)?);
    let now = app.clock.now();
    let mut tx = app.db.site(permit.site_id()).await?;
    let list = read::list(&mut tx, permit.site_id(), list).await?.ok_or_else(Error::not_found)?;
    Editor::person(&permit, now).need_entries(list.kind)?;
    let entry = read::entry(&mut tx, permit.site_id(), list.id, entry).await?.ok_or_else(Error::not_found)?;
    let links = Links::of(&permit);
    // A row that no longer stands is looked at, not edited: its page says what became of it.
    if matches!(entry.standing(now), Standing::Replaced(_) | Standing::Removed) {
        return Ok(see(&links.entry(list.id, entry.id)));
    }
    let input = EntryInput::of(&entry, permit.site().time_zone);
    let form = EntryForm::change(links, list, entry.id, input, Problems::none(), Trouble::None);
    Ok(show(console, form, StatusCode::OK))
}

/// The page with the form.
pub fn show(console: Console, form: EntryForm, status: StatusCode) -> Response {
    let title = if form.is_new {
        format!("Add an entry to {}", form.list.settings.name.as_str())
    } else {
        "Change the entry".to_owned()
    };
    let heading = title.clone();
    console.show(Page::new(title, move || content(heading, form)).status(status))
}

fn content(heading: String, form: EntryForm) -> impl IntoView {
    let path = form.path();
    let back = if form.is_new { form.links.list(form.list.id) } else { form.links.entry(form.list.id, form.entry) };
    let trouble = trouble(&form, &path);
    let EntryForm { links, list, entry, is_new, input, problems, trouble: why, .. } = form;
    let number = match &why {
        Trouble::Unnamed(week, typed) => Some(name_the_number(*week, typed.as_deref(), "make the entry narrower")),
        _ => None,
    };
    let effect = match &why {
        Trouble::Effect(effect) => Some(effect_of(Of::Entry, effect.as_deref())),
        _ => None,
    };
    let rows: Vec<_> =
        input.rows.iter().enumerate().map(|(place, row)| condition(place, row, input.rows.len(), &problems)).collect();
    let add_field = (input.rows.len() < MOST_FIELDS)
        .then(|| view! { <div><button class="button small" type="submit" name="action" value="add-field" formnovalidate>{icon(Icon::Plus)}"Add a field"</button></div> });
    let together = (is_new && list.kind == ListKind::Allow).then(|| {
        let help = "Ticked, an attempt has to match every field at once. Otherwise each value becomes an entry of its own and is enough alone.";
        view! { <CheckboxRow name="together" label="All fields must match" checked=input.together help=help.to_owned()/> }
    });
    let legend = if together.is_some() { "Whom it trusts" } else { "An attempt matches when all of these do" };
    view! {
        <Head title=heading crumbs=crumbs(&links, Some(&list)) lead=list.kind.meaning().to_owned()/>
        {error_summary(&problems)}
        {trouble}
        <form class="form" id="entry" action=path method="post">
            // The return key presses the first button of a form: let that be the one that saves.
            <button class="said" type="submit" name="action" value="save" tabindex="-1" aria-hidden="true">"Save"</button>
            {number}
            {is_new.then(|| view! { <input type="hidden" name="once" value=entry.to_string()/> })}
            <div class="cols-2 tightly">
                <Field name="name" label="Name" value=input.name.clone() error=problems.of("name") required=true maxlength=100 autofocus=is_new/>
                <Field
                    name="ends" label="Ends" aside="optional" kind="date" value=input.ends.clone() error=problems.of("ends")
                    help="It acts to the end of that day, in the site's time zone.".to_owned()
                />
            </div>
            <Field name="note" label="Note" aside="optional, seen by your team only" value=input.note.clone() error=problems.of("note") maxlength=500/>
            <fieldset class="field">
                <legend>{legend}</legend>
                <div class="form conds">{rows}{add_field}</div>
            </fieldset>
            {together}
            <LinePreview form="entry".to_owned() url=links.check_lines()/>
            {effect}
            <div class="row">
                <button class="button primary" type="submit" name="action" value="save">{if is_new { "Add entry" } else { "Save" }}</button>
                {effect_button()}
                <a class="button plain" href=back>"Cancel"</a>
            </div>
        </form>
    }
}

/// One field with its values.
fn condition(place: usize, row: &RowInput, rows: usize, problems: &Problems) -> AnyView {
    let number = place + 1;
    let options = Named::ALL.into_iter().map(|f| (f.as_str().to_owned(), f.label().to_owned())).collect();
    let named: Option<Named> = row.field.parse().ok();
    let example = named.and_then(Named::hint).unwrap_or("exact, but for case and outer spaces");
    let lines = u32::try_from(row.values.lines().count()).unwrap_or(u32::MAX).clamp(3, 16) + 1;
    let remove = (rows > 1).then(|| {
        view! {
            <button
                class="button plain square" type="submit" name="action" value=format!("remove-field-{number}") formnovalidate
                aria-label=format!("Remove field {number}")
            >
                {icon(Icon::Trash)}
            </button>
        }
    });
    view! {
        <div class="condition">
            <Select
                name=format!("field-{number}") label=format!("Field {number}") options=options value=row.field.clone()
                error=problems.of(&format!("field-{number}"))
            />
            <TextArea
                name=format!("values-{number}") label=format!("Values of field {number}, one a line") value=row.values.clone()
                error=problems.of(&format!("values-{number}")) help=format!("For example {example}") rows=lines lines=true
            />
            {remove}
        </div>
    }
    .into_any()
}

fn trouble(form: &EntryForm, path: &str) -> Option<AnyView> {
    let kept = "Your input is kept below.";
    match &form.trouble {
        Trouble::None | Trouble::Effect(_) | Trouble::Unnamed(..) => None,
        Trouble::ConfirmFirst => Some(confirm_first(path)),
        Trouble::SentBefore(entry) => Some(overtaken(
            "This form was sent before.",
            format!("It made the entry {}. {kept} Sending it again adds another entry.", entry.draft.name.as_str()),
            Some(conditions(&entry.draft.conditions)),
        )),
        Trouble::Changed(entry) => Some(overtaken(
            "Somebody changed this entry while you were editing.",
            format!(
                "Nothing of yours was saved. {} wrote it anew; it is now called {} and says what stands here. What you changed is kept below and the rest is as they left it; saving again puts what differs over theirs.",
                author_words(&entry.author),
                entry.draft.name.as_str(),
            ),
            Some(conditions(&entry.draft.conditions)),
        )),
        Trouble::Removed => {
            let href = form.links.new_entry(form.list.id);
            Some(overtaken(
                "Somebody removed this entry while you were editing.",
                format!("Nothing of yours was saved. {kept}"),
                Some(view! { <p><a href=href>"Add a new entry instead"</a></p> }.into_any()),
            ))
        }
    }
}
