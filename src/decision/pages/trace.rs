//! `/s/{site}/decisions/{decision}`: one decision as a readable story, with what can be done about it.

use std::time::Duration;

use leptos::prelude::*;

use crate::decision::attempt::{AttemptRequest, Card, PostalAddress};
use crate::decision::keys::{Identity, KeyKind};
use crate::decision::lists::Field;
use crate::decision::pages::decisions::{became_mark, brand_word, outcome_mark};
use crate::decision::pages::steps;
use crate::decision::pages::story::{headline, summary};
use crate::decision::service::decide::Decision;
use crate::decision::service::search::{Detail, Row};
use crate::decision::verdict::{Because, Check, Outcome};
use crate::kernel::id::DecisionId;
use crate::ui::icon::{Icon, icon};
use crate::ui::layout::{Block, Place, facts, strip};
use crate::ui::mark::{outcome_head, outcome_only, plain_tag};
use crate::ui::text::{Clockface, figure, nothing};

/// What the page shows.
pub struct Model {
    /// The site's path.
    pub base: String,
    /// The decision with everything around it.
    pub detail: Detail,
    /// The policy version in force today.
    pub version_today: i32,
    /// The answer it would get today, if that was asked.
    pub replay: Option<Replayed>,
    /// The next newer and the next older decision.
    pub newer: Option<DecisionId>,
    /// See `newer`.
    pub older: Option<DecisionId>,
    /// Which kinds of list the reader may add to.
    pub may: MayList,
    /// Whether the reader may see policies.
    pub reads_policy: bool,
    /// Now, in the site's zone.
    pub clock: Clockface,
}

/// Which kinds of list entry the reader may add.
#[derive(Debug, Clone, Copy)]
pub struct MayList {
    /// Block and challenge entries.
    pub block: bool,
    /// Allow entries.
    pub allow: bool,
}

/// The answer a decision would get under today's policy and lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// The outcome.
    pub outcome: Outcome,
    /// Its headline.
    pub headline: String,
    /// Under which version.
    pub version: i32,
    /// Whether outcome and findings are those of the decision.
    pub same: bool,
}

/// The page.
pub fn view(model: Model) -> impl IntoView {
    let decision = &model.detail.decision;
    let findings = &decision.findings;
    let title = headline(decision.outcome, decision.settled_by, decision.shadow, findings);
    let said = summary(decision.outcome, decision.settled_by, model.detail.attempt.kind, findings).join(" ");
    let list = format!("{}/decisions", model.base);
    let to = |id: DecisionId| format!("{list}/{id}");
    let newer = model.newer.map(|id| view! { <a class="button plain small" href=to(id) rel="prev">"Newer"</a> });
    let older = model.older.map(|id| view! { <a class="button plain small" href=to(id) rel="next">"Older"</a> });
    let around = view! { {newer}{older} }.into_any();
    view! {
        {opening(&list, decision.id, around, decision.outcome, title, said)}
        {about(&model)}
        {model.replay.as_ref().map(|replay| replayed(replay, decision))}
        <div class="split spaced">
            <section aria-label="Order of checks">
                {steps::story(findings, decision.settled_by, &model.base, model.clock)}
                <p class="pager">
                    <a href=format!("{}/order", model.base)>"How a decision is made"</a>
                    <span class="tnum">{format!("{} in all", took(decision.took))}</span>
                </p>
            </section>
            <div class="rail">
                {actions(&model)}
                {who(&model)}
                {told(&model)}
                {before(&model)}
            </div>
        </div>
    }
}

/// Where the page stands, ways to its neighbours, and the verdict in words.
pub fn opening(
    list: &str,
    id: DecisionId,
    around: AnyView,
    outcome: Outcome,
    title: String,
    said: String,
) -> impl IntoView + use<> {
    view! {
        <div class="head">
            <div>
                <ol class="crumbs">
                    <li>"Traffic"</li>
                    <li><a href=list.to_owned()>"Decisions"</a></li>
                    <li><code>{id.to_string()}</code></li>
                </ol>
            </div>
            <div class="row">{around}</div>
        </div>
        <div class="verdict">
            {outcome_head(outcome_mark(outcome, false))}
            <h1>{title}</h1>
            <p>{said}</p>
        </div>
    }
}

