//! The published order of a decision as a list: each step with what it said, the numbers it compared and its mode.

use std::ops::RangeInclusive;

use leptos::prelude::*;

use crate::decision::order::{LAST_GATE, STEPS};
use crate::decision::pages::decisions::outcome_mark;
use crate::decision::verdict::{
    Because, Check, Code, Compared, Finding, FindingOutcome, Lock, Matched, Measure, Mode as PolicyMode, Network,
};
use crate::kernel::clock::Timestamp;
use crate::kernel::money::Money;
use crate::ui::chart::meter::limit_meter;
use crate::ui::mark::{Outcome as Mark, mode as mode_sign, outcome_only};
use crate::ui::text::{Clockface, number};

/// The whole story.
pub fn story(findings: &[Finding], settled_by: Option<Check>, base: &str, clock: Clockface) -> impl IntoView + use<> {
    let step = |n: u8| -> Vec<Finding> { findings.iter().filter(|f| f.check.step() == n).cloned().collect() };
    let shown = |steps: RangeInclusive<u8>| -> Vec<AnyView> {
        runs(steps)
            .into_iter()
            .filter_map(|run| match run {
                Run::Taken(n) => line(n, step(n), settled_by, base, clock),
                Run::Untaken(from, to) => Some(skipped(from, to)),
            })
            .collect()
    };
    view! {
        <ol class="trace">
            <li class="phase"><h2>"Gates"</h2><span>"Each may stop the attempt on its own"</span></li>
            {shown(1..=LAST_GATE)}
            <li class="phase"><h2>"Checks"</h2><span>"All run, so that the record is complete; the strongest answer wins"</span></li>
            {shown(LAST_GATE + 1..=12)}
        </ol>
    }
}

/// The story of a collaborator's sign-in: two steps, both in use.
pub fn sign_in_story(
    findings: &[Finding],
    settled_by: Option<Check>,
    base: &str,
    clock: Clockface,
) -> impl IntoView + use<> {
    let steps: Vec<_> =
        findings.iter().filter_map(|f| line(f.check.step(), vec![f.clone()], settled_by, base, clock)).collect();
    view! {
        <ol class="trace">
            <li class="phase"><h2>"At the console’s door"</h2><span>"No site’s switch, list or filter has a part in it"</span></li>
            {steps}
        </ol>
    }
}

/// A step that a check takes, or neighbouring ones that none does.
#[derive(Debug, PartialEq)]
enum Run {
    Taken(u8),
    Untaken(u8, u8),
}

fn runs(steps: RangeInclusive<u8>) -> Vec<Run> {
    let mut runs = Vec::new();
    for n in steps {
        match runs.last_mut() {
            _ if Check::ALL.iter().any(|check| check.step() == n) => runs.push(Run::Taken(n)),
            Some(Run::Untaken(_, to)) => *to = n,
            _ => runs.push(Run::Untaken(n, n)),
        }
    }
    runs
}

fn skipped(from: u8, to: u8) -> AnyView {
    let skipped = STEPS.iter().filter(|step| (from..=to).contains(&step.number));
    let names = skipped.map(|step| step.name.to_lowercase()).collect::<Vec<_>>().join(", ");
    let name = if from == to { format!("Step {from}: {names}") } else { format!("Steps {from} to {to}: {names}") };
    let words = "Not in use at this site.";
    view! {
        <li class="skipped">
            <span class="n"></span>
            {outcome_only(Mark::None, "Not run")}
            <div><h3>{name}</h3><p>{words}</p></div>
            <span class="from"></span>
            <span class="took"><span></span><span>"not run"</span></span>
        </li>
    }
    .into_any()
}

/// One step: a gate, a kind of list, or all velocity filters together.
fn line(n: u8, findings: Vec<Finding>, settled_by: Option<Check>, base: &str, clock: Clockface) -> Option<AnyView> {
    let first = findings.first()?.clone();
    let strongest = findings.iter().max_by_key(|f| f.outcome).map_or(FindingOutcome::NotApplicable, |f| f.outcome);
    let mode = first.mode;
    let settled = findings.iter().any(|f| Some(f.check) == settled_by);
    let not_reached = findings.iter().all(|f| f.code == Code::NotReached);
    let (mark, word) = said(&first, strongest, not_reached);
    let name = if is_velocity(&first) { "Velocity filters" } else { first.check.label() };
    let title = match word {
        "Passed" | "No effect" | "Not run" => name.to_owned(),
        said => format!("{name}: {}", said.to_lowercase().replace("shadow, ", "")),
    };
    let class = if settled {
        "settled"
    } else if not_reached {
        "skipped"
    } else {
        ""
    };
    let compared: Vec<_> = findings.iter().flat_map(|f| comparisons(f, clock)).collect();
    let matches: Vec<_> = findings.iter().flat_map(|f| entries(f, base)).collect();
    let origin = match mode {
        PolicyMode::Enforce => first.origin.label().into_any(),
        mode => mode_sign(mode.into()).into_any(),
    };
    view! {
        <li class=class data-o=settled.then_some(mark.name())>
            <span class="n tnum">{n.to_string()}</span>
            {outcome_only(mark, word)}
            <div><h3>{title}</h3><p>{sentence(&findings)}</p></div>
            <span class="from">{origin}</span>
            <span class="took"></span>
            {(!compared.is_empty() || !matches.is_empty()).then(|| view! { <ul class="compare-list">{matches}{compared}</ul> })}
        </li>
    }
    .into_any()
    .into()
}

