//! Rows of `installation` and `outbox`, and the keys that open the demo's doors.

use sqlx::Connection as _;

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::platform::db::Db;

/// What the database says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installation {
    /// Whether it bears the demo mark.
    pub demo: bool,
    /// How far the demo's clock was moved.
    pub clock_offset_ms: i64,
    /// Whether it was filled to the end.
    pub demo_filled: bool,
}

pub async fn installation(db: &Db) -> Result<Option<Installation>> {
    let found = sqlx::query_as!(
        Installation,
        r#"select demo, clock_offset_ms, demo_filled_at is not null as "demo_filled!" from installation"#
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(found)
}

/// Notes that the demo was filled to the end.
pub async fn filled(db: &Db, now: Timestamp) -> Result<()> {
    sqlx::query!("update installation set demo_filled_at = $1 where demo and demo_filled_at is null", now)
        .execute(db.pool())
        .await?;
    Ok(())
}

/// Takes everything out of a demo that was not filled to the end, its mark excepted. The address is the tables' owner's.
pub async fn empty(migrate_url: &str) -> anyhow::Result<()> {
    let mut connection = sqlx::PgConnection::connect(migrate_url).await?;
    let mut tx = connection.begin().await?;
    let mine = sqlx::query("update installation set audit_begun_at = null where demo and demo_filled_at is null")
        .execute(&mut *tx)
        .await?;
    anyhow::ensure!(mine.rows_affected() == 1, "only a demo that was not filled to the end is emptied");
    let tables: String = sqlx::query_scalar(
        "select string_agg(format('%I', c.relname), ', ')
         from pg_class c
         where c.relnamespace = 'public'::regnamespace
           and c.relkind in ('r', 'p')
           and not c.relispartition
           and c.relname not in ('_sqlx_migrations', 'installation')",
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("truncate {tables}"))).execute(&mut *tx).await?;
    tx.commit().await?;
    connection.close().await?;
    Ok(())
}

/// Writes the one row; false if it was there.
pub async fn insert(db: &Db, demo: bool, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "insert into installation (demo, created_at)
         values ($1, $2)
         on conflict (one) do nothing",
        demo,
        now,
    )
    .execute(db.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether there is neither a site nor a person.
pub async fn is_empty(db: &Db) -> Result<bool> {
    let empty = sqlx::query_scalar!(
        r#"select not exists (select from site) and not exists (select from collaborator) as "empty!""#
    )
    .fetch_one(db.pool())
    .await?;
    Ok(empty)
}

/// Moves the demo's clock `by_ms` on from where it stands, which is at least at `at_least_ms`; returns where it is now.
pub async fn advance(db: &Db, by_ms: i64, at_least_ms: i64, at_most_ms: i64) -> Result<Option<i64>> {
    let offset = sqlx::query_scalar!(
        "update installation
         set clock_offset_ms = greatest(clock_offset_ms, $2) + $1
         where demo
           and greatest(clock_offset_ms, $2) + $1 <= $3
         returning clock_offset_ms",
        by_ms,
        at_least_ms,
        at_most_ms,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(offset)
}

/// Whether a usable secret key that the demo itself made has this hash: those that people make are for their shops.
pub async fn is_secret_key(db: &Db, hash: &[u8; 32], now: Timestamp) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (
             select from api_key
             where secret_hash = $1
               and kind = 'secret'
               and created_by is null
               and revoked_at is null
               and (expires_at is null or expires_at > $2)
           ) as "found!""#,
        &hash[..],
        now,
    )
    .fetch_one(db.pool())
    .await?;
    Ok(found)
}

/// A message of the outbox.
pub struct Message {
    pub at: Timestamp,
    pub kind: String,
    pub recipient: String,
    pub subject: String,
    pub body: String,
}

/// The newest messages, to one recipient if given.
pub async fn outbox(db: &Db, to: Option<&str>, most: i64) -> Result<Vec<Message>> {
    let found = sqlx::query_as!(
        Message,
        "select at, kind, recipient, subject, body
         from outbox
         where ($1::text is null or lower(recipient) = lower($1))
         order by at desc, id desc
         limit $2",
        to,
        most,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(found)
}
