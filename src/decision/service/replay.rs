//! A stored decision under another policy.

use crate::access::Permit;
use crate::access::grant::ReadPolicy;
use crate::decision::verdict::Verdict;
use crate::error::{Error, Result};
use crate::kernel::id::DecisionId;
use crate::platform::state::App;

/// The answer that a stored attempt would get under the policy and the lists in force today, and the policy's version.
pub async fn today(app: &App, permit: &Permit<ReadPolicy>, id: DecisionId) -> Result<(Verdict, i32)> {
    let _ = (app, permit, id);
    Err(Error::not_found())
}
