//! The decisions next to one, for paging through traces.

use crate::access::Permit;
use crate::access::grant::ReadDecisions;
use crate::decision::store;
use crate::error::Result;
use crate::kernel::id::DecisionId;
use crate::platform::state::App;

/// The next newer and the next older decision of the site.
pub async fn around(
    app: &App,
    permit: &Permit<ReadDecisions>,
    id: DecisionId,
) -> Result<(Option<DecisionId>, Option<DecisionId>)> {
    let mut tx = app.db.site(permit.site_id()).await?;
    store::around::around(&mut tx, permit.site_id(), id).await
}
