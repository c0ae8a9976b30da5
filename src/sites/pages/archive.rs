//! `/s/{site}/services/{service}/archive`: the question before a service takes no more payments.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use leptos::prelude::*;

use crate::access::{Permit, grant};
use crate::console::Console;
use crate::error::{Error, Result};
use crate::platform::state::App;
use crate::sites::forms::read_id;
use crate::sites::payment_service::Service;
use crate::sites::service::services;
use crate::ui::dialog::Confirm;
use crate::ui::page::Page;
use crate::ui::stale::confirm_href;
use crate::ui::text::counted;

/// `GET /s/{site}/services/{service}/archive`.
pub async fn ask(
    State(app): State<App>,
    permit: Permit<grant::EditServices>,
    Path((_, id)): Path<(String, String)>,
    console: Console,
) -> Result<Response> {
    if permit.fresh(app.clock.now()).is_err() {
        return Ok(Redirect::to(&confirm_href(console.path())).into_response());
    }
    let (service, _) = services::one(&app, &permit.also()?, read_id(&id)?).await?.ok_or_else(Error::not_found)?;
    if !service.is_open() {
        return Ok(Redirect::to(&format!("/s/{}/services/{id}", permit.site().handle)).into_response());
    }
    show(&app, &permit, console, service, None).await
}

/// The question; `error`: the name was typed wrongly.
pub async fn show(
    app: &App,
    permit: &Permit<grant::EditServices>,
    console: Console,
    service: Service,
    error: Option<String>,
) -> Result<Response> {
    let payments = services::of_last_day(app, permit, service.id).await?;
    let came = match usize::try_from(payments).unwrap_or_default() {
        0 => "None came in the last 24 hours.".to_owned(),
        n => format!("{} came in the last 24 hours.", counted(n, "attempt", "attempts")),
    };
    let text = format!(
        "The API refuses its payments from the next one on. {came} Its history stays, and it can be opened again."
    );
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let cancel = format!("/s/{}/services/{}", permit.site().handle, service.id);
    let view = move || {
        let (title, action) = (format!("Archive {}?", service.name), format!("{cancel}/archive"));
        view! {
            <Confirm
                title=title text=text action=action button="Archive the service" cancel=cancel typed=service.name error=error
            />
        }
    };
    Ok(console.show(Page::new("Archive a service", view).status(status)))
}
