//! `/s/{site}/panic`: the page that turns *Block all requests* on, off or to shadow, and works without scripts.

use std::sync::Arc;

use leptos::prelude::*;

use crate::decision::backtest::Effect;
use crate::decision::forms::panic::PanicForm;
use crate::decision::last_week::LastWeek;
use crate::decision::pages::IF_THE_DATABASE_FAILS;
use crate::decision::pages::effect::{Of, busy, effect_view};
use crate::decision::pages::number::figure;
use crate::decision::policy::Versioned;
use crate::decision::verdict::Mode;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::Field;
use crate::ui::icon::{Icon, icon};
use crate::ui::islands::effect::effect_section;
use crate::ui::layout::{Block, Head, Place, Split, facts};
use crate::ui::mark::{Mode as Sign, mode_saying};
use crate::ui::text::Clockface;

/// What the page shows.
pub struct Model {
    /// The site's path.
    pub base: String,
    /// The site's name, which has to be typed.
    pub site_name: String,
    /// How it stands.
    pub mode: Mode,
    /// Last week's good payments: all of them would have been refused. None while they cannot be counted soon.
    pub week: LastWeek,
    /// What it would have done in 30 days; `None` while that takes too long.
    pub effect: Option<Effect>,
    /// Who saved the policy in force.
    pub by: Option<String>,
    /// The policy in force.
    pub now: Arc<Versioned>,
    /// What is in the fields.
    pub form: PanicForm,
    /// What is wrong with them.
    pub problems: Problems,
    /// Whether the proof of identity is fresh.
    pub fresh: bool,
    /// Now, in the site's zone.
    pub clock: Clockface,
}

/// The page.
pub fn view(model: Model) -> impl IntoView {
    let lead = "The last resort during an attack: every sign-in, registration and payment of this site’s customers is refused, \
                whatever the lists say. Collaborators, outcome calls and payments already authorised go on.";
    let rail = rail(&model).into_any();
    let problems = error_summary(&model.problems);
    let body = if model.mode == Mode::Enforce { off(&model).into_any() } else { on(&model).into_any() };
    view! {
        <Head title="Block all requests" crumbs=vec![("Protection".into(), None)] lead=lead.to_owned()/>
        {problems}
        <Split rail=rail>{body}</Split>
    }
}

fn on(model: &Model) -> impl IntoView + use<> {
    let action = format!("{}/panic", model.base);
    let label = format!("Type {} to go on", model.site_name);
    let (turn, words) = if model.mode == Mode::Shadow {
        ("off", "Stop recording")
    } else {
        ("shadow", "Only record what it would refuse")
    };
    let number = model.week.turns_most_away().then(|| {
        let refused = figure(model.week.refused);
        let words = format!("Of the payments that went through in the last 7 days it would have refused all {refused}.");
        view! {
            <Field
                name="number" label=format!("Type {refused} to go on") value=model.form.number.clone() error=model.problems.of("number")
                inputmode="numeric" required=true help=words
            />
        }
    });
    view! {
        <form class="form" action=action method="post">
            // The return key presses the first button of a form: it asks for everything that is typed here.
            <Field name="typed" label=label value=model.form.typed.clone() error=model.problems.of("typed") required=true/>
            {number}
            <Field
                name="reason" label="Reason" value=model.form.reason.clone() error=model.problems.of("reason") required=true maxlength=200
                help="One line. It stands in the audit log and in the policy’s history.".to_owned()
            />
            <div class="row">
                <button class="button danger-fill" type="submit" name="turn" value="on">{icon(Icon::Ban)}"Block all requests"</button>
                <button class="button" type="submit" name="turn" value=turn formnovalidate>{words}</button>
                <a class="button plain" href=format!("{}/overview", model.base)>"Cancel"</a>
            </div>
        </form>
    }
}

fn off(model: &Model) -> impl IntoView + use<> {
    let action = format!("{}/panic", model.base);
    let words = match model.fresh {
        true => "You confirmed a moment ago that it is you: one press is enough.",
        false => "You will be asked to confirm that it is you, and then press the button once more.",
    };
    view! {
        <form class="form" action=action method="post">
            <p>"All requests are refused now. Turning it off lets the site’s customers through again at once, under the other controls."</p>
            <p class="mid">{words}</p>
            <Field name="reason" label="Reason" aside="optional" value=model.form.reason.clone() error=model.problems.of("reason") maxlength=200/>
            <div class="row">
                <button class="button primary" type="submit" name="turn" value="off">"Let requests through again"</button>
                <button class="button" type="submit" name="turn" value="shadow">"Only record from now on"</button>
                <a class="button plain" href=format!("{}/overview", model.base)>"Cancel"</a>
            </div>
        </form>
    }
}

fn rail(model: &Model) -> impl IntoView + use<> {
    let state = match model.mode {
        Mode::Enforce => mode_saying(Sign::Attack, "On: everything is refused"),
        Mode::Shadow => mode_saying(Sign::Shadow, "In shadow: recorded, nothing is refused"),
        Mode::Off => mode_saying(Sign::Off, "Off"),
    };
    let version = format!("{}/policy/{}", model.base, model.now.version);
    let mut lines = vec![
        ("Now", state),
        ("Policy", view! { <a href=version>{format!("Version {}", model.now.version)}</a> }.into_any()),
    ];
    lines.push((IF_THE_DATABASE_FAILS.0, IF_THE_DATABASE_FAILS.1.into_any()));
    if model.mode != Mode::Off {
        lines.push(("Since", model.clock.at(model.now.created_at).into_any()));
        lines.push(("By", model.by.clone().unwrap_or_else(|| "Command line".into()).into_any()));
        lines.push(("Why", model.now.note.clone().into_any()));
    }
    let effect = (model.mode != Mode::Enforce).then(|| {
        let of = Of::Panic;
        let candidate = &model.now.policy;
        let view = model.effect.as_ref().map_or_else(|| busy(of), |effect| effect_view(effect, of, candidate));
        effect_section(view, "last")
    });
    view! {
        <Block title="State" place=Place::First>{facts(lines)}</Block>
        {effect}
    }
}
