//! Listing what an attempt carried: from a decision, its values with boxes to tick, and a list to choose.

use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;

use crate::access::{Permission, Permit, grant};
use crate::console::Console;
use crate::decision::attempt::AttemptRequest;
use crate::decision::lists::field::Field as Named;
use crate::decision::lists::forms::confirm;
use crate::decision::lists::list::{List, ListKind};
use crate::decision::lists::normalise::normalise;
use crate::decision::lists::pages::entry_form::Trouble;
use crate::decision::lists::pages::{Links, a, confirm_first, crumbs, effect_button, effect_of};
use crate::decision::lists::service::{Editor, read};
use crate::decision::pages::effect::Of;
use crate::decision::pages::number::name_the_number;
use crate::decision::service::search;
use crate::decision::verdict::Mode;
use crate::error::{Error, Result};
use crate::kernel::id::{DecisionId, EntryId};
use crate::platform::state::App;
use crate::ui::feedback::{EmptyState, Problems, error_summary};
use crate::ui::form::{CheckboxRow, Field, Select, error_line};
use crate::ui::icon::Icon;
use crate::ui::layout::Head;
use crate::ui::mark::Mode as Sign;
use crate::ui::page::Page;
use crate::ui::segment::{Tab, tabs};
use crate::ui::text::Clockface;

/// What the link asks for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    from: String,
    kind: Option<String>,
    field: Option<String>,
}

/// What was typed and ticked.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The list chosen, by id.
    pub list: String,
    /// What the entry is called.
    pub name: String,
    /// For the team.
    pub note: String,
    /// The last day, or nothing.
    pub ends: String,
    /// The fields ticked.
    pub ticked: Vec<Named>,
    /// Allow lists: everything must match.
    pub together: bool,
}

/// Everything the page shows.
pub struct FromDecision {
    /// Addresses.
    pub links: Links,
    /// The decision.
    pub from: DecisionId,
    /// What the entry would do.
    pub kind: ListKind,
    /// Lists of the kind.
    pub lists: Vec<List>,
    /// Whether the reader may make one.
    pub may_make: bool,
    /// What the attempt carried.
    pub values: Vec<(Named, String)>,
    /// The id of the entry to make.
    pub once: EntryId,
    /// What is in the form.
    pub input: Input,
    /// What has to be mended.
    pub problems: Problems,
    /// Why it comes back though its fields are good.
    pub trouble: Trouble,
}

/// What an attempt carried that an entry can name, as it came.
pub fn values_of(attempt: &AttemptRequest) -> Vec<(Named, String)> {
    let address = attempt.ip.ip().map(|ip| (Named::Ip, ip.to_string()));
    let carried = attempt.listable().into_iter().map(|(field, value)| (field, value.to_owned()));
    let mut values: Vec<_> = carried.chain(address).filter(|(field, value)| normalise(*field, value).is_ok()).collect();
    values.sort_by_key(|(field, _)| *field);
    values
}

/// `GET /s/{site}/lists/entries/new?from=dec_…&kind=block`
pub async fn get(
    State(app): State<App>,
    permit: Permit<grant::EditBlockEntries>,
    console: Console,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let from: DecisionId = asked.from.parse().map_err(|_| Error::not_found())?;
    let kind: ListKind = asked.kind.as_deref().unwrap_or("block").parse().map_err(|_| Error::not_found())?;
    let now = app.clock.now();
    let editor = Editor::person(&permit, now);
    editor.need_entries(kind)?;
    let detail = search::one(&app, &permit.also()?, from).await?.ok_or_else(Error::not_found)?;
    let links = Links::of(&permit);
    let wanted = asked.field.and_then(|text| text.parse().ok());
    if kind == ListKind::Allow && editor.need_fresh().is_err() {
        return Ok(confirm(&links.entry_from_decision(from, kind, wanted)));
    }
    let mut tx = app.db.site(permit.site_id()).await?;
    let lists: Vec<List> = read::lists(&mut tx, permit.site_id(), Some(kind), now)
        .await?
        .into_iter()
        .map(|counted| counted.list)
        .collect();
    let values = values_of(&detail.attempt);
    let has = |field: &Named| values.iter().any(|(f, _)| f == field);
    let first = wanted.into_iter().chain([Named::Email, Named::Ip]).find(has);
    let day = Clockface { now, zone: permit.site().time_zone }.day(detail.decision.at);
    let input = Input {
        list: lists
            .iter()
            .find(|l| l.settings.mode == Mode::Enforce)
            .or(lists.first())
            .map(|l| l.id.to_string())
            .unwrap_or_default(),
        name: format!("{} of {day}", detail.attempt.kind.label()),
        note: format!("From decision {from}"),
        ticked: first.into_iter().collect(),
        ..Input::default()
    };
    let may_make = permit.role().may(Permission::EditProtection);
    let once = EntryId::new(now);
    let form = FromDecision {
        links,
        from,
        kind,
        lists,
        may_make,
        values,
        once,
        input,
        problems: Problems::none(),
        trouble: Trouble::None,
    };
    Ok(show(console, form, StatusCode::OK))
}

