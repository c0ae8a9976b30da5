//! Rows of `lockout`.

use crate::access::lockout::Bucket;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, DeviceId, SiteId};
use crate::platform::db::{Db, Tx};

/// The bucket, locked until the transaction ends. One that is not there is made first, so that everybody waits in line.
pub async fn lock(tx: &mut Tx, key: &[u8], who: Option<CollaboratorId>, device: Option<DeviceId>) -> Result<Bucket> {
    sqlx::query!(
        "insert into lockout (bucket, collaborator_id, device_id)
         values ($1, $2, $3)
         on conflict (bucket) do nothing",
        key,
        who.map(|id| id.0),
        device.map(|id| id.0),
    )
    .execute(&mut **tx)
    .await?;
    let bucket = sqlx::query_as!(
        Bucket,
        "select slots, failures_total, locked_until, closed
         from lockout
         where bucket = $1
         for update",
        key,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(bucket)
}

/// A bucket of a person, with its key.
pub struct Owned {
    pub key: Vec<u8>,
    pub bucket: Bucket,
}

/// Every bucket of a person, locked until the transaction ends.
pub async fn lock_all(tx: &mut Tx, who: CollaboratorId) -> Result<Vec<Owned>> {
    let rows = sqlx::query!(
        "select bucket, slots, failures_total, locked_until, closed
         from lockout
         where collaborator_id = $1
         order by bucket
         for update",
        who.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let owned = rows.into_iter().map(|row| Owned {
        key: row.bucket,
        bucket: Bucket {
            slots: row.slots,
            failures_total: row.failures_total,
            locked_until: row.locked_until,
            closed: row.closed,
        },
    });
    Ok(owned.collect())
}

pub async fn save(tx: &mut Tx, key: &[u8], bucket: &Bucket) -> Result<()> {
    sqlx::query!(
        "update lockout
         set slots = $2,
             failures_total = $3,
             locked_until = $4,
             closed = $5
         where bucket = $1",
        key,
        &bucket.slots,
        bucket.failures_total,
        bucket.locked_until,
        bucket.closed,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets every bucket of a person; whether one of them was shut.
pub async fn forget(tx: &mut Tx, who: CollaboratorId, now: Timestamp) -> Result<bool> {
    let shut = sqlx::query_scalar!(
        r#"with gone as (
             delete from lockout
             where collaborator_id = $1
             returning locked_until, closed
           )
           select coalesce(bool_or(closed or coalesce(locked_until > $2, false)), false) as "shut!"
           from gone"#,
        who.0,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(shut)
}

/// A bucket of somebody that is shut now.
pub struct Shut {
    pub who: CollaboratorId,
    pub name: String,
    pub email: String,
    pub role: String,
    /// It is a known device's, not the strangers'.
    pub device: bool,
    pub until: Option<Timestamp>,
    /// Until a reset, a passkey or an unlock.
    pub closed: bool,
}

/// The shut buckets of a site's people, by name.
pub async fn shut_at(db: &Db, site: SiteId, now: Timestamp) -> Result<Vec<Shut>> {
    let rows = sqlx::query_as!(
        Shut,
        r#"select c.id as "who: CollaboratorId", c.name, c.email, m.role, l.device_id is not null as "device!", l.locked_until as until, l.closed
           from lockout l
           join membership m on m.collaborator_id = l.collaborator_id
           join collaborator c on c.id = l.collaborator_id
           where m.site_id = $1
             and (l.closed or l.locked_until > $2)
           order by lower(c.name), c.id, l.device_id nulls first"#,
        site.0,
        now,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows)
}
