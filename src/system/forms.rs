//! Dead letters: another try, or none.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::access::Permit;
use crate::access::grant::EditSite;
use crate::error::{Error, Kind, Result};
use crate::platform::jobs;
use crate::platform::state::App;
use crate::ui::feedback::Done;
use crate::ui::stale::confirm_href;

/// What to do with a dead letter.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Do {
    TryAgain,
    Discard,
}

/// The form: one of two buttons.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    r#do: Do,
}

/// `POST /s/{site}/system/jobs/{job}`.
pub async fn dead_letter(
    State(app): State<App>,
    permit: Permit<EditSite>,
    Path((_, job)): Path<(String, String)>,
    Form(decided): Form<Decided>,
) -> Result<Response> {
    let job: Uuid = job.parse().map_err(|_| Error::not_found())?;
    let path = format!("/s/{}/system", permit.site().handle);
    let done = match decided.r#do {
        Do::TryAgain => {
            jobs::try_again(&app, &permit, job).await?;
            Done::Retried
        }
        Do::Discard => match jobs::discard(&app, &permit, job).await {
            Ok(()) => Done::Removed,
            Err(error) if error.kind == Kind::StepUpRequired => return Ok(confirm_first(&path)),
            Err(error) => return Err(error),
        },
    };
    Ok(Redirect::to(&done.at(&path)).into_response())
}

/// Discarding has no page of its own to keep an input: after the proof the person stands before the same button.
fn confirm_first(path: &str) -> Response {
    Redirect::to(&confirm_href(path)).into_response()
}
