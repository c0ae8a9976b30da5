//! `/s/{site}/order`: how a decision is made, step by step, as it is published.

use axum::response::Response;
use leptos::prelude::*;

use crate::access::{Permit, grant};
use crate::console::Console;
use crate::decision::order::{ANSWER, BYPASSES, CONSOLE, KINDS, SIGN_IN, STEPS, Step};
use crate::decision::verdict::Check;
use crate::error::Result;
use crate::ui::layout::{Block, Head, Place, pairs};
use crate::ui::table::{Cell, Col, Row, Table};
use crate::ui::text::{code, nothing};

const COLS: [Col; 4] = [Col::num("Step"), Col::new("What it looks at"), Col::new("May stop"), Col::new("In the API")];
const SIGN_IN_COLS: [Col; 3] = [Col::num("Step"), Col::new("What it looks at"), Col::new("In a trace")];

/// `GET /s/{site}/order`.
pub async fn get(_permit: Permit<grant::ReadDecisions>, console: Console) -> Result<Response> {
    Ok(console.page("How a decision is made", content))
}

fn content() -> impl IntoView {
    let rows: Vec<Row> = STEPS.into_iter().map(row).collect();
    let sign_in = SIGN_IN.into_iter().zip(Check::SIGN_IN).map(|(step, check)| {
        Row::new(vec![Cell::new(step.number.to_string()), told(step), Cell::new(code(check.as_str()))])
    });
    let sign_in: Vec<Row> = sign_in.collect();
    let kinds = KINDS.into_iter().map(|(kind, steps)| (kind.into_any(), steps.into_any())).collect();
    view! {
        <Head title="How a decision is made" crumbs=vec![("Protection".into(), None)] lead=ANSWER.to_owned()/>
        <Block title="The order" place=Place::First>
            <Table label="The order of a decision" cols=COLS.to_vec() rows=rows/>
        </Block>
        <Block title="What an allow list switches off" place=Place::Between><p class="mid">{BYPASSES}</p></Block>
        <Block title="Which attempts go through which steps" place=Place::Between>{pairs(kinds)}</Block>
        <Block title="A collaborator’s sign-in" place=Place::Last>
            <p class="mid">{CONSOLE}</p>
            <Table label="The order of a sign-in" cols=SIGN_IN_COLS.to_vec() rows=sign_in/>
        </Block>
    }
}

fn told(step: Step) -> Cell {
    Cell::wide(view! { <strong>{step.name}</strong>" "<span class="mid">{step.does}</span> })
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
        told(step),
        Cell::nowrap(if step.is_gate() { "Gate" } else { "Adds its answer" }),
        Cell::new(names),
    ])
}
