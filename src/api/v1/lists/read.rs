//! `GET /v1/lists/{id}`: one list.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::api::KeyPermit;
use crate::api::v1::lists::shape::ListAnswer;
use crate::api::v1::reply;
use crate::decision::lists::service::read as lists;
use crate::error::{Error, Result};
use crate::kernel::id::ListId;
use crate::platform::state::App;

/// Read a list
///
/// Without its entries.
#[utoipa::path(
    get, path = "/v1/lists/{id}", tag = "Lists", operation_id = "read_list",
    params(("id" = String, Path, description = "The list; begins with lst_.")),
    responses((status = 200, description = "The list.", body = ListAnswer)),
)]
pub async fn read(State(app): State<App>, permit: KeyPermit, Path(id): Path<String>) -> Result<Response> {
    let id: ListId = id.parse().map_err(|_| Error::not_found())?;
    let mut tx = app.db.site(permit.site_id()).await?;
    let counted = lists::counted(&mut tx, permit.site_id(), id, app.clock.now()).await?.ok_or_else(Error::not_found)?;
    reply::ok(&ListAnswer::from(counted))
}
