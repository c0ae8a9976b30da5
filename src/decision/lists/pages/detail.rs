//! One list: its entries with a filter, where it acts, and what can be done.

use std::collections::HashMap;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use leptos::prelude::*;
use serde::Deserialize;

use crate::access::{Permission, Permit, Role, grant};
use crate::console::Console;
use crate::decision::lists::entry::{Author, Entry};
use crate::decision::lists::field::Field;
use crate::decision::lists::forms::id;
use crate::decision::lists::list::{List, ListKind, Reach};
use crate::decision::lists::pages::{
    Links, MATCHED, author_words, conditions, crumbs, end_words, entries_words, kind_sign, look_up_form, matched,
    may_edit_entries, state_sign,
};
use crate::decision::lists::service::matches::{self, Matches};
use crate::decision::lists::service::read::{self, Counted, Filter};
use crate::decision::pages::IF_THE_DATABASE_FAILS;
use crate::decision::verdict::Mode;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{EntryId, ListId};
use crate::kernel::page::{PageOf, PageRequest};
use crate::platform::state::App;
use crate::sites::Service;
use crate::sites::service::services;
use crate::ui::feedback::{Banner, EmptyState, Notice, Tone, banner};
use crate::ui::form::Select;
use crate::ui::icon::{Icon, icon};
use crate::ui::layout::{Block, Head, Place, Split, facts, two_lines};
use crate::ui::mark::Mode as Sign;
use crate::ui::page::Page;
use crate::ui::table::{Cell, Col, FilterField, Filters, Pager, Row, RowMenu, Table, pager};
use crate::ui::text::{Clockface, counted};

/// What stands in the address: the filter, the page, and what a form has just done.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    field: String,
    #[serde(default)]
    show: String,
    after: Option<String>,
    added: Option<usize>,
    repeated: Option<usize>,
}

impl Asked {
    fn filter(&self) -> Filter {
        let text = self.q.trim();
        Filter {
            text: (!text.is_empty()).then(|| text.chars().take(254).collect()),
            field: self.field.parse().ok(),
            expired: match self.show.as_str() {
                "ended" => Some(true),
                "current" => Some(false),
                _ => None,
            },
        }
    }

