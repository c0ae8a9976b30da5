//! `/s/{site}/leave`.

use axum::Form;
use axum::extract::State;
use axum::response::Response;

use super::{Asked, confirm_first};
use crate::access::forms::request::redirect;
use crate::access::grant::ReadOverview;
use crate::access::pages::collaborators::leave as pages;
use crate::access::permit::Permit;
use crate::access::service::collaborators::leave as service;
use crate::access::session;
use crate::console::Console;
use crate::error::{Kind, Result};
use crate::platform::state::App;
use crate::ui::feedback::Done;

/// The question.
pub async fn ask(State(app): State<App>, permit: Permit<ReadOverview>, console: Console) -> Result<Response> {
    let may = service::may_leave(&app, &permit).await?;
    if may.is_ok() && permit.fresh(app.clock.now()).is_err() {
        return Ok(confirm_first(console.path()));
    }
    Ok(pages::page(console, permit.site().name.clone(), permit.site().handle.clone(), may))
}

/// Leaves.
pub async fn leave(
    State(app): State<App>,
    permit: Permit<ReadOverview>,
    console: Console,
    Form(form): Form<Asked>,
) -> Result<Response> {
    form.at(&permit)?;
    match service::leave(&app, &permit).await {
        Ok(token) => Ok(redirect(&Done::Removed.at("/me/profile"), [session::set_cookie(&token)?])),
        Err(error) if error.kind == Kind::StepUpRequired => Ok(confirm_first(console.path())),
        Err(error) => Err(error),
    }
}
