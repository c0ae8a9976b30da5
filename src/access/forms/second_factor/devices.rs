//! `/me/second-factor` and what can be done with a device that is set up: another name, ended; and the recovery codes.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::access::factor::{EndReason, Factor};
use crate::access::forms::request::{Own, clock, redirect};
use crate::access::forms::second_factor::{CODES, DEVICES, confirm_first};
use crate::access::pages::second_factor::{device, list, question, recovery};
use crate::access::service::factors::{self, Ended};
use crate::access::service::requirement;
use crate::access::{Visitor, session};
use crate::console::Console;
use crate::error::{Error, Kind, Result};
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};

/// The devices, and what the person's sites ask.
pub async fn page(State(app): State<App>, visitor: Visitor, console: Console) -> Result<Response> {
    let mine = factors::mine(&app, &visitor).await?;
    Ok(list::page(console, mine, clock(&app, visitor.id).await?))
}

async fn mine(app: &App, visitor: &Visitor, id: &str) -> Result<Factor> {
    let id = id.parse().map_err(|_| Error::not_found())?;
    factors::one(app, visitor, id).await
}

/// One device.
pub async fn device_page(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Path(id): Path<String>,
) -> Result<Response> {
    let factor = mine(&app, &visitor, &id).await?;
    let name = factor.name.clone();
    Ok(device::page(console, factor, name, clock(&app, visitor.id).await?, Problems::none()))
}

/// A name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    #[serde(default)]
    name: String,
}

/// Gives the device another name.
pub async fn rename(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Path(id): Path<String>,
    Form(form): Form<Name>,
) -> Result<Response> {
    let factor = mine(&app, &visitor, &id).await?;
    match factors::rename(&app, &visitor, &factor, &form.name).await {
        Ok(()) => Ok(redirect(&Done::Saved.at(DEVICES), [])),
        Err(error) if error.kind == Kind::Invalid => {
            let problems = error.fields.into_iter().map(|f| (f.field, f.message)).collect();
            Ok(device::page(console, factor, form.name, clock(&app, visitor.id).await?, problems))
        }
        Err(error) => Err(error),
    }
}

/// Why it ends: one of the page's two buttons.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    Lost,
    Removed,
}

impl Why {
    fn as_end(self) -> EndReason {
        match self {
            Self::Lost => EndReason::Lost,
            Self::Removed => EndReason::Removed,
        }
    }
}

/// The form. Anything else than the two ends nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    reason: Why,
}

/// Which question is asked, as its address says.
#[derive(Debug, Deserialize)]
pub struct AskEnd {
    reason: Why,
}

/// The question before it ends.
pub async fn ask_end(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Path(id): Path<String>,
    Query(why): Query<AskEnd>,
) -> Result<Response> {
    let factor = mine(&app, &visitor, &id).await?;
    let reason = why.reason.as_end();
    if !visitor.proved_recently(app.clock.now()) {
        return Ok(confirm_first(&format!("{DEVICES}/{}/end?reason={}", factor.id, reason.as_str())));
    }
    let last = factors::mine(&app, &visitor).await?.factors.len() == 1;
    let asked = requirement::of_person(&app.db, visitor.id, app.clock.now()).await?.iter().any(|site| site.required);
    let rest = match (last, asked) {
        (false, _) => question::Rest::Others,
        (true, false) => question::Rest::Password,
        (true, true) => question::Rest::Required,
    };
    Ok(question::end(console, &factor, reason, rest))
}

/// Removes the device, or marks it as lost.
pub async fn end(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Path(id): Path<String>,
    Form(form): Form<End>,
) -> Result<Response> {
    let factor = mine(&app, &visitor, &id).await?;
    if !visitor.proved_recently(app.clock.now()) {
        return Ok(confirm_first(&format!("{DEVICES}/{}", factor.id)));
    }
    let reason = form.reason.as_end();
    match factors::end(&app, &visitor, &factor, reason).await? {
        Ended::Done { session, device } => {
            Ok(redirect(&Done::Removed.at(DEVICES), [session::set_cookie(&session)?, device]))
        }
        Ended::Required(site) => {
            let words = format!(
                "{site} requires a second step, and this is your last device for it. Set up another one first, then come back."
            );
            let (name, clockface) = (factor.name.clone(), clock(&app, visitor.id).await?);
            Ok(device::page(console, factor, name, clockface, [("", words)].into_iter().collect()))
        }
    }
}

/// The question before recovery codes are made anew.
pub async fn ask_new_codes(State(app): State<App>, visitor: Visitor, console: Console) -> Result<Response> {
    if !visitor.has_factor {
        return Ok(redirect(DEVICES, []));
    }
    if !visitor.proved_recently(app.clock.now()) {
        return Ok(confirm_first(CODES));
    }
    Ok(question::new_codes(console, visitor.id))
}

/// Makes ten new recovery codes.
pub async fn new_codes(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Form(form): Form<Own>,
) -> Result<Response> {
    form.of(&visitor)?;
    if !visitor.proved_recently(app.clock.now()) {
        return Ok(confirm_first(CODES));
    }
    match factors::renew_codes(&app, &visitor).await? {
        Some(codes) => Ok(recovery::renewed(console, &codes)),
        None => Ok(redirect(DEVICES, [])),
    }
}
