//! `/s/{site}/decisions`: every decision of the site, newest first, with filters that stand in the address.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::decision::attempt::Kind;
use crate::decision::pages::query::SearchQuery;
use crate::decision::pages::story::control;
use crate::decision::service::outcome::Became;
use crate::decision::service::search::Row as DecisionRow;
use crate::decision::verdict::{Check, Outcome};
use crate::kernel::id::DecisionId;
use crate::kernel::money::{Currency, Money};
use crate::kernel::page::{PageOf, PageRequest};
use crate::sites::Service;
use crate::ui::feedback::{EmptyState, Problems, filter_summary};
use crate::ui::form::{CheckboxRow, Field, Select};
use crate::ui::icon::Icon;
use crate::ui::layout::{Head, two_lines};
use crate::ui::mark::{Outcome as Mark, outcome_saying};
use crate::ui::table::{Cell, Col, FilterField, Filters, Pager, Row, Table, pager};
use crate::ui::text::{Clockface, counted, figure, nothing};

/// What the page shows.
pub struct Model {
    /// The site's path.
    pub base: String,
    /// What is looked for.
    pub query: SearchQuery,
    /// What of it cannot be read.
    pub problems: Problems,
    /// What was found.
    pub found: PageOf<DecisionRow>,
    /// The site's services, for the filter.
    pub services: Vec<Service>,
    /// The site's own currency: amounts are typed in it.
    pub currency: Currency,
    /// Whether the reader may make API keys, where nothing was decided yet.
    pub may_make_keys: bool,
    /// Whether the reader may look for sign-ins of collaborators.
    pub reads_sign_ins: bool,
    /// Now, in the site's zone.
    pub clock: Clockface,
}

const COLS: [Col; 8] = [
    Col::new("When"),
    Col::new("Outcome"),
    Col::num("Amount"),
    Col::new("Settled by"),
    Col::new("Who"),
    Col::new("Card"),
    Col::new("Service"),
    Col::new("Told by the site"),
];

/// The page.
pub fn view(model: Model) -> impl IntoView {
    let lead = "Every attempt that was decided, newest first. Open one to read why.";
    let filters = filters(&model);
    let problems = filter_summary(&model.problems);
    let body = if !model.problems.is_empty() {
        ().into_any()
    } else if model.found.data.is_empty() {
        empty(&model)
    } else {
        results(model).into_any()
    };
    view! {
        <Head title="Decisions" crumbs=vec![("Traffic".into(), None)] lead=lead.to_owned()/>
        {problems}
        {filters}
        {body}
    }
}

