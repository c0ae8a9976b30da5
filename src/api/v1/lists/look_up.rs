//! `POST /v1/lists/lookup`: is a value listed?

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::KeyPermit;
use crate::api::body::Body;
use crate::api::fields::Faults;
use crate::api::v1::reply;
use crate::decision::lists::Field;
use crate::decision::lists::service::look_up::{Hit, look_up as find};
use crate::decision::verdict::Mode;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::platform::state::App;

/// A value to look for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookupRequest {
    /// The value, in any spelling. An address or a range is also found in the ranges that hold it.
    #[schema(example = "203.0.113.7")]
    value: String,
    /// Only in this field; absent: in every field that could hold it.
    #[schema(example = "ip")]
    field: Option<String>,
}

/// Where it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct LookupAnswer {
    /// Whether any entry holds it that acts now, in a list that is enforced.
    listed: bool,
    /// Entries that hold it, at most 100.
    hits: Vec<LookupHit>,
    /// How many entries hold it in all.
    entries: i64,
    /// In how many lists.
    lists: i64,
    /// How many lists the site has.
    of_lists: i64,
}

/// An entry that holds the value.
#[derive(Debug, Serialize, ToSchema)]
pub struct LookupHit {
    /// The list.
    list: String,
    /// Its name.
    list_name: String,
    /// `allow`, `block` or `challenge`.
    kind: &'static str,
    /// The mode of the list: `off`, `shadow` or `enforce`.
    mode: &'static str,
    /// Whether the list acts.
    enabled: bool,
    /// The entry.
    entry: String,
    /// Its name.
    entry_name: String,
    /// In which field.
    field: &'static str,
    /// The value, or the range that holds it.
    value: String,
    /// How many other fields must match too.
    other_fields: i32,
    /// When it stops acting.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Whether that has passed.
    expired: bool,
}

impl From<Hit> for LookupHit {
    fn from(hit: Hit) -> Self {
        Self {
            list: hit.list_id.to_string(),
            list_name: hit.list_name,
            kind: hit.kind.as_str(),
            mode: hit.mode.as_str(),
            enabled: hit.mode == Mode::Enforce,
            entry: hit.entry_id.to_string(),
            entry_name: hit.entry_name,
            field: hit.field.as_str(),
            value: hit.value,
            other_fields: hit.other_fields,
            expires_at: hit.expires_at,
            expired: hit.expired,
        }
    }
}

/// Is it listed?
///
/// Looks a value up in all lists. It changes nothing; it is a POST so that the value stands in no address.
#[utoipa::path(
    post, path = "/v1/lists/lookup", tag = "Lists", operation_id = "look_up",
    request_body(content = LookupRequest, example = json!({ "field": "ip", "value": "203.0.113.7" })),
    responses((status = 200, description = "Looked up; `listed` says.", body = LookupAnswer)),
)]
pub async fn look_up(State(app): State<App>, permit: KeyPermit, body: Body<LookupRequest>) -> Result<Response> {
    let mut faults = Faults::default();
    let value = faults.text("value", Some(body.value.value), 254);
    let field = body.value.field.and_then(|text| faults.read("field", "unknown_value", text.parse::<Field>()));
    let value = faults.settle_with(value)?;
    let mut tx = app.db.site(permit.site_id()).await?;
    let found = find(&mut tx, permit.site_id(), field, &value, app.clock.now()).await?;
    let found = found.map_err(|why| Error::field("value", "not_a_value", why.to_string()))?;
    reply::ok(&LookupAnswer {
        listed: found.hits.iter().any(|hit| hit.mode == Mode::Enforce && !hit.expired),
        hits: found.hits.into_iter().map(LookupHit::from).collect(),
        entries: found.entries,
        lists: found.lists,
        of_lists: found.of_lists,
    })
}
