//! Address limits: what the networks of an address, and strangers of everywhere together, may try at the console's door.
//! Known devices are excepted.

use crate::decision::checks::finding;
use crate::decision::sign_in::Facts;
use crate::decision::verdict::{Because, Check, Code, Finding, FindingOutcome, Mode, Origin};

/// Rejects a try from a network that is refused, or while all strangers are.
pub fn check(facts: &Facts) -> Finding {
    let (outcome, code, because) = match &facts.networks {
        None => (FindingOutcome::NotApplicable, Code::KnownDevice, Because::Nothing),
        Some(networks) => {
            let refused = networks.iter().any(|network| network.until.is_some());
            let (outcome, code) = if refused {
                (FindingOutcome::Reject, Code::OverLimit)
            } else {
                (FindingOutcome::Approve, Code::WithinLimit)
            };
            (outcome, code, Because::Networks { networks: networks.clone() })
        }
    };
    Finding { origin: Origin::BuiltIn, ..finding(Check::AddressLimit, Mode::Enforce, outcome, code, because) }
}
