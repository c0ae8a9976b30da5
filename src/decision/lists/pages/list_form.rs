//! The form of a new or changed list.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;

use crate::access::{Permit, grant};
use crate::console::Console;
use crate::decision::backtest::Effect;
use crate::decision::last_week::LastWeek;
use crate::decision::lists::forms::id;
use crate::decision::lists::input::ListInput;
use crate::decision::lists::list::{List, ListKind};
use crate::decision::lists::pages::{Links, confirm_first, crumbs, effect_button, effect_of};
use crate::decision::lists::service::read;
use crate::decision::pages::effect::Of;
use crate::decision::pages::number::name_the_number;
use crate::decision::verdict::Mode;
use crate::error::{Error, Result};
use crate::kernel::id::ListId;
use crate::platform::state::App;
use crate::sites::Service;
use crate::sites::service::services;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::{CheckboxRow, Field, error_line};
use crate::ui::layout::Head;
use crate::ui::mark::Mode as Sign;
use crate::ui::page::Page;
use crate::ui::segment::{Choice, ModeField, RadioSegment};
use crate::ui::stale::{Differing, Opened, stale_banner};

/// What the form makes or changes.
#[derive(Debug, Clone)]
pub enum Target {
    /// A new list.
    New {
        /// Its id, so that sending the form twice makes one list.
        once: ListId,
        /// The kind chosen.
        kind: ListKind,
    },
    /// A list that stands.
    Change {
        /// The list.
        list: List,
        /// The version that the form was opened on.
        base: Base,
    },
}

/// How a list stood when its form was opened.
#[derive(Debug, Clone)]
pub struct Base {
    /// Its version.
    pub version: i32,
    /// Its fields.
    pub opened: Opened,
}

impl Base {
    /// As it stands.
    pub fn of(list: &List) -> Self {
        Self { version: list.version, opened: Opened::with(ListInput::of(&list.settings).fields()) }
    }
}

/// Why the form comes back though its fields are good.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// It does not.
    None,
    /// Somebody else saved meanwhile: what differs still.
    Changed(Vec<Differing>),
    /// It asks for a fresh proof.
    ConfirmFirst,
    /// It was asked what it would have done; `None` while too many are being worked out.
    Effect(Option<Box<Effect>>),
    /// It would have refused more than half of last week's good payments, and what was typed does not name how many.
    Unnamed(LastWeek, Option<String>),
}

/// Everything the form shows.
pub struct ListForm {
    /// Addresses.
    pub links: Links,
    /// What it makes or changes.
    pub target: Target,
    /// What is in it.
    pub input: ListInput,
    /// The site's services.
    pub services: Vec<Service>,
    /// What has to be mended.
    pub problems: Problems,
    /// What else stands in the way.
    pub trouble: Trouble,
}

/// The kind that a link asks for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    kind: Option<String>,
}

/// `GET /s/{site}/lists/new`
pub async fn new(
    State(app): State<App>,
    permit: Permit<grant::EditProtection>,
    console: Console,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let mut tx = app.db.site(permit.site_id()).await?;
    let services = services::all(&mut tx, permit.site_id()).await?;
    let kind = asked.kind.and_then(|text| text.parse().ok()).unwrap_or(ListKind::Block);
    let target = Target::New { once: ListId::new(app.clock.now()), kind };
    let form = ListForm {
        links: Links::of(&permit),
        target,
        input: ListInput::empty(),
        services,
        problems: Problems::none(),
        trouble: Trouble::None,
    };
    Ok(show(console, form, StatusCode::OK))
}

/// `GET /s/{site}/lists/{list}/edit`
pub async fn edit(
    State(app): State<App>,
    permit: Permit<grant::EditProtection>,
    console: Console,
    Path((_, list)): Path<(String, String)>,
) -> Result<Response> {
    let list: ListId = id(&list)?;
    let mut tx = app.db.site(permit.site_id()).await?;
    let list = read::list(&mut tx, permit.site_id(), list).await?.ok_or_else(Error::not_found)?;
    let services = services::all(&mut tx, permit.site_id()).await?;
    let input = ListInput::of(&list.settings);
    let base = Base::of(&list);
    let form = ListForm {
        links: Links::of(&permit),
        target: Target::Change { list, base },
        input,
        services,
        problems: Problems::none(),
        trouble: Trouble::None,
    };
    Ok(show(console, form, StatusCode::OK))
}

/// The page with the form.
pub fn show(console: Console, form: ListForm, status: StatusCode) -> Response {
    let title = match &form.target {
        Target::New { .. } => "New list".to_owned(),
        Target::Change { list, .. } => format!("Change {}", list.settings.name.as_str()),
    };
    let heading = title.clone();
    console.show(Page::new(title, move || content(heading, form)).status(status))
}

