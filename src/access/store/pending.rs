//! Rows of `pending_sign_in`: the password was right, the second step is still to come. A row that is older than the
//! person's password is worth nothing.

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, DeviceId};
use crate::platform::db::{Db, Tx};

/// One to store.
pub struct New {
    pub hash: [u8; 32],
    pub who: CollaboratorId,
    pub known_device: Option<DeviceId>,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}

pub async fn insert(tx: &mut Tx, new: New) -> Result<()> {
    sqlx::query!(
        "insert into pending_sign_in (id_hash, collaborator_id, known_device, created_at, expires_at)
         values ($1, $2, $3, $4, $5)",
        &new.hash[..],
        new.who.0,
        new.known_device.map(|id| id.0),
        new.now,
        new.expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// One that can still be finished.
pub struct Live {
    pub who: CollaboratorId,
    pub known_device: Option<DeviceId>,
    pub expires_at: Timestamp,
}

pub async fn find(db: &Db, hash: &[u8; 32], now: Timestamp) -> Result<Option<Live>> {
    let live = sqlx::query_as!(
        Live,
        r#"select p.collaborator_id as "who: CollaboratorId", p.known_device as "known_device: DeviceId", p.expires_at
           from pending_sign_in p
           join collaborator c on c.id = p.collaborator_id
           where p.id_hash = $1
             and p.expires_at > $2
             and p.ended_at is null
             and c.disabled_at is null
             and c.password_hash is not null
             and c.password_set_at <= p.created_at"#,
        &hash[..],
        now,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(live)
}

/// Uses one up: of many at once, one gets it. Holds the person's row, so that no change of password slips in between.
pub async fn consume(tx: &mut Tx, hash: &[u8; 32], who: CollaboratorId, now: Timestamp) -> Result<bool> {
    let password_set_at = sqlx::query_scalar!(
        "select password_set_at
         from collaborator
         where id = $1
           and disabled_at is null
           and password_hash is not null
         for no key update",
        who.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .flatten();
    let done = sqlx::query!(
        "update pending_sign_in
         set ended_at = $3
         where id_hash = $1
           and collaborator_id = $2
           and expires_at > $3
           and ended_at is null
           and created_at >= $4",
        &hash[..],
        who.0,
        now,
        password_set_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all of a person: after a change of password, factor or membership.
pub async fn end_all(tx: &mut Tx, who: CollaboratorId, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update pending_sign_in
         set ended_at = $2
         where collaborator_id = $1
           and ended_at is null",
        who.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The places that can help somebody who cannot use their factor: those that require one.
pub async fn helpers(tx: &mut Tx, who: CollaboratorId) -> Result<Vec<Helper>> {
    let helpers = sqlx::query_as!(
        Helper,
        "select s.name, s.support_email
         from membership m
         join site s on s.id = m.site_id
         left join access_settings a on a.site_id = m.site_id
         where m.collaborator_id = $1
           and m.disabled_at is null
           and (m.mfa_own or coalesce(a.mfa_required, false))
         order by s.name",
        who.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(helpers)
}

/// A site and where its people ask for help.
pub struct Helper {
    pub name: String,
    pub support_email: Option<String>,
}

/// When help was asked for within the last hour, oldest first. Holds the person's row, so that asks come one by one.
pub async fn help_asked(tx: &mut Tx, who: CollaboratorId, since: Timestamp) -> Result<Vec<Timestamp>> {
    sqlx::query!("select id from collaborator where id = $1 for no key update", who.0).fetch_one(&mut **tx).await?;
    let asked = sqlx::query_scalar!(
        "select at
         from help_asked
         where collaborator_id = $1
           and at > $2
         order by at",
        who.0,
        since,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(asked)
}

/// Notes that help was asked for; two within one microsecond are one.
pub async fn ask_help(tx: &mut Tx, who: CollaboratorId, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "insert into help_asked (collaborator_id, at)
         values ($1, $2)
         on conflict (collaborator_id, at) do nothing",
        who.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
