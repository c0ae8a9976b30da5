//! The one table of everything that can be asked of the program, and the server around it.

use axum::extract::State;
use http::StatusCode;

use crate::error::Result;
use crate::platform::http::assets;
use crate::platform::http::edge;
use crate::platform::http::routes::{Access, Routes};
use crate::platform::state::App;

/// Every endpoint of the program, slice by slice.
pub fn routes() -> Routes {
    Routes::new()
        .get("/healthz", Access::Public, || async { StatusCode::OK })
        .get("/readyz", Access::Public, ready)
        .get("/pkg/{*path}", Access::Public, assets::file)
}

/// The program as a service, layers included.
pub fn router(app: App) -> axum::Router {
    edge::wrap(app, routes().into_router())
}

/// 200 while the database answers.
async fn ready(State(app): State<App>) -> Result<StatusCode> {
    app.db.ping().await?;
    Ok(StatusCode::OK)
}
