//! What setting up a second factor reads and marks: a person's sites as they ask, resets, the mailed proof of a session,
//! factors that are being set up.

use crate::access::factor::FactorKind;
use crate::access::store::factor;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, FactorId, SiteId};
use crate::platform::db::{Db, Tx};

/// What one of a person's sites asks of their second factor.
#[derive(Debug, Clone)]
pub struct Asks {
    pub site: SiteId,
    pub name: String,
    /// Everybody there, or this person, needs one.
    pub required: bool,
    /// Until when somebody excused the person.
    pub exempt_until: Option<Timestamp>,
    /// Kinds that satisfy it.
    pub kinds: Vec<FactorKind>,
    /// What an admin typed for the person.
    pub suggested_phone: Option<String>,
}

impl Asks {
    /// Whether a factor of this kind satisfies the site.
    pub fn accepts(&self, kind: FactorKind) -> bool {
        self.kinds.contains(&kind)
    }
}

/// What each of the person's sites asks, the one they were at last first.
pub async fn asks(db: &Db, who: CollaboratorId) -> Result<Vec<Asks>> {
    let rows = sqlx::query!(
        r#"select s.id as "site: SiteId", s.name, m.exempt_until, m.suggested_phone,
                  m.mfa_own or coalesce(a.mfa_required, false) as "required!",
                  coalesce(a.factor_kinds, '{sms,totp,passkey}') as "kinds!"
           from membership m
           join site s on s.id = m.site_id
           left join access_settings a on a.site_id = m.site_id
           where m.collaborator_id = $1
             and m.disabled_at is null
           order by m.last_seen_at desc nulls last, m.created_at, s.handle"#,
        who.0,
    )
    .fetch_all(db.pool())
    .await?;
    let asks = rows.into_iter().map(|row| {
        Ok(Asks {
            site: row.site,
            name: row.name,
            required: row.required,
            exempt_until: row.exempt_until,
            kinds: factor::kinds(&row.kinds)?,
            suggested_phone: row.suggested_phone,
        })
    });
    asks.collect()
}

/// Whether somebody reset the person's factors, or they took their address back, since they last set one up.
pub async fn was_reset(db: &Db, who: CollaboratorId) -> Result<bool> {
    let reset = sqlx::query_scalar!(
        r#"select coalesce(
                    greatest(
                      (select max(ended_at) from second_factor where collaborator_id = $1 and end_reason = 'reset'),
                      (select max(grace_restarted_at) from membership where collaborator_id = $1),
                      (select taken_back_at from collaborator where id = $1)
                    ) > coalesce((select max(activated_at) from second_factor where collaborator_id = $1), '-infinity'),
                    false) as "reset!""#,
        who.0,
    )
    .fetch_one(db.pool())
    .await?;
    Ok(reset)
}

/// Holds the person until the commit, so that of two changes to their factors one comes after the other.
pub async fn hold(tx: &mut Tx, who: CollaboratorId) -> Result<()> {
    sqlx::query!("select 1 as one from collaborator where id = $1 for no key update", who.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(())
}

/// Kinds of the person's active factors other than one.
pub async fn kinds_but(tx: &mut Tx, who: CollaboratorId, but: FactorId) -> Result<Vec<FactorKind>> {
    let kinds = sqlx::query_scalar!(
        "select kind
         from second_factor
         where collaborator_id = $1
           and id <> $2
           and activated_at is not null
           and ended_at is null",
        who.0,
        but.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    factor::kinds(&kinds)
}

/// Numbers that are active factors of the person.
pub async fn numbers(tx: &mut Tx, who: CollaboratorId) -> Result<Vec<String>> {
    let numbers = sqlx::query_scalar!(
        r#"select phone as "phone!"
           from second_factor
           where collaborator_id = $1
             and phone is not null
             and activated_at is not null
             and ended_at is null
           order by id"#,
        who.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(numbers)
}

/// The person's newest set-up of a number that was begun after `since` and waits for its first code.
pub async fn begun(db: &Db, who: CollaboratorId, phone: &str, since: Timestamp) -> Result<Option<FactorId>> {
    let id = sqlx::query_scalar!(
        r#"select id as "id: FactorId"
           from second_factor
           where collaborator_id = $1
             and phone = $2
             and created_at > $3
             and activated_at is null
             and ended_at is null
           order by id desc
           limit 1"#,
        who.0,
        phone,
        since,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(id)
}

/// Gives up what was begun and never finished, of one kind or of all.
pub async fn abandon(tx: &mut Tx, who: CollaboratorId, kind: Option<FactorKind>, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update second_factor
         set ended_at = $2,
             end_reason = 'abandoned'
         where collaborator_id = $1
           and ($3::text is null or kind = $3)
           and activated_at is null
           and ended_at is null",
        who.0,
        now,
        kind.map(FactorKind::as_str),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Another name for a factor; whether it was there.
pub async fn rename(tx: &mut Tx, who: CollaboratorId, id: FactorId, name: &str) -> Result<bool> {
    let done = sqlx::query!(
        "update second_factor
         set name = $3
         where id = $2
           and collaborator_id = $1
           and activated_at is not null
           and ended_at is null",
        who.0,
        id.0,
        name,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// When a mailed code was right in this session, if one was.
pub async fn mail_proved_at(db: &Db, session: &[u8; 32]) -> Result<Option<Timestamp>> {
    let at = sqlx::query_scalar!("select mail_proved_at from session where id_hash = $1", &session[..])
        .fetch_optional(db.pool())
        .await?;
    Ok(at.flatten())
}

/// Notes that a mailed code was right in this session; whether the session was alive.
pub async fn prove_mail(tx: &mut Tx, session: &[u8; 32], now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update session
         set mail_proved_at = $2
         where id_hash = $1
           and revoked_at is null",
        &session[..],
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
