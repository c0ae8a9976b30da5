//! `PATCH /v1/lists/{id}/entries/{entry}`: change an entry.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::api::KeyPermit;
use crate::api::body::Body;
use crate::api::fields::Faults;
use crate::api::once::{self, Start};
use crate::api::v1::lists::caution::Caution;
use crate::api::v1::lists::shape::{self, Condition, EntryAnswer};
use crate::api::v1::reply;
use crate::decision::lists::entry::Draft;
use crate::decision::lists::service::change_entry::{Changed, change_entry as change};
use crate::decision::lists::service::read;
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{EntryId, ListId};
use crate::platform::state::App;

/// What to change of an entry. What is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryChange {
    /// What people call it.
    name: Option<String>,
    /// For the team only.
    note: Option<String>,
    /// From then on it no longer acts, RFC 3339; null: never.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    expires_at: Option<Option<String>>,
    /// What must match, all of it anew.
    conditions: Option<Vec<Condition>>,
    /// How many of last week's good payments it would have refused, where that is more than half of them: the answer 409
    /// `confirmation_required` has the number.
    confirm: Option<u64>,
}

/// Tells null (take the end away) from a field that is not there (leave it).
fn said<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

impl EntryChange {
    fn read(&self, before: &Draft, now: Timestamp) -> Result<Draft> {
        let mut faults = Faults::default();
        let name = self.name.as_deref().map_or(Some(before.name.clone()), |text| shape::name(&mut faults, text));
        let note = self.note.as_deref().map_or(Some(before.note.clone()), |text| shape::note(&mut faults, Some(text)));
        let conditions = match &self.conditions {
            None => Some(before.conditions.clone()),
            Some(given) => shape::conditions(&mut faults, given),
        };
        let end = match &self.expires_at {
            None => before.expires_at,
            Some(None) => None,
            Some(Some(text)) => shape::end(&mut faults, text, now),
        };
        faults.settle_with(shape::draft(name, note, end, conditions))
    }
}

/// Change an entry
///
/// The answer has the entry's new id: the old row stays, so that old decisions stay explained.
#[utoipa::path(
    patch, path = "/v1/lists/{id}/entries/{entry}", tag = "Lists", operation_id = "change_entry",
    params(("id" = String, Path, description = "The list; begins with lst_."), ("entry" = String, Path, description = "The entry; begins with ent_.")),
    request_body(content = EntryChange, example = json!({ "note": "Seen again in May", "expires_at": null })),
    responses((status = 200, description = "Changed.", body = EntryAnswer)),
)]
pub async fn change_entry(
    State(app): State<App>,
    permit: KeyPermit,
    Path((list, entry)): Path<(String, String)>,
    body: Body<EntryChange>,
) -> Result<Response> {
    let list: ListId = list.parse().map_err(|_| Error::not_found())?;
    let entry: EntryId = entry.parse().map_err(|_| Error::not_found())?;
    let (site, now) = (permit.site_id(), app.clock.now());
    let editor = shape::editor(&permit)?;
    if let Some(caution) = Caution::due(&app, &permit, &editor, body.idempotency.as_ref(), body.value.confirm).await? {
        // What an entry says stays as it is weighed: a change makes another one.
        let before = caution.entry(list, entry).await?;
        caution.of_entry(list, Some(&before), Some(&body.value.read(&before.draft, now)?)).await?;
    }
    let mut work = match once::start(&app, &permit, body.idempotency).await? {
        Start::Fresh(work) => work,
        Start::Again(answer) => return Ok(answer),
    };
    let before = read::entry(&mut work.tx, site, list, entry).await?.ok_or_else(Error::not_found)?;
    let draft = body.value.read(&before.draft, now)?;
    let stands = match change(&mut work.tx, &app, &editor, list, entry, &draft).await? {
        Changed::Done(id) => id,
        Changed::Unchanged => entry,
        Changed::Stale(Some(now)) => {
            let detail = format!("The entry was changed meanwhile: it is {} now. Read it again.", now.id);
            return Err(Error::new(Kind::Conflict, detail).code("stale"));
        }
        Changed::Stale(None) => return Err(Error::not_found()),
    };
    let after = read::entry(&mut work.tx, site, list, stands).await?.ok_or_else(Error::not_found)?;
    work.finish(reply::stored(200, &EntryAnswer::of(after, now))?).await
}
