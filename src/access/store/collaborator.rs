//! Rows of `collaborator`.

use chrono::TimeDelta;

use crate::access::store::password_history;
use crate::error::{Error, Kind, Result, violated};
use crate::kernel::clock::Timestamp;
use crate::kernel::email::Email;
use crate::kernel::id::CollaboratorId;
use crate::platform::db::{Db, Tx};

/// A person as sign-in needs them.
#[derive(Clone)]
pub struct Account {
    pub id: CollaboratorId,
    pub email: String,
    pub email_canonical: String,
    pub name: String,
    pub password_hash: Option<String>,
    pub disabled_at: Option<Timestamp>,
}

pub async fn by_email(db: &Db, canonical: &str) -> Result<Option<Account>> {
    let account = sqlx::query_as!(
        Account,
        r#"select id as "id: CollaboratorId", email, email_canonical, name, password_hash, disabled_at
           from collaborator
           where email_canonical = $1"#,
        canonical,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(account)
}

pub async fn by_id(db: &Db, id: CollaboratorId) -> Result<Option<Account>> {
    find(db.pool(), id).await
}

/// The same within a transaction.
pub async fn by_id_in(tx: &mut Tx, id: CollaboratorId) -> Result<Option<Account>> {
    find(&mut **tx, id).await
}

async fn find(db: impl sqlx::PgExecutor<'_>, id: CollaboratorId) -> Result<Option<Account>> {
    let account = sqlx::query_as!(
        Account,
        r#"select id as "id: CollaboratorId", email, email_canonical, name, password_hash, disabled_at
           from collaborator
           where id = $1"#,
        id.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(account)
}

/// Whether there is anybody at all.
pub async fn any(tx: &mut Tx) -> Result<bool> {
    let there =
        sqlx::query_scalar!(r#"select exists (select from collaborator) as "there!""#).fetch_one(&mut **tx).await?;
    Ok(there)
}

pub async fn insert(
    tx: &mut Tx,
    id: CollaboratorId,
    email: &Email,
    name: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<()> {
    let done = sqlx::query!(
        "insert into collaborator (id, email, email_canonical, name, password_hash, password_set_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $6)",
        id.0,
        email.as_str(),
        email.canonical(),
        name,
        password_hash,
        now,
    )
    .execute(&mut **tx)
    .await;
    refuse_taken_address(done)?;
    password_history::add(tx, id, password_hash, now).await
}

/// A new password.
pub async fn set_password(tx: &mut Tx, id: CollaboratorId, password_hash: &str, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update collaborator
         set password_hash = $2,
             password_set_at = $3
         where id = $1",
        id.0,
        password_hash,
        now,
    )
    .execute(&mut **tx)
    .await?;
    password_history::add(tx, id, password_hash, now).await
}

/// Whether the password is still the one that was compared and the person may sign in; holds both until the commit.
pub async fn still_proved(tx: &mut Tx, id: CollaboratorId, compared: Option<&str>) -> Result<bool> {
    let still = sqlx::query_scalar!(
        r#"select 1 as "one!"
           from collaborator
           where id = $1
             and password_hash = $2
             and disabled_at is null
           for no key update"#,
        id.0,
        compared,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(still.is_some())
}

/// Holds the person's row until the commit: what follows happens one at a time for them. Whoever changes a session, a factor
/// or a link of theirs takes this first, so that nobody waits for each other.
pub async fn hold(tx: &mut Tx, id: CollaboratorId) -> Result<()> {
    sqlx::query!(r#"select 1 as "one!" from collaborator where id = $1 for no key update"#, id.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(())
}

/// Holds several people, in the same order whoever asks.
pub async fn hold_all(tx: &mut Tx, ids: &[CollaboratorId]) -> Result<()> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    sqlx::query!("select id from collaborator where id = any($1) order by id for no key update", &ids)
        .fetch_all(&mut **tx)
        .await?;
    Ok(())
}

/// Whether there is nobody yet; nobody else finds out until the commit, so that of two first owners one wins.
pub async fn is_first(tx: &mut Tx) -> Result<bool> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('gatehouse first owner'))").execute(&mut **tx).await?;
    Ok(!any(tx).await?)
}

/// Switches a person off everywhere, or on again (`None`); whether they were not like that already.
pub async fn set_disabled(tx: &mut Tx, id: CollaboratorId, at: Option<Timestamp>) -> Result<bool> {
    let done = sqlx::query!(
        "update collaborator
         set disabled_at = $2
         where id = $1
           and (disabled_at is null) = ($2::timestamptz is not null)",
        id.0,
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the password away: only a reset gives another.
pub async fn forget_password(tx: &mut Tx, id: CollaboratorId) -> Result<()> {
    sqlx::query!("update collaborator set password_hash = null where id = $1", id.0).execute(&mut **tx).await?;
    Ok(())
}

/// The person has taken a change of their address back: the password is void, and a first second factor asks for a mailed
/// code.
pub async fn take_back(tx: &mut Tx, id: CollaboratorId, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update collaborator
         set password_hash = null,
             taken_back_at = $2
         where id = $1",
        id.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The same password under today's cost, unless it was changed meanwhile. Among the last passwords it stays one.
pub async fn raise_cost(tx: &mut Tx, id: CollaboratorId, old_hash: &str, new_hash: &str) -> Result<()> {
    let done = sqlx::query!(
        "update collaborator
         set password_hash = $3
         where id = $1
           and password_hash = $2",
        id.0,
        old_hash,
        new_hash,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 1 {
        password_history::replace(tx, id, old_hash, new_hash).await?;
    }
    Ok(())
}

pub async fn set_name(tx: &mut Tx, id: CollaboratorId, name: &str) -> Result<()> {
    sqlx::query!(
        "update collaborator
         set name = $2
         where id = $1",
        id.0,
        name,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The number in the person's profile, E.164.
pub async fn phone(db: &Db, id: CollaboratorId) -> Result<Option<String>> {
    let phone =
        sqlx::query_scalar!("select phone from collaborator where id = $1", id.0).fetch_optional(db.pool()).await?;
    Ok(phone.flatten())
}

pub async fn set_phone(tx: &mut Tx, id: CollaboratorId, phone: Option<&str>) -> Result<()> {
    sqlx::query!(
        "update collaborator
         set phone = $2
         where id = $1",
        id.0,
        phone,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A new address, if the present one still is `old_canonical`; whether it was.
pub async fn set_email(tx: &mut Tx, id: CollaboratorId, old_canonical: &str, new: &Email) -> Result<bool> {
    let done = sqlx::query!(
        "update collaborator
         set email = $3,
             email_canonical = $4
         where id = $1
           and email_canonical = $2",
        id.0,
        old_canonical,
        new.as_str(),
        new.canonical(),
    )
    .execute(&mut **tx)
    .await;
    let changed = done.as_ref().is_ok_and(|d| d.rows_affected() == 1);
    refuse_taken_address(done)?;
    Ok(changed)
}

/// Whether the person may be told of a lock now: at most one mail a day.
pub async fn may_mail_lock(tx: &mut Tx, id: CollaboratorId, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update collaborator
         set lock_mailed_at = $2
         where id = $1
           and (lock_mailed_at is null or lock_mailed_at <= $3)",
        id.0,
        now,
        now - TimeDelta::hours(24),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn refuse_taken_address(done: Result<sqlx::postgres::PgQueryResult, sqlx::Error>) -> Result<()> {
    match done {
        Ok(_) => Ok(()),
        Err(e) if violated(&e) == Some("collaborator_email_key") => {
            Err(Error::new(Kind::Conflict, "Somebody already signs in with this address.").code("email_taken"))
        }
        Err(e) => Err(e.into()),
    }
}
