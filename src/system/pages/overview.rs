//! `/s/{site}/system`.

use axum::extract::State;
use axum::response::Response;
use chrono::TimeDelta;
use leptos::prelude::*;

use crate::access::Permit;
use crate::access::grant::{EditSite, ReadSystem};
use crate::console::Console;
use crate::error::Result;
use crate::platform::jobs::{Listed, Standing, Standings};
use crate::platform::state::App;
use crate::system::service::{self, Facts};
use crate::ui::feedback::EmptyState;
use crate::ui::icon::Icon;
use crate::ui::layout::{Block, Head, Place, Split, facts, strip, two_lines};
use crate::ui::mark::{Outcome, outcome_saying};
use crate::ui::table::{Cell, Col, Row, Table};
use crate::ui::text::{Clockface, code, figure, nothing, number};

/// `GET /s/{site}/system`.
pub async fn get(State(app): State<App>, permit: Permit<ReadSystem>, console: Console) -> Result<Response> {
    let facts = service::facts(&app, &permit).await?;
    let may_act = permit.also::<EditSite>().is_ok();
    let clock = Clockface { now: facts.now, zone: permit.site().time_zone };
    // The outbox holds links that let somebody in: it is an owner's.
    let (path, demo) = (format!("/s/{}/system", permit.site().handle), app.demo && may_act);
    Ok(console.page("System", move || view(path, facts, may_act, demo, clock)))
}

fn view(path: String, known: Facts, may_act: bool, demo: bool, clock: Clockface) -> impl IntoView {
    let counts = strip(vec![
        ("Waiting", figure(number(known.census.waiting))),
        ("Due or at work", figure(number(known.census.due))),
        ("Dead letters", dead_and_where(known.census.dead)),
        ("Database answers in", figure(milliseconds(known.latency))),
        (
            "Memory",
            known.memory.map_or_else(|| nothing("unknown"), |bytes| figure(format!("{} MB", bytes / 1_000_000))),
        ),
    ]);
    let rail = rail(&known, demo, clock).into_any();
    view! {
        <Head
            title="System"
            crumbs=vec![("Site".to_owned(), None)]
            lead="The installation this site runs on: the site's work behind the scenes, versions, how old the data is, the clock.".to_owned()
        />
        <Split rail=rail>
            {counts}
            <Block title="Jobs" lead="Mail and other work of this site. A job that fails is tried eight times over about ten hours, then it is a dead letter.".to_owned()>
                {jobs(path, known.jobs, may_act, clock)}
            </Block>
            <Block title="Of the installation" lead="Mail about people's accounts and upkeep, for all sites. Whom it concerns is the operator's to see.".to_owned() place=Place::Last>
                {installation(known.installation, clock)}
            </Block>
        </Split>
    }
}

/// How many there are, and the command that lists them.
fn dead_and_where(count: i64) -> AnyView {
    match count {
        0 => dead(0),
        any => two_lines(dead(any), "At the server: gatehouse jobs list"),
    }
}

fn dead(count: i64) -> AnyView {
    let outcome = if count == 0 { Outcome::Approve } else { Outcome::Reject };
    outcome_saying(outcome, if count == 0 { "none".to_owned() } else { number(count) })
}

fn milliseconds(took: std::time::Duration) -> String {
    let micros = took.as_micros();
    if micros < 10_000 {
        format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100)
    } else {
        format!("{} ms", micros / 1_000)
    }
}

fn rail(known: &Facts, demo: bool, clock: Clockface) -> impl IntoView + use<> {
    let words = |text: String| text.into_any();
    let months = match (&known.partitions.first, &known.partitions.last) {
        (Some(first), Some(last)) => words(format!("{} to {}", month(first), month(last))),
        _ => outcome_saying(Outcome::Reject, "none"),
    };
    let versions = facts(vec![
        ("Gatehouse", words(known.program.to_owned())),
        ("PostgreSQL", words(known.postgres.clone())),
        (
            "Schema",
            known.schema.map_or_else(
                || nothing("not migrated by this program"),
                |version| words(format!("migration {version:04}")),
            ),
        ),
        ("Partitions", months),
        ("Connections", words(format!("{} open, {} idle", known.connections.0, known.connections.1))),
    ]);
    let never = || nothing("none yet");
    let ages = facts(vec![
        ("Newest decision", known.decisions.map_or_else(never, |(_, newest)| clock.ago(newest).into_any())),
        ("Oldest decision", known.decisions.map_or_else(never, |(oldest, _)| clock.ago(oldest).into_any())),
        ("Newest audit row", known.audited.map_or_else(never, |at| clock.ago(at).into_any())),
    ]);
    let ahead = if known.ahead.is_zero() {
        "as the machine's".to_owned()
    } else {
        format!("{} ahead of the machine's", span(known.ahead))
    };
    let time = facts(vec![("Time", clock.at(known.now).into_any()), ("Clock", words(ahead))]);
    let outbox = demo.then(|| view! { <p><a href="/demo/outbox">"Outbox of the demo"</a></p> });
    view! {
        <Block title="Versions" place=Place::First>{versions}</Block>
        <Block title="This site's data">{ages}</Block>
        <Block title="Clock" place=Place::Last>{time}{outbox}</Block>
    }
}