/// How long a decision took.
pub fn took(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

fn about(model: &Model) -> impl IntoView + use<> {
    let Detail { decision, attempt, service_name, outcome, .. } = &model.detail;
    let what = match attempt.money {
        Some(money) => view! { {attempt.kind.label()}", "<span class="tnum">{money.to_string()}</span> }.into_any(),
        None => attempt.kind.label().into_any(),
    };
    let version = format!("Version {}", decision.policy_version);
    let version = if model.reads_policy {
        let href = format!("{}/policy/{}", model.base, decision.policy_version);
        view! { <a href=href>{version}</a> }.into_any()
    } else {
        version.into_any()
    };
    let today = view! { {version}" "<span class="quiet">{format!("today’s is {}", model.version_today)}</span> };
    let mut lines = vec![("Attempt", what)];
    if let Some(service) = service_name {
        lines.push(("Service", service.clone().into_any()));
    }
    lines.push(("When", model.clock.at(decision.at).into_any()));
    lines.push(("Time taken", figure(took(decision.took))));
    lines.push(("Policy", today.into_any()));
    if let Some((told, _)) = outcome {
        lines.push(("What became of it", became_mark(told.outcome)));
    }
    if let Some(label) = &attempt.label {
        lines.push(("Simulated as", plain_tag(label.replace('_', " "))));
    }
    strip(lines)
}

fn replayed(replay: &Replayed, decision: &Decision) -> impl IntoView + use<> {
    let lead = match (replay.outcome == decision.outcome, replay.same) {
        (true, true) => "Same answer today.",
        (true, false) => "Same answer today, for other reasons.",
        (false, _) => "Another answer today.",
    };
    let words = format!(
        " Replayed under version {}, with lists and counts as they were then. {}.",
        replay.version, replay.headline
    );
    view! {
        <div class="banner" data-o=outcome_mark(replay.outcome, false).name() role="status" id="replay">
            {icon(Icon::Rotate)}
            <p><strong>{lead}</strong>{words}</p>
        </div>
    }
}

fn actions(model: &Model) -> impl IntoView + use<> {
    let id = model.detail.decision.id;
    let field = settling_field(&model.detail).map(|field| format!("&field={}", field.as_str())).unwrap_or_default();
    let entry = |kind: &str| format!("{}/lists/entries/new?kind={kind}&from={id}{field}", model.base);
    let allow =
        model.may.allow.then(|| view! { <a href=entry("allow")>{icon(Icon::Check)}"Allow: add to an allow list"</a> });
    let block = model.may.block.then(|| {
        view! {
            <a href=entry("block")>{icon(Icon::Ban)}"Block: add to a block list"</a>
            <a href=entry("challenge")>{icon(Icon::ShieldAlert)}"Challenge next time"</a>
        }
    });
    let replay = format!("{}/decisions/{id}?replay=today#replay", model.base);
    view! {
        <section class="block first acts" aria-label="Actions">
            <h2>"Actions"</h2>
            {allow}
            {block}
            {model.reads_policy.then(|| view! { <a href=replay>{icon(Icon::Rotate)}"Replay under today’s policy"</a> })}
        </section>
    }
}

/// What the check that settled the answer counts by, as a field of a list's entry.
fn settling_field(detail: &Detail) -> Option<Field> {
    match detail.decision.settled_by {
        Some(Check::Velocity(KeyKind::Email, _)) => Some(Field::Email),
        Some(Check::Velocity(KeyKind::Ip, _)) => Some(Field::Ip),
        Some(Check::Velocity(KeyKind::Card, _)) => Some(Field::CardFingerprint),
        _ => None,
    }
}

fn who(model: &Model) -> impl IntoView + use<> {
    let attempt = &model.detail.attempt;
    let search = |name: &str, value: &str| {
        let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        format!("{}/decisions?{name}={value}", model.base)
    };
    let mut lines = Vec::new();
    if let Some(id) = &attempt.customer.external_id {
        let guest = attempt.customer.guest.map(|guest| if guest { "guest" } else { "signed in" });
        lines.push((
            "Customer",
            view! { <a href=search("customer", id)>{id.clone()}</a>{guest.map(|g| view! { <br/><span class="quiet">{g}</span> })} }.into_any(),
        ));
    }
    lines.push((
        "E-mail",
        attempt.customer.email.as_ref().map_or_else(
            || nothing("Not given, or erased"),
            |email| view! { <a href=search("email", email.as_str())>{email.to_string()}</a> }.into_any(),
        ),
    ));
    lines.push((
        "Address",
        attempt.ip.ip().map_or_else(
            || nothing("Unknown, or erased"),
            |ip| view! { <a href=search("ip", &ip.to_string())><code>{ip.to_string()}</code></a> }.into_any(),
        ),
    ));
    if let Some(card) = &attempt.card {
        lines.push(("Card", card_words(card, card_identity(&model.detail))));
    }
    for (name, address) in [("Bills to", &attempt.billing), ("Ships to", &attempt.shipping)] {
        if let Some(address) = address {
            lines.push((name, postal(address).into_any()));
        }
    }
    if let Some(agent) = &attempt.user_agent {
        lines.push(("Browser", view! { <span class="quiet">{agent.clone()}</span> }.into_any()));
    }
    lines.push(("Asked by", asked_by(attempt).into_any()));
    view! { <Block title="Who">{facts(lines)}</Block> }
}

fn asked_by(attempt: &AttemptRequest) -> &'static str {
    use crate::decision::attempt::Source;
    match attempt.source {
        Source::Api => "The site, by API",
        Source::Simulation => "The simulation",
    }
}

