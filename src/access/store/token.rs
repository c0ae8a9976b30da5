//! Rows of `mailed_token`: single-use tokens, kept as their SHA-256 only.

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CollaboratorId;
use crate::platform::db::{Db, Tx};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    SetUp,
    ResetPassword,
    ChangeEmail,
    RevertEmail,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SetUp => "set_up",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
            Self::RevertEmail => "revert_email",
        }
    }
}

/// A token to store.
pub struct New<'a> {
    pub hash: [u8; 32],
    pub purpose: Purpose,
    pub who: Option<CollaboratorId>,
    /// The person's canonical address at issue.
    pub email: Option<&'a str>,
    /// What the address becomes.
    pub new_email: Option<&'a str>,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

/// A token that can still be used, with the person it is for.
pub struct Live {
    pub who: Option<CollaboratorId>,
    pub new_email: Option<String>,
    /// When it was issued; of a revert, when the change was asked for.
    pub since: Timestamp,
}

/// Stores a token; older ones for the same purpose and person end: the newest only is good.
pub async fn insert(tx: &mut Tx, new: New<'_>) -> Result<()> {
    end_all(tx, new.who, new.purpose, new.now).await?;
    add(tx, new).await
}

/// Stores a token beside older ones (each revert link stays good).
pub async fn add(tx: &mut Tx, new: New<'_>) -> Result<()> {
    sqlx::query!(
        "insert into mailed_token (token_hash, purpose, collaborator_id, email, new_email, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &new.hash[..],
        new.purpose.as_str(),
        new.who.map(|id| id.0),
        new.email,
        new.new_email,
        new.now,
        new.expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends the unused tokens of a person for a purpose.
pub async fn end_all(tx: &mut Tx, who: Option<CollaboratorId>, purpose: Purpose, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update mailed_token
         set used_at = $3
         where collaborator_id is not distinct from $1
           and purpose = $2
           and used_at is null",
        who.map(|id| id.0),
        purpose.as_str(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends the unused tokens of a person for a purpose that were issued then or later.
pub async fn end_since(
    tx: &mut Tx,
    who: CollaboratorId,
    purpose: Purpose,
    since: Timestamp,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "update mailed_token
         set used_at = $4
         where collaborator_id = $1
           and purpose = $2
           and created_at >= $3
           and used_at is null",
        who.0,
        purpose.as_str(),
        since,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many were issued for a person since then, used or not.
pub async fn issued_since(tx: &mut Tx, who: CollaboratorId, purpose: Purpose, since: Timestamp) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from mailed_token
           where collaborator_id = $1
             and purpose = $2
             and created_at > $3"#,
        who.0,
        purpose.as_str(),
        since,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// Reads a token without using it. All but a revert are worthless once the person's address differs from the one at issue;
/// a revert must survive a second change by whoever took the account over.
pub async fn find(db: &Db, hash: &[u8; 32], purpose: Purpose, now: Timestamp) -> Result<Option<Live>> {
    let live = sqlx::query_as!(
        Live,
        r#"select t.collaborator_id as "who: CollaboratorId", t.new_email, t.created_at as since
           from mailed_token t
           left join collaborator c on c.id = t.collaborator_id
           where t.token_hash = $1
             and t.purpose = $2
             and t.expires_at > $3
             and t.used_at is null
             and (t.collaborator_id is null
                  or (c.disabled_at is null and (c.email_canonical = t.email or t.purpose = 'revert_email')))"#,
        &hash[..],
        purpose.as_str(),
        now,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(live)
}

/// What the person's oldest revert that can still be used restores: the address before whoever changed it.
pub async fn first_revert(tx: &mut Tx, who: CollaboratorId, now: Timestamp) -> Result<Option<Live>> {
    let live = sqlx::query_as!(
        Live,
        r#"select collaborator_id as "who: CollaboratorId", new_email, created_at as since
           from mailed_token
           where collaborator_id = $1
             and purpose = 'revert_email'
             and expires_at > $2
             and used_at is null
           order by created_at
           limit 1"#,
        who.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(live)
}

/// Uses a token. Of many at once, one gets it.
pub async fn consume(tx: &mut Tx, hash: &[u8; 32], purpose: Purpose, now: Timestamp) -> Result<Option<Live>> {
    let live = sqlx::query_as!(
        Live,
        r#"update mailed_token t
           set used_at = $3
           where t.token_hash = $1
             and t.purpose = $2
             and t.expires_at > $3
             and t.used_at is null
             and (t.collaborator_id is null
                  or exists (select from collaborator c
                             where c.id = t.collaborator_id
                               and c.disabled_at is null
                               and (c.email_canonical = t.email or t.purpose = 'revert_email')))
           returning t.collaborator_id as "who: CollaboratorId", t.new_email, t.created_at as since"#,
        &hash[..],
        purpose.as_str(),
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(live)
}