fn is_velocity(finding: &Finding) -> bool {
    matches!(finding.check, Check::Velocity(..))
}

fn said(first: &Finding, strongest: FindingOutcome, not_reached: bool) -> (Mark, &'static str) {
    match (strongest, first.mode) {
        _ if not_reached => (Mark::None, "Not run"),
        // A list that only lets through or only challenges does nothing to those who are not on it.
        _ if first.code == Code::NotListed && first.check != Check::BlockList => (Mark::None, "No effect"),
        (FindingOutcome::NotApplicable, _) | (_, PolicyMode::Off) => (Mark::None, "No effect"),
        (FindingOutcome::Approve, PolicyMode::Shadow) if first.code == Code::Listed => {
            (Mark::Shadow, "Shadow, would trust")
        }
        (FindingOutcome::Approve, _) => (Mark::Approve, "Passed"),
        (FindingOutcome::Challenge, PolicyMode::Shadow) => (Mark::Shadow, "Shadow, would challenge"),
        (FindingOutcome::Reject, PolicyMode::Shadow) => (Mark::Shadow, "Shadow, would refuse"),
        (FindingOutcome::Challenge, _) => (Mark::Challenge, "Challenged"),
        (FindingOutcome::Reject, _) => (Mark::Reject, "Refused"),
    }
}

/// The step's sentence. Velocity filters have nine findings; what is over comes first, what cannot be looked at last.
fn sentence(findings: &[Finding]) -> String {
    if !findings.first().is_some_and(is_velocity) {
        return findings.first().map(|f| f.detail.clone()).unwrap_or_default();
    }
    let shadow = findings.iter().any(|f| f.mode == PolicyMode::Shadow);
    let over: Vec<&Finding> = findings.iter().filter(|f| f.code == Code::OverLimit).collect();
    let mut said = match (over.as_slice(), findings.first()) {
        ([], Some(f)) if matches!(f.code, Code::Off | Code::NotAPayment | Code::NotReached) => return f.detail.clone(),
        ([], _) if findings.iter().any(|f| f.code == Code::Allowed) => {
            "Switched off by an allow list; the numbers are for the record.".to_owned()
        }
        ([], _) if findings.iter().any(|f| f.code == Code::WithinLimit) => "Within every limit.".to_owned(),
        ([], _) => "No limit applies.".to_owned(),
        ([one], _) => format!("{}.", one.detail.trim_end_matches('.')),
        (many, _) => format!("Over {} limits.", many.len()),
    };
    if shadow && !over.is_empty() {
        said.push_str(" In shadow: recorded, not acted on.");
    }
    for (code, words) in
        [(Code::NoEmail, "No e-mail address was given."), (Code::NoCard, "No card can be told from others.")]
    {
        if findings.iter().any(|f| f.code == code) {
            said.push(' ');
            said.push_str(words);
        }
    }
    said
}

/// Limits against what was counted: the words, the figures, a meter.
fn comparisons(finding: &Finding, clock: Clockface) -> Vec<AnyView> {
    match &finding.because {
        Because::Nothing | Because::Lists { .. } => Vec::new(),
        Because::Limit(compared) => vec![comparison(finding, compared, clock)],
        Because::Networks { networks } => networks.iter().flat_map(|network| of_network(network, clock)).collect(),
        Because::Lock(lock) => vec![of_lock(lock, clock)],
    }
}

