//! `DELETE /v1/lists/{id}/entries/{entry}`: remove an entry.

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
use crate::decision::lists::service::remove_entry::{Removed, remove_entry as remove};
use crate::error::{Error, Kind, Result};
use crate::kernel::id::{EntryId, ListId};
use crate::platform::state::App;

/// The query.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// How many of last week's good payments are refused once the entry is gone, where that is more than half of them: the
    /// answer 409 `confirmation_required` has the number.
    confirm: Option<String>,
}

/// Remove an entry
///
/// It no longer acts. Old decisions stay explained.
#[utoipa::path(
    delete, path = "/v1/lists/{id}/entries/{entry}", tag = "Lists", operation_id = "remove_entry",
    params(("id" = String, Path, description = "The list; begins with lst_."), ("entry" = String, Path, description = "The entry; begins with ent_."), Wanted),
    responses((status = 204, description = "Removed, now or before.")),
)]
pub async fn remove_entry(
    State(app): State<App>,
    permit: KeyPermit,
    Path((list, entry)): Path<(String, String)>,
    StrictQuery(wanted): StrictQuery<Wanted>,
    request: NoBody,
) -> Result<Response> {
    let list: ListId = list.parse().map_err(|_| Error::not_found())?;
    let entry: EntryId = entry.parse().map_err(|_| Error::not_found())?;
    let editor = shape::editor(&permit)?;
    let confirm = named(wanted.confirm.as_deref())?;
    if let Some(caution) = Caution::due(&app, &permit, &editor, request.idempotency.as_ref(), confirm).await? {
        let before = caution.entry(list, entry).await?;
        caution.of_entry(list, Some(&before), None).await?;
    }
    let mut work = match once::start(&app, &permit, request.idempotency).await? {
        Start::Fresh(work) => work,
        Start::Again(answer) => return Ok(answer),
    };
    match remove(&mut work.tx, &app, &editor, list, entry).await? {
        Removed::Done(_) | Removed::Already(_) => work.finish(reply::nothing()).await,
        Removed::Stale(now) => {
            let detail = format!("The entry was changed meanwhile: it is {} now. Remove that one.", now.id);
            Err(Error::new(Kind::Conflict, detail).code("stale"))
        }
    }
}
