//! Partitions and old rows.

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{SiteId, uuid_at};
use crate::platform::db::Db;
use crate::platform::upkeep::Limits;

/// Which months the append-only tables have room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partitions {
    /// The first, as `202603`.
    pub first: Option<String>,
    /// The last.
    pub last: Option<String>,
    /// How many there are, over all tables.
    pub count: i64,
}

pub async fn ensure_partitions(db: &Db, now: Timestamp) -> Result<i32> {
    let mut tx = db.platform().await?;
    // One process at a time: two would make the same table.
    sqlx::query!("select pg_advisory_xact_lock(7410) is null as locked").fetch_one(&mut *tx).await?;
    let made =
        sqlx::query_scalar!(r#"select ensure_partitions($1::timestamptz - interval '1 month', 14) as "made!""#, now)
            .fetch_one(&mut *tx)
            .await?;
    tx.commit().await?;
    Ok(made)
}

/// The months there are partitions for.
pub async fn partitions(db: &Db) -> Result<Partitions> {
    let found = sqlx::query_as!(
        Partitions,
        r#"select min(right(c.relname, 6)) as first, max(right(c.relname, 6)) as last, count(*) as "count!"
           from pg_inherits i
           join pg_class c on c.oid = i.inhrelid
           join pg_class p on p.oid = i.inhparent
           where p.relname in ('attempt', 'attempt_person', 'decision', 'outcome', 'audit')
             and c.relkind = 'r'"#,
    )
    .fetch_one(db.pool())
    .await?;
    Ok(found)
}

/// Old rows of tables that belong to no site; returns how many.
pub async fn delete_old(db: &Db, limits: &Limits) -> Result<u64> {
    let mut gone = 0;
    gone += sqlx::query!(
        "delete from network_tally
         where touched_at < $1
           and coalesce(refused_until < $2, true)",
        limits.network_tally,
        limits.now,
    )
    .execute(db.pool())
    .await?
    .rows_affected();
    gone += sqlx::query!(
        "delete from session
         where expires_at < $1
            or revoked_at < $1
            or last_active_at < $1",
        limits.session,
    )
    .execute(db.pool())
    .await?
    .rows_affected();
    gone += sqlx::query!(
        "delete from mailed_token
         where expires_at < $1
            or used_at < $1",
        limits.token,
    )
    .execute(db.pool())
    .await?
    .rows_affected();
    gone += sqlx::query!("delete from known_device where expires_at < $1 or ended_at < $1", limits.device)
        .execute(db.pool())
        .await?
        .rows_affected();
    // Buckets of devices that are gone, unless they still lock somebody.
    gone += sqlx::query!(
        "delete from lockout
         where device_id is not null
           and (locked_until is null or locked_until < $1)
           and not exists (select from known_device d where d.id = lockout.device_id)",
        limits.now,
    )
    .execute(db.pool())
    .await?
    .rows_affected();
    gone += delete_old_steps(db, limits.second_step).await?;
    gone += sqlx::query!("delete from passkey_ceremony where expires_at < $1", limits.now)
        .execute(db.pool())
        .await?
        .rows_affected();
    gone += sqlx::query!("delete from account_event where at < $1", limits.account_event)
        .execute(db.pool())
        .await?
        .rows_affected();
    gone += sqlx::query!("delete from job where dead_at < $1", limits.dead_letter)
        .execute(db.pool())
        .await?
        .rows_affected();
    gone += sqlx::query!("delete from text_message where created_at < $1", limits.text_message)
        .execute(db.pool())
        .await?
        .rows_affected();
    gone += sqlx::query!("delete from invitation_mail where sent_at < $1", limits.invitation_mail)
        .execute(db.pool())
        .await?
        .rows_affected();
    gone += sqlx::query!("delete from outbox where at < $1", limits.outbox).execute(db.pool()).await?.rows_affected();
    Ok(gone)
}

/// Second steps that are over: nothing of them is needed to go on counting.
async fn delete_old_steps(db: &Db, before: Timestamp) -> Result<u64> {
    let mut gone = 0;
    gone += sqlx::query!("delete from pending_sign_in where expires_at < $1", before)
        .execute(db.pool())
        .await?
        .rows_affected();
    gone += sqlx::query!("delete from one_time_code where expires_at < $1", before)
        .execute(db.pool())
        .await?
        .rows_affected();
    // Their codes are gone by now. What a reset ended stays, for what it asks of the next set-up.
    gone += sqlx::query!(
        "delete from second_factor f
         where activated_at is null
           and created_at < $1
           and end_reason is distinct from 'reset'
           and not exists (select from one_time_code c where c.factor_id = f.id)",
        before,
    )
    .execute(db.pool())
    .await?
    .rows_affected();
    gone += sqlx::query!("delete from help_asked where at < $1", before).execute(db.pool()).await?.rows_affected();
    gone += sqlx::query!(
        "delete from code_sends
         where not exists (select from unnest(sends) as sent where sent >= $1)",
        before,
    )
    .execute(db.pool())
    .await?
    .rows_affected();
    gone += sqlx::query!(
        "delete from code_guesses
         where not exists (select from unnest(slots) as slot where slot >= $1)
           and (mailed_at is null or mailed_at < $1)",
        before,
    )
    .execute(db.pool())
    .await?
    .rows_affected();
    Ok(gone)
}

/// Old rows of tables that belong to a site: requirements of people who were removed.
pub async fn delete_old_of_site(db: &Db, site: SiteId, limits: &Limits) -> Result<u64> {
    let mut tx = db.site(site).await?;
    let gone = sqlx::query!(
        "delete from past_requirement where site_id = $1 and requirement_ended_at <= $2",
        site.0,
        limits.past_requirement,
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    tx.commit().await?;
    Ok(gone)
}

/// How many rows of a table are deleted in one transaction: none may take as long as statements may.
const AT_ONCE: i64 = 10_000;

/// Old rows of one site's tables that grow with every decision: key uses that no limit counts, matches that no page shows,
/// answers under Idempotency-Keys.
pub async fn delete_old_by_the_many(db: &Db, site: SiteId, limits: &Limits) -> Result<u64> {
    let mut gone = 0;
    loop {
        let mut tx = db.site(site).await?;
        let uses = sqlx::query!(
            "delete from key_use
             where ctid = any(array(select ctid
                                    from key_use
                                    where site_id = $1
                                      and at < $2
                                    limit $3))",
            site.0,
            limits.key_use,
            AT_ONCE,
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        // A list at a time: each is a short range of an index.
        let matches = sqlx::query!(
            "delete from list_match
             where ctid = any(array(select m.ctid
                                    from list l
                                    join list_match m on m.site_id = $1
                                                     and m.list_id = l.id
                                                     and m.decision_id < $2
                                    where l.site_id = $1
                                    limit $3))",
            site.0,
            uuid_at(limits.list_match),
            AT_ONCE,
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        let answers = sqlx::query!(
            "delete from idempotency
             where ctid = any(array(select ctid
                                    from idempotency
                                    where site_id = $1
                                      and created_at < $2
                                    order by created_at
                                    limit $3))",
            site.0,
            limits.idempotency,
            AT_ONCE,
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        gone += uses + matches + answers;
        if uses.max(matches).max(answers) < AT_ONCE.unsigned_abs() {
            return Ok(gone);
        }
    }
}
