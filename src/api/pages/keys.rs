//! `/s/{site}/api-keys`: the keys of a site, with what each may do and when it was used.

use axum::extract::{Query, State};
use axum::response::Response;
use leptos::prelude::*;
use serde::Deserialize;

use crate::access::{Permission, Permit, grant};
use crate::api::key::{Key, KeyKind, KeyState};
use crate::api::scope::{Maker, Scope};
use crate::api::service::find;
use crate::console::Console;
use crate::error::Result;
use crate::kernel::id::KeyId;
use crate::kernel::page::PageRequest;
use crate::platform::state::App;
use crate::ui::feedback::EmptyState;
use crate::ui::icon::{Icon, icon};
use crate::ui::layout::{Block, Head, Place, Split, two_lines};
use crate::ui::mark::{Outcome, outcome_saying, plain_tag, tag};
use crate::ui::table::{Cell, Col, Pager, Row, RowMenu, Table, pager};
use crate::ui::text::{Clockface, code, counted, nothing, number};

const COLS: [Col; 7] = [
    Col::new("Key"),
    Col::new("May"),
    Col::new("Rate"),
    Col::new("Last used"),
    Col::new("Made"),
    Col::new("State"),
    Col::quiet("Actions"),
];

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// Keys made before this one.
    after: Option<KeyId>,
}

struct Model {
    keys: Vec<Key>,
    pages: Option<Pager>,
    base: String,
    live: bool,
    may_edit: bool,
    clock: Clockface,
    origin: String,
}

/// `GET /s/{site}/api-keys`.
pub async fn list(
    State(app): State<App>,
    permit: Permit<grant::ReadApiKeys>,
    Query(from): Query<Asked>,
    console: Console,
) -> Result<Response> {
    let base = format!("/s/{}/api-keys", permit.site().handle);
    let request = PageRequest { after: from.after.map(|id| id.0), ..PageRequest::FIRST };
    let found = find::page(&app, &permit, request).await?;
    let pages = (from.after.is_some() || found.has_more).then(|| Pager {
        shown: counted(found.data.len(), "key", "keys"),
        first: from.after.map(|_| base.clone()),
        next: found.next.map(|after| format!("{base}?after={after}")),
    });
    let model = Model {
        keys: found.data,
        pages,
        base,
        live: permit.site().live,
        may_edit: permit.role().may(Permission::EditApiKeys),
        clock: Clockface { now: app.clock.now(), zone: permit.site().time_zone },
        origin: app.config.public_url.origin().ascii_serialization(),
    };
    Ok(console.page("API keys", move || view(model)))
}

fn view(model: Model) -> impl IntoView {
    let Model { keys, pages, base, live, may_edit, clock, origin } = model;
    let button = new_button(&base, may_edit);
    let body = if keys.is_empty() {
        let first = new_button(&base, may_edit);
        view! {
            <EmptyState
                title="No key yet" sign=Icon::KeyRound
                text="Your server shows a key when it asks for a decision. Make one, put it where your server keeps its secrets, and send the first payment."
            >
                {first}
            </EmptyState>
        }
        .into_any()
    } else {
        let rows = keys.into_iter().map(|key| row(key, &base, clock, may_edit)).collect();
        view! { <Table label="API keys" cols=COLS.to_vec() rows=rows/>{pages.map(pager)} }.into_any()
    };
    view! {
        <Head
            title="API keys" crumbs=vec![("Build".into(), None)]
            lead=if live {
                "Keys of this live site. Each belongs to this site alone.".to_owned()
            } else {
                "Keys of this test site. Nothing they do counts at a live site.".to_owned()
            }
        >
            {button}
        </Head>
        <Split rail=rail(origin).into_any()>{body}</Split>
    }
}

fn new_button(base: &str, may_edit: bool) -> impl IntoView + use<> {
    let new = format!("{base}/new");
    may_edit.then(|| view! { <a class="button primary" href=new>{icon(Icon::Plus)}"New key"</a> })
}

