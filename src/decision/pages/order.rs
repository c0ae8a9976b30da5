//! `/s/{site}/order`: how a decision is made, step by step, as it is published.

use axum::response::Response;
use leptos::prelude::*;

use crate::access::{Permit, grant};
use crate::console::Console;
use crate::decision::order::{ANSWER, BYPASSES, KINDS, STEPS, Step};
use crate::error::Result;
use crate::ui::layout::{Block, Head, Place, pairs};
use crate::ui::table::{Cell, Col, Row, Table};
use crate::ui::text::{code, nothing};

const COLS: [Col; 4] = [Col::num("Step"), Col::new("What it looks at"), Col::new("May stop"), Col::new("In the API")];

/// `GET /s/{site}/order`.
pub async fn get(_permit: Permit<grant::ReadDecisions>, console: Console) -> Result<Response> {
    Ok(console.page("How a decision is made", content))
}

fn content() -> impl IntoView {
    let rows: Vec<Row> = STEPS.into_iter().map(row).collect();
    let kinds = KINDS.into_iter().map(|(kind, steps)| (kind.into_any(), steps.into_any())).collect();
    view! {
        <Head title="How a decision is made" crumbs=vec![("Protection".into(), None)] lead=ANSWER.to_owned()/>
        <Block title="The order" place=Place::First>
            <Table label="The order of a decision" cols=COLS.to_vec() rows=rows/>
        </Block>
        <Block title="What an allow list switches off" place=Place::Between><p class="mid">{BYPASSES}</p></Block>
        <Block title="Which attempts go through which steps" place=Place::Last>{pairs(kinds)}</Block>
    }
}

fn row(step: Step) -> Row {
    let checks: Vec<AnyView> =
        step.checks().map(|check| view! { <li>{code(check.as_str())}</li> }.into_any()).collect();
    let names = if checks.is_empty() {
        nothing("Not in use yet")
    } else {
        view! { <ul class="names">{checks}</ul> }.into_any()
    };
    Row::new(vec![
        Cell::new(step.number.to_string()),
        Cell::wide(view! { <strong>{step.name}</strong>" "<span class="mid">{step.does}</span> }),
        Cell::nowrap(if step.is_gate() { "Gate" } else { "Adds its answer" }),
        Cell::new(names),
    ])
}
