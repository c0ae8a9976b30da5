//! Rows of `job`.

use serde_json::Value;
use uuid::Uuid;

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::SiteId;
use crate::platform::db::{Db, Tx};
use crate::platform::jobs::job::Lane;
use crate::platform::jobs::{Census, Listed, Standing, Standings};

/// A job to keep.
pub struct New<'a> {
    pub id: Uuid,
    pub site: Option<SiteId>,
    pub kind: &'a str,
    pub lane: Lane,
    pub payload: &'a Value,
    pub now: Timestamp,
    /// Not due before.
    pub at: Timestamp,
}

pub async fn insert(tx: &mut Tx, new: New<'_>) -> Result<()> {
    sqlx::query!(
        "insert into job (id, site_id, kind, lane, payload, run_at, created_at)
         values ($1, $2, $3, $4, $5, $7, $6)",
        new.id,
        new.site.map(|s| s.0),
        new.kind,
        new.lane.as_str(),
        new.payload,
        new.now,
        new.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes sure that a recurring job has its row and is due now, dead or not.
pub async fn recur(db: &Db, id: Uuid, kind: &str, payload: &Value, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into job (id, kind, payload, run_at, created_at)
         values ($1, $2, $3, $4, $4)
         on conflict (id) do update
         set run_at = least(job.run_at, $4), payload = $3",
        id,
        kind,
        payload,
        now,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// A job in a worker's hands.
pub struct Taken {
    pub id: Uuid,
    pub kind: String,
    pub payload: Value,
    pub attempts: i32,
}

/// Takes up to `most` due jobs of a lane: until `lease` nobody else takes them.
pub async fn take(db: &Db, lane: Lane, most: i64, now: Timestamp, lease: Timestamp) -> Result<Vec<Taken>> {
    let taken = sqlx::query_as!(
        Taken,
        "update job
         set run_at = $3, attempts = attempts + 1
         where id in (
           select id
           from job
           where dead_at is null
             and lane = $4
             and run_at <= $2
           order by run_at
           limit $1
           for update skip locked
         )
         returning id, kind, payload, attempts",
        most,
        now,
        lease,
        lane.as_str(),
    )
    .fetch_all(db.pool())
    .await?;
    Ok(taken)
}

/// Deletes a job that is done. `attempts` tells whether it is still this worker's: false if the lease ran out and
/// another took it.
pub async fn done(db: &Db, id: Uuid, attempts: i32) -> Result<bool> {
    let done = sqlx::query!("delete from job where id = $1 and attempts = $2", id, attempts).execute(db.pool()).await?;
    Ok(done.rows_affected() == 1)
}

/// Sets when a recurring job comes back.
pub async fn again(db: &Db, id: Uuid, attempts: i32, run_at: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update job
         set run_at = $3, attempts = 0, last_error = null
         where id = $1
           and attempts = $2",
        id,
        attempts,
        run_at,
    )
    .execute(db.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes a failure: another try at `run_at`, or none.
pub async fn failed(
    db: &Db,
    id: Uuid,
    attempts: i32,
    error: &str,
    run_at: Timestamp,
    dead_at: Option<Timestamp>,
) -> Result<bool> {
    let done = sqlx::query!(
        "update job
         set run_at = $4, last_error = $3, dead_at = $5
         where id = $1
           and attempts = $2",
        id,
        attempts,
        error,
        run_at,
        dead_at,
    )
    .execute(db.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Of a site, or of the whole installation without one.
pub async fn census(db: &Db, site: Option<SiteId>, now: Timestamp) -> Result<Census> {
    let row = sqlx::query_as!(
        Census,
        r#"select count(*) filter (where dead_at is null and run_at > $1 and attempts = 0) as "waiting!",
                  count(*) filter (where dead_at is null and (run_at <= $1 or attempts > 0)) as "due!",
                  count(*) filter (where dead_at is not null) as "dead!"
           from job
           where ($2::uuid is null or site_id = $2)"#,
        now,
        site.map(|s| s.0),
    )
    .fetch_one(db.pool())
    .await?;
    Ok(row)
}

/// Jobs that are no site's, by kind.
pub async fn of_installation(db: &Db) -> Result<Vec<Standings>> {
    let found = sqlx::query_as!(
        Standings,
        r#"select kind,
                  count(*) filter (where dead_at is null) as "open!",
                  count(dead_at) as "dead!",
                  max(dead_at) as dead_at,
                  (array_agg(last_error order by coalesce(dead_at, run_at) desc)
                     filter (where last_error is not null))[1] as last_error
           from job
           where site_id is null
           group by kind
           order by count(dead_at) desc, kind"#,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(found)
}

/// Jobs of a site, or of the whole installation without one.
pub async fn list(db: &Db, site: Option<SiteId>, now: Timestamp) -> Result<Vec<Listed>> {
    let rows = sqlx::query!(
        r#"select id, kind, site_id as "site: SiteId", attempts, last_error, created_at, run_at, dead_at
           from job
           where ($1::uuid is null or site_id = $1)
           order by dead_at desc nulls last, run_at
           limit 100"#,
        site.map(|s| s.0),
    )
    .fetch_all(db.pool())
    .await?;
    let standing = |dead: bool, run_at: Timestamp| match (dead, run_at <= now) {
        (true, _) => Standing::Dead,
        (false, true) => Standing::Due,
        (false, false) => Standing::Waiting,
    };
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            id: row.id,
            kind: row.kind,
            site: row.site,
            standing: standing(row.dead_at.is_some(), row.run_at),
            attempts: row.attempts,
            last_error: row.last_error,
            created_at: row.created_at,
            run_at: row.run_at,
            dead_at: row.dead_at,
        })
        .collect())
}

/// A dead letter as it was.
pub struct Dead {
    pub site: Option<SiteId>,
    pub kind: String,
    pub attempts: i32,
    pub last_error: Option<String>,
}

/// A dead letter of the site, or of anybody without one, locked until the end of the transaction.
pub async fn lock_dead(tx: &mut Tx, site: Option<SiteId>, id: Uuid) -> Result<Option<Dead>> {
    let dead = sqlx::query_as!(
        Dead,
        r#"select site_id as "site: SiteId", kind, attempts, last_error
           from job
           where id = $1
             and ($2::uuid is null or site_id = $2)
             and dead_at is not null
           for update"#,
        id,
        site.map(|s| s.0),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(dead)
}

/// Deletes a job that is locked.
pub async fn discard(tx: &mut Tx, id: Uuid) -> Result<()> {
    sqlx::query!("delete from job where id = $1", id).execute(&mut **tx).await?;
    Ok(())
}

/// Gives a job that is locked its tries again.
pub async fn revive(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update job
         set dead_at = null, attempts = 0, run_at = $2
         where id = $1",
        id,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