fn filters(model: &Model) -> impl IntoView + use<> {
    let q = model.query.clone();
    let path = format!("{}/decisions", model.base);
    let any = |words: &str| (String::new(), words.to_owned());
    let outcomes = std::iter::once(any("Any outcome"))
        .chain(Outcome::ALL.map(|o| (o.as_str().into(), o.label().into())))
        .collect();
    let sign_in_checks = Check::SIGN_IN.into_iter().filter(|_| model.query.of_sign_ins());
    let checks = std::iter::once(any("Settled by any check"))
        .chain(Check::ALL.into_iter().chain(sign_in_checks).map(|c| (c.as_str().into(), c.label().into())))
        .collect();
    let services: Vec<_> = std::iter::once(any("Any service"))
        .chain(model.services.iter().map(|s| (s.id.to_string(), s.name.clone())))
        .collect();
    let sign_ins = model.reads_sign_ins.then_some(Kind::CollaboratorSignIn);
    let kinds = Kind::ALL.into_iter().chain(sign_ins).map(|k| (k.as_str().to_owned(), k.label().to_owned()));
    let kinds = std::iter::once(any("Any kind of the site’s customers")).chain(kinds).collect();
    let became = std::iter::once(any("Whatever became of it"))
        .chain(Became::ALL.map(|b| (b.as_str().into(), b.label().into())))
        .collect();
    let clear = q.is_any().then(|| path.clone());
    let unit = model.currency.code();
    let open = q.is_detailed() || !model.problems.is_empty();
    let problems = model.problems.clone();
    view! {
        <Filters action=path clear=clear>
            <FilterField name="q" label="E-mail, IP, customer or id" value=q.q/>
            <Select name="outcome" label="Outcome" options=outcomes value=q.outcome quiet_label=true/>
            <Select name="check" label="Settled by" options=checks value=q.check quiet_label=true/>
            <Select name="service" label="Service" options=services value=q.service quiet_label=true/>
            <details class="more-filters" open=open>
                <summary>"More filters"</summary>
                <div class="filter-grid">
                    <Field name="from" label="From day" kind="date" value=q.from error=problems.of("from")/>
                    <Field name="to" label="To day" kind="date" value=q.to error=problems.of("to")/>
                    <Select name="kind" label="Kind" options=kinds value=q.kind/>
                    <Select name="became" label="What became of it" options=became value=q.became/>
                    <Field name="email" label="E-mail" value=q.email error=problems.of("email")/>
                    <Field name="ip" label="IP address" value=q.ip error=problems.of("ip")/>
                    <Field name="customer" label="Customer’s id" value=q.customer/>
                    <Field name="amount_from" label="Amount from" unit=unit.to_owned() value=q.amount_from error=problems.of("amount_from") inputmode="decimal"/>
                    <Field name="amount_to" label="Amount to" unit=unit.to_owned() value=q.amount_to error=problems.of("amount_to") inputmode="decimal"/>
                    <CheckboxRow name="shadow" label="Only where shadow would have been stronger" checked=q.shadow == "on"/>
                </div>
            </details>
        </Filters>
    }
}

fn empty(model: &Model) -> AnyView {
    if model.query.is_any() || !model.query.after.is_empty() {
        let all = format!("{}/decisions", model.base);
        let further = model.found.next.as_deref().map(|after| format!("{all}?{}", model.query.page(Some(after))));
        let text = match looked_back(&model.found, model.clock) {
            Some(back) => format!("No decision matches all of these filters. {back}"),
            None => "No decision of this site matches all of these filters.".to_owned(),
        };
        return view! {
            <EmptyState title="Nothing matches" text=text sign=Icon::Search>
                {further.map(|href| view! { <a class="button primary" href=href>"Look further back"</a> })}
                <a class="button" href=all>"Show all"</a>
            </EmptyState>
        }
        .into_any();
    }
    let keys = format!("{}/api-keys", model.base);
    let step =
        model.may_make_keys.then(|| view! { <a class="button primary" href=keys>"Make an API key"</a> }.into_any());
    view! {
        <EmptyState
            title="No decision yet" sign=Icon::Inbox
            text="Your server asks with a secret key: POST /v1/decisions. Each answer appears here within a second, with its reasons."
        >
            {step}
        </EmptyState>
    }
    .into_any()
}

fn results(model: Model) -> impl IntoView {
    let Model { base, query, found, clock, .. } = model;
    let path = format!("{base}/decisions");
    let shown = counted(found.data.len(), "decision", "decisions");
    let shown = match looked_back(&found, clock) {
        Some(back) => format!("{shown}. {back}"),
        None if found.has_more => format!("{shown}, and older ones"),
        None => shown,
    };
    let foot = totals(&found.data);
    let next = found.next.as_deref().map(|after| format!("{path}?{}", query.page(Some(after))));
    let first = (!query.after.is_empty()).then(|| {
        let rest = query.page(None);
        if rest.is_empty() { path.clone() } else { format!("{path}?{rest}") }
    });
    let rows = found.data.into_iter().map(|row| line(row, &path, clock)).collect();
    view! {
        <Table label="Decisions" cols=COLS.to_vec() rows=rows foot=foot/>
        {pager(Pager { shown, first, next })}
    }
}

/// Where the search stopped, if it stopped before it had a full page or had seen everything.
fn looked_back(found: &PageOf<DecisionRow>, clock: Clockface) -> Option<String> {
    let stopped = found.has_more && found.data.len() < PageRequest::FIRST.limit as usize;
    let at = found.next.as_deref().filter(|_| stopped)?.parse::<DecisionId>().ok()?.instant();
    Some(format!("Looked back to {}; the next page goes on from there.", clock.exact(at)))
}

