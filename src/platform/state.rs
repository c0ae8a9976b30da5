//! What every handler can reach. Cheap to clone; holds no request and no truth: that is in Postgres.

use std::sync::Arc;

use crate::access::Hasher;
use crate::api::{Lookups, Meter};
use crate::decision::{Snapshots, Waiting};
use crate::kernel::clock::Clock;
use crate::kernel::secret::RootKeys;
use crate::platform::config::Config;
use crate::platform::db::Db;
use crate::reports::tally::Tallies;
use crate::ui::assets::Assets;

/// The running program.
#[derive(Clone)]
pub struct App(Arc<Running>);

/// The parts, and what is made from them once.
struct Running {
    parts: Parts,
    meter: Meter,
    lookups: Lookups,
    hasher: Hasher,
    snapshots: Snapshots,
    waiting: Waiting,
    tallies: Tallies,
}

/// What [`App`] is made of.
pub struct Parts {
    /// Settings of the process.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// The program's only source of time.
    pub clock: Clock,
    /// Root keys.
    pub keys: RootKeys,
    /// The names of the built files that every page loads.
    pub assets: Arc<Assets>,
    /// Whether the database bears the demo mark.
    pub demo: bool,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        let hasher = Hasher::new(parts.config.hash_permits, parts.config.hash_cost);
        Self(Arc::new(Running {
            parts,
            hasher,
            meter: Meter::default(),
            lookups: Lookups::default(),
            snapshots: Snapshots::default(),
            waiting: Waiting::default(),
            tallies: Tallies::default(),
        }))
    }

    /// How fast each API key asks.
    pub fn meter(&self) -> &Meter {
        &self.0.meter
    }

    /// API keys that wait to be looked up.
    pub fn lookups(&self) -> &Lookups {
        &self.0.lookups
    }

    /// The queue in front of password hashes.
    pub fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    /// The policies in force, as this process knows them.
    pub fn snapshots(&self) -> &Snapshots {
        &self.0.snapshots
    }

    /// Attempts that wait to be decided.
    pub fn waiting(&self) -> &Waiting {
        &self.0.waiting
    }

    /// What the overview has counted before.
    pub fn tallies(&self) -> &Tallies {
        &self.0.tallies
    }
}

impl std::ops::Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}
