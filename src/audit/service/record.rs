//! Appends a row to a site's chain.

use tracing::error;

use crate::audit::chain::{self, Link};
use crate::audit::entry::Entry;
use crate::audit::{store, values};
use crate::error::Result;
use crate::kernel::id::{AuditId, SiteId};
use crate::platform::db::Tx;
use crate::platform::state::App;

/// Records `entry` in the transaction of the change itself: both happen or neither does. The transaction must be
/// `db.site(site)`, also for [`SiteId::PLATFORM`]. Call it last: it locks the head of the site's chain until the commit.
///
/// # Errors
/// Only those of the database; the caller gives up its change then.
pub async fn record(tx: &mut Tx, app: &App, site: SiteId, entry: Entry) -> Result<AuditId> {
    let keys = &app.keys;
    let head = match store::chain::lock_head(tx, site).await? {
        Some(head) => head,
        None => {
            let first = chain::before_first(site);
            store::chain::start(tx, site, &first, &chain::sign_head(keys, site, 0, &first)).await?;
            store::chain::lock_head(tx, site)
                .await?
                .ok_or_else(|| crate::error::Error::internal(anyhow::anyhow!("no audit head after its start")))?
        }
    };
    // Behind the lock, so that times and ids of a chain follow its order.
    let at = app.clock.now();
    let id = AuditId::new(at);
    let personal = entry.actor.personal();
    let (kept, subject) = values::split(entry.target, entry.old, entry.new);
    let row = store::chain::NewRow {
        site,
        id,
        seq: head.seq + 1,
        at,
        actor_kind: entry.actor.kind(),
        actor_id: entry.actor.id(),
        action: entry.action,
        target: kept.target,
        old: kept.old,
        new: kept.new,
        personal_digest: personal.as_ref().map(|p| chain::personal_digest(keys, id.0, p)),
        personal,
        subject_digest: subject.as_ref().map(|s| chain::subject_digest(keys, id.0, s)),
        subject,
        previous_hash: head.hash,
    };
    let hash = Link {
        previous: &row.previous_hash,
        site,
        id: id.0,
        seq: row.seq,
        at,
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        action: row.action,
        target: &row.target,
        old: row.old.as_ref(),
        new: row.new.as_ref(),
        personal_digest: row.personal_digest.as_ref().map(|d| &d[..]),
        subject_digest: row.subject_digest.as_ref().map(|d| &d[..]),
    }
    .hash();
    // A head that somebody forged is never signed over: the chain goes on, `audit verify` goes on to report it.
    let signature = if chain::head_is_ours(keys, site, head.seq, &row.previous_hash, &head.signature) {
        chain::sign_head(keys, site, row.seq, &hash).to_vec()
    } else {
        error!(site.id = %site, audit.seq = head.seq, "the audit head of {site} is not signed with our key: run `gatehouse audit verify`");
        head.signature
    };
    store::chain::append(tx, &row, &hash, &signature).await?;
    Ok(id)
}