/// How the rows shown add up: outcomes, and money by currency.
fn totals(rows: &[DecisionRow]) -> Vec<String> {
    let mut money: BTreeMap<Currency, i64> = BTreeMap::new();
    for one in rows.iter().filter_map(|r| r.money) {
        let sum = money.entry(one.currency).or_default();
        *sum = sum.saturating_add(one.minor);
    }
    let sums: Vec<String> =
        money.into_iter().map(|(currency, minor)| Money::new(minor, currency).to_string()).collect();
    let outcomes: Vec<String> = Outcome::ALL
        .into_iter()
        .map(|o| (o, rows.iter().filter(|r| r.outcome == o).count()))
        .filter(|(_, n)| *n > 0)
        .map(|(o, n)| format!("{n} {}", o.label().to_lowercase()))
        .collect();
    vec![
        "On this page".into(),
        outcomes.join(", "),
        sums.join(", "),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
    ]
}

fn line(row: DecisionRow, path: &str, clock: Clockface) -> Row {
    let href = format!("{path}/{}", row.id);
    let when = view! { <a href=href>{clock.ago(row.at)}</a> };
    let outcome = view! {
        {outcome_saying(outcome_mark(row.outcome, false), row.outcome.label())}
        {row.shadow.then(|| view! { " "{outcome_saying(Mark::Shadow, "stronger in shadow")} })}
    };
    let what = match row.money {
        Some(money) => figure(money.to_string()),
        None => nothing(row.kind.label()),
    };
    let settled = match row.settled_by {
        Some(check @ Check::Velocity(..)) => two_lines(control(check), check.label()),
        Some(check) => check.label().into_any(),
        None => nothing("–"),
    };
    let who = match (&row.email, row.ip) {
        (Some(email), Some(ip)) => two_lines(email.clone(), ip.to_string()),
        (Some(email), None) => email.clone().into_any(),
        (None, Some(ip)) => ip.to_string().into_any(),
        (None, None) => nothing("Not known"),
    };
    let card = match (&row.card_brand, &row.card_last4) {
        (Some(brand), Some(last4)) => format!("{} ·{last4}", brand_word(brand)).into_any(),
        (None, Some(last4)) => format!("·{last4}").into_any(),
        (Some(brand), None) => brand_word(brand).into_any(),
        (None, None) => nothing("–"),
    };
    let service = row.service_name.map_or_else(|| nothing("–"), IntoAny::into_any);
    let became = row.became.map_or_else(|| nothing("–"), became_mark);
    Row::new(vec![
        Cell::nowrap(when),
        Cell::new(outcome),
        Cell::nowrap(what),
        Cell::new(settled),
        Cell::new(who),
        Cell::nowrap(card),
        Cell::new(service),
        Cell::new(became),
    ])
}

/// The shape of an outcome, or that of a shadow where one is meant.
pub fn outcome_mark(outcome: Outcome, shadow: bool) -> Mark {
    if shadow { Mark::Shadow } else { outcome.into() }
}

/// What the site told, with its shape: a bank's own decline is not our outcome.
pub fn became_mark(became: Became) -> AnyView {
    let mark = match became {
        Became::Approved => Mark::Approve,
        Became::Declined => Mark::Bank,
        Became::Abandoned => Mark::None,
    };
    outcome_saying(mark, became.label())
}

/// A brand as people write it: sites send `visa` as often as `Visa`.
pub fn brand_word(brand: &str) -> String {
    match brand.to_lowercase().as_str() {
        "visa" => "Visa".into(),
        "mastercard" => "Mastercard".into(),
        "maestro" => "Maestro".into(),
        "amex" | "american express" => "American Express".into(),
        "discover" => "Discover".into(),
        "jcb" => "JCB".into(),
        _ => brand.to_owned(),
    }
}