/// The page with the form.
pub fn show(console: Console, form: FromDecision, status: StatusCode) -> Response {
    console.show(Page::new("Add to a list", move || content(form)).status(status))
}

fn content(form: FromDecision) -> AnyView {
    let links = form.links.clone();
    let ticked = form.input.ticked.first().copied();
    let kinds = ListKind::ALL
        .map(|kind| Tab::new(kind.label(), links.entry_from_decision(form.from, kind, ticked), kind == form.kind))
        .to_vec();
    let body = if form.values.is_empty() {
        let text = "The attempt carried nothing that an entry can name, or its personal values were erased.";
        view! { <EmptyState title="Nothing to list" text=text/> }.into_any()
    } else if form.lists.is_empty() {
        no_list(&form)
    } else {
        fields(form)
    };
    let mut crumbs = crumbs(&links, None);
    crumbs.truncate(2);
    view! {
        <Head title="Add to a list" crumbs=crumbs lead="Uses what the attempt carried. Change the entry later as any other.".to_owned()/>
        {tabs("Kind of list", kinds)}
        {body}
    }
    .into_any()
}

fn no_list(form: &FromDecision) -> AnyView {
    let kind = form.kind;
    let label = kind.label().to_lowercase();
    let href = form.links.new_list(Some(form.kind));
    let text = if form.may_make {
        "Make one first, then come back from the decision."
    } else {
        "Ask an owner or admin to make one."
    };
    let step = form.may_make.then(|| view! { <a class="button primary" href=href>{format!("Create {}", a(kind))}</a> });
    view! { <EmptyState title=format!("No {label} yet") text=text sign=Icon::List>{step}</EmptyState> }.into_any()
}

fn fields(form: FromDecision) -> AnyView {
    let FromDecision { links, from, kind, lists, values, once, input, problems, trouble, .. } = form;
    let number = match &trouble {
        Trouble::Unnamed(week, typed) => Some(name_the_number(*week, typed.as_deref(), "tick more values")),
        _ => None,
    };
    let effect = match &trouble {
        Trouble::Effect(effect) => Some(effect_of(Of::Entry, effect.as_deref())),
        _ => None,
    };
    let unconfirmed = matches!(trouble, Trouble::ConfirmFirst);
    let back = links.decision(from);
    let path = links.entry_from_decision(from, kind, input.ticked.first().copied());
    let options = lists
        .iter()
        .map(|list| {
            let mode = Sign::from(list.settings.mode);
            let aside = if mode == Sign::Enforce { String::new() } else { format!(" ({})", mode.said()) };
            (list.id.to_string(), format!("{}{aside}", list.settings.name.as_str()))
        })
        .collect();
    let boxes: Vec<_> = values
        .into_iter()
        .map(|(field, value)| {
            let ticked = input.ticked.contains(&field);
            view! { <CheckboxRow name="use" value=field.as_str() label=field.label() checked=ticked help=value/> }
        })
        .collect();
    let legend =
        if kind == ListKind::Allow { "Trust attempts with" } else { "An attempt matches when all of these do" };
    let together = (kind == ListKind::Allow).then(|| {
        let help = "Ticked, an attempt has to match every field at once. Otherwise each value becomes an entry of its own and is enough alone.";
        view! { <CheckboxRow name="together" label="All fields must match" checked=input.together help=help.to_owned()/> }
    });
    view! {
        {error_summary(&problems)}
        {unconfirmed.then(|| confirm_first(&path))}
        <form class="form narrow" action=links.entry_from_decision_form() method="post">
            <input type="hidden" name="once" value=once.to_string()/>
            <input type="hidden" name="from" value=from.to_string()/>
            <input type="hidden" name="kind" value=kind.as_str()/>
            {number}
            <Select name="list" label="List" options=options value=input.list error=problems.of("list")/>
            <fieldset class="field" id="f-use">
                <legend>{legend}</legend>
                {boxes}
                {problems.of("use").map(|words| error_line("f-use-e".into(), words))}
            </fieldset>
            {together}
            <Field name="name" label="Name" value=input.name error=problems.of("name") required=true maxlength=100/>
            <Field name="note" label="Note" aside="optional, seen by your team only" value=input.note error=problems.of("note") maxlength=500/>
            <Field
                name="ends" label="Ends" aside="optional" kind="date" value=input.ends error=problems.of("ends")
                help="It acts to the end of that day, in the site's time zone.".to_owned()
            />
            {effect}
            <div class="row">
                <button class="button primary" type="submit">"Add entry"</button>
                {effect_button()}
                <a class="button plain" href=back>"Cancel"</a>
            </div>
        </form>
    }
    .into_any()
}
