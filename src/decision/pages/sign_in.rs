//! `/s/{site}/decisions/{decision}` where the decision is a collaborator's sign-in: the same story in its own two steps. Nothing
//! can be done about it here: people and locks have pages of their own.

use leptos::prelude::*;

use crate::decision::attempt::Kind;
use crate::decision::pages::steps;
use crate::decision::pages::story::headline;
use crate::decision::pages::trace::{opening, took};
use crate::decision::service::sign_in::Detail;
use crate::ui::layout::{Block, Place, facts, strip};
use crate::ui::text::{Clockface, figure, nothing};

/// What the page shows.
pub struct Model {
    /// The site's path.
    pub base: String,
    /// The sign-in.
    pub detail: Detail,
    /// Now, in the site's zone.
    pub clock: Clockface,
}

/// The page's title.
pub fn title(detail: &Detail) -> String {
    headline(detail.outcome, detail.settled_by, false, &detail.findings)
}

/// The page.
pub fn view(model: Model) -> impl IntoView {
    let Model { base, detail, clock } = model;
    let kind = Kind::CollaboratorSignIn;
    let list = format!("{base}/decisions?kind={}", kind.as_str());
    let settling = detail.findings.iter().find(|finding| Some(finding.check) == detail.settled_by);
    let mut said = settling.map(|finding| finding.detail.clone()).unwrap_or_default();
    if detail.first_of_hour {
        said.push_str(" It stands for all like it within its hour.");
    }
    let about = vec![
        ("Attempt", kind.label().into_any()),
        ("When", clock.at(detail.at).into_any()),
        ("Time taken", figure(took(detail.took))),
        ("Policy", nothing("None: no setting of a site’s traffic has a part in it")),
    ];
    let browser = if detail.known_device { "A known device" } else { "Not known before" };
    let erased = "Not known, or erased";
    let who = vec![
        ("E-mail", detail.email.clone().map_or_else(|| nothing(erased), IntoAny::into_any)),
        ("Address", detail.ip.map_or_else(|| nothing(erased), |ip| view! { <code>{ip.to_string()}</code> }.into_any())),
        ("Device", browser.into_any()),
        ("Browser", detail.user_agent.clone().map_or_else(|| nothing(erased), IntoAny::into_any)),
        ("Asked by", "The console’s own door".into_any()),
    ];
    view! {
        {opening(&list, detail.id, ().into_any(), detail.outcome, title(&detail), said)}
        {strip(about)}
        <div class="split spaced">
            <section aria-label="Order of checks">
                {steps::sign_in_story(&detail.findings, detail.settled_by, &base, clock)}
                <p class="pager"><a href=format!("{base}/order")>"How a decision is made"</a></p>
            </section>
            <div class="rail">
                <Block title="Who" place=Place::First>{facts(who)}</Block>
                <Block title="What became of it" place=Place::Last>
                    <p class="mid"><a href=format!("{base}/audit")>"The audit log"</a>" has what followed."</p>
                </Block>
            </div>
        </div>
    }
}
