//! Locks of keys that others hold.

use std::collections::HashSet;

use sqlx::PgExecutor;

use crate::error::{Error, Kind, Result};

/// For how long keys that others hold are waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// As long as anything is: the attempt needs that key.
    Own,
    /// A second: others wait behind it. Whoever holds a key does so for milliseconds, unless its process hangs.
    Shared,
}

/// Which of these locks others hold now.
pub async fn held<'e>(db: impl PgExecutor<'e>, locks: Vec<i64>) -> Result<HashSet<i64>> {
    let rows = sqlx::query_scalar!(
        r#"select k.lock as "lock!" from unnest($1::bigint[]) as k (lock) where not pg_try_advisory_xact_lock(k.lock)"#,
        &locks
    );
    Ok(rows.fetch_all(db).await?.into_iter().collect())
}

/// Whether a lock could not be had in time.
pub fn is_held(error: &Error) -> bool {
    let cause = error.source.as_ref().and_then(|source| source.downcast_ref::<sqlx::Error>());
    cause.is_some_and(|cause| code(cause).as_deref() == Some("55P03"))
}

fn code(error: &sqlx::Error) -> Option<std::borrow::Cow<'_, str>> {
    error.as_database_error().and_then(|e| e.code())
}

/// What a caller hears whose keys others hold for too long.
pub fn busy() -> Error {
    let detail = "Too many attempts under one key are being decided. Try again in a moment.";
    Error::new(Kind::Unavailable, detail).retry_after(1)
}

/// A lock that could not be had in time is a full house, not a fault.
pub(super) fn waited_too_long(error: sqlx::Error) -> Error {
    match code(&error).as_deref() {
        Some("55P03" | "57014") => busy().caused_by(error),
        _ => error.into(),
    }
}
