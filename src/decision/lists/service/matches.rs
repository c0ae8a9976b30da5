//! Which entries an attempt matches: one statement, whatever the size of the lists.

use crate::decision::lists::probe::{ListMatch, Probe};
use crate::decision::lists::store;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{ServiceId, SiteId};
use crate::platform::db::Tx;

/// The entries that the attempt matches at an instant: of enabled lists that act on its service, standing then and not
/// past their end. `tx` is a transaction of the site. An attempt without a service matches lists of all services only.
pub async fn matches(
    tx: &mut Tx,
    site: SiteId,
    service: Option<ServiceId>,
    probe: &Probe,
    at: Timestamp,
) -> Result<Vec<ListMatch>> {
    if probe.digests().is_empty() {
        return Ok(Vec::new());
    }
    store::probe::matches(tx, site, service, probe, at).await
}
