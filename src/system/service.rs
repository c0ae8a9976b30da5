//! What is known of the running installation.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta};
use uuid::Uuid;

use crate::access::Permit;
use crate::access::grant::ReadSystem;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::platform::jobs::{self, Census, Listed, Standings};
use crate::platform::metrics;
use crate::platform::state::App;
use crate::platform::upkeep::{self, Partitions};
use crate::system::store;

/// The facts of the page.
pub struct Facts {
    /// This program's version.
    pub program: &'static str,
    /// Postgres' version.
    pub postgres: String,
    /// The newest migration; `None` where the schema was not made by `gatehouse migrate`.
    pub schema: Option<i64>,
    /// Months with room.
    pub partitions: Partitions,
    /// The program's time.
    pub now: Timestamp,
    /// How far it stands ahead of the machine's.
    pub ahead: TimeDelta,
    /// The median of five round trips to the database.
    pub latency: Duration,
    /// Connections to the database, and those of them that are idle.
    pub connections: (u32, usize),
    /// Resident memory in bytes.
    pub memory: Option<u64>,
    /// When the site's oldest and newest decisions were made.
    pub decisions: Option<(Timestamp, Timestamp)>,
    /// When the site's newest audit row was written.
    pub audited: Option<Timestamp>,
    /// How many jobs of the site stand where.
    pub census: Census,
    /// Jobs of the site.
    pub jobs: Vec<Listed>,
    /// How the jobs that are no site's stand.
    pub installation: Vec<Standings>,
}

/// Gathers the facts.
pub async fn facts(app: &App, permit: &Permit<ReadSystem>) -> Result<Facts> {
    let server = store::server(&app.db).await?;
    let ends = store::ends(&app.db, permit.site_id()).await?;
    Ok(Facts {
        program: env!("CARGO_PKG_VERSION"),
        postgres: server.version.unwrap_or_default(),
        schema: server.schema,
        partitions: upkeep::partitions(&app.db).await?,
        now: app.clock.now(),
        ahead: app.clock.offset(),
        latency: latency(app).await?,
        connections: (app.db.pool().size(), app.db.pool().num_idle()),
        memory: metrics::resident_memory(),
        decisions: ends.oldest_decision.and_then(made_at).zip(ends.newest_decision.and_then(made_at)),
        audited: ends.newest_audit.and_then(made_at),
        census: jobs::census(app, permit).await?,
        jobs: jobs::list(app, permit).await?,
        installation: jobs::of_installation(app, permit).await?,
    })
}

async fn latency(app: &App) -> Result<Duration> {
    let mut took = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        app.db.ping().await?;
        took.push(began.elapsed());
    }
    took.sort();
    Ok(took[took.len() / 2])
}

/// The time in a UUIDv7.
fn made_at(id: Uuid) -> Option<Timestamp> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}
