//! `GET /s/{site}/collaborators`.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::access::grant::ReadCollaborators;
use crate::access::pages::collaborators::list as pages;
use crate::access::permit::Permit;
use crate::access::service::collaborators::list;
use crate::console::Console;
use crate::error::Result;
use crate::platform::state::App;

/// What is shown.
#[derive(Debug, Default, Deserialize)]
pub struct Shown {
    #[serde(default)]
    q: String,
    #[serde(default)]
    show: String,
}

/// The list.
pub async fn list(
    State(app): State<App>,
    permit: Permit<ReadCollaborators>,
    Query(shown): Query<Shown>,
    console: Console,
) -> Result<Response> {
    let found = list::all(&app, &permit).await?;
    Ok(pages::page(console, &permit, found, (&shown.q, &shown.show), app.clock.now()))
}
