//! "Is it listed?"

use std::collections::HashMap;

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::console::Console;
use crate::decision::lists::field::Field as Named;
use crate::decision::lists::forms::look_up::Asked;
use crate::decision::lists::list::ListKind;
use crate::decision::lists::normalise::NotAValue;
use crate::decision::lists::pages::{Links, MATCHED, crumbs, end_words, kind_sign, matched};
use crate::decision::lists::service::look_up::{Found, Hit, MOST_HITS};
use crate::decision::lists::service::matches::Matches;
use crate::decision::verdict::Mode;
use crate::kernel::id::EntryId;
use crate::ui::feedback::EmptyState;
use crate::ui::form::{Field, Select};
use crate::ui::icon::{Icon, icon};
use crate::ui::layout::{Head, two_lines};
use crate::ui::mark::{self, Outcome};
use crate::ui::page::Page;
use crate::ui::table::{Cell, Col, Row, Table};
use crate::ui::text::{Clockface, code, counted, number};

/// What came of the question.
pub enum Answer {
    /// There was none.
    NotAsked,
    /// The text is no value that a list could hold.
    Refused(NotAValue),
    /// The entries that hold it, and how often each of them matched.
    Found(Found, HashMap<EntryId, Matches>),
}

/// The page: the question, and its answer.
pub fn page(console: Console, links: Links, asked: Asked, answer: Answer, face: Clockface) -> Response {
    let status = if matches!(answer, Answer::Refused(_)) { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    console.show(Page::new("Is it listed?", move || content(links, asked, answer, face)).status(status))
}

fn content(links: Links, asked: Asked, answer: Answer, face: Clockface) -> impl IntoView {
    let mut fields = vec![(String::new(), "Any field".to_owned())];
    fields.extend(Named::ALL.into_iter().map(|f| (f.as_str().to_owned(), f.label().to_owned())));
    let error = match &answer {
        Answer::Refused(why) => Some(format!("{why}.")),
        _ => None,
    };
    // A card number is not written into the page again.
    let value =
        if matches!(answer, Answer::Refused(NotAValue::CardNumber)) { String::new() } else { asked.value.clone() };
    view! {
        <Head
            title="Is it listed?"
            crumbs=crumbs(&links, None)
            lead="Looks in every list of this site, whatever its mode. An address or a range is also found in the ranges that hold it.".to_owned()
        />
        <form class="form narrow" action=links.look_up() method="post" role="search" aria-label="Is it listed?">
            <Field name="value" label="Value" value=value error=error maxlength=254 autofocus=true/>
            <Select name="field" label="Field" options=fields value=asked.field.clone()/>
            <div class="row"><button class="button primary" type="submit">{icon(Icon::Search)}"Look up"</button></div>
        </form>
        <div role="status">
            {match answer {
                Answer::Found(found, matches) => result(&links, &asked.value, found, &matches, face),
                _ => ().into_any(),
            }}
        </div>
    }
}

fn result(links: &Links, value: &str, found: Found, matches: &HashMap<EntryId, Matches>, face: Clockface) -> AnyView {
    let value = value.trim().to_owned();
    if found.hits.is_empty() {
        let text = format!(
            "None of the site's {} names it.",
            counted(usize::try_from(found.of_lists).unwrap_or(0), "list", "lists")
        );
        return view! { <EmptyState title=format!("{value} is not listed") text=text sign=Icon::CircleCheck/> }
            .into_any();
    }
    let acts = |kind: ListKind| {
        found
            .hits
            .iter()
            .any(|hit| hit.kind == kind && hit.mode == Mode::Enforce && !hit.expired && hit.other_fields == 0)
    };
    let sign = if acts(ListKind::Block) {
        Outcome::Reject
    } else if acts(ListKind::Challenge) {
        Outcome::Challenge
    } else if acts(ListKind::Allow) {
        Outcome::Approve
    } else {
        Outcome::None
    };
    let note = (acts(ListKind::Block) && acts(ListKind::Allow))
        .then(|| view! { <p class="small quiet">"The block list wins."</p> });
    let rest = usize::try_from(found.entries).unwrap_or(0).saturating_sub(MOST_HITS);
    let more = (rest > 0).then(|| view! { <p class="quiet">{format!("and more: {} in all", counted(usize::try_from(found.entries).unwrap_or(0), "entry", "entries"))}</p> });
    let cols = vec![
        Col::new("List"),
        Col::new("Kind"),
        Col::new("Entry"),
        Col::new("Listed as"),
        MATCHED,
        Col::new("Ends"),
        Col::new("Acts"),
    ];
    let rows = found.hits.iter().map(|hit| row(links, hit, matches.get(&hit.entry_id), face)).collect();
    view! {
        <p class="answer-line">
            {mark::outcome_saying(sign, "Listed")}
            " "
            <span>
                <b class="tnum">{value}</b>
                {format!(
                    " is on {} of {}, in {}",
                    number(found.lists),
                    counted(usize::try_from(found.of_lists).unwrap_or(0), "list", "lists"),
                    counted(usize::try_from(found.entries).unwrap_or(0), "entry", "entries"),
                )}
            </span>
        </p>
        {note}
        <Table label="Entries that hold it" cols=cols rows=rows/>
        {more}
    }
    .into_any()
}

fn row(links: &Links, hit: &Hit, matches: Option<&Matches>, face: Clockface) -> Row {
    let acts = match (hit.mode, hit.expired, hit.other_fields) {
        (Mode::Off, _, _) => "No: the list is off".to_owned(),
        (_, true, _) => "No: it has ended".to_owned(),
        (Mode::Shadow, ..) => "No: the list is in shadow".to_owned(),
        (Mode::Enforce, false, 0) => "Yes".to_owned(),
        (Mode::Enforce, false, 1) => "If another field matches too".to_owned(),
        (Mode::Enforce, false, more) => format!("If {more} other fields match too"),
    };
    let list = view! { <a href=links.list(hit.list_id)>{hit.list_name.clone()}</a> };
    let entry = view! { <a href=links.entry(hit.list_id, hit.entry_id)>{hit.entry_name.clone()}</a> };
    Row::new(vec![
        Cell::new(list),
        Cell::nowrap(kind_sign(hit.kind)),
        Cell::new(entry),
        Cell::new(two_lines(code(hit.value.clone()), hit.field.label())),
        Cell::nowrap(matched(matches, face)),
        Cell::nowrap(end_words(hit.expires_at, face)),
        Cell::new(acts),
    ])
}
