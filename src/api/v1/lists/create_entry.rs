//! `POST /v1/lists/{id}/entries`: add an entry.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::KeyPermit;
use crate::api::body::Body;
use crate::api::fields::Faults;
use crate::api::once::{self, Start};
use crate::api::v1::lists::caution::Caution;
use crate::api::v1::lists::shape::{self, Condition, EntryAnswer};
use crate::api::v1::reply;
use crate::decision::lists::entry::Draft;
use crate::decision::lists::service::add_entries::{Added, add_entries};
use crate::decision::lists::service::read;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{EntryId, ListId};
use crate::platform::state::App;

/// A new entry: all its fields must match, any value of a field does.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryRequest {
    /// What people call it; its first value if absent.
    name: Option<String>,
    /// For the team only.
    note: Option<String>,
    /// From then on it no longer acts, RFC 3339. Absent: never.
    expires_at: Option<String>,
    /// What must match.
    conditions: Vec<Condition>,
    /// How many of last week's good payments it would have refused, where that is more than half of them: the answer 409
    /// `confirmation_required` has the number.
    confirm: Option<u64>,
}

impl EntryRequest {
    fn read(self, now: Timestamp) -> Result<Draft> {
        let mut faults = Faults::default();
        let conditions = shape::conditions(&mut faults, &self.conditions);
        let name = match (self.name, &conditions) {
            (Some(text), _) => shape::name(&mut faults, &text),
            (None, Some(conditions)) => shape::name(&mut faults, &shape::first_value(conditions)),
            (None, None) => None,
        };
        let note = shape::note(&mut faults, self.note.as_deref());
        let end = self.expires_at.and_then(|text| shape::end(&mut faults, &text, now));
        faults.settle_with(shape::draft(name, note, end, conditions))
    }
}

/// Add an entry
///
/// It acts from the next decision on.
#[utoipa::path(
    post, path = "/v1/lists/{id}/entries", tag = "Lists", operation_id = "create_entry",
    params(("id" = String, Path, description = "The list; begins with lst_.")),
    request_body(content = EntryRequest, example = json!({
        "name": "Hosting range", "expires_at": "2099-12-31T00:00:00Z",
        "conditions": [{ "field": "ip", "values": ["198.51.100.0/24", "2001:db8:77::/48"] }]
    })),
    responses((status = 201, description = "Added.", body = EntryAnswer)),
)]
pub async fn create_entry(
    State(app): State<App>,
    permit: KeyPermit,
    Path(id): Path<String>,
    body: Body<EntryRequest>,
) -> Result<Response> {
    let list: ListId = id.parse().map_err(|_| Error::not_found())?;
    let (site, now) = (permit.site_id(), app.clock.now());
    let confirm = body.value.confirm;
    let draft = body.value.read(now)?;
    let editor = shape::editor(&permit)?;
    if let Some(caution) = Caution::due(&app, &permit, &editor, body.idempotency.as_ref(), confirm).await? {
        caution.of_entry(list, None, Some(&draft)).await?;
    }
    let mut work = match once::start(&app, &permit, body.idempotency).await? {
        Start::Fresh(work) => work,
        Start::Again(answer) => return Ok(answer),
    };
    let entry = EntryId::new(now);
    match add_entries(&mut work.tx, &app, &editor, list, entry, std::slice::from_ref(&draft)).await? {
        Added::Done { .. } | Added::Already(_) => {}
        Added::Different(_) => return Err(Error::internal(anyhow::anyhow!("a new entry's id was taken"))),
    }
    let made = read::entry(&mut work.tx, site, list, entry).await?.ok_or_else(Error::not_found)?;
    work.finish(reply::stored(201, &EntryAnswer::of(made, now))?).await
}
