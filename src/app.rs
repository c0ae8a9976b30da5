//! The one table of everything that can be asked of the program, and the program put together.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use axum::extract::State;
use http::StatusCode;

use crate::error::Result;
use crate::kernel::clock::Clock;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::platform::demo;
use crate::platform::http::assets;
use crate::platform::http::edge;
use crate::platform::http::routes::{Access, Routes};
use crate::platform::lifecycle;
use crate::platform::state::{App, Parts};

/// Every endpoint of the program, those of demo mode included.
pub fn routes() -> Routes {
    always().merge(demo::routes())
}

/// Every endpoint that an ordinary installation has, slice by slice.
fn always() -> Routes {
    Routes::new()
        .get("/healthz", Access::Public, || async { StatusCode::OK })
        .get("/readyz", Access::Public, ready)
        .get("/pkg/{*path}", Access::Public, assets::file)
        .merge(crate::console::routes())
        .merge(crate::access::routes())
        .merge(crate::reports::routes())
        .merge(crate::decision::routes())
        .merge(crate::decision::lists::routes())
        .merge(crate::sites::routes())
        .merge(crate::audit::routes())
        .merge(crate::system::routes())
        .merge(crate::api::routes())
}

/// The program as a service, layers included.
pub fn router(app: App) -> axum::Router {
    let table = if app.demo { routes() } else { always() };
    edge::wrap(app, table.into_router())
}

/// 200 while the database answers.
async fn ready(State(app): State<App>) -> Result<StatusCode> {
    app.db.ping().await?;
    Ok(StatusCode::OK)
}

/// The program for one command or for serving: configuration checked, database connected. A demo's key is found beside its
/// file, so that commands work beside a running demo.
pub async fn start(config: Config) -> anyhow::Result<App> {
    let db = Db::connect(&config.database_url, config.db_connections)
        .await
        .context("DATABASE_URL does not lead to a database")?;
    let clock = Clock::system(config.clock_offset);
    let installation =
        demo::installation(&db).await.context("the database has no schema yet: run `gatehouse migrate`")?;
    let keys = match config.root_keys.clone() {
        Some(keys) => keys,
        None if installation.is_some_and(|found| found.demo) => demo::root_key(&config.var)?,
        None => bail!("GATEHOUSE_SECRET_KEY is not set; make one with: openssl rand -base64 32"),
    };
    clock.follow(installation.map_or(0, |found| found.clock_offset_ms));
    let demo = installation.is_some_and(|found| found.demo);
    let assets = Arc::new(assets::names(&config.site_root));
    Ok(App::new(Parts { config, db, clock, keys, assets, demo }))
}

/// Serves until it is told to stop.
pub async fn serve(app: App) -> anyhow::Result<()> {
    let router = router(app.clone());
    tokio::spawn(crate::decision::service::snapshot::follow(app.clone()));
    lifecycle::serve(app, router).await
}

/// Prints the route table.
#[allow(clippy::print_stdout)]
pub fn print_routes() {
    for row in routes().endpoints() {
        println!("{:<6} {:<48} {:?}", row.method, row.path, row.access);
    }
}
