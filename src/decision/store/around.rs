//! The decisions next to one. Ids sort by time, so the primary key answers.

use crate::error::Result;
use crate::kernel::id::{DecisionId, SiteId};
use crate::platform::db::Tx;

/// The next newer and the next older decision.
pub async fn around(tx: &mut Tx, site: SiteId, id: DecisionId) -> Result<(Option<DecisionId>, Option<DecisionId>)> {
    let row = sqlx::query!(
        r#"select (select id from decision where site_id = $1 and id > $2 order by id limit 1) as "newer: DecisionId",
                  (select id from decision where site_id = $1 and id < $2 order by id desc limit 1) as "older: DecisionId""#,
        site.0,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.newer, row.older))
}
