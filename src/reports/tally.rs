//! Decisions by the quarter of an hour, kept per process: what is a minute old hardly ever changes, so a page reads it once
//! and then only what came since. Whatever came late is seen when everything is read anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::SiteId;
use crate::platform::db::Tx;
use crate::reports::period::{begins, quarter};
use crate::reports::store::{self, Cell};

/// Everything is read anew after this long: `gatehouse simulate` writes history.
const KEPT: Duration = Duration::from_secs(600);
/// A decision may commit this long after the instant it bears.
pub(in crate::reports) const SETTLES: TimeDelta = TimeDelta::seconds(60);
/// Sites kept at once; the one that was read longest ago goes first.
const MOST_SITES: usize = 256;

/// The tallies of a process.
#[derive(Debug, Default)]
pub struct Tallies {
    sites: Mutex<HashMap<SiteId, Arc<Held>>>,
}

/// The lock makes one caller read while the others wait for its answer.
#[derive(Debug)]
struct Held {
    touched: Mutex<Instant>,
    closed: tokio::sync::Mutex<Option<Closed>>,
}

/// What has settled.
#[derive(Debug)]
struct Closed {
    read_at: Instant,
    /// The quarters `from` to `until` (exclusive), all of them over.
    from: i64,
    until: i64,
    cells: Vec<Cell>,
    running: Running,
}

/// What has settled of the quarter after those: at a busy site too much to be counted for each page.
#[derive(Debug)]
struct Running {
    quarter: i64,
    until: Timestamp,
    cells: Vec<Cell>,
}

impl Running {
    fn of(quarter: i64) -> Self {
        Self { quarter, until: begins(quarter), cells: Vec::new() }
    }

    async fn follow(&mut self, tx: &mut Tx, site: SiteId, settled: Timestamp) -> Result<()> {
        for new in store::counted(tx, site, self.until, settled).await? {
            match self.cells.iter_mut().find(|cell| cell.settled_by == new.settled_by) {
                Some(cell) => cell.add(&new),
                None => self.cells.push(new),
            }
        }
        self.until = settled;
        Ok(())
    }
}

impl Tallies {
    /// The site's quarters from the one that holds `since` to the one that runs. One may come in several parts.
    pub async fn read(&self, tx: &mut Tx, site: SiteId, since: Timestamp, now: Timestamp) -> Result<Vec<Cell>> {
        let from = quarter(since);
        let held = self.held(site);
        let mut closed = held.closed.lock().await;
        // Who came earlier may have its turn later: what was read for the other is good for it, too.
        let known = closed.take().filter(|c| c.running.until <= now && c.read_at.elapsed() < KEPT && c.from <= from);
        let settled = known.as_ref().map_or(now - SETTLES, |c| c.running.until.max(now - SETTLES));
        let over = quarter(settled);
        let mut known = known.unwrap_or_else(|| Closed {
            read_at: Instant::now(),
            from,
            until: from,
            cells: vec![],
            running: Running::of(over),
        });
        if known.until < over {
            known.cells.extend(store::cells(tx, site, known.until, over).await?);
            known.until = over;
        }
        if known.running.quarter != over {
            known.running = Running::of(over);
        }
        known.running.follow(tx, site, settled).await?;
        let mut wanted: Vec<Cell> =
            known.cells.iter().chain(&known.running.cells).filter(|cell| cell.number >= from).cloned().collect();
        *closed = Some(known);
        drop(closed);
        wanted.extend(store::counted(tx, site, settled.max(begins(from)), begins(quarter(now) + 1)).await?);
        Ok(wanted)
    }

    fn held(&self, site: SiteId) -> Arc<Held> {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        if sites.len() >= MOST_SITES && !sites.contains_key(&site) {
            let oldest = sites.iter().min_by_key(|(_, held)| held.touched()).map(|(site, _)| *site);
            oldest.map(|site| sites.remove(&site));
        }
        let held = sites.entry(site).or_insert_with(|| {
            Arc::new(Held { touched: Mutex::new(Instant::now()), closed: tokio::sync::Mutex::default() })
        });
        *held.touched.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Arc::clone(held)
    }
}

impl Held {
    fn touched(&self) -> Instant {
        *self.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