/// Tries and accounts of a network against its limits: both must be reached before it is refused.
fn of_network(network: &Network, clock: Clockface) -> [AnyView; 2] {
    let mark = if network.until.is_some() { Mark::Reject } else { Mark::Approve };
    let of = match network.bits {
        0 => format!("unknown browsers everywhere in {} min", network.window_minutes),
        bits => format!("network of {bits} bits in {} min", network.window_minutes),
    };
    [
        measured(format!("Tries, {of}"), (network.tries, network.tries_limit), mark, until(network.until, clock)),
        measured(format!("Accounts, {of}"), (network.accounts, network.accounts_limit), mark, ().into_any()),
    ]
}

fn of_lock(lock: &Lock, clock: Clockface) -> AnyView {
    let shut = lock.closed || lock.until.is_some();
    let mark = if shut { Mark::Reject } else { Mark::Approve };
    let whose = if lock.known_device { "Failed attempts, known device" } else { "Failed attempts" };
    let ends = if lock.closed { "until reset or unlock".into_any() } else { until(lock.until, clock) };
    measured(whose.to_owned(), (lock.failed, lock.limit), mark, ends)
}

fn until(at: Option<Timestamp>, clock: Clockface) -> AnyView {
    at.map(|at| view! { "until "{clock.at(at)} }).into_any()
}

fn measured(label: String, (seen, limit): (u32, u32), mark: Mark, aside: AnyView) -> AnyView {
    let figures = format!("{} of {}", number(seen.into()), number(limit.into()));
    let class = if mark == Mark::Reject { "tnum over" } else { "tnum" };
    let meter = limit_meter(seen.into(), limit.into(), mark, figures.clone());
    view! {
        <li class="compare">
            <span class="quiet">{label}</span>
            <span class=class>{figures}</span>
            {meter}
            <span class="quiet said-here">{aside}</span>
        </li>
    }
    .into_any()
}

fn comparison(finding: &Finding, compared: &Compared, clock: Clockface) -> AnyView {
    let figures = figures(finding.check, compared);
    let over = finding.code == Code::OverLimit;
    let mark = match finding.outcome.outcome() {
        Some(outcome) if over => outcome_mark(outcome, finding.mode == PolicyMode::Shadow),
        _ if over => Mark::None,
        _ => Mark::Approve,
    };
    let meter_said = if over { format!("{figures}, over the limit") } else { figures.clone() };
    let unsigned = |n: i64| u64::try_from(n).unwrap_or(0);
    let meter = limit_meter(unsigned(compared.seen), unsigned(compared.limit), mark, meter_said);
    let first = compared.first_at.map(|at| view! { "first at "{clock.time_of_day(at)} });
    let class = if over && finding.code != Code::Allowed { "tnum over" } else { "tnum" };
    view! {
        <li class="compare">
            <span class="quiet">{finding.check.label()}</span>
            <span class=class>{figures}</span>
            {meter}
            <span class="quiet said-here">{first}</span>
        </li>
    }
    .into_any()
}

/// "4 of 3", "£168 of £1,000".
fn figures(check: Check, compared: &Compared) -> String {
    let at_least = if compared.at_least { "over " } else { "" };
    match (check, compared.currency) {
        (Check::Velocity(_, Measure::Amount), Some(currency)) => {
            format!(
                "{at_least}{} of {}",
                Money::new(compared.seen, currency).short(),
                Money::new(compared.limit, currency).short()
            )
        }
        _ if compared.at_least => format!("{} or more of {}", number(compared.seen), number(compared.limit)),
        _ => format!("{} of {}", number(compared.seen), number(compared.limit)),
    }
}

/// The list entries that matched, each with a way to its list.
fn entries(finding: &Finding, base: &str) -> Vec<AnyView> {
    let Because::Lists { matches } = &finding.because else { return Vec::new() };
    matches.iter().map(|matched| entry(matched, base)).collect()
}

fn entry(matched: &Matched, base: &str) -> AnyView {
    let fields = matched.fields.iter().map(|f| f.label().to_lowercase()).collect::<Vec<_>>().join(" and ");
    let href = format!("{base}/lists/{}", matched.list);
    let name = matched.list_name.clone();
    view! {
        <li class="compare">
            <span class="quiet">"Matched by"</span>
            <span>{fields}</span>
            <a href=href>{name}</a>
            <span class="quiet said-here"></span>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_shown_at_its_step_and_the_rest_in_runs() {
        assert_eq!(runs(1..=LAST_GATE), [Run::Taken(1), Run::Untaken(2, 5)]);
        assert_eq!(
            runs(LAST_GATE + 1..=12),
            [Run::Taken(6), Run::Taken(7), Run::Taken(8), Run::Taken(9), Run::Untaken(10, 12)]
        );
        let shown: Vec<Run> = runs(1..=12);
        assert!(Check::ALL.iter().all(|check| shown.contains(&Run::Taken(check.step()))));
    }
}
