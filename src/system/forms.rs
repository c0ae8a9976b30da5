//! Dead letters: another try, or none.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::access::Permit;
use crate::access::grant::EditSite;
use crate::error::{Error, Result};
use crate::platform::jobs;
use crate::platform::state::App;
use crate::ui::feedback::Done;

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
    let done = match decided.r#do {
        Do::TryAgain => {
            jobs::try_again(&app, &permit, job).await?;
            Done::Retried
        }
        Do::Discard => {
            jobs::discard(&app, &permit, job).await?;
            Done::Removed
        }
    };
    Ok(Redirect::to(&done.at(&format!("/s/{}/system", permit.site().handle))).into_response())
}
