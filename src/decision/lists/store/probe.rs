//! The question that every decision asks.

use crate::decision::lists::field::Field;
use crate::decision::lists::probe::{ListMatch, Probe};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{EntryId, ListId, ServiceId, SiteId};
use crate::platform::db::Tx;

/// Finds entries by the digests of their most selective field, then compares the other fields of those few.
pub async fn matches(tx: &mut Tx, site: SiteId, service: Option<ServiceId>, probe: &Probe, at: Timestamp) -> Result<Vec<ListMatch>> {
    let digests: Vec<Vec<u8>> = probe.digests().iter().map(|d| d.to_vec()).collect();
    let rows = sqlx::query!(
        r#"with found as materialized (
             select distinct entry_id, field
             from list_condition
             where site_id = $1
               and anchor
               and digest = any($2)
           )
           select l.id as "list_id: ListId", l.name as list_name, l.kind, l.also_risk_assessment, l.also_challenge_list,
                  e.id as "entry_id: EntryId", e.name as entry_name, f.fields as "fields!"
           from found a
           join list_entry e on e.site_id = $1 and e.id = a.entry_id
           join list l on l.site_id = $1 and l.id = e.list_id
           cross join lateral (
             select case
               when e.field_count = 1 then array[a.field]
               else array(select distinct c.field
                          from list_condition c
                          where c.site_id = $1
                            and c.entry_id = a.entry_id
                            and c.digest = any($2))
             end as fields
           ) f
           where e.valid_from <= $4
             and (e.valid_to is null or e.valid_to > $4)
             and (e.expires_at is null or e.expires_at > $4)
             and l.enabled
             and (l.removed_at is null or l.removed_at > $4)
             and (l.all_services
                  or exists (select from list_service s
                             where s.site_id = $1
                               and s.list_id = l.id
                               and s.service_id = $3))
             and cardinality(f.fields) = e.field_count
           order by e.id"#,
        site.0,
        &digests,
        service.map(|s| s.0),
        at,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields.iter().map(|f| f.parse().map_err(Error::internal)).collect::<Result<Vec<Field>>>()?;
            fields.sort();
            Ok(ListMatch {
                list_id: row.list_id,
                list_name: row.list_name,
                kind: row.kind.parse().map_err(Error::internal)?,
                entry_id: row.entry_id,
                entry_name: row.entry_name,
                fields,
                also_risk_assessment: row.also_risk_assessment,
                also_challenge_list: row.also_challenge_list,
            })
        })
        .collect()
}
