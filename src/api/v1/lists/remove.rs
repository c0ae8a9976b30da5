//! `DELETE /v1/lists/{id}`: remove a list.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::api::KeyPermit;
use crate::api::body::NoBody;
use crate::api::once::{self, Start};
use crate::api::v1::lists::shape;
use crate::api::v1::reply;
use crate::decision::lists::service::remove_list::remove_list;
use crate::error::{Error, Result};
use crate::kernel::id::ListId;
use crate::platform::state::App;

/// Remove a list
///
/// It no longer acts and its name is free again. Old decisions stay explained.
#[utoipa::path(
    delete, path = "/v1/lists/{id}", tag = "Lists", operation_id = "remove_list",
    params(("id" = String, Path, description = "The list; begins with lst_.")),
    responses((status = 204, description = "Removed.")),
)]
pub async fn remove(
    State(app): State<App>,
    permit: KeyPermit,
    Path(id): Path<String>,
    request: NoBody,
) -> Result<Response> {
    let id: ListId = id.parse().map_err(|_| Error::not_found())?;
    let editor = shape::editor(&permit)?;
    let mut work = match once::start(&app, &permit, request.idempotency).await? {
        Start::Fresh(work) => work,
        Start::Again(answer) => return Ok(answer),
    };
    remove_list(&mut work.tx, &app, &editor, id).await?;
    work.finish(reply::nothing()).await
}
