//! `GET /v1/lists`: the lists of the site.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::KeyPermit;
use crate::api::fields::Faults;
use crate::api::query::{self, StrictQuery};
use crate::api::v1::lists::shape::ListAnswer;
use crate::api::v1::reply;
use crate::decision::lists::ListKind;
use crate::decision::lists::service::read;
use crate::error::Result;
use crate::kernel::id::ListId;
use crate::kernel::page::PageOf;
use crate::platform::state::App;

/// Which lists.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// 1 to 100, 50 by default.
    limit: Option<String>,
    /// The value of `next` in the page before.
    after: Option<String>,
    /// `allow`, `block` or `challenge`.
    kind: Option<String>,
}

/// A page of lists, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListPage {
    /// The lists.
    data: Vec<ListAnswer>,
    /// Whether there are older ones.
    has_more: bool,
    /// Give this as `after` to get them.
    next: Option<String>,
}

/// List the lists
///
/// The newest first.
#[utoipa::path(
    get, path = "/v1/lists", tag = "Lists", operation_id = "list_lists",
    params(Wanted),
    responses((status = 200, description = "A page of lists.", body = ListPage)),
)]
pub async fn list(
    State(app): State<App>,
    permit: KeyPermit,
    StrictQuery(wanted): StrictQuery<Wanted>,
) -> Result<Response> {
    let mut faults = Faults::default();
    let page = query::page(&mut faults, wanted.limit.as_deref(), wanted.after.as_deref(), |t| {
        t.parse::<ListId>().ok().map(|id| id.0)
    });
    let kind = wanted.kind.and_then(|t| faults.read("kind", "unknown_value", t.parse::<ListKind>()));
    faults.settle()?;
    let mut tx = app.db.site(permit.site_id()).await?;
    let mut lists = read::lists(&mut tx, permit.site_id(), kind, app.clock.now()).await?;
    // A site has tens of lists: the page is cut here.
    lists.sort_by_key(|counted| std::cmp::Reverse(counted.list.id));
    lists.retain(|counted| page.after.is_none_or(|after| counted.list.id.0 < after));
    lists.truncate(page.limit as usize + 1);
    let PageOf { data, has_more, next } =
        PageOf::cut(lists, page, |counted| counted.list.id.to_string()).map(ListAnswer::from);
    reply::ok(&ListPage { data, has_more, next })
}
