//! The overview: a period against the site's own history, what stopped what, the panic switch, the newest decisions, and
//! the first steps until they are taken.

use axum::extract::{Query, State};
use axum::response::Response;
use chrono_tz::Tz;
use leptos::prelude::*;
use serde::Deserialize;

use crate::access::grant::{ReadDecisions, ReadOverview};
use crate::access::{Permission, Permit, Role};
use crate::console::Console;
use crate::decision::service::policy;
use crate::decision::service::search::{self, Filter, Row as Found};
use crate::decision::verdict::{Mode as Switch, Outcome as Decided};
use crate::error::Result;
use crate::kernel::page::PageRequest;
use crate::platform::state::App;
use crate::reports::period::{Period, Range};
use crate::reports::service::{self, Figure, Overview, Step, Stopped};
use crate::ui::chart::meter::share_meter;
use crate::ui::chart::stacked::{Slot, Stacked, Usual, stacked};
use crate::ui::feedback::EmptyState;
use crate::ui::icon::{Icon, icon};
use crate::ui::layout::{Block, Head, Place, Split, Step as FirstStep, steps};
use crate::ui::mark::{Mode, Outcome, mode, mode_saying, outcome, outcome_saying};
use crate::ui::segment::{Tab, range_links};
use crate::ui::table::{Cell, Col, Row, Table};
use crate::ui::text::{Clockface, number};

/// The page's query.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    range: String,
}

struct Model {
    overview: Overview,
    latest: Vec<Found>,
    panic: Switch,
    role: Role,
    site: String,
    base: String,
    face: Clockface,
}

/// `GET /s/{site}/overview`.
pub async fn get(
    State(app): State<App>,
    permit: Permit<ReadOverview>,
    console: Console,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let overview = service::overview(&app, &permit, Range::parse(&asked.range)).await?;
    let newest = PageRequest { after: None, limit: 8 };
    let latest = search::find(&app, &permit.also::<ReadDecisions>()?, &Filter::default(), newest).await?.data;
    let panic = policy::current(&app, permit.site_id()).await?.policy.panic;
    let model = Model {
        face: Clockface { now: overview.period.now, zone: permit.site().time_zone },
        overview,
        latest,
        panic,
        role: permit.role(),
        site: permit.site().name.clone(),
        base: format!("/s/{}", permit.site().handle),
    };
    Ok(console.page("Overview", move || view(model)))
}

fn view(model: Model) -> impl IntoView {
    let rail = rail(&model).into_any();
    let Model { overview, face, base, role, .. } = model;
    let ranges = Range::ALL
        .into_iter()
        .map(|range| {
            Tab::new(range.label(), format!("{base}/overview?range={}", range.as_str()), range == overview.period.range)
        })
        .collect();
    let lead = lead(&overview, face);
    let empty = (!overview.any).then(|| {
        let keys = role.may(Permission::EditApiKeys).then(|| format!("{base}/api-keys"));
        view! {
            <EmptyState
                title="No attempts yet"
                text="Once your server asks for decisions, this page shows them against what is usual for your site."
                sign=Icon::Activity
            >
                {keys.map(|href| view! { <a class="button primary" href=href>"Create an API key"</a> })}
            </EmptyState>
        }
    });
    let figures = overview.any.then(|| figures(&overview, &base, face));
    view! {
        <Head title="Overview" lead=lead>{range_links("Period", ranges)}</Head>
        <Split rail=rail>{empty}{figures}</Split>
    }
}

fn figures(overview: &Overview, base: &str, face: Clockface) -> impl IntoView + use<> {
    let chart = chart(overview, face.zone);
    let history = overview.steps.iter().any(|step| step.usual.is_some());
    let stopped = stopped(&overview.stopped, base);
    view! {
        <section class="block first" aria-label="In numbers">{stats(overview)}</section>
        <Block title="Outcomes over time" aside=legend(history).into_any()>{stacked(&chart)}</Block>
        <Block title="What stopped it" place=Place::Last>{stopped}</Block>
    }
}

