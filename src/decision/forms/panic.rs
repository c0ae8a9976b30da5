//! `/s/{site}/panic`: *Block all requests* on, off or in shadow. On asks for the site's name and a reason, a weaker mode
//! for a fresh proof of identity.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use crate::access::{Permit, grant};
use crate::console::Console;
use crate::decision::last_week::LastWeek;
use crate::decision::pages::number::figure;
use crate::decision::pages::panic::{Model, view};
use crate::decision::policy::{Policy, Versioned};
use crate::decision::service::backtest;
use crate::decision::service::panic::{self, Switched};
use crate::decision::service::policy;
use crate::decision::verdict::Mode;
use crate::error::{Result, sentence};
use crate::kernel::name::{NotAName, line};
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};
use crate::ui::page::Page;
use crate::ui::stale::confirm_href;
use crate::ui::text::Clockface;

/// The form as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PanicForm {
    /// `on`, `shadow` or `off`: which button was pressed.
    pub turn: String,
    /// The site's name, to turn it on.
    #[serde(default)]
    pub typed: String,
    /// How many of last week's good payments it would have refused, to turn it on.
    pub number: Option<String>,
    /// Why; goes into the audit log and the policy's history.
    #[serde(default)]
    pub reason: String,
}

/// The longest reason.
pub const LONGEST_REASON: usize = 200;

impl PanicForm {
    fn read(&self, site_name: &str) -> std::result::Result<Mode, Problems> {
        let mut problems = Problems::none();
        let to = match self.turn.as_str() {
            "on" => Mode::Enforce,
            "shadow" => Mode::Shadow,
            "off" => Mode::Off,
            _ => {
                problems.add("", "Choose whether to turn it on, off or to shadow.");
                return Err(problems);
            }
        };
        if to == Mode::Enforce && self.typed.trim().to_lowercase() != site_name.trim().to_lowercase() {
            problems.add("typed", format!("Type the site’s name, {site_name}, to go on."));
        }
        match line(&self.reason, LONGEST_REASON) {
            Err(why @ NotAName::CardNumber) => problems.add("reason", sentence(&why)),
            Ok(reason) if !reason.is_empty() || to != Mode::Enforce => {}
            _ => problems.add("reason", "Say why in a line of at most 200 characters: the log keeps it."),
        }
        if problems.is_empty() { Ok(to) } else { Err(problems) }
    }
}

/// `GET /s/{site}/panic`.
pub async fn show(State(app): State<App>, permit: Permit<grant::EditProtection>, console: Console) -> Result<Response> {
    let now = policy::current(&app, permit.site_id()).await?;
    let model = load(&app, &permit, now, PanicForm::default(), Problems::none()).await?;
    Ok(console.page("Block all requests", move || view(model)))
}

/// `POST /s/{site}/panic`.
pub async fn post(
    State(app): State<App>,
    permit: Permit<grant::EditProtection>,
    console: Console,
    Form(form): Form<PanicForm>,
) -> Result<Response> {
    let to = match form.read(&permit.site().name) {
        Ok(to) => to,
        Err(problems) => {
            let now = policy::current(&app, permit.site_id()).await?;
            let model = load(&app, &permit, now, form, problems).await?;
            return Ok(console
                .show(Page::new("Block all requests", move || view(model)).status(StatusCode::UNPROCESSABLE_ENTITY)));
        }
    };
    let base = format!("/s/{}", permit.site().handle);
    let (overview, path) = (format!("{base}/overview"), format!("{base}/panic"));
    match panic::switch(&app, &permit, to, form.reason.trim(), form.number.as_deref()).await? {
        Switched::Done => {
            let done = match to {
                Mode::Off => Done::SwitchedOff,
                Mode::Shadow => Done::Shadowed,
                Mode::Enforce => Done::SwitchedOn,
            };
            Ok(Redirect::to(&done.at(&overview)).into_response())
        }
        Switched::Same => Ok(Redirect::to(&Done::Unchanged.at(&overview)).into_response()),
        Switched::Unnamed(week) => {
            let now = policy::current(&app, permit.site_id()).await?;
            let words = format!("Type how many it would have refused, {}, to go on.", figure(week.refused));
            let problems = [("number", words)].into_iter().collect();
            let model = load(&app, &permit, now, form, problems).await?;
            Ok(console
                .show(Page::new("Block all requests", move || view(model)).status(StatusCode::UNPROCESSABLE_ENTITY)))
        }
        // Nothing was typed that could be lost.
        Switched::Confirm => Ok(Redirect::to(&confirm_href(&path)).into_response()),
    }
}

async fn load(
    app: &App,
    permit: &Permit<grant::EditProtection>,
    now: Arc<Versioned>,
    form: PanicForm,
    problems: Problems,
) -> Result<Model> {
    let row = policy::version(app, &permit.also()?, now.version).await?;
    let on = Policy { panic: Mode::Enforce, ..now.policy.clone() };
    let (week, effect) = match now.policy.panic {
        Mode::Enforce => (LastWeek::default(), None),
        _ => {
            let effect = backtest::effect(app, &permit.also()?, on).await?;
            (backtest::all(app, permit).await?, effect)
        }
    };
    Ok(Model {
        base: format!("/s/{}", permit.site().handle),
        site_name: permit.site().name.clone(),
        mode: now.policy.panic,
        week,
        effect,
        by: row.and_then(|r| r.by),
        now,
        form,
        problems,
        fresh: permit.fresh(app.clock.now()).is_ok(),
        clock: Clockface { now: app.clock.now(), zone: permit.site().time_zone },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(turn: &str, reason: &str) -> Option<String> {
        let form = PanicForm { turn: turn.into(), typed: "Shop".into(), reason: reason.into(), number: None };
        form.read("Shop").err().and_then(|problems| problems.of("reason"))
    }

    #[test]
    fn a_reason_is_a_line_and_holds_no_card_number() {
        for (turn, reason, refused) in [
            ("on", "Card testing since noon", false),
            ("on", " ", true),
            ("off", "", false),
            ("off", "a\nb", true),
            ("shadow", &"x".repeat(201), true),
        ] {
            assert_eq!(wrong(turn, reason).is_some(), refused, "{turn} {reason}");
        }
        for turn in ["on", "off", "shadow"] {
            let words = wrong(turn, "They use 4111 1111 1111 1111").unwrap();
            assert!(words.contains("card number") && !words.contains("4111"), "{words}");
        }
    }
}
