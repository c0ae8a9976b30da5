//! `/s/{site}/audit`: the log, filtered by the address.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::response::Response;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;

use crate::access::grant::ReadAudit;
use crate::access::{Permission, Permit};
use crate::audit::service::search::{Filter, Person, Row as LogRow, Who, find};
use crate::audit::words::{self, Change};
use crate::console::Console;
use crate::error::Result;
use crate::kernel::clock::{Timestamp, day_begins};
use crate::kernel::id::{AuditId, CollaboratorId};
use crate::kernel::page::{PageOf, PageRequest};
use crate::platform::state::App;
use crate::ui::feedback::{EmptyState, Problems, filter_summary};
use crate::ui::form::Select;
use crate::ui::icon::{Icon, tiny_icon};
use crate::ui::layout::{Head, two_lines};
use crate::ui::page::Page;
use crate::ui::table::{Cell, Col, FilterField, Filters, Pager, Row, Table, pager};
use crate::ui::text::{Clockface, code, counted, nothing, number};

/// Changes of a row that are shown at once; the rest unfolds.
const SHOWN: usize = 4;

/// The filter as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    action: String,
    actor: String,
    from: String,
    until: String,
    q: String,
    after: String,
}

/// `GET /s/{site}/audit`.
pub async fn get(
    State(app): State<App>,
    permit: Permit<ReadAudit>,
    console: Console,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let (filter, problems) = asked.filter(permit.site().time_zone);
    let page = PageRequest { after: asked.after.parse::<AuditId>().ok().map(|id| id.0), ..PageRequest::FIRST };
    let log = find(&app, &permit, &filter, page).await?;
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let clock = Clockface { now: app.clock.now(), zone: permit.site().time_zone };
    let base = format!("/s/{}", permit.site().handle);
    let path = format!("{base}/audit");
    let people =
        People { known: log.people, pages: permit.role().may(Permission::ManageCollaborators).then_some(base) };
    let (rows, actions) = (log.rows, log.actions);
    let view = move || view(path, asked, problems, (rows, actions, people), clock);
    Ok(console.show(Page::new("Audit log", view).status(status)))
}