fn lead(overview: &Overview, face: Clockface) -> String {
    let day = face.now.with_timezone(&face.zone).format("%A %-d %B %Y").to_string();
    let history = overview.totals.attempts.usual.is_some();
    let against = match overview.period.range {
        _ if !history => "There is not enough history yet to say what is usual",
        Range::Today => "Against the same hours of the last days",
        Range::Day => "Against the last days",
        Range::Week | Range::Month => "Against the last weeks",
    };
    format!("{day}, times in {}. {against}.", face.zone.name().replace('_', " "))
}

fn stats(overview: &Overview) -> impl IntoView + use<> {
    let totals = overview.totals;
    view! {
        <dl class="stats">
            {stat("Attempts".into_any(), totals.attempts, false)}
            {stat(outcome(Outcome::Approve).into_any(), totals.approved, false)}
            {stat(outcome(Outcome::Challenge).into_any(), totals.challenged, true)}
            {stat(outcome(Outcome::Reject).into_any(), totals.refused, true)}
            {stat(outcome_saying(Outcome::Shadow, "Shadow"), totals.shadow, false)}
        </dl>
    }
}

fn stat(name: AnyView, figure: Figure, loud: bool) -> impl IntoView {
    let against = figure.usual.map(|usual| {
        let change = loud.then(|| change(figure.now, usual)).flatten();
        view! { {change.map(|c| view! { <span class="up-bad">{c}</span>" " })} {format!("usual {}", rounded(usual))} }
    });
    view! {
        <div>
            <dt>{name}</dt>
            <dd class="value">{figure_words(figure.now)}</dd>
            <dd class="against">{against}</dd>
        </div>
    }
}

/// How much more than usual, once it is worth saying: half as much again, and by more than a handful.
fn change(now: u64, usual: f64) -> Option<String> {
    let now = length(now);
    if now < usual * 1.5 || now - usual < 10.0 {
        return None;
    }
    if usual < 1.0 {
        return Some("unusual,".into());
    }
    let times = now / usual;
    Some(if times >= 3.0 { format!("×{}", rounded(times)) } else { format!("+{}%", rounded((times - 1.0) * 100.0)) })
}

fn legend(history: bool) -> impl IntoView {
    let usual = history.then(|| {
        view! { <li><svg class="dash" aria-hidden="true"><line x1="0" x2="16" y1="6" y2="6"></line></svg>"Usual, with its range"</li> }
    });
    view! {
        <ul class="legend small">
            <li>{outcome(Outcome::Approve)}</li>
            <li>{outcome(Outcome::Challenge)}</li>
            <li>{outcome(Outcome::Reject)}</li>
            {usual}
        </ul>
    }
}

fn chart(overview: &Overview, zone: Tz) -> Stacked {
    let period = &overview.period;
    let (pattern, per) = match period.range {
        Range::Today | Range::Day => ("%H:%M", "quarter of an hour"),
        Range::Week => ("%a %-d %b, %H:%M", "two hours"),
        Range::Month => ("%a %-d %b", "day"),
    };
    let slots = overview.steps.iter().map(|step| slot(step, zone, pattern)).collect();
    let totals = overview.totals;
    let ends_early = period.range == Range::Today;
    let now = period.now.with_timezone(&zone).format("Now, %H:%M").to_string();
    Stacked {
        title: format!("Attempts per {per} by outcome"),
        desc: format!(
            "{} approved, {} challenged, {} refused. The figures are in the table below.",
            figure_words(totals.approved.now),
            figure_words(totals.challenged.now),
            figure_words(totals.refused.now)
        ),
        slots,
        now: ends_early.then(|| (period.share(), now)),
        ticks: ticks(period, zone),
        slot_name: "From".into(),
    }
}

