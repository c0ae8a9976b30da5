//! Rows of `known_device`.

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, DeviceId};
use crate::platform::db::{Db, Tx};

/// Whether the device is known for this person and its secret is the one given out.
pub async fn is_known(
    db: &Db,
    id: DeviceId,
    who: CollaboratorId,
    secret_hash: &[u8; 32],
    now: Timestamp,
) -> Result<bool> {
    let known = sqlx::query_scalar!(
        r#"select exists (
             select from known_device
             where id = $1
               and collaborator_id = $2
               and secret_hash = $3
               and expires_at > $4
               and ended_at is null
           ) as "known!""#,
        id.0,
        who.0,
        &secret_hash[..],
        now,
    )
    .fetch_one(db.pool())
    .await?;
    Ok(known)
}

pub async fn insert(
    tx: &mut Tx,
    id: DeviceId,
    who: CollaboratorId,
    secret_hash: &[u8; 32],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "insert into known_device (id, collaborator_id, secret_hash, created_at, expires_at)
         values ($1, $2, $3, $4, $5)",
        id.0,
        who.0,
        &secret_hash[..],
        now,
        expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends one device.
pub async fn end(tx: &mut Tx, id: DeviceId, now: Timestamp) -> Result<()> {
    sqlx::query!("update known_device set ended_at = $2 where id = $1 and ended_at is null", id.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Ends all but the newest `keep` of a person.
pub async fn end_all_but(tx: &mut Tx, who: CollaboratorId, keep: i64, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update known_device
         set ended_at = $3
         where collaborator_id = $1
           and ended_at is null
           and id not in (
             select id
             from known_device
             where collaborator_id = $1
               and ended_at is null
               and expires_at > $3
             order by created_at desc, id desc
             limit $2
           )",
        who.0,
        keep,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
