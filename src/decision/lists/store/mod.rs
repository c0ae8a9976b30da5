//! Every SQL statement of the slice.

pub(super) mod entry;
pub(super) mod list;
pub(super) mod look_up;
pub(super) mod matches;

use crate::error::Result;
use crate::platform::db::Tx;

/// Waits for another request that is about to write under the same id: a form sent twice at once.
pub(super) async fn one_at_a_time(tx: &mut Tx, id: uuid::Uuid) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", id.to_string()).execute(&mut **tx).await?;
    Ok(())
}
