//! `DELETE /v1/lists/{id}`: remove a list.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::KeyPermit;
use crate::api::body::NoBody;
use crate::api::once::{self, Start};
use crate::api::query::StrictQuery;
use crate::api::v1::lists::caution::{Caution, named};
use crate::api::v1::lists::shape;
use crate::api::v1::reply;
use crate::decision::lists::service::remove_list::remove_list;
use crate::error::{Error, Result};
use crate::kernel::id::ListId;
use crate::platform::state::App;

/// The query.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// How many of last week's good payments are refused once the list is gone, where that is more than half of them: the
    /// answer 409 `confirmation_required` has the number.
    confirm: Option<String>,
}

/// Remove a list
///
/// It no longer acts and its name is free again. Old decisions stay explained.
#[utoipa::path(
    delete, path = "/v1/lists/{id}", tag = "Lists", operation_id = "remove_list",
    params(("id" = String, Path, description = "The list; begins with lst_."), Wanted),
    responses((status = 204, description = "Removed.")),
)]
pub async fn remove(
    State(app): State<App>,
    permit: KeyPermit,
    Path(id): Path<String>,
    StrictQuery(wanted): StrictQuery<Wanted>,
    request: NoBody,
) -> Result<Response> {
    let id: ListId = id.parse().map_err(|_| Error::not_found())?;
    let editor = shape::editor(&permit)?;
    let confirm = named(wanted.confirm.as_deref())?;
    if let Some(caution) = Caution::due(&app, &permit, &editor, request.idempotency.as_ref(), confirm).await? {
        let before = caution.list(id).await?;
        caution.of_list(&before, None).await?;
    }
    let mut work = match once::start(&app, &permit, request.idempotency).await? {
        Start::Fresh(work) => work,
        Start::Again(answer) => return Ok(answer),
    };
    remove_list(&mut work.tx, &app, &editor, id).await?;
    work.finish(reply::nothing()).await
}