/// `202603` as `March 2026`.
fn month(text: &str) -> String {
    chrono::NaiveDate::parse_from_str(&format!("{text}01"), "%Y%m%d")
        .map_or_else(|_| text.to_owned(), |day| day.format("%B %Y").to_string())
}

fn span(time: TimeDelta) -> String {
    match (time.num_days(), time.num_hours() % 24, time.num_minutes() % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

const COLS: [Col; 6] = [
    Col::new("Job"),
    Col::new("State"),
    Col::num("Tries"),
    Col::new("Ordered"),
    Col::new("Last error"),
    Col::quiet("Actions"),
];

fn jobs(path: String, listed: Vec<Listed>, may_act: bool, clock: Clockface) -> impl IntoView {
    if listed.is_empty() {
        return view! { <EmptyState title="Nothing to do" text="Mail that waits and work that failed appears here." sign=Icon::Inbox/> }.into_any();
    }
    let rows: Vec<Row> = listed.into_iter().map(|job| row(&path, job, may_act, clock)).collect();
    view! { <Table label="Jobs, dead letters first" cols=COLS.to_vec() rows=rows/> }.into_any()
}

/// The work that is no site's: how much of each kind, and where to settle what was given up.
fn installation(kinds: Vec<Standings>, clock: Clockface) -> impl IntoView {
    if kinds.is_empty() {
        return view! { <p class="mid">"Nothing to do."</p> }.into_any();
    }
    let any_dead = kinds.iter().any(|kind| kind.dead > 0);
    let hint = any_dead.then(|| {
        view! { <p class="mid">"At the server "{code("gatehouse jobs list")}" names them; "{code("revive")}" and "{code("discard")}" settle them."</p> }
    });
    let rows = kinds
        .into_iter()
        .map(|standings| {
            let given_up = match standings.dead_at {
                Some(at) => two_lines(dead(standings.dead), crate::ui::text::relative(clock.now, at, clock.zone)),
                None => dead(standings.dead),
            };
            let said = standings.last_error.map(|error| crate::audit::words::shown(&error).into_any());
            Row::new(vec![
                Cell::new(kind(&standings.kind)),
                Cell::new(figure(number(standings.open))),
                Cell::new(given_up),
                Cell::wide(said.unwrap_or_else(|| nothing("none"))),
            ])
        })
        .collect();
    let cols = vec![Col::new("Job"), Col::num("Open"), Col::new("Dead letters"), Col::new("Last error")];
    view! { <Table label="Jobs of the installation" cols=cols rows=rows/>{hint} }.into_any()
}

fn row(path: &str, job: Listed, may_act: bool, clock: Clockface) -> Row {
    let state = match job.standing {
        Standing::Dead => outcome_saying(Outcome::Reject, "Dead letter"),
        Standing::Due => outcome_saying(Outcome::Challenge, "Due"),
        Standing::Waiting => two_lines(
            outcome_saying(Outcome::None, "Waiting"),
            crate::ui::text::relative(clock.now, job.run_at, clock.zone),
        ),
    };
    let actions = (may_act && job.standing == Standing::Dead).then(|| {
        view! {
            <form action=format!("{path}/jobs/{}", job.id) method="post" class="row">
                <button class="button small" name="do" value="try_again">"Try again"</button>
                <button class="button small plain" name="do" value="discard">"Discard"</button>
            </form>
        }
    });
    Row::new(vec![
        Cell::new(kind(&job.kind)),
        Cell::new(state),
        Cell::new(figure(job.attempts.to_string())),
        Cell::nowrap(clock.ago(job.created_at)),
        Cell::wide(
            job.last_error.map_or_else(|| nothing("none"), |error| crate::audit::words::shown(&error).into_any()),
        ),
        Cell::corner(actions),
    ])
}

/// A kind of job as people say it.
fn kind(kind: &str) -> String {
    match kind {
        "mail" => "Send a mail".into(),
        "ensure_partitions" => "Make partitions".into(),
        "clean_up" => "Delete what is old".into(),
        "sum_up" => "Sum up for reports".into(),
        other => other.replace('_', " "),
    }
}