    /// The same filter on another page.
    fn query(&self, after: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in
            [("q", self.q.as_str()), ("field", &self.field), ("show", &self.show), ("after", after.unwrap_or_default())]
        {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    fn notice(&self) -> Option<Notice> {
        let added = self.added?;
        let mut text = format!("Added {}.", counted(added, "entry", "entries"));
        if let Some(repeated) = self.repeated.filter(|n| *n > 0) {
            text.push_str(&format!(" {} repeated another and counted once.", counted(repeated, "value", "values")));
        }
        Some(Notice { tone: Tone::Good, text })
    }
}

struct Model {
    links: Links,
    counted: Counted,
    services: Vec<Service>,
    entries: PageOf<Entry>,
    matches: HashMap<EntryId, Matches>,
    of_list: Option<Matches>,
    changed: Option<(Timestamp, Option<Author>)>,
    asked: Asked,
    role: Role,
    face: Clockface,
}

/// `GET /s/{site}/lists/{list}`
pub async fn get(
    State(app): State<App>,
    permit: Permit<grant::ReadLists>,
    console: Console,
    Path((_, list)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let list: ListId = id(&list)?;
    let (site, now) = (permit.site_id(), app.clock.now());
    let mut tx = app.db.site(site).await?;
    let counted = read::counted(&mut tx, site, list, now).await?.ok_or_else(Error::not_found)?;
    let after = asked.after.as_deref().and_then(|text| text.parse::<EntryId>().ok()).map(|id| id.0);
    let entries =
        read::entries(&mut tx, site, list, &asked.filter(), PageRequest { after, ..PageRequest::FIRST }, now).await?;
    let ids: Vec<EntryId> = entries.data.iter().map(|entry| entry.id).collect();
    let matches = matches::of_entries(&mut tx, site, &ids, now).await?;
    let of_list = matches::of_lists(&mut tx, site, &[list], now).await?.remove(&list);
    let changed = read::last_change(&mut tx, site, list).await?;
    let services = services::all(&mut tx, site).await?;
    let face = Clockface { now, zone: permit.site().time_zone };
    let notice = asked.notice();
    let title = counted.list.settings.name.as_str().to_owned();
    let (links, role) = (Links::of(&permit), permit.role());
    let model = Model { links, counted, services, entries, matches, of_list, changed, asked, role, face };
    Ok(console.show(Page::new(title, move || content(model)).notice(notice)))
}

fn content(model: Model) -> AnyView {
    let list = &model.counted.list;
    let links = &model.links;
    let may_lists = model.role.may(Permission::EditProtection);
    let add = may_edit_entries(model.role, list.kind).then(
        || view! { <a class="button primary" href=links.new_entry(list.id)>{icon(Icon::Plus)}"Add an entry"</a> },
    );
    let change =
        may_lists.then(|| view! { <a class="button" href=links.edit_list(list.id)>{icon(Icon::Pencil)}"Change"</a> });
    let switch = may_lists.then(|| switch_form(links, list));
    let look_up = look_up_form(links);
    let rail = view! { <Block title="Is it listed?" place=Place::First>{look_up}</Block>{about(&model)} };
    let (filters, table) = (filters(&model), table(&model));
    view! {
        <Head title=list.settings.name.as_str().to_owned() crumbs=crumbs(links, None) lead=list.kind.meaning().to_owned()>
            {switch}
            {change}
            {add}
        </Head>
        {idle_banner(list)}
        <Split rail=rail.into_any()>{filters}{table}</Split>
    }
    .into_any()
}

/// Off, shadow, enforce: each a button of one form, so that it works without scripts. What changes what the list does is
/// asked first, with its effect; between off and shadow it does nothing, and that is saved at once.
fn switch_form(links: &Links, list: &List) -> AnyView {
    let buttons: Vec<_> = Mode::ALL
        .into_iter()
        .map(|mode| {
            let stands = mode == list.settings.mode;
            let word = Sign::from(mode).word();
            let acts = [mode, list.settings.mode].contains(&Mode::Enforce);
            let at_once = (!stands && !acts).then_some("post");
            view! {
                <button
                    type="submit" name="to" value=mode.as_str() formmethod=at_once
                    aria-pressed=if stands { "true" } else { "false" }
                >
                    {word}
                </button>
            }
        })
        .collect();
    view! {
        <form action=format!("{}/switch", links.list(list.id)) method="get">
            <span class="segments" role="group" aria-label="Mode">{buttons}</span>
        </form>
    }
    .into_any()
}

/// Why the entries do nothing, if they do.
fn idle_banner(list: &List) -> Option<AnyView> {
    let nowhere = matches!(&list.settings.reach, Reach::Services(ids) if ids.is_empty());
    let (tone, lead, text) = match list.settings.mode {
        Mode::Off => (
            Tone::Warning,
            "This list is off.",
            "No attempt is compared with its entries until it is in shadow or enforced.",
        ),
        _ if nowhere => (
            Tone::Warning,
            "This list acts nowhere.",
            "It is linked to no payment service, so no attempt is compared with its entries.",
        ),
        Mode::Shadow => (
            Tone::Info,
            "This list is in shadow.",
            "Decisions record its matches and what it would have done, and nothing is done.",
        ),
        Mode::Enforce => return None,
    };
    Some(banner(Banner::new(tone, lead, text)).into_any())
}

/// What is known about the list.
fn about(model: &Model) -> AnyView {
    let list = &model.counted.list;
    let note = list.settings.note.as_str();
    let mut lines = vec![
        ("Kind", kind_sign(list.kind)),
        ("Mode", state_sign(list)),
        ("Entries", entries_words(model.counted.current, model.counted.expired).into_any()),
        (MATCHED.label, matched(model.of_list.as_ref(), model.face)),
    ];
    if list.kind == ListKind::Allow {
        let words = if list.settings.also_challenge_list { "Passed over too" } else { "Still asked" };
        lines.push(("Challenge lists", words.into_any()));
    }
    if !note.is_empty() {
        lines.push(("Note", note.to_owned().into_any()));
    }
    lines.push((IF_THE_DATABASE_FAILS.0, IF_THE_DATABASE_FAILS.1.into_any()));
    lines.push(("Made", model.face.ago(list.created_at).into_any()));
    if let Some((at, who)) = &model.changed {
        // Who did what is for those who may read the audit log.
        let who = who.as_ref().filter(|_| model.role.may(Permission::ReadAudit));
        let by = who.map(|who| format!("{}, ", author_words(who)));
        lines.push(("Last changed", view! { {by}{model.face.ago(*at)} }.into_any()));
    }
    let remove = model.role.may(Permission::EditProtection).then(|| {
        view! { <p><a class="button plain" href=model.links.remove_list(list.id)>{icon(Icon::Trash)}"Remove this list"</a></p> }
    });
    let linked = linked(model);
    view! {
        <Block title="Services" lead="Where this list acts.".to_owned()>{linked}</Block>
        <Block title="About this list" place=Place::Last>{facts(lines)}{remove}</Block>
    }
    .into_any()
}

/// The services the list acts on, each with a button that unlinks it.
fn linked(model: &Model) -> AnyView {
    let list = &model.counted.list;
    let may = model.role.may(Permission::EditProtection);
    let acts_on = |service: &&Service| match &list.settings.reach {
        Reach::AllServices => service.is_open(),
        Reach::Services(ids) => ids.contains(&service.id),
    };
    let lines: Vec<_> = model
        .services
        .iter()
        .filter(acts_on)
        .map(|service| {
            let button = may.then(|| {
                view! {
                    <form action=format!("{}/unlink", model.links.list(list.id)) method="post">
                        <input type="hidden" name="service" value=service.id.to_string()/>
                        <button class="button small" type="submit" aria-label=format!("Unlink {}", service.name)>"Unlink"</button>
                    </form>
                }
            });
            view! { <li><span class="two">{service.name.clone()}<small>{service.currency.code()}</small></span>{button}</li> }
        })
        .collect();
    let all = (list.settings.reach == Reach::AllServices).then(
        || view! { <p class="mid">"All services, those made later included, and attempts without a service."</p> },
    );
    let none = lines.is_empty().then(|| view! { <p class="quiet">"No service."</p> });
    view! { {all}<ul class="kv">{lines}</ul>{none} }.into_any()
}

fn filters(model: &Model) -> impl IntoView + use<> {
    let path = model.links.list(model.counted.list.id);
    let clear = model.asked.filter().is_set().then(|| path.clone());
    let (text, field, show) = (model.asked.q.clone(), model.asked.field.clone(), model.asked.show.clone());
    let mut fields = vec![(String::new(), "Any field".to_owned())];
    fields.extend(Field::ALL.into_iter().map(|f| (f.as_str().to_owned(), f.label().to_owned())));
    let ends = [("", "Ended or not"), ("current", "Not ended"), ("ended", "Ended")]
        .map(|(v, w)| (v.to_owned(), w.to_owned()))
        .to_vec();
    view! {
        <Filters action=path clear=clear>
            <FilterField name="q" label="Search entries" value=text/>
            <Select name="field" label="Field" options=fields value=field quiet_label=true/>
            <Select name="show" label="End" options=ends value=show quiet_label=true/>
        </Filters>
    }
}

fn table(model: &Model) -> AnyView {
    let list = &model.counted.list;
    if model.entries.data.is_empty() {
        return empty(model);
    }
    let cols = vec![
        Col::new("Entry"),
        Col::new("All of these match"),
        MATCHED,
        Col::new("Ends"),
        Col::new("Added by"),
        Col::new("Since"),
        Col::quiet("Actions"),
    ];
    let rows = model.entries.data.iter().map(|entry| row(model, entry)).collect();
    let path = model.links.list(list.id);
    let shown = counted(model.entries.data.len(), "entry", "entries");
    let turning = Pager {
        shown: format!("{shown} shown, newest first"),
        first: model.asked.after.as_ref().map(|_| format!("{path}?{}", model.asked.query(None))),
        next: model.entries.next.as_deref().map(|next| format!("{path}?{}", model.asked.query(Some(next)))),
    };
    view! { <Table label="Entries of the list" cols=cols rows=rows/>{pager(turning)} }.into_any()
}

fn empty(model: &Model) -> AnyView {
    let list = &model.counted.list;
    if model.asked.filter().is_set() || model.asked.after.is_some() {
        let path = model.links.list(list.id);
        return view! {
            <EmptyState title="No entry matches" text="Search looks at names, notes and values; an address also finds the ranges that hold it." sign=Icon::Search>
                <a class="button" href=path>"Show all entries"</a>
            </EmptyState>
        }
        .into_any();
    }
    let step = may_edit_entries(model.role, list.kind)
        .then(|| view! { <a class="button primary" href=model.links.new_entry(list.id)>"Add the first entry"</a> });
    view! {
        <EmptyState title="No entries yet" text="An entry names one or more fields and the values they may have. Paste as many as you like, one a line." sign=Icon::List>
            {step}
        </EmptyState>
    }
    .into_any()
}

fn row(model: &Model, entry: &Entry) -> Row {
    let links = &model.links;
    let (list, name) = (&model.counted.list, entry.draft.name.as_str().to_owned());
    let note = entry.draft.note.as_str();
    let title = view! { <a href=links.entry(list.id, entry.id)>{name.clone()}</a> };
    let mut actions =
        vec![view! { <a href=links.entry(list.id, entry.id)>{icon(Icon::Eye)}"Look at it"</a> }.into_any()];
    if may_edit_entries(model.role, list.kind) {
        actions.push(view! { <a href=links.edit_entry(list.id, entry.id)>{icon(Icon::Pencil)}"Change"</a> }.into_any());
        actions
            .push(view! { <a href=links.remove_entry(list.id, entry.id)>{icon(Icon::Trash)}"Remove"</a> }.into_any());
    }
    Row::new(vec![
        Cell::new(two_lines(title, if note.is_empty() { "No note".to_owned() } else { note.to_owned() })),
        Cell::wide(conditions(&entry.draft.conditions)),
        Cell::nowrap(matched(model.matches.get(&entry.id), model.face)),
        Cell::nowrap(end_words(entry.draft.expires_at, model.face)),
        Cell::new(author_words(&entry.author)),
        Cell::nowrap(model.face.ago(entry.valid_from)),
        Cell::corner(view! { <RowMenu label=format!("Actions for {name}")>{actions}</RowMenu> }),
    ])
}
