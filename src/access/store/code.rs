//! Rows of `one_time_code`, and of `code_guesses` and `code_sends`, which outlive them. The row of `code_guesses` is
//! always locked first.

use crate::access::code::{Budget, GUESSES, Sends};
use crate::access::service::codes::{CodePurpose, Flow};
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CodeId, CollaboratorId, FactorId};
use crate::platform::db::{Db, Tx};

/// A code to store.
pub struct New<'a> {
    pub id: CodeId,
    pub who: CollaboratorId,
    pub flow: Flow,
    pub purpose: CodePurpose,
    pub factor: Option<FactorId>,
    pub destination: &'a str,
    pub code_mac: [u8; 32],
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

/// Stores a code; older ones of the person for the same purpose are dead.
pub async fn insert(tx: &mut Tx, new: New<'_>) -> Result<()> {
    sqlx::query!(
        "update one_time_code
         set ended_at = $3
         where collaborator_id = $1
           and purpose = $2
           and ended_at is null",
        new.who.0,
        new.purpose.as_str(),
        new.now,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into one_time_code (id, collaborator_id, flow, purpose, factor_id, destination, code_mac, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id.0,
        new.who.0,
        &new.flow.0[..],
        new.purpose.as_str(),
        new.factor.map(|id| id.0),
        new.destination,
        &new.code_mac[..],
        new.now,
        new.expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A code that can still be typed.
pub struct Live {
    pub id: CodeId,
    pub factor: Option<FactorId>,
    pub destination: String,
    pub code_mac: Vec<u8>,
    pub guesses: i32,
}

/// The code of this flow and purpose with one more guess taken from it; nothing if there is none to guess at.
pub async fn guess(
    tx: &mut Tx,
    who: CollaboratorId,
    flow: Flow,
    purpose: CodePurpose,
    now: Timestamp,
) -> Result<Option<Live>> {
    let live = sqlx::query_as!(
        Live,
        r#"update one_time_code
           set guesses = guesses + 1
           where collaborator_id = $1
             and flow = $2
             and purpose = $3
             and ended_at is null
             and expires_at > $4
             and guesses < $5
           returning id as "id: CodeId", factor_id as "factor: FactorId", destination, code_mac, guesses"#,
        who.0,
        &flow.0[..],
        purpose.as_str(),
        now,
        GUESSES,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(live)
}

/// Ends a code, used or dead; whether it was this that ended it.
pub async fn end(tx: &mut Tx, id: CodeId, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!("update one_time_code set ended_at = $2 where id = $1 and ended_at is null", id.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Until when the code sent last in this flow to this destination can be typed, if it can.
pub async fn live_until(
    db: &Db,
    who: CollaboratorId,
    flow: Flow,
    purpose: CodePurpose,
    destination: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let until = sqlx::query_scalar!(
        "select expires_at
         from one_time_code
         where collaborator_id = $1
           and flow = $2
           and purpose = $3
           and destination = $4
           and ended_at is null
           and expires_at > $5
           and guesses < $6",
        who.0,
        &flow.0[..],
        purpose.as_str(),
        destination,
        now,
        GUESSES,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(until)
}

/// The person's guesses, locked until the transaction ends; made first where there are none.
pub async fn lock_guesses(tx: &mut Tx, who: CollaboratorId) -> Result<Budget> {
    sqlx::query!(
        "insert into code_guesses (collaborator_id) values ($1) on conflict (collaborator_id) do nothing",
        who.0
    )
    .execute(&mut **tx)
    .await?;
    let slots = sqlx::query_scalar!("select slots from code_guesses where collaborator_id = $1 for update", who.0)
        .fetch_one(&mut **tx)
        .await?;
    Ok(Budget(slots))
}

pub async fn save_guesses(tx: &mut Tx, who: CollaboratorId, budget: &Budget) -> Result<()> {
    sqlx::query!("update code_guesses set slots = $2 where collaborator_id = $1", who.0, &budget.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether the person may be told now that their second step is closed: at most one mail a day.
pub async fn may_mail_closed(tx: &mut Tx, who: CollaboratorId, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update code_guesses
         set mailed_at = $2
         where collaborator_id = $1
           and (mailed_at is null or mailed_at <= $3)",
        who.0,
        now,
        now - chrono::TimeDelta::hours(24),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The person's guesses, to look at.
pub async fn guesses(db: &Db, who: CollaboratorId) -> Result<Budget> {
    let slots = sqlx::query_scalar!("select slots from code_guesses where collaborator_id = $1", who.0)
        .fetch_optional(db.pool())
        .await?;
    Ok(Budget(slots.unwrap_or_default()))
}

/// What was sent to a destination, locked until the transaction ends; made first where there is nothing.
pub async fn lock_sends(tx: &mut Tx, who: CollaboratorId, destination: &[u8]) -> Result<Sends> {
    sqlx::query!(
        "insert into code_sends (collaborator_id, destination)
         values ($1, $2)
         on conflict (collaborator_id, destination) do nothing",
        who.0,
        destination,
    )
    .execute(&mut **tx)
    .await?;
    let sends = sqlx::query_scalar!(
        "select sends
         from code_sends
         where collaborator_id = $1
           and destination = $2
         for update",
        who.0,
        destination,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Sends(sends))
}

pub async fn save_sends(tx: &mut Tx, who: CollaboratorId, destination: &[u8], sends: &Sends) -> Result<()> {
    sqlx::query!(
        "update code_sends
         set sends = $3
         where collaborator_id = $1
           and destination = $2",
        who.0,
        destination,
        &sends.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What was sent to a destination, to look at.
pub async fn sends(db: &Db, who: CollaboratorId, destination: &[u8]) -> Result<Sends> {
    let sends = sqlx::query_scalar!(
        "select sends
         from code_sends
         where collaborator_id = $1
           and destination = $2",
        who.0,
        destination,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(Sends(sends.unwrap_or_default()))
}
