//! Beside the overview's figures: first steps until they are taken, the panic switch, the newest decisions.

use leptos::prelude::*;

use crate::access::Permission;
use crate::decision::service::search::Row as Found;
use crate::decision::verdict::{Mode as Switch, Outcome as Decided};
use crate::reports::pages::overview::Model;
use crate::ui::icon::{Icon, icon};
use crate::ui::layout::{Block, Place, Step as FirstStep, steps};
use crate::ui::mark::{Mode, Outcome, mode, mode_saying, outcome};
use crate::ui::text::Clockface;

/// All of it.
pub(super) fn rail(model: &Model) -> impl IntoView + use<> {
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
                <ol class="feed" id="newest" data-refresh="10">{lines}</ol>
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
