//! Rows of `api_key_refusal`.

use chrono::TimeDelta;

use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{KeyId, SiteId};
use crate::platform::db::Tx;

/// Whether nothing of the kind was recorded within the last hour; notes that it is now. Of many at once one is told so, and
/// who comes later in the hour waits for nobody.
pub async fn is_news(tx: &mut Tx, site: SiteId, key: KeyId, why: &str, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "insert into api_key_refusal (site_id, api_key_id, why, recorded_at)
         select $1, $2, $3, $4
         where not exists (select from api_key_refusal r
                           where r.site_id = $1
                             and r.api_key_id = $2
                             and r.why = $3
                             and r.recorded_at > $5)
         on conflict (site_id, api_key_id, why) do update
           set recorded_at = excluded.recorded_at
           where api_key_refusal.recorded_at <= $5",
        site.0,
        key.0,
        why,
        now,
        now - TimeDelta::hours(1),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
