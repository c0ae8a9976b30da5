//! The decision: pure and total. No await, no clock, no `Result`. This is the page that an auditor reads.
//!
//! The published order: *block all requests*; block lists; allow lists, whose match switches velocity filters (and, if
//! the list says so, challenge lists) off; velocity filters by e-mail, IP and card; challenge lists. The gate may stop;
//! everything behind it runs to its end, and the strongest enforced outcome wins. So a payment on a block list and on an
//! allow list is rejected.

use crate::decision::checks;
use crate::decision::facts::Facts;
use crate::decision::policy::Policy;
use crate::decision::verdict::{Check, Verdict};

/// Decides. Findings carry no sentences yet: [`crate::decision::wording::speak`] adds them.
pub fn decide(facts: &Facts, policy: &Policy) -> Verdict {
    let findings = Check::ALL
        .into_iter()
        .map(|check| match check {
            Check::Panic => checks::panic::check(facts, policy),
            stopped if policy.panic => checks::panic::stopped(stopped, policy),
            Check::BlockList => checks::block_list::check(facts, policy),
            Check::AllowList => checks::allow_list::check(facts, policy),
            Check::Velocity(key, measure) => checks::velocity::check(key, measure, facts, policy),
            Check::ChallengeList => checks::challenge_list::check(facts, policy),
        })
        .collect();
    Verdict::of(findings)
}
