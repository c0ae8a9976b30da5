//! Spends a recovery code.

use crate::access::recovery::RecoveryCode;
use crate::access::store;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CollaboratorId;
use crate::platform::db::Tx;

/// Uses up a code. Of many tries at once with the same code, one gets it; what is no code at all is simply not right.
pub async fn spend(tx: &mut Tx, who: CollaboratorId, text: &str, now: Timestamp) -> Result<bool> {
    match RecoveryCode::parse(text) {
        Some(code) => store::recovery::spend(tx, who, &code.hash(), now).await,
        None => Ok(false),
    }
}
