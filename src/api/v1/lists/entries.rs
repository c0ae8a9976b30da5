//! `GET /v1/lists/{id}/entries`: the entries of a list.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::KeyPermit;
use crate::api::fields::Faults;
use crate::api::query::{self, StrictQuery};
use crate::api::v1::lists::shape::EntryAnswer;
use crate::api::v1::reply;
use crate::decision::lists::service::read::{self, Filter};
use crate::error::{Error, Result};
use crate::kernel::id::{EntryId, ListId};
use crate::kernel::page::PageOf;
use crate::platform::state::App;

/// Which entries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// 1 to 100, 50 by default.
    limit: Option<String>,
    /// The value of `next` in the page before.
    after: Option<String>,
    /// Part of the name, the note or a value; an address also finds the ranges that hold it.
    q: Option<String>,
    /// Only entries that name this field.
    field: Option<String>,
    /// `true`: only expired ones; `false`: only current ones.
    expired: Option<String>,
}

/// A page of entries, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryPage {
    /// The entries.
    data: Vec<EntryAnswer>,
    /// Whether there are older ones.
    has_more: bool,
    /// Give this as `after` to get them.
    next: Option<String>,
}

/// List the entries of a list
///
/// The newest first.
#[utoipa::path(
    get, path = "/v1/lists/{id}/entries", tag = "Lists", operation_id = "list_entries",
    params(("id" = String, Path, description = "The list; begins with lst_."), Wanted),
    responses((status = 200, description = "A page of entries.", body = EntryPage)),
)]
pub async fn entries(
    State(app): State<App>,
    permit: KeyPermit,
    Path(id): Path<String>,
    StrictQuery(wanted): StrictQuery<Wanted>,
) -> Result<Response> {
    let id: ListId = id.parse().map_err(|_| Error::not_found())?;
    let mut faults = Faults::default();
    let page = query::page(&mut faults, wanted.limit.as_deref(), wanted.after.as_deref(), |t| {
        t.parse::<EntryId>().ok().map(|id| id.0)
    });
    let expired = wanted
        .expired
        .and_then(|t| faults.read("expired", "wrong_type", t.parse::<bool>().map_err(|_| "must be true or false")));
    let field = wanted.field.and_then(|t| faults.read("field", "unknown_value", t.parse()));
    let filter = Filter { text: faults.text("q", wanted.q, 254), field, expired };
    faults.settle()?;
    let (site, now) = (permit.site_id(), app.clock.now());
    let mut tx = app.db.site(site).await?;
    read::list(&mut tx, site, id).await?.ok_or_else(Error::not_found)?;
    let found = read::entries(&mut tx, site, id, &filter, page, now).await?;
    let PageOf { data, has_more, next } = found.map(|entry| EntryAnswer::of(entry, now));
    reply::ok(&EntryPage { data, has_more, next })
}
