//! Rows of `recovery_code`.

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CollaboratorId;
use crate::platform::db::{Db, Tx};

/// A new set in place of the old one.
pub async fn replace(tx: &mut Tx, who: CollaboratorId, hashes: &[[u8; 32]], now: Timestamp) -> Result<()> {
    forget(tx, who).await?;
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
    sqlx::query!(
        "insert into recovery_code (collaborator_id, code_hash, created_at)
         select $1, hash, $3
         from unnest($2::bytea[]) as hash",
        who.0,
        &hashes,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Uses up a code; whether it was there and unused.
pub async fn spend(tx: &mut Tx, who: CollaboratorId, hash: &[u8; 32], now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update recovery_code
         set used_at = $3
         where collaborator_id = $1
           and code_hash = $2
           and used_at is null",
        who.0,
        &hash[..],
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many are left.
pub async fn left(db: &Db, who: CollaboratorId) -> Result<i64> {
    let left = sqlx::query_scalar!(
        r#"select count(*) as "left!"
           from recovery_code
           where collaborator_id = $1
             and used_at is null"#,
        who.0,
    )
    .fetch_one(db.pool())
    .await?;
    Ok(left)
}

/// Drops the codes that were made then or later.
pub async fn forget_since(tx: &mut Tx, who: CollaboratorId, since: Timestamp) -> Result<()> {
    sqlx::query!("delete from recovery_code where collaborator_id = $1 and created_at >= $2", who.0, since)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Drops the whole set.
pub async fn forget(tx: &mut Tx, who: CollaboratorId) -> Result<()> {
    sqlx::query!("delete from recovery_code where collaborator_id = $1", who.0).execute(&mut **tx).await?;
    Ok(())
}