fn content(heading: String, form: ListForm) -> impl IntoView {
    let ListForm { links, target, input, services, problems, trouble } = form;
    let (action, back, kind, list) = match &target {
        Target::New { kind, .. } => (links.new_list(None), links.all(), *kind, None),
        Target::Change { list, .. } => (links.edit_list(list.id), links.list(list.id), list.kind, Some(list)),
    };
    let kinds = ListKind::ALL.map(|k| Choice::new(k.as_str(), k.label())).into_iter().collect();
    let hidden = match &target {
        Target::New { once, .. } => view! { <input type="hidden" name="once" value=once.to_string()/> }.into_any(),
        Target::Change { base, .. } => {
            view! { <input type="hidden" name="base" value=base.version.to_string()/>{base.opened.field()} }.into_any()
        }
    };
    let choose_kind = list.is_none().then(|| {
        let help = "Block refuses, even what an allow list names; allow passes over velocity filters and scores; challenge asks for more. It cannot be changed later.";
        view! { <RadioSegment name="kind" label="Kind" choices=kinds value=kind.as_str() help=help.to_owned()/> }
    });
    // A new list may be an allow list once the form is sent; one that stands is or is not.
    let challenge = (list.is_none() || kind == ListKind::Allow).then(|| {
        let words = if list.is_none() { "Allow list only: also pass over challenge lists" } else { "Also pass over challenge lists" };
        let help = "Without it, somebody on this list and on a challenge list is still challenged.";
        let error = problems.of("also_challenge_list").map(|words| error_line("f-also_challenge_list-e".into(), words));
        view! {
            <fieldset class="field" id="f-challenge">
                <legend>"Challenge lists"</legend>
                <CheckboxRow name="also_challenge_list" label=words checked=input.also_challenge_list help=help.to_owned()/>
                {error}
            </fieldset>
        }
    });
    let mode: Sign = input.mode.parse::<Mode>().unwrap_or_default().into();
    let number = match &trouble {
        Trouble::Unnamed(week, typed) => Some(name_the_number(*week, typed.as_deref(), "choose a weaker mode")),
        _ => None,
    };
    let effect = match &trouble {
        Trouble::Effect(effect) => Some(effect_of(Of::List, effect.as_deref())),
        _ => None,
    };
    // A new list has no entries yet, so there is nothing to show.
    let effect_button = list.is_some().then(effect_button);
    let trouble = match trouble {
        Trouble::None | Trouble::Effect(_) | Trouble::Unnamed(..) => None,
        Trouble::ConfirmFirst => Some(confirm_first(&back)),
        Trouble::Changed(differing) => Some(stale_banner(Some(differing)).into_any()),
    };
    view! {
        <Head title=heading crumbs=crumbs(&links, list)/>
        {error_summary(&problems)}
        {trouble}
        <form class="form narrow" id="list" action=action method="post">
            {hidden}
            {number}
            {choose_kind}
            <Field name="name" label="Name" value=input.name.clone() error=problems.of("name") required=true maxlength=100 autofocus=list.is_none()/>
            <Field name="note" label="Note" aside="optional, seen by your team only" value=input.note.clone() error=problems.of("note") maxlength=500/>
            {reach(&input, &services, &problems)}
            {challenge}
            <ModeField
                value=mode
                help="Off: no attempt is compared with its entries. Shadow: matches are recorded and nothing is done. Enforce: matches act.".to_owned()
            />
            {problems.of("mode").map(|words| error_line("f-mode-e".into(), words))}
            {effect}
            <div class="row">
                <button class="button primary" type="submit">{if list.is_some() { "Save" } else { "Create list" }}</button>
                {effect_button}
                <a class="button plain" href=back>"Cancel"</a>
            </div>
        </form>
    }
}

/// What stands against what was typed, field by field.
pub fn differing(stands: &ListInput, typed: &ListInput, services: &[Service]) -> Vec<Differing> {
    let mode = |input: &ListInput| Sign::from(input.mode.parse::<Mode>().unwrap_or_default()).word().to_owned();
    let reach = |input: &ListInput| {
        let named = services.iter().filter(|service| input.services.contains(&service.id.to_string()));
        let names: Vec<&str> = named.map(|service| service.name.as_str()).collect();
        match (input.all_services, names.is_empty()) {
            (true, _) => "All services".to_owned(),
            (false, true) => "None".to_owned(),
            (false, false) => names.join(", "),
        }
    };
    let also = |input: &ListInput| if input.also_challenge_list { "passed over" } else { "not passed over" }.to_owned();
    [
        ("Name", stands.name.clone(), typed.name.clone()),
        ("Note", stands.note.clone(), typed.note.clone()),
        ("Mode", mode(stands), mode(typed)),
        ("Acts on", reach(stands), reach(typed)),
        ("Challenge lists", also(stands), also(typed)),
    ]
    .into_iter()
    .filter(|(_, stands, typed)| stands != typed)
    .map(|(label, stands, typed)| Differing::new(label, stands, typed))
    .collect()
}

/// All services, or which.
fn reach(input: &ListInput, services: &[Service], problems: &Problems) -> AnyView {
    let boxes: Vec<_> = services
        .iter()
        .filter(|service| service.is_open() || input.services.contains(&service.id.to_string()))
        .map(|service| {
            let id = service.id.to_string();
            let checked = input.services.contains(&id);
            view! { <CheckboxRow name="service" label=service.name.clone() value=id checked=checked help=service.currency.code().to_owned()/> }
        })
        .collect();
    let radio = |value: &'static str, words: &'static str, checked: bool| {
        view! { <label class="check"><input type="radio" name="reach" value=value id=format!("f-reach-{value}") checked=checked/><span>{words}</span></label> }
    };
    let chosen = (!boxes.is_empty() || !input.all_services).then(|| {
        view! {
            {radio("chosen", "Only these", !input.all_services)}
            <div class="indent">
                {boxes}
                <p class="help">"With none ticked the list is linked to nothing: no attempt is compared with its entries until you link a service."</p>
            </div>
        }
    });
    view! {
        <fieldset class="field" id="f-reach">
            <legend>"Acts on"</legend>
            {radio("all", "All services, those made later included", input.all_services)}
            {chosen}
            {problems.of("reach").map(|words| error_line("f-reach-e".into(), words))}
        </fieldset>
    }
    .into_any()
}