fn slot(step: &Step, zone: Tz, pattern: &str) -> Slot {
    Slot {
        when: step.at.with_timezone(&zone).format(pattern).to_string(),
        approved: step.approved,
        challenged: step.challenged,
        refused: step.refused,
        usual: step.usual.map(|(low, mid, high)| Usual { low, mid, high }),
    }
}

/// Nine marks below the chart, every other of which may go.
fn ticks(period: &Period, zone: Tz) -> Vec<(f64, String, bool)> {
    let (marks, pattern) = match period.range {
        Range::Today | Range::Day => (8, "%H:%M"),
        Range::Week => (7, "%a %-d"),
        Range::Month => (6, "%-d %b"),
    };
    (0..=marks)
        .map(|mark| {
            let at = period.begins(period.steps * mark / marks).with_timezone(&zone);
            let words = match (period.range, mark == marks) {
                (Range::Today, true) => "24:00".into(),
                (Range::Day, _) => at.format(pattern).to_string(),
                (_, true) => String::new(),
                _ => at.format(pattern).to_string(),
            };
            (share(mark, marks), words, mark % 2 == 1)
        })
        .collect()
}

const STOPPED: [Col; 5] = [
    Col::new("Check"),
    Col::num("Refused"),
    Col::num("Usual"),
    Col::num("Challenged"),
    Col::quiet("Refused, as a bar"),
];

fn stopped(stopped: &[Stopped], base: &str) -> AnyView {
    if stopped.is_empty() {
        return view! { <p class="mid">"Nothing was refused or challenged."</p> }.into_any();
    }
    let most = stopped.iter().map(|s| length(s.refused.now).max(s.refused.usual.unwrap_or(0.0))).fold(1.0, f64::max);
    let rows = stopped
        .iter()
        .map(|line| {
            let (now, usual) = (line.refused.now, line.refused.usual);
            let said = format!(
                "{} refused{}",
                figure_words(now),
                usual.map(|u| format!(", usual {}", rounded(u))).unwrap_or_default()
            );
            let href = format!("{base}/decisions?check={}", line.check);
            Row::new(vec![
                Cell::new(view! { <a href=href>{line.check.label()}</a> }),
                Cell::new(figure_words(now)),
                Cell::quiet(usual.map_or_else(|| "–".to_owned(), rounded)),
                Cell::new(figure_words(line.challenged)),
                Cell::new(share_meter(length(now) / most, usual.map(|u| u / most), Outcome::Reject, said)),
            ])
        })
        .collect();
    view! { <Table label="What stopped it" cols=STOPPED.to_vec() rows=rows tight=true/> }.into_any()
}

fn rail(model: &Model) -> impl IntoView + use<> {
    let todo = first_steps(model);
    let may_switch = model.role.may(Permission::EditProtection);
    let base = model.base.clone();
    let switch = may_switch.then(|| {
        let href = format!("{base}/panic");
        match model.panic {
            Switch::Enforce => view! { <a class="button" href=href>"Let requests through again"</a> }.into_any(),
            _ => view! { <a class="button danger" href=href>{icon(Icon::Ban)}"Block all requests"</a> }.into_any(),
        }
    });
    let words = match model.panic {
        Switch::Enforce => format!("Every sign-in, registration and payment on {} is refused.", model.site),
        Switch::Shadow => format!("Decisions on {} record that it would refuse them. Nothing is stopped.", model.site),
        Switch::Off => {
            format!("Refuses every sign-in, registration and payment on {} until somebody turns it off.", model.site)
        }
    };
    let state = match model.panic {
        Switch::Enforce => mode_saying(Mode::Attack, "On"),
        weaker => mode(weaker.into()).into_any(),
    };
    let feed = feed(model);
    view! {
        {todo}
        <section class="panic block" aria-label="Panic switch">
            <div class="row wide"><h2>"Panic switch"</h2>{state}</div>
            <p>{words}</p>
            {switch}
        </section>
        {feed}
    }
}

