//! Rows of `second_factor`.

use chrono::TimeDelta;

use crate::access::factor::{EndReason, Factor, FactorKind};
use crate::error::{Error, Kind, Result, violated};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, FactorId};
use crate::platform::db::{Db, Tx};

/// A factor to store; it counts only once it is activated.
pub struct New<'a> {
    pub id: FactorId,
    pub who: CollaboratorId,
    pub name: &'a str,
    pub made_of: MadeOf<'a>,
    pub now: Timestamp,
}

/// What each kind keeps.
pub enum MadeOf<'a> {
    /// The number, E.164.
    Sms(&'a str),
    /// The secret, sealed with the factor's id as its place.
    Totp(&'a [u8]),
    /// The credential's id, and the rest as the verifier keeps it.
    Passkey(&'a [u8], &'a serde_json::Value),
}

impl MadeOf<'_> {
    fn kind(&self) -> FactorKind {
        match self {
            Self::Sms(_) => FactorKind::Sms,
            Self::Totp(_) => FactorKind::Totp,
            Self::Passkey(..) => FactorKind::Passkey,
        }
    }
}

struct Row {
    id: FactorId,
    kind: String,
    name: String,
    phone: Option<String>,
    created_at: Timestamp,
    activated_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

impl Row {
    fn factor(self) -> Result<Factor> {
        let kind = self.kind.parse().map_err(Error::internal)?;
        let Row { id, name, phone, created_at, activated_at, last_used_at, .. } = self;
        Ok(Factor { id, kind, name, phone, created_at, activated_at, last_used_at })
    }
}

/// Stored kinds, all of them known.
pub fn kinds(stored: &[String]) -> Result<Vec<FactorKind>> {
    stored.iter().map(|kind| kind.parse().map_err(Error::internal)).collect()
}

/// The person's active factors, the one used last first.
pub async fn active(db: &Db, who: CollaboratorId) -> Result<Vec<Factor>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: FactorId", kind, name, phone, created_at, activated_at, last_used_at
           from second_factor
           where collaborator_id = $1
             and activated_at is not null
             and ended_at is null
           order by last_used_at desc nulls last, activated_at, id"#,
        who.0,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter().map(Row::factor).collect()
}

/// One of the person's factors, active or still being set up.
pub async fn find(db: &Db, who: CollaboratorId, id: FactorId) -> Result<Option<Factor>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: FactorId", kind, name, phone, created_at, activated_at, last_used_at
           from second_factor
           where id = $2
             and collaborator_id = $1
             and ended_at is null"#,
        who.0,
        id.0,
    )
    .fetch_optional(db.pool())
    .await?;
    row.map(Row::factor).transpose()
}

/// Whether the person has an active factor.
pub async fn has_active(tx: &mut Tx, who: CollaboratorId) -> Result<bool> {
    let has = sqlx::query_scalar!(
        r#"select exists (
             select from second_factor
             where collaborator_id = $1
               and activated_at is not null
               and ended_at is null
           ) as "has!""#,
        who.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(has)
}

pub async fn insert(tx: &mut Tx, new: New<'_>) -> Result<()> {
    let kind = new.made_of.kind().as_str();
    let (phone, secret, credential) = match new.made_of {
        MadeOf::Sms(phone) => (Some(phone), None, None),
        MadeOf::Totp(secret) => (None, Some(secret), None),
        MadeOf::Passkey(id, rest) => (None, None, Some((id, rest))),
    };
    sqlx::query!(
        "insert into second_factor (id, collaborator_id, kind, name, phone, secret_sealed, credential_id, credential, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id.0,
        new.who.0,
        kind,
        new.name,
        phone,
        secret,
        credential.map(|(id, _)| id),
        credential.map(|(_, rest)| rest),
        new.now,
    )
    .execute(&mut **tx)
    .await
    .map_err(|e| match violated(&e) {
        Some("second_factor_credential_key") => Error::new(Kind::Conflict, "This passkey is in use already. Make a new one.")
            .code("passkey_taken"),
        _ => e.into(),
    })?;
    Ok(())
}

/// From now on it counts; whether it was still waiting for that.
pub async fn activate(tx: &mut Tx, id: FactorId, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update second_factor
         set activated_at = $2,
             last_used_at = $2
         where id = $1
           and activated_at is null
           and ended_at is null",
        id.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that an active factor opened something; whether it still counts. Holds the row until the commit.
pub async fn used(tx: &mut Tx, who: CollaboratorId, id: FactorId, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update second_factor
         set last_used_at = $3
         where id = $2
           and collaborator_id = $1
           and activated_at is not null
           and ended_at is null",
        who.0,
        id.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends one of the person's factors; whether it was there.
pub async fn end(tx: &mut Tx, who: CollaboratorId, id: FactorId, reason: EndReason, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update second_factor
         set ended_at = $4,
             end_reason = $3
         where id = $2
           and collaborator_id = $1
           and ended_at is null",
        who.0,
        id.0,
        reason.as_str(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all of the person's factors, those being set up too; how many there were.
pub async fn end_all(tx: &mut Tx, who: CollaboratorId, reason: EndReason, now: Timestamp) -> Result<u64> {
    let done = sqlx::query!(
        "update second_factor
         set ended_at = $3,
             end_reason = $2
         where collaborator_id = $1
           and ended_at is null",
        who.0,
        reason.as_str(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// How long before they were noticed somebody may have set up a factor of their own.
const NOTICED_WITHIN: TimeDelta = TimeDelta::days(7);

/// Ends the person's factors that count since then or later, and those of the week before where an older one is left:
/// nobody is rid of the second step by it who did not set it up in that time. How many there were.
pub async fn end_since(tx: &mut Tx, who: CollaboratorId, since: Timestamp, now: Timestamp) -> Result<u64> {
    let done = sqlx::query!(
        "update second_factor f
         set ended_at = $4,
             end_reason = 'reset'
         where f.collaborator_id = $1
           and f.ended_at is null
           and (f.activated_at >= $2
                or f.activated_at >= $3
                and exists (select from second_factor older
                            where older.collaborator_id = $1
                              and older.activated_at < $3
                              and older.ended_at is null))",
        who.0,
        since,
        since - NOTICED_WITHIN,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// The person's passkeys sign in alone no more, until they are used beside the password that comes.
pub async fn ask_for_password(tx: &mut Tx, who: CollaboratorId) -> Result<()> {
    sqlx::query!(
        "update second_factor
         set asks_password = true
         where collaborator_id = $1
           and kind = 'passkey'
           and ended_at is null",
        who.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An authenticator's secret as it is kept, and the last step that was accepted.
pub struct Authenticator {
    pub secret_sealed: Vec<u8>,
    pub step: Option<i64>,
}

/// The secret of one of the person's authenticators, active or being set up.
pub async fn authenticator(db: &Db, who: CollaboratorId, id: FactorId) -> Result<Option<Authenticator>> {
    let row = sqlx::query_as!(
        Authenticator,
        r#"select secret_sealed as "secret_sealed!", totp_step as step
           from second_factor
           where id = $2
             and collaborator_id = $1
             and kind = 'totp'
             and ended_at is null"#,
        who.0,
        id.0,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row)
}

/// Spends a step: it and earlier ones are never accepted again. Of many at once, one gets it.
pub async fn spend_step(tx: &mut Tx, id: FactorId, step: i64) -> Result<bool> {
    let done = sqlx::query!(
        "update second_factor
         set totp_step = $2
         where id = $1
           and ended_at is null
           and (totp_step is null or totp_step < $2)",
        id.0,
        step,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
