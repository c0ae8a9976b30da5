//! `GET /v1/decisions/{id}`: one decision with its findings.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::api::KeyPermit;
use crate::api::v1::decisions::answer::DecisionDetail;
use crate::api::v1::reply;
use crate::decision::service::search;
use crate::error::{Error, Result};
use crate::kernel::id::DecisionId;
use crate::platform::state::App;

/// Read a decision
///
/// With its findings, what was asked and what became of it.
#[utoipa::path(
    get, path = "/v1/decisions/{id}", tag = "Decisions", operation_id = "read_decision",
    params(("id" = String, Path, description = "Begins with dec_.")),
    responses((status = 200, description = "The decision.", body = DecisionDetail)),
)]
pub async fn read(State(app): State<App>, permit: KeyPermit, Path(id): Path<String>) -> Result<Response> {
    let id: DecisionId = id.parse().map_err(|_| Error::not_found())?;
    let detail = search::one_in(&app, permit.site_id(), id).await?.ok_or_else(Error::not_found)?;
    reply::ok(&DecisionDetail::from(detail))
}
