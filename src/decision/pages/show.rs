//! The handlers of `/s/{site}/decisions` and of one decision: no form posts back to them.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use crate::access::{Permission, Permit, grant};
use crate::console::Console;
use crate::decision::pages::decisions::{Model as ListModel, view as list_view};
use crate::decision::pages::query::SearchQuery;
use crate::decision::pages::sign_in::{Model as SignInModel, title as sign_in_title, view as sign_in_view};
use crate::decision::pages::story::headline;
use crate::decision::pages::trace::{MayList, Model, Replayed, view};
use crate::decision::service::search::Row;
use crate::decision::service::{around, policy, search, sign_in};
use crate::decision::verdict::Verdict;
use crate::error::{Error, Result};
use crate::kernel::id::DecisionId;
use crate::kernel::page::{PageOf, PageRequest};
use crate::platform::state::App;
use crate::sites::service::services;
use crate::ui::feedback::Problems;
use crate::ui::page::Page;
use crate::ui::text::Clockface;

/// `GET /s/{site}/decisions`.
pub async fn list(
    State(app): State<App>,
    permit: Permit<grant::ReadDecisions>,
    console: Console,
    Query(query): Query<SearchQuery>,
) -> Result<Response> {
    let site = permit.site();
    let audit = permit.also::<grant::ReadAudit>().ok();
    if query.of_sign_ins() && audit.is_none() {
        return Err(Error::not_found());
    }
    if let Some(id) = query.id() {
        // An id that is ours opens its trace at once.
        if search::one(&app, &permit, id).await?.is_some() || sign_in_of(&app, &permit, id).await?.is_some() {
            return Ok(Redirect::to(&format!("/s/{}/decisions/{id}", site.handle)).into_response());
        }
    }
    let after = query.after.parse::<DecisionId>().ok().map(|id| id.0);
    let page = PageRequest { after, ..PageRequest::FIRST };
    let mut tx = app.db.site(site.id).await?;
    let services = services::all(&mut tx, site.id).await?;
    drop(tx);
    // Of one service amounts are in its currency, of all in the site's.
    let chosen = services.iter().find(|service| service.id.to_string() == query.service);
    let currency = chosen.map_or(site.currency, |service| service.currency);
    let (found, problems) = match query.filter(site.time_zone, currency) {
        Ok(filter) => match &audit {
            Some(audit) if query.of_sign_ins() => (sign_in::find(&app, audit, &filter, page).await?, Problems::none()),
            _ => (search::find(&app, &permit, &filter, page).await?, Problems::none()),
        },
        Err(problems) => (PageOf::<Row> { data: Vec::new(), has_more: false, next: None }, problems),
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let model = ListModel {
        base: format!("/s/{}", site.handle),
        query,
        problems,
        found,
        services,
        currency,
        may_make_keys: permit.role().may(Permission::EditApiKeys),
        reads_sign_ins: audit.is_some(),
        clock: Clockface { now: app.clock.now(), zone: site.time_zone },
    };
    Ok(console.show(Page::new("Decisions", move || list_view(model)).status(status)))
}

/// What else the trace shows.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct TraceQuery {
    /// Anything: the answer under today's policy.
    replay: Option<String>,
}

/// `GET /s/{site}/decisions/{decision}`.
pub async fn one(
    State(app): State<App>,
    permit: Permit<grant::ReadDecisions>,
    Path((_, id)): Path<(String, String)>,
    console: Console,
    Query(query): Query<TraceQuery>,
) -> Result<Response> {
    let id: DecisionId = id.parse().map_err(|_| Error::not_found())?;
    let Some(detail) = search::one(&app, &permit, id).await? else {
        let detail = sign_in_of(&app, &permit, id).await?.ok_or_else(Error::not_found)?;
        return Ok(sign_in_page(&app, &permit, console, detail));
    };
    let now = policy::current(&app, permit.site_id()).await?;
    let may = |permission| permit.role().may(permission);
    let replay = match query.replay {
        Some(_) if may(Permission::ReadPolicy) => Some(replayed(&app, &permit, id).await?),
        _ => None,
    };
    let (newer, older) = around::around(&app, &permit, id).await?;
    let title = headline(
        detail.decision.outcome,
        detail.decision.settled_by,
        detail.decision.shadow,
        &detail.decision.findings,
    );
    let model = Model {
        base: format!("/s/{}", permit.site().handle),
        detail,
        version_today: now.version,
        replay,
        newer,
        older,
        may: MayList { block: may(Permission::EditBlockEntries), allow: may(Permission::EditAllowEntries) },
        reads_policy: may(Permission::ReadPolicy),
        clock: Clockface { now: app.clock.now(), zone: permit.site().time_zone },
    };
    Ok(console.page(title, move || view(model)))
}

/// A collaborator's sign-in, for those who may read the audit log; for others there is none.
async fn sign_in_of(
    app: &App,
    permit: &Permit<grant::ReadDecisions>,
    id: DecisionId,
) -> Result<Option<sign_in::Detail>> {
    match permit.also::<grant::ReadAudit>() {
        Ok(audit) => sign_in::one(app, &audit, id).await,
        Err(_) => Ok(None),
    }
}

fn sign_in_page(
    app: &App,
    permit: &Permit<grant::ReadDecisions>,
    console: Console,
    detail: sign_in::Detail,
) -> Response {
    let clock = Clockface { now: app.clock.now(), zone: permit.site().time_zone };
    let model = SignInModel { base: format!("/s/{}", permit.site().handle), detail, clock };
    console.page(sign_in_title(&model.detail), move || sign_in_view(model))
}

async fn replayed(app: &App, permit: &Permit<grant::ReadDecisions>, id: DecisionId) -> Result<Replayed> {
    let replay = search::replay(app, permit, id).await?.ok_or_else(Error::not_found)?;
    let (version, same) = (replay.policy_version, replay.same);
    let verdict = Verdict::of(replay.findings);
    let headline = headline(verdict.outcome, verdict.settled_by, verdict.shadow, &verdict.findings);
    Ok(Replayed { outcome: verdict.outcome, headline, version, same })
}