impl Asked {
    /// The filter in the zone's days, and what cannot be read of it.
    fn filter(&self, zone: Tz) -> (Filter, Problems) {
        let mut problems = Problems::none();
        let mut day = |name: &'static str, text: &str, plus: u64| -> Option<Timestamp> {
            if text.trim().is_empty() {
                return None;
            }
            let date = text.trim().parse::<NaiveDate>().ok().and_then(|date| date.checked_add_days(Days::new(plus)));
            let begins = date.and_then(|date| day_begins(date, zone));
            if begins.is_none() {
                problems.add(name, "Write the day as 2026-03-31.");
            }
            begins
        };
        let (from, until) = (day("from", &self.from, 0), day("until", &self.until, 1));
        if from.zip(until).is_some_and(|(from, until)| until <= from) {
            problems.add("until", "The last day is before the first. Write a later one, or leave it empty.");
        }
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty() && !text.contains('\0'));
        let filter =
            Filter { from, until, action: given(&self.action), actor: given(&self.actor), text: given(&self.q) };
        (filter, problems)
    }

    fn is_empty(&self) -> bool {
        [&self.action, &self.actor, &self.from, &self.until, &self.q].into_iter().all(|text| text.trim().is_empty())
    }

    /// The address of another page under the same filter.
    fn at(&self, path: &str, after: Option<&str>) -> String {
        let fields = [
            ("action", &*self.action),
            ("actor", &*self.actor),
            ("from", &*self.from),
            ("until", &*self.until),
            ("q", &*self.q),
            ("after", after.unwrap_or_default()),
        ];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(fields.into_iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// Whom the rows are about, and the site's path for a reader who may open their pages.
struct People {
    known: HashMap<CollaboratorId, Person>,
    pages: Option<String>,
}

impl People {
    /// The person a row is about: their name and address, a link for who may follow it; `None` where the site knows
    /// nobody by that id.
    fn of(&self, row: &LogRow) -> Option<AnyView> {
        let id = row.person?;
        let Person { name, email, member } = self.known.get(&id)?;
        let words = format!("{}, {}", words::shown(name), words::shown(email));
        Some(match (&self.pages, member) {
            (Some(base), true) => view! { <a href=format!("{base}/collaborators/{id}")>{words}</a> }.into_any(),
            (None, true) => words.into_any(),
            (_, false) => view! { {words}" (no longer here)" }.into_any(),
        })
    }
}

type Shown = (PageOf<LogRow>, Vec<String>, People);

fn view(path: String, asked: Asked, problems: Problems, log: Shown, clock: Clockface) -> impl IntoView {
    let (log, actions, people) = log;
    let clear = (!asked.is_empty()).then(|| path.clone());
    let empty = log.data.is_empty();
    let pages = Pager {
        shown: counted(log.data.len(), "row", "rows"),
        first: (!asked.after.is_empty()).then(|| asked.at(&path, None)),
        next: log.next.as_deref().map(|id| asked.at(&path, Some(id))),
    };
    let rows: Vec<Row> = log.data.into_iter().map(|row| table_row(row, &people, clock)).collect();
    view! {
        <Head
            title="Audit log"
            crumbs=vec![("Record".to_owned(), None)]
            lead="Every change and every sign-in: who, what, when, from where, how it was and how it is. Rows are chained and cannot be changed; the operator checks them with gatehouse audit verify.".to_owned()
        />
        {filter_summary(&problems)}
        {filters(path, asked, actions, clear.clone())}
        {match empty {
            true => nothing_here(clear).into_any(),
            false => view! {
                <Table label="Audit log, newest first" cols=COLS.to_vec() rows=rows/>
                {pager(pages)}
            }.into_any(),
        }}
    }
}

const COLS: [Col; 5] = [Col::new("When"), Col::new("Who"), Col::new("What"), Col::new("Change"), Col::new("From")];

fn filters(path: String, asked: Asked, actions: Vec<String>, clear: Option<String>) -> impl IntoView {
    let mut options = vec![(String::new(), "All actions".to_owned())];
    if !asked.action.is_empty() && !actions.contains(&asked.action) {
        options.push((asked.action.clone(), words::action(&asked.action)));
    }
    options.extend(actions.into_iter().map(|name| (name.clone(), words::action(&name))));
    view! {
        <Filters action=path clear=clear>
            <Select name="action" label="Action" options=options value=asked.action quiet_label=true/>
            <FilterField name="actor" label="Person or address" value=asked.actor/>
            <FilterField name="q" label="Text" value=asked.q/>
            <FilterField name="from" label="From day" value=asked.from kind="date"/>
            <FilterField name="until" label="Until day" value=asked.until kind="date"/>
        </Filters>
    }
}

fn nothing_here(clear: Option<String>) -> impl IntoView {
    match clear {
        Some(href) => view! {
            <EmptyState title="No row fits" text="Nothing in the log matches this filter." sign=Icon::Search>
                <a class="button" href=href>"Show everything"</a>
            </EmptyState>
        }
        .into_any(),
        None => view! {
            <EmptyState title="Nothing recorded yet" text="Each change that somebody makes here, and each sign-in, will leave a row." sign=Icon::ScrollText/>
        }
        .into_any(),
    }
}

fn table_row(row: LogRow, people: &People, clock: Clockface) -> Row {
    let (who, detail) = who(&row.who);
    let who = match detail {
        Some(detail) => two_lines(who, detail),
        None => who.into_any(),
    };
    let target = people.of(&row).unwrap_or_else(|| words::shown(&row.target).into_any());
    let erased = row.erased.then_some(" (personal values were erased)");
    let from = match (row.address, row.user_agent) {
        (Some(address), Some(agent)) => two_lines(code(address.to_string()), browser(&agent)),
        (Some(address), None) => code(address.to_string()),
        _ => nothing("none"),
    };
    Row::new(vec![
        // The place that `gatehouse audit verify` names.
        Cell::nowrap(two_lines(clock.ago(row.at), format!("row {}", number(row.seq)))),
        Cell::new(who),
        Cell::new(view! { <span class="two">{words::action(&row.action)}<small>{target}{erased}</small></span> }),
        Cell::wide(changes(words::changes(row.old.as_ref(), row.new.as_ref()))),
        Cell::new(from),
    ])
}

fn who(who: &Who) -> (String, Option<String>) {
    match who {
        Who::Person { name, email } => (words::shown(name), Some(words::shown(email))),
        Who::ApiKey { name } => (words::shown(name), Some("API key".into())),
        Who::CommandLine => ("Operator".into(), Some("command line".into())),
        Who::System => ("Gatehouse".into(), Some("by itself".into())),
        Who::Elsewhere => ("Another site's administrator".into(), None),
        Who::Stranger { email: Some(email) } => (words::shown(email), Some("not signed in".into())),
        Who::Stranger { email: None } => ("Somebody".into(), Some("not signed in".into())),
        Who::Erased => ("Erased".into(), Some("personal values were deleted".into())),
    }
}

/// A browser's words about itself, cut to what tells it from others.
fn browser(agent: &str) -> String {
    let family = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    let system = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let named =
        |table: &[(&str, &'static str)]| table.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name);
    match (named(&family), named(&system)) {
        (Some(family), Some(system)) => format!("{family}, {system}"),
        (Some(family), None) => family.to_owned(),
        _ => words::shown(&agent.chars().take(40).collect::<String>()),
    }
}

fn changes(mut all: Vec<Change>) -> impl IntoView {
    if all.is_empty() {
        return nothing("no values");
    }
    let rest = all.split_off(all.len().min(SHOWN));
    let more = (!rest.is_empty()).then(|| {
        let label = format!("{} more", rest.len());
        view! { <details class="more"><summary>{label}</summary>{list(rest)}</details> }
    });
    view! { {list(all)}{more} }.into_any()
}

fn list(changes: Vec<Change>) -> impl IntoView {
    let lines: Vec<_> = changes
        .into_iter()
        .map(|change| {
            let both = change.old.is_some() && change.new.is_some();
            let arrow = both.then(|| view! { <span class="said">"to"</span>{tiny_icon(Icon::ArrowRight)} });
            let gone =
                (change.new.is_none() && change.old.is_some()).then(|| view! { <span class="said">"removed"</span> });
            view! {
                <li>
                    {change.field}" "
                    {change.old.map(|old| view! { <del>{clipped(old)}</del> })}
                    {gone}{arrow}
                    {change.new.map(|new| view! { <ins>{clipped(new)}</ins> })}
                </li>
            }
        })
        .collect();
    view! { <ul class="diff wrap">{lines}</ul> }
}

/// A value, its end cut off where it is long.
fn clipped(text: String) -> String {
    if text.chars().count() <= 160 { text } else { text.chars().take(160).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::render;
    use serde_json::json;

    #[test]
    fn days_are_the_sites_days_and_the_last_is_included() {
        let asked = Asked { from: "2026-03-29".into(), until: "2026-03-29".into(), ..Asked::default() };
        let (filter, problems) = asked.filter(Tz::Europe__London);
        assert!(problems.is_empty());
        assert_eq!(filter.from.unwrap().to_rfc3339(), "2026-03-29T00:00:00+00:00");
        assert_eq!(filter.until.unwrap().to_rfc3339(), "2026-03-29T23:00:00+00:00", "summer time began that day");
        let (filter, problems) = Asked { from: "31.3.2026".into(), ..Asked::default() }.filter(Tz::UTC);
        assert_eq!((filter.from, problems.is_empty()), (None, false));
        let backwards = Asked { from: "2026-03-30".into(), until: "2026-03-29".into(), ..Asked::default() };
        assert!(backwards.filter(Tz::UTC).1.of("until").is_some());
    }

    #[test]
    fn the_next_page_keeps_the_filter() {
        let asked = Asked { q: "a&b=c".into(), ..Asked::default() };
        assert_eq!(asked.at("/s/x/audit", Some("aud_1")), "/s/x/audit?q=a%26b%3Dc&after=aud_1");
        assert_eq!(Asked::default().at("/s/x/audit", None), "/s/x/audit");
    }

    #[test]
    fn what_strangers_wrote_stays_text() {
        let who = CollaboratorId(uuid::Uuid::nil());
        let person = Person { name: "<script>alert(2)</script>".into(), email: "<b>@x".into(), member: true };
        let people = People { known: [(who, person)].into_iter().collect(), pages: Some("/s/x".into()) };
        let row = LogRow {
            id: AuditId(uuid::Uuid::nil()),
            seq: 1,
            at: chrono::DateTime::UNIX_EPOCH,
            who: Who::Stranger { email: Some("<script>alert(1)</script>@x".into()) },
            address: "203.0.113.7".parse().ok(),
            user_agent: Some("<img src=x onerror=alert(1)>\u{1b}[2J".into()),
            action: "sign_in.failed".into(),
            target: "\r\n<b>".into(),
            person: Some(who),
            old: None,
            new: Some(json!({"</del><script>": "\"><script>"})),
            erased: false,
        };
        let clock = Clockface { now: chrono::DateTime::UNIX_EPOCH, zone: Tz::UTC };
        let html = render(move || {
            view! { <Table label="t" cols=COLS.to_vec() rows=vec![table_row(row, &people, clock)]/> }.into_any()
        });
        assert!(
            !html.contains("<script") && !html.contains("<img") && !html.contains("<b>") && !html.contains('\u{1b}'),
            "{html}"
        );
    }
}
