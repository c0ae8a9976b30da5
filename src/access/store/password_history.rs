//! Rows of `password_history`: hashes of a person's last passwords.

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CollaboratorId;
use crate::platform::db::{Db, Tx};

/// How many are kept.
const KEPT: i64 = 4;

/// Adds the newest and deletes what is too old to be compared.
pub async fn add(tx: &mut Tx, who: CollaboratorId, hash: &str, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into password_history (collaborator_id, password_hash, set_at)
         values ($1, $2, $3)
         on conflict (collaborator_id, password_hash) do nothing",
        who.0,
        hash,
        now,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from password_history
         where collaborator_id = $1
           and password_hash not in (select password_hash
                                     from password_history
                                     where collaborator_id = $1
                                     order by set_at desc
                                     limit $2)",
        who.0,
        KEPT,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Another hash of the same password, set when it was.
pub async fn replace(tx: &mut Tx, who: CollaboratorId, old_hash: &str, new_hash: &str) -> Result<()> {
    sqlx::query!(
        "with old as (
           delete from password_history
           where collaborator_id = $1
             and password_hash = $2
           returning set_at
         )
         insert into password_history (collaborator_id, password_hash, set_at)
         select $1, $3, set_at
         from old",
        who.0,
        old_hash,
        new_hash,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The last ones, the present one first.
pub async fn last(db: &Db, who: CollaboratorId, how_many: usize) -> Result<Vec<String>> {
    let hashes = sqlx::query_scalar!(
        r#"select password_hash as "password_hash!"
           from (select password_hash, 'infinity'::timestamptz as set_at
                 from collaborator
                 where id = $1
                   and password_hash is not null
                 union all
                 select h.password_hash, h.set_at
                 from password_history h
                 where h.collaborator_id = $1
                   and not exists (select from collaborator c where c.id = $1 and c.password_hash = h.password_hash)) as known
           order by set_at desc
           limit $2"#,
        who.0,
        i64::try_from(how_many).unwrap_or(KEPT),
    )
    .fetch_all(db.pool())
    .await?;
    Ok(hashes)
}
