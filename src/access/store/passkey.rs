//! Rows of `passkey_ceremony`, and the passkeys among the rows of `second_factor`.

use serde_json::Value;
use uuid::Uuid;

use crate::access::store::collaborator::Account;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, FactorId};
use crate::platform::db::{Db, Tx};

/// What a challenge is set for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Enrol,
    SignIn,
    SecondStep,
    StepUp,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enrol => "enrol",
            Self::SignIn => "sign_in",
            Self::SecondStep => "second_step",
            Self::StepUp => "step_up",
        }
    }
}

/// A challenge to keep.
pub struct New<'a> {
    pub id_hash: [u8; 32],
    pub purpose: Purpose,
    /// The session or pending sign-in it is bound to; a sign-in that begins with the passkey has only the ceremony's cookie.
    pub flow: Option<[u8; 32]>,
    pub who: Option<CollaboratorId>,
    pub state: &'a Value,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

pub async fn open(db: &Db, new: New<'_>) -> Result<()> {
    sqlx::query!(
        "insert into passkey_ceremony (id_hash, flow, collaborator_id, purpose, state, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &new.id_hash[..],
        new.flow.as_ref().map(|flow| &flow[..]),
        new.who.map(|id| id.0),
        new.purpose.as_str(),
        new.state,
        new.now,
        new.expires_at,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Uses a challenge up, whatever comes of its answer. Of many at once, one gets it.
pub async fn take(
    db: &Db,
    id_hash: &[u8; 32],
    purpose: Purpose,
    flow: Option<[u8; 32]>,
    who: Option<CollaboratorId>,
    now: Timestamp,
) -> Result<Option<Value>> {
    let state = sqlx::query_scalar!(
        "update passkey_ceremony
         set used_at = $5
         where id_hash = $1
           and purpose = $2
           and flow is not distinct from $3
           and collaborator_id is not distinct from $4
           and expires_at > $5
           and used_at is null
         returning state",
        &id_hash[..],
        purpose.as_str(),
        flow.as_ref().map(|flow| &flow[..]),
        who.map(|id| id.0),
        now,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(state)
}

/// A passkey in use, with its person.
pub struct Held {
    pub factor: FactorId,
    pub credential: Value,
    /// What the passkey carries for its person.
    pub handle: Uuid,
    pub account: Account,
}

/// Whose passkey it is, as far as it may be used.
pub async fn holder(db: impl sqlx::PgExecutor<'_>, credential_id: &[u8]) -> Result<Option<CollaboratorId>> {
    let who = sqlx::query_scalar!(
        r#"select collaborator_id as "who: CollaboratorId"
           from second_factor
           where credential_id = $1
             and activated_at is not null
             and ended_at is null"#,
        credential_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(who)
}

/// The passkey, if it may be used and its person may sign in; both stay as they are until the commit.
pub async fn lock(tx: &mut Tx, credential_id: &[u8]) -> Result<Option<Held>> {
    let row = sqlx::query!(
        r#"select f.id as "factor: FactorId", f.credential as "credential!", c.webauthn_id,
                  c.id as "who: CollaboratorId", c.email, c.email_canonical, c.name, c.password_hash, c.disabled_at
           from second_factor f
           join collaborator c on c.id = f.collaborator_id
           where f.credential_id = $1
             and f.activated_at is not null
             and f.ended_at is null
             and c.disabled_at is null
           for no key update"#,
        credential_id,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Held {
        factor: row.factor,
        credential: row.credential,
        handle: row.webauthn_id,
        account: Account {
            id: row.who,
            email: row.email,
            email_canonical: row.email_canonical,
            name: row.name,
            password_hash: row.password_hash,
            disabled_at: row.disabled_at,
        },
    }))
}

/// Keeps the passkey as its last use left it: counter and flags.
pub async fn used(tx: &mut Tx, factor: FactorId, credential: &Value, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update second_factor
         set credential = $2,
             last_used_at = $3
         where id = $1",
        factor.0,
        credential,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The credential ids of a person's passkeys that may be used.
pub async fn of_person(db: &Db, who: CollaboratorId) -> Result<Vec<Vec<u8>>> {
    let ids = sqlx::query_scalar!(
        r#"select credential_id as "id!"
           from second_factor
           where collaborator_id = $1
             and kind = 'passkey'
             and activated_at is not null
             and ended_at is null
           order by id"#,
        who.0,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(ids)
}

/// What a person's passkeys carry for them.
pub async fn handle(db: &Db, who: CollaboratorId) -> Result<Uuid> {
    let handle =
        sqlx::query_scalar!("select webauthn_id from collaborator where id = $1", who.0).fetch_one(db.pool()).await?;
    Ok(handle)
}
