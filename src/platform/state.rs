//! What every handler can reach. Cheap to clone; holds no request and no truth: that is in Postgres.

use std::sync::Arc;

use crate::api::Meter;
use crate::kernel::clock::Clock;
use crate::kernel::secret::RootKeys;
use crate::platform::config::Config;
use crate::platform::db::Db;

/// The running program.
#[derive(Clone)]
pub struct App(Arc<Running>);

/// The parts, and what is made from them once.
struct Running {
    parts: Parts,
    meter: Meter,
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
    /// Whether the database bears the demo mark.
    pub demo: bool,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Running { parts, meter: Meter::default() }))
    }

    /// How fast each API key asks.
    pub fn meter(&self) -> &Meter {
        &self.0.meter
    }
}

impl std::ops::Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}
