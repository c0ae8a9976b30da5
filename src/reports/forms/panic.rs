//! The panic switch: a page that asks, and the form that does. Off is a loosening and wants a fresh proof of identity.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use crate::access::Permit;
use crate::access::grant::EditProtection;
use crate::console::Console;
use crate::decision::policy::{Policy, Versioned};
use crate::decision::service::policy::{self, SaveRefused};
use crate::error::{Error, Kind, Result};
use crate::platform::state::App;
use crate::reports::pages::panic;
use crate::ui::feedback::Done;
use crate::ui::page::Page;

/// What the form posts.
#[derive(Deserialize)]
pub struct Switch {
    to: String,
    base: i32,
    #[serde(default)]
    typed: String,
}

/// `GET /s/{site}/panic`.
pub async fn ask(State(app): State<App>, permit: Permit<EditProtection>, console: Console) -> Result<Response> {
    let now = policy::current(&app, permit.site_id()).await?;
    let model = model(&permit, &now, None);
    Ok(console.page(panic::TITLE, move || panic::view(model)))
}

/// `POST /s/{site}/panic`.
pub async fn submit(
    State(app): State<App>,
    permit: Permit<EditProtection>,
    console: Console,
    Form(form): Form<Switch>,
) -> Result<Response> {
    let on = form.to == "on";
    let now = policy::current(&app, permit.site_id()).await?;
    if on && !now.policy.panic && form.typed.trim() != permit.site().name {
        let model = model(&permit, &now, Some(format!("Type the name of the site: {}", permit.site().name)));
        let page = Page::new(panic::TITLE, move || panic::view(model)).status(StatusCode::UNPROCESSABLE_ENTITY);
        return Ok(console.show(page));
    }
    let note = if on { "Block all requests switched on" } else { "Block all requests switched off" };
    let new = Policy { panic: on, ..now.policy.clone() };
    match policy::save(&app, &permit, form.base, new, note).await? {
        Ok(_) => {
            let done = if on { Done::SwitchedOn } else { Done::SwitchedOff };
            Ok(Redirect::to(&done.at(&format!("/s/{}/overview", permit.site().handle))).into_response())
        }
        Err(SaveRefused::StepUp) => {
            Err(Error::new(Kind::StepUpRequired, "Confirm that it is you, then switch it off again."))
        }
        Err(SaveRefused::Stale(now)) => {
            let words = "The settings were changed meanwhile. Look at them, then press again.".to_owned();
            let model = model(&permit, &now, Some(words));
            let page = Page::new(panic::TITLE, move || panic::view(model)).status(StatusCode::CONFLICT);
            Ok(console.show(page))
        }
        Err(SaveRefused::Invalid(fields)) => Err(Error::invalid(fields)),
    }
}

fn model(permit: &Permit<EditProtection>, now: &Versioned, error: Option<String>) -> panic::Model {
    panic::Model {
        site: permit.site().name.clone(),
        handle: permit.site().handle.clone(),
        on: now.policy.panic,
        version: now.version,
        error,
    }
}
