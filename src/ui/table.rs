//! Tables: a sticky head, rows that become labelled lists where there is no room, a menu at the row's end, and a
//! pager by key. Filters are a GET form, so that the address says what is shown.

use leptos::prelude::*;

use super::icon::{Icon, icon};

/// A column's head.
#[derive(Debug, Clone)]
pub struct Col {
    /// Its name; a row that has become a list repeats it.
    pub label: &'static str,
    /// It holds numbers, set to the right.
    pub num: bool,
    /// The name is for screen readers only.
    pub quiet: bool,
}

impl Col {
    /// A column of words.
    pub const fn new(label: &'static str) -> Self {
        Col { label, num: false, quiet: false }
    }

    /// A column of numbers.
    pub const fn num(label: &'static str) -> Self {
        Col { label, num: true, quiet: false }
    }

    /// A column whose head only screen readers hear (actions, bars).
    pub const fn quiet(label: &'static str) -> Self {
        Col { label, num: false, quiet: true }
    }
}

/// A cell. The first of a row is its name.
pub struct Cell {
    view: AnyView,
    class: &'static str,
}

impl Cell {
    /// A cell with anything in it.
    pub fn new(view: impl IntoView + 'static) -> Self {
        Cell { view: view.into_any(), class: "" }
    }

    /// Words, quieter.
    pub fn quiet(view: impl IntoView + 'static) -> Self {
        Cell { view: view.into_any(), class: "quiet" }
    }

    /// Words that stay on one line.
    pub fn nowrap(view: impl IntoView + 'static) -> Self {
        Cell { view: view.into_any(), class: "nowrap" }
    }

    /// A cell that keeps the whole width when the row has become a list.
    pub fn wide(view: impl IntoView + 'static) -> Self {
        Cell { view: view.into_any(), class: "span" }
    }

    /// The menu at the row's end.
    pub fn corner(view: impl IntoView + 'static) -> Self {
        Cell { view: view.into_any(), class: "num corner" }
    }
}

/// A row.
pub struct Row {
    /// Its cells, as many as there are columns.
    pub cells: Vec<Cell>,
    /// It is the one shown beside the table.
    pub selected: bool,
}

impl Row {
    /// A row of these cells.
    pub fn new(cells: Vec<Cell>) -> Self {
        Row { cells, selected: false }
    }
}

/// A table of rows.
#[component]
pub fn Table(
    /// What it lists, for screen readers.
    #[prop(into)]
    label: String,
    /// Its columns.
    cols: Vec<Col>,
    /// Its rows.
    rows: Vec<Row>,
    /// Closer rows, for tables of figures.
    #[prop(optional)]
    tight: bool,
    /// Totals.
    #[prop(optional)]
    foot: Vec<String>,
) -> impl IntoView {
    let heads: Vec<_> = cols
        .iter()
        .map(|col| {
            let label = match col.quiet {
                true => view! { <span class="said">{col.label}</span> }.into_any(),
                false => col.label.into_any(),
            };
            view! { <th scope="col" class=col.num.then_some("num")>{label}</th> }
        })
        .collect();
    let foot: Vec<_> = foot
        .into_iter()
        .zip(&cols)
        .map(|(cell, col)| view! { <td class=col.num.then_some("num") data-label=col.label>{cell}</td> })
        .collect();
    let rows: Vec<_> = rows.into_iter().map(|row| table_row(row, &cols)).collect();
    view! {
        <div class="table-wrap" role="group" aria-label=label tabindex="0">
            <table class=if tight { "table stack hover tight" } else { "table stack hover" }>
                <thead><tr>{heads}</tr></thead>
                <tbody>{rows}</tbody>
                {(!foot.is_empty()).then(|| view! { <tfoot><tr>{foot}</tr></tfoot> })}
            </table>
        </div>
    }
}

fn table_row(row: Row, cols: &[Col]) -> impl IntoView + use<> {
    let cells: Vec<_> = row
        .cells
        .into_iter()
        .zip(cols)
        .enumerate()
        .map(|(at, (cell, col))| {
            if at == 0 {
                return view! { <th scope="row">{cell.view}</th> }.into_any();
            }
            let class = match (cell.class, col.num) {
                ("", true) => "num".to_owned(),
                (class, true) => format!("num {class}"),
                (class, false) => class.to_owned(),
            };
            let label = (!col.quiet).then_some(col.label);
            view! { <td class=(!class.is_empty()).then_some(class) data-label=label>{cell.view}</td> }.into_any()
        })
        .collect();
    view! { <tr aria-selected=row.selected.then_some("true")>{cells}</tr> }
}

/// The menu of a row or a page head: a button with three dots, links and forms in it.
#[component]
pub fn RowMenu(
    /// Whose menu it is, for screen readers: "Actions for Hosting range".
    #[prop(into)]
    label: String,
    /// Links and forms with one button each.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="rowmenu">
            <summary class="button plain square" aria-label=label>{icon(Icon::Ellipsis)}</summary>
            <div class="menu">{children()}</div>
        </details>
    }
}

/// Newer and older, by key. An address is absent where there is nothing further.
#[derive(Debug, Clone, Default)]
pub struct Pager {
    /// What is shown, in words: "50 of about 1,200".
    pub shown: String,
    /// The first page.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
}

/// The pager's line below a table.
pub fn pager(pager: Pager) -> impl IntoView {
    let first = pager.first.map(|href| view! { <a class="button small" href=href>"First page"</a> });
    let next = pager.next.map(|href| {
        view! { <a class="button small" href=href rel="next">"Next page"{super::icon::tiny_icon(Icon::ChevronRight)}</a> }
    });
    view! { <div class="pager"><span>{pager.shown}</span><span class="row">{first}{next}</span></div> }
}

/// A row of filters above a table: a GET form to the page itself.
#[component]
pub fn Filters(
    /// The page's own path.
    #[prop(into)]
    action: String,
    /// The path without any filter, offered when one is set.
    #[prop(optional_no_strip, into)]
    clear: Option<String>,
    /// Fields with quiet labels.
    children: Children,
) -> impl IntoView {
    view! {
        <form class="filter-row" action=action method="get">
            {children()}
            <button class="button" type="submit">{icon(Icon::ListFilter)}"Show"</button>
            {clear.map(|href| view! { <a class="button plain" href=href>"Clear"</a> })}
        </form>
    }
}

/// A field of a filter row; its placeholder is its label, said to screen readers too; a day's label is shown.
#[component]
pub fn FilterField(
    /// The name in the address.
    #[prop(into)]
    name: String,
    /// Its label.
    #[prop(into)]
    label: String,
    /// What is in it.
    #[prop(optional_no_strip, into)]
    value: Option<String>,
    /// text, search, date.
    #[prop(default = "search")]
    kind: &'static str,
) -> impl IntoView {
    let id = format!("f-{name}");
    let input = |id, label| view! { <input class="input" id=id name=name type=kind value=value placeholder=label autocomplete="off"/> };
    // A browser's field for a day shows no placeholder.
    match kind {
        "date" => view! { <span class="day"><label class="mid" for=id.clone()>{label.clone()}</label>{input(id, label)}</span> }.into_any(),
        _ => view! { <label class="said" for=id.clone()>{label.clone()}</label>{input(id, label)} }.into_any(),
    }
}
