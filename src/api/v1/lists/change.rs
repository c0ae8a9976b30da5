//! `PATCH /v1/lists/{id}`: change a list.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::KeyPermit;
use crate::api::body::Body;
use crate::api::fields::Faults;
use crate::api::once::{self, Start};
use crate::api::v1::lists::caution::Caution;
use crate::api::v1::lists::shape::{self, ListAnswer};
use crate::api::v1::reply;
use crate::decision::lists::ListKind;
use crate::decision::lists::list::{List, Settings};
use crate::decision::lists::service::read;
use crate::decision::lists::service::save_list::{Saved, save_list};
use crate::error::{Error, Kind, Result};
use crate::kernel::id::ListId;
use crate::platform::state::App;

/// What to change of a list. What is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListChange {
    /// The version you read: 409 if somebody changed the list since. Absent: whatever stands is changed.
    version: Option<i32>,
    /// Unique among your site's lists of the kind.
    name: Option<String>,
    /// For the team only.
    note: Option<String>,
    /// `off`, `shadow` or `enforce`.
    #[schema(example = "shadow")]
    mode: Option<String>,
    /// In place of `mode`: true is `enforce`, false is `off`.
    enabled: Option<bool>,
    /// Whether it acts on all services.
    all_services: Option<bool>,
    /// The services it acts on.
    services: Option<Vec<String>>,
    /// Allow lists: a match switches off challenge lists too.
    also_challenge_list: Option<bool>,
    /// How many of last week's good payments it would have refused, where that is more than half of them: the answer 409
    /// `confirmation_required` has the number.
    confirm: Option<u64>,
}

impl ListChange {
    fn read(&self, before: &List) -> Result<Settings> {
        let mut faults = Faults::default();
        let old = before.settings.clone();
        let name = self.name.as_deref().map_or(Some(old.name), |text| shape::name(&mut faults, text));
        let note = self.note.as_deref().map_or(Some(old.note), |text| shape::note(&mut faults, Some(text)));
        let reach = match (self.all_services, self.services.clone()) {
            (None, None) => Some(old.reach),
            (all, services) => shape::reach(&mut faults, all, services),
        };
        if self.also_challenge_list == Some(true) && before.kind != ListKind::Allow {
            faults.add("also_challenge_list", "allow_lists_only", "only an allow list switches checks off");
        }
        let mode = shape::mode(&mut faults, self.mode.as_deref(), self.enabled, old.mode);
        let settings = name.zip(note).zip(mode).zip(reach).map(|(((name, note), mode), reach)| Settings {
            name,
            note,
            mode,
            reach,
            also_challenge_list: self.also_challenge_list.unwrap_or(old.also_challenge_list),
        });
        faults.settle_with(settings)
    }
}

/// Change a list
///
/// A change is in force at the next decision.
#[utoipa::path(
    patch, path = "/v1/lists/{id}", tag = "Lists", operation_id = "change_list",
    params(("id" = String, Path, description = "The list; begins with lst_.")),
    request_body(content = ListChange, example = json!({ "mode": "shadow" })),
    responses((status = 200, description = "Changed.", body = ListAnswer)),
)]
pub async fn change(
    State(app): State<App>,
    permit: KeyPermit,
    Path(id): Path<String>,
    body: Body<ListChange>,
) -> Result<Response> {
    let id: ListId = id.parse().map_err(|_| Error::not_found())?;
    let editor = shape::editor(&permit)?;
    let site = permit.site_id();
    let mut weighed = None;
    if let Some(caution) = Caution::due(&app, &permit, &editor, body.idempotency.as_ref(), body.value.confirm).await? {
        let list = caution.list(id).await?;
        weighed = caution.of_list(&list, Some(&body.value.read(&list)?)).await?;
    }
    let mut work = match once::start(&app, &permit, body.idempotency).await? {
        Start::Fresh(work) => work,
        Start::Again(answer) => return Ok(answer),
    };
    let before = read::list(&mut work.tx, site, id).await?.ok_or_else(Error::not_found)?;
    let base = body.value.version.or(weighed).unwrap_or(before.version);
    let settings = body.value.read(&before)?;
    match save_list(&mut work.tx, &app, &editor, id, base, &settings).await? {
        Saved::Done(_) | Saved::Unchanged(_) => {}
        Saved::Stale(now) => {
            let detail = format!("The list was changed meanwhile: it is at version {}. Read it again.", now.version);
            return Err(Error::new(Kind::Conflict, detail).code("stale"));
        }
        Saved::NameTaken => return Err(shape::name_taken()),
        Saved::UnknownService => return Err(shape::unknown_service()),
    }
    let counted = read::counted(&mut work.tx, site, id, app.clock.now()).await?.ok_or_else(Error::not_found)?;
    work.finish(reply::stored(200, &ListAnswer::from(counted))?).await
}
