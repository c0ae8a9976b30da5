//! All lists of a site, by what they do.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use leptos::prelude::*;

use crate::access::{Permission, Permit, grant};
use crate::console::Console;
use crate::decision::lists::list::ListKind;
use crate::decision::lists::pages::{
    Links, MATCHED, a, crumbs, entries_words, look_up_form, matched, may_edit_entries, reach_words, state_sign,
};
use crate::decision::lists::service::matches::{self, Matches};
use crate::decision::lists::service::read::{self, Counted};
use crate::decision::pages::IF_THE_DATABASE_FAILS;
use crate::error::Result;
use crate::kernel::id::ListId;
use crate::platform::state::App;
use crate::sites::Service;
use crate::sites::service::services;
use crate::ui::feedback::EmptyState;
use crate::ui::icon::{Icon, icon};
use crate::ui::layout::{Block, Head, Place, Split, facts, two_lines};
use crate::ui::table::{Cell, Col, Row, RowMenu, Table};
use crate::ui::text::Clockface;

struct Model {
    links: Links,
    lists: Vec<Counted>,
    matches: HashMap<ListId, Matches>,
    services: Vec<Service>,
    role: crate::access::Role,
    face: Clockface,
}

/// `GET /s/{site}/lists`
pub async fn get(State(app): State<App>, permit: Permit<grant::ReadLists>, console: Console) -> Result<Response> {
    let (site, now) = (permit.site_id(), app.clock.now());
    let mut tx = app.db.site(site).await?;
    let lists = read::lists(&mut tx, site, None, now).await?;
    let ids: Vec<ListId> = lists.iter().map(|counted| counted.list.id).collect();
    let matches = matches::of_lists(&mut tx, site, &ids, now).await?;
    let services = services::all(&mut tx, site).await?;
    let face = Clockface { now, zone: permit.site().time_zone };
    let model = Model { links: Links::of(&permit), lists, matches, services, role: permit.role(), face };
    Ok(console.page("Lists", move || content(model)))
}

fn content(model: Model) -> AnyView {
    let may_edit = model.role.may(Permission::EditProtection);
    let links = &model.links;
    let new_list = may_edit
        .then(|| view! { <a class="button primary" href=links.new_list(None)>{icon(Icon::Plus)}"New list"</a> });
    let look_up = look_up_form(links);
    let depends = facts(vec![(IF_THE_DATABASE_FAILS.0, IF_THE_DATABASE_FAILS.1.into_any())]);
    let rail = view! {
        <Block title="Is it listed?" place=Place::First>{look_up}</Block>
        <Block title="If something fails" place=Place::Last>{depends}</Block>
    };
    let body = if model.lists.is_empty() {
        let step = may_edit.then(|| view! { <a class="button primary" href=links.new_list(Some(ListKind::Block))>"Create your first list"</a> });
        view! {
            <EmptyState
                title="No lists yet"
                text="A block list refuses attempts by e-mail, address, card or any other field; an allow list lets people you trust pass the filters; a challenge list asks them for more."
                sign=Icon::List
            >
                {step}
            </EmptyState>
        }
        .into_any()
    } else {
        ListKind::ALL.into_iter().enumerate().map(|(place, kind)| part(&model, kind, place)).collect_view().into_any()
    };
    view! {
        <Head
            title="Lists"
            crumbs=crumbs(links, None).into_iter().take(1).collect()
            lead="Who is refused, challenged or trusted, whatever else is known. Where several match, block wins.".to_owned()
        >
            {new_list}
        </Head>
        <Split rail=rail.into_any()>{body}</Split>
    }
    .into_any()
}

/// The lists of one kind.
fn part(model: &Model, kind: ListKind, place: usize) -> AnyView {
    let rows: Vec<Row> =
        model.lists.iter().filter(|c| c.list.kind == kind).map(|counted| row(model, counted)).collect();
    let title = format!("{}s", kind.label());
    let body = if rows.is_empty() {
        let step = model.role.may(Permission::EditProtection).then(|| {
            view! { " "<a href=model.links.new_list(Some(kind))>{format!("Create {}", a(kind))}</a> }
        });
        view! { <p class="quiet">"None."{step}</p> }.into_any()
    } else {
        let cols = vec![
            Col::new("List"),
            Col::num("Entries"),
            Col::new("Services"),
            Col::new("Mode"),
            MATCHED,
            Col::quiet("Actions"),
        ];
        view! { <Table label=title.clone() cols=cols rows=rows/> }.into_any()
    };
    let place = match place {
        0 => Place::First,
        2 => Place::Last,
        _ => Place::Between,
    };
    view! { <Block title=title lead=kind.meaning().to_owned() place=place>{body}</Block> }.into_any()
}

fn row(model: &Model, counted: &Counted) -> Row {
    let list = &counted.list;
    let links = &model.links;
    let (id, name) = (list.id, list.settings.name.as_str().to_owned());
    let note = list.settings.note.as_str();
    let title = view! { <a href=links.list(id)>{name.clone()}</a> };
    let mut actions = vec![view! { <a href=links.list(id)>{icon(Icon::List)}"Entries"</a> }.into_any()];
    if may_edit_entries(model.role, list.kind) {
        actions.push(view! { <a href=links.new_entry(id)>{icon(Icon::Plus)}"Add an entry"</a> }.into_any());
    }
    if model.role.may(Permission::EditProtection) {
        actions.push(view! { <a href=links.edit_list(id)>{icon(Icon::Pencil)}"Change"</a> }.into_any());
        actions.push(view! { <a href=links.remove_list(id)>{icon(Icon::Trash)}"Remove"</a> }.into_any());
    }
    Row::new(vec![
        Cell::new(two_lines(title, if note.is_empty() { "No note".to_owned() } else { note.to_owned() })),
        Cell::new(entries_words(counted.current, counted.expired)),
        Cell::new(reach_words(list, &model.services)),
        Cell::nowrap(state_sign(list)),
        Cell::nowrap(matched(model.matches.get(&id), model.face)),
        Cell::corner(view! { <RowMenu label=format!("Actions for {name}")>{actions}</RowMenu> }),
    ])
}
