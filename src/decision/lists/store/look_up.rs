//! The statement behind "Is it listed?".

use crate::decision::lists::normalise::Digest;
use crate::decision::lists::service::look_up::{Found, Hit, MOST_HITS};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{EntryId, ListId, SiteId};
use crate::platform::db::Tx;

/// Entries that stand and hold one of the values, with the counts over all of them.
pub async fn find(tx: &mut Tx, site: SiteId, digests: &[Digest], now: Timestamp) -> Result<Found> {
    let digests: Vec<Vec<u8>> = digests.iter().map(|d| d.to_vec()).collect();
    let rows = sqlx::query!(
        r#"with hit as (
             select l.id as list_id, l.name as list_name, l.kind, l.mode, e.id as entry_id, e.name as entry_name,
                    c.field, c.typed, e.field_count, e.expires_at
             from list_condition c
             join list_entry e on e.site_id = $1 and e.id = c.entry_id and e.valid_to is null
             join list l on l.site_id = $1 and l.id = e.list_id and l.removed_at is null
             where c.site_id = $1
               and c.digest = any($2)
           )
           select list_id as "list_id: ListId", list_name, kind, mode, entry_id as "entry_id: EntryId", entry_name,
                  field, typed, field_count, expires_at,
                  (select count(distinct entry_id) from hit) as "entries!",
                  (select count(distinct list_id) from hit) as "lists!"
           from hit
           order by case kind when 'block' then 0 when 'challenge' then 1 else 2 end, lower(list_name), entry_id desc, field
           limit $3"#,
        site.0,
        &digests,
        i64::try_from(MOST_HITS).unwrap_or(i64::MAX),
    )
    .fetch_all(&mut **tx)
    .await?;
    let of_lists = sqlx::query_scalar!(
        r#"select count(*) as "lists!"
           from list
           where site_id = $1
             and removed_at is null"#,
        site.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    let (entries, lists) = rows.first().map_or((0, 0), |row| (row.entries, row.lists));
    let hits = rows
        .into_iter()
        .map(|row| {
            Ok(Hit {
                list_id: row.list_id,
                list_name: row.list_name,
                kind: row.kind.parse().map_err(Error::internal)?,
                mode: row.mode.parse().map_err(Error::internal)?,
                entry_id: row.entry_id,
                entry_name: row.entry_name,
                field: row.field.parse().map_err(Error::internal)?,
                value: row.typed,
                other_fields: row.field_count - 1,
                expires_at: row.expires_at,
                expired: row.expires_at.is_some_and(|end| end <= now),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Found { hits, entries, lists, of_lists })
}