/// How the card was told from others, if a limit counted by it.
fn card_identity(detail: &Detail) -> Option<Identity> {
    detail.decision.findings.iter().find_map(|f| match &f.because {
        Because::Limit(compared) if compared.key == KeyKind::Card => Some(compared.identity),
        _ => None,
    })
}

fn card_words(card: &Card, by: Option<Identity>) -> AnyView {
    let brand = card.brand.as_deref().map_or_else(|| "Card".into(), brand_word);
    let mut words = card.last4.as_ref().map_or_else(|| brand.clone(), |last4| format!("{brand} ending {last4}"));
    if let (Some(month), Some(year)) = (card.exp_month, card.exp_year) {
        words.push_str(&format!(", {month:02}/{:02}", year % 100));
    }
    let mut more = Vec::new();
    if let Some(holder) = &card.holder {
        more.push(holder.clone());
    }
    if let Some(country) = &card.country {
        more.push(format!("issued in {country}"));
    }
    match by {
        Some(Identity::Fingerprint) => more.push("counted by fingerprint".into()),
        Some(Identity::BrandLast4Expiry) => more.push("counted by brand, last 4 and expiry".into()),
        _ => {}
    }
    view! { {words}<br/><span class="quiet">{more.join(", ")}</span> }.into_any()
}

fn postal(address: &PostalAddress) -> String {
    let name = [&address.first_name, &address.last_name].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let rest = [&address.address, &address.city, &address.postal_code, &address.state, &address.country];
    std::iter::once(name)
        .filter(|n| !n.is_empty())
        .chain(rest.into_iter().flatten().cloned())
        .collect::<Vec<_>>()
        .join(", ")
}

/// What the site told us afterwards.
fn told(model: &Model) -> impl IntoView + use<> {
    let body = match &model.detail.outcome {
        None => {
            let words = if model.detail.decision.outcome == Outcome::Reject {
                "Nothing: a refused attempt has no outcome to tell."
            } else if model.clock.now < model.detail.decision.expires_at {
                "Nothing yet. Until then an amount is held as pending."
            } else {
                "Nothing, and the time for it has passed. Its amount is free again."
            };
            let until = (model.detail.decision.outcome != Outcome::Reject).then(|| {
                let at = model.clock.at(model.detail.decision.expires_at);
                view! { <p class="small quiet">"Expected until "{at}</p> }
            });
            view! { <p class="mid">{words}</p>{until} }.into_any()
        }
        Some((told, answer)) => {
            let mut lines =
                vec![("Outcome", became_mark(told.outcome)), ("Told", model.clock.at(answer.at).into_any())];
            if answer.late {
                lines.push(("Late", "Told after its amount was freed; counted all the same".into_any()));
            }
            for (name, value) in [
                ("Code", &told.code),
                ("Message", &told.message),
                ("CVC", &told.cvc_check),
                ("Address check", &told.avs_check),
                ("E-mail check", &told.email_check),
                ("3DS", &told.three_ds),
            ] {
                if let Some(value) = value {
                    lines.push((name, value.clone().into_any()));
                }
            }
            facts(lines).into_any()
        }
    };
    view! { <Block title="Told by the site">{body}</Block> }
}

/// Other attempts under the same card, or the same e-mail where there is no card.
fn before(model: &Model) -> impl IntoView + use<> {
    let neighbours = &model.detail.neighbours;
    let under = |kind: KeyKind| neighbours.iter().find(|(k, rows)| *k == kind && !rows.is_empty());
    let (title, rows) = match under(KeyKind::Card).or_else(|| under(KeyKind::Email)).or_else(|| under(KeyKind::Ip)) {
        Some((KeyKind::Card, rows)) => ("Same card, within 24 hours", rows.as_slice()),
        Some((KeyKind::Email, rows)) => ("Same e-mail, within 24 hours", rows.as_slice()),
        Some((KeyKind::Ip, rows)) => ("Same address, within 24 hours", rows.as_slice()),
        None => ("Same card, within 24 hours", &[] as &[Row]),
    };
    let body = if rows.is_empty() {
        view! { <p class="mid">"No other attempt within 24 hours."</p> }.into_any()
    } else {
        let lines: Vec<_> = rows.iter().map(|row| neighbour(model, row)).collect();
        view! { <ol class="timeline">{lines}</ol> }.into_any()
    };
    view! { <Block title=title place=Place::Last>{body}</Block> }
}

fn neighbour(model: &Model, row: &Row) -> impl IntoView + use<> {
    let mark = outcome_mark(row.outcome, row.shadow);
    let what = row.money.map_or_else(|| row.kind.label().to_owned(), |money| money.to_string());
    let href = format!("{}/decisions/{}", model.base, row.id);
    let became = row.became.map(|b| view! { ", "<span>{b.label().to_lowercase()}</span> });
    let at = model.clock.at(row.at);
    view! {
        <li>
            {outcome_only(mark, row.outcome.label())}
            <div><a href=href>{what}</a>" "{row.outcome.label().to_lowercase()}{became}<small>{at}</small></div>
        </li>
    }
}
