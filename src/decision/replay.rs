//! Replay: a stored decision through the same pipeline again, under its own policy or any other. Pure.
//!
//! The facts come from what was stored: the attempt's keys, the list entries that matched, and the numbers that its
//! findings compared. What no finding compared (a limit that was blank then) comes from a recount of what stood at that
//! instant.

use crate::decision::attempt::Kind;
use crate::decision::facts::{Facts, Tally, Used};
use crate::decision::keys::PerKey;
use crate::decision::lists::ListMatch;
use crate::decision::pipeline;
use crate::decision::policy::Policy;
use crate::decision::verdict::{Because, Check, Compared, Finding, Measure, Verdict};
use crate::kernel::clock::Timestamp;
use crate::kernel::money::Money;

/// What is stored of a decision, as far as a replay needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The instant that was decided on.
    pub at: Timestamp,
    /// What was tried.
    pub kind: Kind,
    /// How much.
    pub money: Option<Money>,
    /// Whether the customer was a guest.
    pub guest: Option<bool>,
    /// The list entries that matched.
    pub lists: Vec<ListMatch>,
    /// What its findings said.
    pub findings: Vec<Finding>,
    /// A recount under each key the attempt had, as of its instant.
    pub recounted: PerKey<Option<Used>>,
}

impl Stored {
    /// The facts as they were.
    pub fn facts(&self) -> Facts {
        let mut used = self.recounted;
        for finding in &self.findings {
            if let (Check::Velocity(kind, measure), Because::Limit(compared)) = (finding.check, &finding.because)
                && let Some(used) = used.get_mut(kind)
            {
                self.restore(used, measure, compared);
            }
        }
        Facts { at: self.at, kind: self.kind, money: self.money, guest: self.guest, lists: self.lists.clone(), used }
    }

    /// Puts back the number that a finding compared.
    fn restore(&self, used: &mut Used, measure: Measure, compared: &Compared) {
        used.by = compared.identity;
        let before = match measure {
            Measure::Payments => compared.seen - 1,
            Measure::Declines => compared.seen,
            Measure::Amount => compared.seen - self.money.map_or(0, |m| m.minor),
        };
        let tally = |recounted: Tally| {
            let seen = u32::try_from(before).unwrap_or_default();
            // Where counting stopped at a limit, the recount may know more.
            if compared.at_least && recounted.seen > seen {
                recounted
            } else {
                Tally { seen, at_least: compared.at_least, first_at: compared.first_at }
            }
        };
        match measure {
            Measure::Payments => used.payments = tally(used.payments),
            Measure::Declines => used.declines = tally(used.declines),
            Measure::Amount => {
                used.amount = before;
                used.amount_first_at = compared.first_at;
            }
        }
    }

    /// The answer under a policy.
    pub fn under(&self, policy: &Policy) -> Verdict {
        pipeline::decide(&self.facts(), policy)
    }
}

/// Whether two answers say the same, sentences and instants of first uses aside.
pub fn agree(one: &[Finding], other: &[Finding]) -> bool {
    let bare = |findings: &[Finding]| findings.iter().map(|f| (f.check, f.mode, f.outcome, f.code)).collect::<Vec<_>>();
    bare(one) == bare(other)
}