fn row(key: Key, base: &str, clock: Clockface, may_edit: bool) -> Row {
    let state = key.state(clock.now);
    let name = match key.kind {
        KeyKind::Secret => view! { <span>{key.name.clone()}</span> }.into_any(),
        KeyKind::Publishable => view! { <span>{key.name.clone()}" "{plain_tag("browser")}</span> }.into_any(),
    };
    let made_by = match (&key.created_by, key.maker) {
        (None, _) => "on the command line".to_owned(),
        (Some((_, who)), Maker::Gone) => format!("{who}, who has left this site or is shut out of it"),
        (Some((_, who)), Maker::Overdue(_)) => format!("{who}, whose second factor is overdue"),
        (Some((_, who)), _) => who.clone(),
    };
    let last = key.last_used_at.map_or_else(|| nothing("Never"), |at| clock.ago(at).into_any());
    let menu = (may_edit && state == KeyState::Active).then(|| menu(&key, base));
    Row::new(vec![
        Cell::nowrap(view! { <span class="two">{name}<small><code>{format!("{}…", key.prefix)}</code></small></span> }),
        Cell::new(scopes(&key)),
        Cell::nowrap(rate(&key)),
        Cell::quiet(last),
        Cell::quiet(two_lines(clock.ago(key.created_at), made_by)),
        Cell::new(state_mark(state, &key, clock)),
        Cell::corner(menu),
    ])
}

/// How fast the key may ask.
fn rate(key: &Key) -> AnyView {
    let per_second = format!("{} a second", number(i64::from(key.rate.per_second)));
    let at_once = format!("{} at once", number(i64::from(key.rate.burst)));
    let each = if key.kind == KeyKind::Publishable { ", each address" } else { "" };
    two_lines(per_second, format!("{at_once}{each}"))
}

/// What the key may do; scopes that its maker may no longer give are said to be lost.
fn scopes(key: &Key) -> AnyView {
    if key.kind == KeyKind::Publishable {
        return nothing("Browser endpoints");
    }
    let still = key.scopes();
    let lines: Vec<_> = key
        .given
        .iter()
        .map(|scope| {
            let sign = if still.contains(scope) {
                plain_tag(scope.as_str())
            } else {
                tag(Outcome::Reject, format!("{scope}: lost"))
            };
            view! { <span title=why(*scope, still.contains(scope))>{sign}" "</span> }
        })
        .collect();
    view! { <span>{lines}</span> }.into_any()
}

fn why(scope: Scope, has: bool) -> String {
    if has {
        scope.explained().into()
    } else {
        "The person who made the key may not give this scope today, so the key is without it.".into()
    }
}

fn state_mark(state: KeyState, key: &Key, clock: Clockface) -> AnyView {
    match state {
        KeyState::Active => match key.expires_at {
            Some(at) => two_lines(outcome_saying(Outcome::Approve, "Active"), format!("until {}", clock.day(at))),
            None => outcome_saying(Outcome::Approve, "Active"),
        },
        KeyState::Expired => outcome_saying(Outcome::None, "Expired"),
        KeyState::Revoked => {
            let since = key.revoked_at.map(|at| clock.day(at)).unwrap_or_default();
            two_lines(outcome_saying(Outcome::Reject, "Revoked"), since)
        }
    }
}

fn menu(key: &Key, base: &str) -> impl IntoView + use<> {
    let rotate = format!("{base}/new?like={}", key.id);
    let rate = format!("{base}/{}/rate", key.id);
    let revoke = format!("{base}/{}/revoke", key.id);
    // Only a demo makes a key for pages; there is no form that makes another.
    let rotate = (key.kind == KeyKind::Secret).then(|| view! { <a href=rotate>{icon(Icon::Rotate)}"Rotate"</a> });
    view! {
        <RowMenu label=format!("Actions for {}", key.name)>
            {rotate}
            <a href=rate>{icon(Icon::Clock)}"Rate"</a>
            <a href=revoke>{icon(Icon::Ban)}"Revoke"</a>
        </RowMenu>
    }
}

fn rail(origin: String) -> impl IntoView {
    let document = format!("{origin}/openapi.json");
    view! {
        <Block title="Ask for a decision" place=Place::First>
            <p>"Send "{code("POST /v1/decisions")}" from your server with the header "{code("Authorization: Bearer gh_sk_…")}"."</p>
            <p>"Every endpoint is described in "<a href="/openapi.json">{document}</a>"."</p>
        </Block>
        <Block title="Change a key without a pause">
            <p>"Rotate: make a second key like it, put it into your server, wait until the first is no longer used, then revoke the first."</p>
        </Block>
        <Block title="What a key cannot do" place=Place::Last>
            <p>"A key acts at this site only and never signs anybody in. It can do no more than the person who made it may do today: when they lose a permission or are shut out, so do their keys. Past their deadline for a second factor their keys decide payments and nothing else."</p>
        </Block>
    }
}
