//! Rows of `session`. A revoked row is never written again.

use ipnet::IpNet;

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CollaboratorId;
use crate::kernel::ip::ClientAddress;
use crate::platform::db::{Db, Tx};

/// A live session with its person.
pub struct Row {
    pub collaborator_id: CollaboratorId,
    pub name: String,
    pub email: String,
    pub proved_at: Timestamp,
    pub last_active_at: Timestamp,
    pub expires_at: Timestamp,
    pub idle_minutes: i32,
}

pub async fn find(db: &Db, hash: &[u8; 32]) -> Result<Option<Row>> {
    let row = sqlx::query_as!(
        Row,
        r#"select s.collaborator_id as "collaborator_id: CollaboratorId", c.name, c.email, s.proved_at, s.last_active_at, s.expires_at,
                  coalesce((select min(t.idle_minutes)
                            from membership m join site t on t.id = m.site_id
                            where m.collaborator_id = c.id), 30) as "idle_minutes!"
           from session s
           join collaborator c on c.id = s.collaborator_id
           where s.id_hash = $1
             and s.revoked_at is null
             and c.disabled_at is null"#,
        &hash[..],
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row)
}

pub async fn touch(db: &Db, hash: &[u8; 32], now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update session
         set last_active_at = greatest(last_active_at, $2)
         where id_hash = $1
           and revoked_at is null",
        &hash[..],
        now,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

pub async fn insert(
    tx: &mut Tx,
    hash: &[u8; 32],
    who: CollaboratorId,
    address: ClientAddress,
    user_agent: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "insert into session (id_hash, collaborator_id, assurance, created_at, last_active_at, proved_at, expires_at, address, user_agent)
         values ($1, $2, 'password', $3, $3, $3, $4, $5, $6)",
        &hash[..],
        who.0,
        now,
        expires_at,
        address.ip().map(IpNet::from),
        user_agent,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
