//! Rows of `session`. A revoked row is never written again.

use chrono::TimeDelta;
use ipnet::IpNet;

use crate::access::factor::Means;
use crate::access::session::JustProved;
use crate::access::store::collaborator::hold;
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
    pub assurance: String,
    /// By what means besides the password.
    pub proved_with: Option<String>,
    /// Whether the person has an active second factor, whatever this session was proved with.
    pub has_factor: bool,
    pub proved_at: Timestamp,
    pub last_active_at: Timestamp,
    pub expires_at: Timestamp,
    pub idle_minutes: i32,
}

pub async fn find(db: &Db, hash: &[u8; 32]) -> Result<Option<Row>> {
    let row = sqlx::query_as!(
        Row,
        r#"select s.collaborator_id as "collaborator_id: CollaboratorId", c.name, c.email, s.assurance, s.proved_with,
                  exists (select from second_factor f
                          where f.collaborator_id = c.id
                            and f.activated_at is not null
                            and f.ended_at is null) as "has_factor!",
                  s.proved_at, s.last_active_at, s.expires_at,
                  coalesce((select min(t.idle_minutes)
                            from membership m join site t on t.id = m.site_id
                            where m.collaborator_id = c.id
                              and m.disabled_at is null), 30) as "idle_minutes!"
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

/// A session to store.
pub struct New<'a> {
    pub hash: [u8; 32],
    pub who: CollaboratorId,
    pub proof: JustProved,
    pub address: ClientAddress,
    pub user_agent: &'a str,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

pub async fn insert(tx: &mut Tx, new: New<'_>) -> Result<()> {
    sqlx::query!(
        "insert into session (id_hash, collaborator_id, assurance, proved_with, created_at, last_active_at, proved_at, expires_at, address, user_agent)
         values ($1, $2, $3, $8, $4, $4, $4, $5, $6, $7)",
        &new.hash[..],
        new.who.0,
        new.proof.assurance.as_str(),
        new.now,
        new.expires_at,
        new.address.ip().map(IpNet::from),
        new.user_agent,
        new.proof.means.map(Means::as_str),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The person has no second factor any more: what the session was proved with is worth a password, and a password is a fresh
/// proof again.
pub async fn rest_on_password(tx: &mut Tx, hash: &[u8; 32]) -> Result<()> {
    sqlx::query!(
        "update session
         set assurance = 'password',
             proved_with = null
         where id_hash = $1
           and revoked_at is null",
        &hash[..],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A live session among a person's, for the list.
pub struct Listed {
    pub id_hash: Vec<u8>,
    pub created_at: Timestamp,
    pub last_active_at: Timestamp,
    pub address: Option<IpNet>,
    pub user_agent: String,
}

/// The person's sessions that can still be used, the latest active first.
pub async fn of_person(db: &Db, who: CollaboratorId, idle_minutes: i32, now: Timestamp) -> Result<Vec<Listed>> {
    let rows = sqlx::query_as!(
        Listed,
        "select id_hash, created_at, last_active_at, address, user_agent
         from session
         where collaborator_id = $1
           and revoked_at is null
           and expires_at > $2
           and last_active_at > $3
         order by last_active_at desc",
        who.0,
        now,
        now - TimeDelta::minutes(idle_minutes.into()),
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows)
}

/// Ends the session a browser had before it signed in anew, whosever it was.
pub async fn leave(tx: &mut Tx, hash: &[u8], now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update session
         set revoked_at = $2
         where id_hash = $1
           and revoked_at is null",
        hash,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends one session of the person, under whichever id it goes on by now; whether it was alive. Hold the person first, see
/// [`revoke_others`].
pub async fn revoke(tx: &mut Tx, hash: &[u8], who: CollaboratorId, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update session
         set revoked_at = $3
         where collaborator_id = $2
           and revoked_at is null
           and coalesce(began_as, id_hash) = (select coalesce(s.began_as, s.id_hash)
                                              from session s
                                              where s.id_hash = $1
                                                and s.collaborator_id = $2)",
        hash,
        who.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all sessions of the person but one; how many there were. Holds the person first: one that moves to another id
/// meanwhile has moved by then, and is found under it.
pub async fn revoke_others(tx: &mut Tx, who: CollaboratorId, but: Option<&[u8; 32]>, now: Timestamp) -> Result<u64> {
    hold(tx, who).await?;
    let done = sqlx::query!(
        "update session
         set revoked_at = $3
         where collaborator_id = $1
           and id_hash is distinct from $2
           and revoked_at is null",
        who.0,
        but.map(|hash| &hash[..]),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Continues a live session under another id: the old one is dead. Limits stay; whether it was alive. `proof` is what was
/// proved just now. It raises the assurance; as a fresh proof it counts only if it is as strong as what the session
/// rests on, so that a password alone is no step-up for who has a second factor. The means are those of the last proof.
/// Holds the person first, see [`revoke_others`].
pub async fn rotate(
    tx: &mut Tx,
    old: &[u8; 32],
    new: &[u8; 32],
    proof: Option<JustProved>,
    now: Timestamp,
) -> Result<bool> {
    let held = sqlx::query!(
        "select 1 as one
         from collaborator
         where id = (select collaborator_id from session where id_hash = $1)
         for no key update",
        &old[..],
    );
    held.fetch_optional(&mut **tx).await?;
    let done = sqlx::query!(
        "with ended as (
           update session
           set revoked_at = $3
           where id_hash = $1
             and revoked_at is null
           returning id_hash, began_as, collaborator_id, assurance, proved_with, proved_at, created_at, expires_at, address, user_agent, mail_proved_at
         )
         insert into session (id_hash, began_as, collaborator_id, assurance, proved_with, created_at, last_active_at, proved_at, expires_at, address, user_agent, mail_proved_at)
         select $2, coalesce(began_as, id_hash), collaborator_id, greatest(assurance, $4::text), coalesce($5, proved_with), created_at, $3,
                case when $4 >= assurance then $3 else proved_at end, expires_at, address, user_agent, mail_proved_at
         from ended",
        &old[..],
        &new[..],
        now,
        proof.map(|proof| proof.assurance.as_str()), // 'second_factor' sorts behind 'password'
        proof.and_then(|proof| proof.means).map(Means::as_str),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
