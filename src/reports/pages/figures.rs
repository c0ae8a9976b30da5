//! The overview's figures: sums against what is usual, outcomes over time, what stopped what.

use chrono_tz::Tz;
use leptos::prelude::*;

use crate::reports::period::{Period, Range};
use crate::reports::service::{Figure, Overview, Step, Stopped};
use crate::ui::chart::meter::share_meter;
use crate::ui::chart::stacked::{Slot, Stacked, Usual, stacked};
use crate::ui::layout::{Block, Place};
use crate::ui::mark::{Outcome, outcome, outcome_saying};
use crate::ui::table::{Cell, Col, Row, Table};
use crate::ui::text::{Clockface, number};

/// All of them.
pub(super) fn figures(overview: &Overview, base: &str, face: Clockface) -> impl IntoView + use<> {
    let chart = chart(overview, face.zone);
    let history = overview.steps.iter().any(|step| step.usual.is_some());
    let stopped = stopped(&overview.stopped, base);
    view! {
        <section class="block first" aria-label="In numbers">{stats(overview)}</section>
        <Block title="Outcomes over time" aside=legend(history).into_any()>{stacked(&chart)}</Block>
        <Block title="What stopped it" place=Place::Last>{stopped}</Block>
    }
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
