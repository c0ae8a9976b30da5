//! How often lists and entries matched: an attempt counts whatever became of it, as long as its decision is recorded.

use std::collections::HashMap;
use std::hash::Hash;

use chrono::TimeDelta;
use uuid::Uuid;

use crate::decision::lists::store;
use crate::decision::lists::store::matches::Row;
use crate::decision::verdict::WINDOW;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{DecisionId, EntryId, ListId, SiteId, uuid_at};
use crate::platform::db::Tx;

/// For how long matches are kept.
pub const KEPT: TimeDelta = TimeDelta::days(30);

/// Above this nobody counts on: a figure is read, not added up.
pub const COUNTED: i64 = 5_000;

/// How often something matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Matches {
    /// Attempts of the last 24 hours; one above [`COUNTED`] stands for any number more.
    pub attempts: i64,
    /// When the last one was; `None`: not within [`KEPT`].
    pub last: Option<Timestamp>,
}

/// From where on to count.
#[derive(Debug, Clone, Copy)]
pub(in crate::decision::lists) struct Since {
    /// The first id of the last 24 hours.
    pub day: Uuid,
    /// The first id that is kept.
    pub kept: Uuid,
    /// The instant of that.
    pub kept_at: Timestamp,
}

impl Since {
    /// What was decided exactly 24 hours ago has left the window, as it has for limits.
    fn before(now: Timestamp) -> Self {
        let after = |at: Timestamp| uuid_at(at + TimeDelta::milliseconds(1));
        Self { day: after(now - WINDOW), kept: after(now - KEPT), kept_at: now - KEPT }
    }
}

/// How often each of these lists matched.
pub async fn of_lists(tx: &mut Tx, site: SiteId, lists: &[ListId], now: Timestamp) -> Result<HashMap<ListId, Matches>> {
    Ok(summed(store::matches::of_lists(tx, site, lists, Since::before(now)).await?))
}

/// How often each of these entries matched, in this form or, before it was changed, in another.
pub async fn of_entries(
    tx: &mut Tx,
    site: SiteId,
    entries: &[EntryId],
    now: Timestamp,
) -> Result<HashMap<EntryId, Matches>> {
    Ok(summed(store::matches::of_entries(tx, site, entries, Since::before(now)).await?))
}

fn summed<Id: Eq + Hash>(rows: Vec<Row<Id>>) -> HashMap<Id, Matches> {
    let mut all: HashMap<Id, Matches> = HashMap::new();
    for row in rows {
        let matches = all.entry(row.of).or_default();
        matches.attempts = (matches.attempts + row.attempts).min(COUNTED + 1);
        matches.last = matches.last.max(row.last.map(DecisionId::instant));
    }
    all
}
