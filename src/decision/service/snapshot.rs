//! What a process knows of a site while it decides: the policy in force and the services. At most half a second old
//! when a decision begins, in every process, even if no notification ever arrives; a saved policy is announced and
//! obeyed at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

use crate::decision::policy::Versioned;
use crate::decision::service::effects::Effects;
use crate::decision::store;
use crate::decision::store::policy::Service;
use crate::error::{Error, Result};
use crate::kernel::id::{ServiceId, SiteId};
use crate::platform::state::App;

/// From this age on one caller reads anew while others go on with what there is.
const FRESH: Duration = Duration::from_millis(300);
/// From this age on everybody waits for the reading.
pub(super) const STALE: Duration = Duration::from_millis(500);

/// A site as deciding sees it.
#[derive(Debug)]
pub struct Snapshot {
    /// The policy in force.
    pub versioned: Arc<Versioned>,
    services: HashMap<ServiceId, Service>,
}

impl Snapshot {
    /// A service of the site.
    pub(super) fn service(&self, id: ServiceId) -> Option<&Service> {
        self.services.get(&id)
    }
}

/// The snapshots of a process.
#[derive(Debug)]
pub struct Snapshots {
    sites: RwLock<HashMap<SiteId, Arc<Held>>>,
    /// Ages are measured by the machine's steady clock: a moved clock must not make a snapshot old or young.
    start: Instant,
    /// Backtests worked out a moment ago.
    pub(super) effects: Effects,
}

impl Default for Snapshots {
    fn default() -> Self {
        Self { sites: RwLock::default(), start: Instant::now(), effects: Effects::default() }
    }
}

#[derive(Debug, Default)]
struct Held {
    value: ArcSwapOption<Snapshot>,
    /// Milliseconds after `start` plus one at which the reading began; 0 when there is none, or it is known to be old.
    read_at: AtomicU64,
    reading: tokio::sync::Mutex<()>,
}

impl Snapshots {
    fn held(&self, site: SiteId) -> Arc<Held> {
        let found = self.sites.read().unwrap_or_else(PoisonError::into_inner).get(&site).cloned();
        found.unwrap_or_else(|| {
            Arc::clone(self.sites.write().unwrap_or_else(PoisonError::into_inner).entry(site).or_default())
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    fn within(&self, held: &Held, age: Duration) -> Option<Arc<Snapshot>> {
        let read_at = held.read_at.load(Ordering::Acquire);
        let young = read_at > 0 && u128::from(self.now() - read_at.min(self.now())) < age.as_millis();
        if young { held.value.load_full() } else { None }
    }

    /// Forgets how young a site's snapshot is: the next decision reads anew.
    pub fn expire(&self, site: SiteId) {
        if let Some(held) = self.sites.read().unwrap_or_else(PoisonError::into_inner).get(&site) {
            held.read_at.store(0, Ordering::Release);
        }
    }

    /// The same for every site: notifications may have been missed.
    pub fn expire_all(&self) {
        for held in self.sites.read().unwrap_or_else(PoisonError::into_inner).values() {
            held.read_at.store(0, Ordering::Release);
        }
    }
}

/// The snapshot of a site.
///
/// # Errors
/// `NotFound` if there is no such site; a database failure once the snapshot is too old. Closed: nothing is decided on
/// settings that might have changed.
pub async fn of(app: &App, site: SiteId) -> Result<Arc<Snapshot>> {
    let all = app.snapshots();
    let held = all.held(site);
    if let Some(snapshot) = all.within(&held, FRESH) {
        return Ok(snapshot);
    }
    let _reading = match held.reading.try_lock() {
        Ok(reading) => reading,
        Err(_) => {
            if let Some(snapshot) = all.within(&held, STALE) {
                return Ok(snapshot);
            }
            held.reading.lock().await
        }
    };
    if let Some(snapshot) = all.within(&held, FRESH) {
        return Ok(snapshot);
    }
    let began = all.now();
    let found = store::policy::snapshot(&app.db, site).await?;
    let Some((versioned, services)) = found else {
        all.sites.write().unwrap_or_else(PoisonError::into_inner).remove(&site);
        return Err(Error::not_found());
    };
    let services = services.into_iter().map(|s| (s.id, s)).collect();
    let snapshot = Arc::new(Snapshot { versioned: Arc::new(versioned), services });
    held.value.store(Some(Arc::clone(&snapshot)));
    held.read_at.store(began, Ordering::Release);
    Ok(snapshot)
}

/// Follows the announcements of other processes until the pool is closed. Without it every process still obeys within
/// half a second; with it, at once.
pub async fn follow(app: App) {
    while !app.db.pool().is_closed() {
        if let Ok(mut listener) = store::policy::listen(&app.db).await {
            // What was announced before is not heard again.
            app.snapshots().expire_all();
            while let Ok(said) = listener.recv().await {
                match said.payload().parse() {
                    Ok(site) => app.snapshots().expire(SiteId(site)),
                    Err(_) => app.snapshots().expire_all(),
                }
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
