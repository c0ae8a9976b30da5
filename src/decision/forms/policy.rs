//! `/s/{site}/policy`: versions of the policy, one of them, and bringing it back.

use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use crate::access::{Permission, Permit, grant};
use crate::console::Console;
use crate::decision::pages::policy::{ListModel, Model, Refused, list_view, view};
use crate::decision::service::backtest;
use crate::decision::service::policy::{self, SaveRefused, Saved};
use crate::error::{Error, Result};
use crate::platform::state::App;
use crate::ui::feedback::Done;
use crate::ui::page::Page;
use crate::ui::text::Clockface;

/// Which versions to show.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct VersionsQuery {
    /// Versions below this one.
    before: Option<i32>,
}

/// `GET /s/{site}/policy`.
pub async fn list(
    State(app): State<App>,
    permit: Permit<grant::ReadPolicy>,
    console: Console,
    Query(query): Query<VersionsQuery>,
) -> Result<Response> {
    // One row more than is shown tells the last row what it changed.
    let versions = policy::versions(&app, &permit, query.before, 31).await?;
    let model = ListModel {
        base: format!("/s/{}", permit.site().handle),
        versions,
        first_page: query.before.is_none(),
        clock: Clockface { now: app.clock.now(), zone: permit.site().time_zone },
    };
    Ok(console.page("Policy versions", move || list_view(model)))
}

/// `GET /s/{site}/policy/{version}`.
pub async fn one(
    State(app): State<App>,
    permit: Permit<grant::ReadPolicy>,
    Path((_, version)): Path<(String, String)>,
    console: Console,
) -> Result<Response> {
    let model = load(&app, &permit, read_version(&version)?, Refused::Nothing, None).await?;
    let title = format!("Policy version {}", model.version.versioned.version);
    Ok(console.page(title, move || view(model)))
}

/// The form that brings a version back.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreForm {
    /// The version in force when the page was opened.
    pub base_version: i32,
    /// What was typed to name how many good payments it would have refused.
    pub typed: Option<String>,
}

/// `POST /s/{site}/policy/{version}`: saves its settings again, as a new version.
pub async fn restore(
    State(app): State<App>,
    permit: Permit<grant::EditProtection>,
    Path((_, version)): Path<(String, String)>,
    console: Console,
    Form(form): Form<RestoreForm>,
) -> Result<Response> {
    let version = read_version(&version)?;
    let path = format!("/s/{}/policy", permit.site().handle);
    let (refused, status) =
        match policy::restore(&app, &permit, form.base_version, version, form.typed.as_deref()).await? {
            Ok(Saved::As(new)) => {
                return Ok(Redirect::to(&Done::Restored.at(&format!("{path}/{}", new.version))).into_response());
            }
            Ok(Saved::Unchanged(_)) => {
                return Ok(Redirect::to(&Done::Unchanged.at(&format!("{path}/{version}"))).into_response());
            }
            Err(SaveRefused::Stale(_)) => (Refused::Stale, StatusCode::CONFLICT),
            Err(SaveRefused::Unnamed(week)) => (Refused::Unnamed(week), StatusCode::UNPROCESSABLE_ENTITY),
            Err(SaveRefused::StepUp) => (Refused::Confirm, StatusCode::FORBIDDEN),
            Err(SaveRefused::Invalid(fields)) => return Err(Error::invalid(fields)),
        };
    let model = load(&app, &permit.also()?, version, refused, form.typed).await?;
    let title = format!("Policy version {version}");
    Ok(console.show(Page::new(title, move || view(model)).status(status)))
}

fn read_version(text: &str) -> Result<i32> {
    text.parse().ok().filter(|v| *v >= 0).ok_or_else(Error::not_found)
}

async fn load(
    app: &App,
    permit: &Permit<grant::ReadPolicy>,
    version: i32,
    refused: Refused,
    typed: Option<String>,
) -> Result<Model> {
    let row = policy::version(app, permit, version).await?.ok_or_else(Error::not_found)?;
    let previous = if version > 1 { policy::version(app, permit, version - 1).await? } else { None };
    let current = policy::current(app, permit.site_id()).await?;
    let may_edit = permit.role().may(Permission::EditProtection);
    let effect = match may_edit && row.versioned.version != current.version {
        true => backtest::effect(app, permit, row.versioned.policy.clone()).await?,
        false => None,
    };
    Ok(Model {
        base: format!("/s/{}", permit.site().handle),
        version: row,
        previous: previous.map(|row| row.versioned),
        current,
        refused,
        typed,
        effect,
        may_edit,
        clock: Clockface { now: app.clock.now(), zone: permit.site().time_zone },
    })
}
