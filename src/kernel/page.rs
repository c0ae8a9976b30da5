//! Keyset paging: a page begins after the last row of the one before, so it costs the same at any depth.

use serde::Serialize;
use uuid::Uuid;

/// Which rows to fetch, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// Rows older than this id; `None` begins at the newest.
    pub after: Option<Uuid>,
    /// At most this many, 1 to 100.
    pub limit: u32,
}

impl PageRequest {
    /// The first page of a console table.
    pub const FIRST: PageRequest = PageRequest { after: None, limit: 50 };

    /// One more than the limit: the extra row tells whether there is a next page.
    pub fn fetch(self) -> i64 {
        i64::from(self.limit) + 1
    }
}

/// One page of rows.
#[derive(Debug, Clone, Serialize)]
pub struct PageOf<T> {
    /// The rows, newest first.
    pub data: Vec<T>,
    /// Whether older rows exist.
    pub has_more: bool,
    /// Give this as `after` to get the next page.
    pub next: Option<String>,
}

impl<T> PageOf<T> {
    /// Cuts the extra row off; `id` tells a row's id in its public text.
    pub fn cut(mut rows: Vec<T>, request: PageRequest, id: impl Fn(&T) -> String) -> Self {
        let limit = request.limit as usize;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = if has_more { rows.last().map(id) } else { None };
        Self { data: rows, has_more, next }
    }

    /// The same page with every row changed.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> PageOf<U> {
        PageOf { data: self.data.into_iter().map(change).collect(), has_more: self.has_more, next: self.next }
    }
}
