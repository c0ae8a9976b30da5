//! Moving the demo's clock. Its place is kept in Postgres; every process of the demo follows it.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::error::{Error, Kind, Result};
use crate::platform::config::parse_duration;
use crate::platform::demo::store;
use crate::platform::state::App;
use crate::platform::upkeep;

/// The demo's clock goes no further ahead than this.
const FURTHEST: TimeDelta = TimeDelta::days(20 * 365);

/// How often a process looks where the clock stands.
const LOOK: Duration = Duration::from_millis(250);

/// `{"advance": "8d"}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    advance: String,
}

/// `POST /demo/clock`.
pub async fn advance(State(app): State<App>, body: Result<Json<Advance>, JsonRejection>) -> Result<Json<Value>> {
    let Json(Advance { advance }) = body.map_err(|refused| match refused {
        JsonRejection::MissingJsonContentType(_) => Error::new(Kind::UnsupportedMediaType, "Send application/json."),
        _ => Error::new(Kind::Malformed, "Send JSON such as {\"advance\": \"8d\"}."),
    })?;
    let bad = |why: String| Error::field("advance", "out_of_range", why);
    let by = parse_duration(&advance).map_err(|error| bad(error.to_string()))?;
    let offset = store::advance(
        &app.db,
        by.num_milliseconds(),
        app.clock.offset().num_milliseconds(),
        FURTHEST.num_milliseconds(),
    )
    .await?;
    let offset = offset.ok_or_else(|| bad("The clock goes at most 20 years ahead.".into()))?;
    app.clock.follow(offset);
    upkeep::ensure_partitions(&app)
        .await
        .map_err(|failure| Error::internal(anyhow::anyhow!(failure.text().to_owned())))?;
    info!(offset_s = offset / 1_000, "the demo's clock was moved by {advance}");
    Ok(Json(json!({ "now": app.clock.now(), "offset_seconds": offset / 1_000 })))
}

/// Follows the demo's clock until told to stop.
pub async fn follow(app: App, stop: CancellationToken) {
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = look.tick() => {}
        }
        match store::installation(&app.db).await {
            Ok(Some(found)) => app.clock.follow(found.clock_offset_ms),
            Ok(None) => {}
            Err(error) => warn!("cannot look where the demo's clock stands: {error}"),
        }
    }
}
