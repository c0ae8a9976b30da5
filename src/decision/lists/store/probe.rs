//! The question that every decision asks.

use crate::decision::lists::field::Field;
use crate::decision::lists::probe::{ListMatch, Probe};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{EntryId, ListId, ServiceId, SiteId};
use crate::platform::db::Tx;

/// The database's own function answers, which deciding calls within its one round trip.
pub async fn matches(
    tx: &mut Tx,
    site: SiteId,
    service: Option<ServiceId>,
    probe: &Probe,
    at: Timestamp,
) -> Result<Vec<ListMatch>> {
    let digests: Vec<Vec<u8>> = probe.digests().iter().map(|d| d.to_vec()).collect();
    let rows = sqlx::query!(
        r#"select list_id as "list_id!: ListId", list_name as "list_name!", kind as "kind!",
                  also_risk_assessment as "also_risk_assessment!", also_challenge_list as "also_challenge_list!",
                  entry_id as "entry_id!: EntryId", entry_name as "entry_name!", fields as "fields!"
           from list_matches($1, $2, $3, $4)"#,
        site.0,
        service.map(|s| s.0) as Option<uuid::Uuid>,
        &digests,
        at,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let mut fields =
                row.fields.iter().map(|f| f.parse().map_err(Error::internal)).collect::<Result<Vec<Field>>>()?;
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
