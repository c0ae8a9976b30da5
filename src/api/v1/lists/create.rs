//! `POST /v1/lists`: make a list.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::KeyPermit;
use crate::api::body::Body;
use crate::api::fields::Faults;
use crate::api::once::{self, Start};
use crate::api::v1::lists::shape::{self, ListAnswer};
use crate::api::v1::reply;
use crate::decision::lists::ListKind;
use crate::decision::lists::list::Settings;
use crate::decision::lists::service::create_list::{Made, create_list};
use crate::decision::verdict::Mode;
use crate::error::Result;
use crate::kernel::id::ListId;
use crate::platform::state::App;

/// A new list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListRequest {
    /// `allow`, `block` or `challenge`.
    #[schema(example = "block")]
    kind: String,
    /// Unique among your site's lists of the kind.
    #[schema(example = "Card testers")]
    name: String,
    /// For the team only.
    note: Option<String>,
    /// `off`, `shadow` or `enforce`; `enforce` by default.
    #[schema(example = "shadow")]
    mode: Option<String>,
    /// In place of `mode`: true is `enforce`, false is `off`.
    enabled: Option<bool>,
    /// Whether it acts on all services; true unless `services` are named.
    all_services: Option<bool>,
    /// The services it acts on.
    services: Option<Vec<String>>,
    /// Allow lists: a match switches off challenge lists too. False by default.
    also_challenge_list: Option<bool>,
}

impl ListRequest {
    fn read(self) -> Result<(ListKind, Settings)> {
        let mut faults = Faults::default();
        let kind = shape::kind(&mut faults, &self.kind);
        let name = shape::name(&mut faults, &self.name);
        let note = shape::note(&mut faults, self.note.as_deref());
        let reach = shape::reach(&mut faults, self.all_services, self.services);
        let also = self.also_challenge_list.unwrap_or(false);
        if also && kind.is_some_and(|kind| kind != ListKind::Allow) {
            faults.add("also_challenge_list", "allow_lists_only", "only an allow list switches checks off");
        }
        let mode = shape::mode(&mut faults, self.mode.as_deref(), self.enabled, Mode::Enforce);
        let parts = kind.zip(name).zip(note).zip(mode).zip(reach).map(|((((kind, name), note), mode), reach)| {
            (kind, Settings { name, note, mode, reach, also_challenge_list: also })
        });
        faults.settle_with(parts)
    }
}

/// Make a list
///
/// It has no entries yet.
#[utoipa::path(
    post, path = "/v1/lists", tag = "Lists", operation_id = "create_list",
    request_body(content = ListRequest, example = json!({ "kind": "block", "name": "Card testers", "note": "Case 2026-118" })),
    responses((status = 201, description = "Made.", body = ListAnswer)),
)]
pub async fn create(State(app): State<App>, permit: KeyPermit, body: Body<ListRequest>) -> Result<Response> {
    let (kind, settings) = body.value.read()?;
    let editor = shape::editor(&permit)?;
    let mut work = match once::start(&app, &permit, body.idempotency).await? {
        Start::Fresh(work) => work,
        Start::Again(answer) => return Ok(answer),
    };
    match create_list(&mut work.tx, &app, &editor, ListId::new(app.clock.now()), kind, &settings).await? {
        Made::Done(list) | Made::Already(list) => work.finish(reply::stored(201, &ListAnswer::from(list))?).await,
        Made::NameTaken => Err(shape::name_taken()),
        Made::UnknownService => Err(shape::unknown_service()),
    }
}