fn feed(model: &Model) -> Option<AnyView> {
    let lines: Vec<_> = model.latest.iter().map(|row| line(row, &model.base, model.face)).collect();
    let all = format!("{}/decisions", model.base);
    (!lines.is_empty()).then(|| {
        view! {
            <Block title="Newest" place=Place::Last aside=view! { <a href=all>"All decisions"</a> }.into_any()>
                <ol class="feed">{lines}</ol>
            </Block>
        }
        .into_any()
    })
}

fn line(row: &Found, base: &str, face: Clockface) -> impl IntoView + use<> {
    let what = row.money.map_or_else(|| row.kind.label().to_owned(), |money| format!("{} {money}", row.kind.label()));
    let sign = match row.outcome {
        Decided::Approve if row.shadow => Outcome::Shadow,
        decided => decided.into(),
    };
    let who = row.email.clone().or_else(|| row.ip.map(|ip| ip.to_string()));
    let about: Vec<String> = [row.service_name.clone(), row.settled_by.map(|check| check.label().to_owned()).or(who)]
        .into_iter()
        .flatten()
        .collect();
    view! {
        <li>
            {face.time_of_day(row.at)}
            <a href=format!("{base}/decisions/{}", row.id)>{what}</a>
            {outcome(sign)}
            <small>{about.join(", ")}</small>
        </li>
    }
}

fn first_steps(model: &Model) -> Option<AnyView> {
    let begun = model.overview.begun;
    let all = [
        (Permission::EditServices, begun.service, "services", "Add a service", "What you sell, and in which currency."),
        (
            Permission::EditApiKeys,
            begun.key,
            "api-keys",
            "Create an API key",
            "Your server asks for decisions with it.",
        ),
        (
            Permission::ReadDecisions,
            model.overview.any,
            "decisions",
            "Send your first decision",
            "One request from your server, or from the command line.",
        ),
        (
            Permission::EditProtection,
            begun.policy,
            "velocity",
            "Choose your limits",
            "How often one card, address or e-mail may try in 24 hours.",
        ),
        (
            Permission::EditProtection,
            begun.list,
            "lists",
            "Make a list",
            "Whom to let through, challenge or refuse whatever else is said.",
        ),
    ];
    let steps_left: Vec<FirstStep> = all
        .into_iter()
        .filter(|(permission, ..)| model.role.may(*permission))
        .map(|(_, done, page, title, text)| FirstStep {
            title: title.into(),
            text: text.into(),
            href: format!("{}/{page}", model.base),
            done,
        })
        .collect();
    let open = steps_left.iter().filter(|step| !step.done).count();
    (open > 0).then(|| {
        let left = format!("{} of {} done", steps_left.len() - open, steps_left.len());
        view! {
            <Block title="First steps" place=Place::First aside=view! { <span class="quiet">{left}</span> }.into_any()>
                {steps(steps_left)}
            </Block>
        }
        .into_any()
    })
}

fn figure_words(n: u64) -> String {
    number(i64::try_from(n).unwrap_or(i64::MAX))
}

#[allow(clippy::cast_possible_truncation, reason = "a figure for people")]
fn rounded(value: f64) -> String {
    number(value.round() as i64)
}

#[allow(clippy::cast_precision_loss, reason = "lengths on a screen")]
fn length(n: u64) -> f64 {
    n as f64
}

#[allow(clippy::cast_precision_loss, reason = "lengths on a screen")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_said_only_when_it_matters() {
        assert_eq!(change(100, 90.0), None);
        assert_eq!(change(9, 2.0), None, "a handful");
        assert_eq!(change(160, 100.0).as_deref(), Some("+60%"));
        assert_eq!(change(1_564, 44.0).as_deref(), Some("×36"));
        assert_eq!(change(40, 0.0).as_deref(), Some("unusual,"));
    }
}
