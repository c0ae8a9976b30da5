//! Rows of `idempotency`.

use crate::api::idempotency::{Idempotency, Stored};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::SiteId;
use crate::platform::db::Tx;

/// Takes the lock until the end of the transaction; false when somebody else holds it.
pub async fn try_lock(tx: &mut Tx, number: i64) -> Result<bool> {
    let got =
        sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "got!""#, number).fetch_one(&mut **tx).await?;
    Ok(got)
}

/// The body's hash and the answer under a key, if it was stored after `since`.
pub async fn find(tx: &mut Tx, site: SiteId, key: &Idempotency, since: Timestamp) -> Result<Option<(Vec<u8>, Stored)>> {
    let row = sqlx::query!(
        "select body_hash, status, response
         from idempotency
         where site_id = $1
           and api_key_id = $2
           and method = $3
           and path = $4
           and key = $5
           and created_at > $6",
        site.0,
        key.api_key.0,
        key.method,
        key.path,
        key.text,
        since,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        let status = u16::try_from(row.status).map_err(Error::internal)?;
        Ok((row.body_hash, Stored { status, body: row.response }))
    })
    .transpose()
}

/// Writes one row; an expired one under the same key gives way.
pub async fn put(
    tx: &mut Tx,
    site: SiteId,
    key: &Idempotency,
    answer: &Stored,
    since: Timestamp,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "delete from idempotency
         where site_id = $1
           and api_key_id = $2
           and method = $3
           and path = $4
           and key = $5
           and created_at <= $6",
        site.0,
        key.api_key.0,
        key.method,
        key.path,
        key.text,
        since,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into idempotency (site_id, api_key_id, method, path, key, body_hash, status, response, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        site.0,
        key.api_key.0,
        key.method,
        key.path,
        key.text,
        &key.body_hash[..],
        i32::from(answer.status),
        answer.body,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
