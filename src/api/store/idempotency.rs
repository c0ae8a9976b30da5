//! Rows of `idempotency`.

use sqlx::PgExecutor;

use crate::api::idempotency::{Answers, Columns, Stored};
use crate::error::{Error, Result};
use crate::kernel::id::SiteId;
use crate::platform::db::Tx;

/// Takes the lock until the end of the transaction; false when somebody else holds it.
pub async fn try_lock(tx: &mut Tx, number: i64) -> Result<bool> {
    let got =
        sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "got!""#, number).fetch_one(&mut **tx).await?;
    Ok(got)
}

/// The answers under some keys, each with the place of its key, from zero, and the body's hash.
pub async fn find<'e>(db: impl PgExecutor<'e>, site: SiteId, keys: &Columns) -> Result<Vec<(usize, Vec<u8>, Stored)>> {
    let rows = sqlx::query!(
        r#"select place as "place!", body_hash as "body_hash!", status as "status!", response as "response!"
           from answers_given($1, $2, $3, $4, $5, $6)"#,
        site.0,
        &keys.api_keys,
        &keys.methods,
        &keys.paths,
        &keys.texts,
        &keys.since,
    )
    .fetch_all(db)
    .await?;
    let found = rows.into_iter().map(|row| {
        let place = usize::try_from(row.place - 1).map_err(Error::internal)?;
        let status = u16::try_from(row.status).map_err(Error::internal)?;
        Ok((place, row.body_hash, Stored { status, body: row.response }))
    });
    found.collect()
}

/// Writes a row a key; an expired one under the same key gives way.
pub async fn put(tx: &mut Tx, site: SiteId, keys: &Columns, answers: &Answers) -> Result<()> {
    sqlx::query_scalar!(
        "select keep_answers($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        site.0,
        &keys.api_keys,
        &keys.methods,
        &keys.paths,
        &keys.texts,
        &keys.since,
        &answers.body_hashes,
        &answers.statuses,
        &answers.bodies,
        &answers.nows,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}
