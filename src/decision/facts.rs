//! Facts: everything the pipeline may know of an attempt, loaded before it runs. No personal value is among them.
//!
//! What was not read is absent: the policy says what is needed, and nothing needless is read.

use crate::decision::attempt::Kind;
use crate::decision::keys::{Identity, PerKey};
use crate::decision::lists::ListMatch;
use crate::kernel::clock::Timestamp;
use crate::kernel::money::Money;

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The instant of the decision: after the locks, never before the keys' newest use.
    pub at: Timestamp,
    /// What is tried.
    pub kind: Kind,
    /// How much.
    pub money: Option<Money>,
    /// Whether the customer is a guest; `None` if the site did not say.
    pub guest: Option<bool>,
    /// Every valid entry that matches, of lists that are linked and not off.
    pub lists: Vec<ListMatch>,
    /// What was done before under each key; `None` where the attempt lacks the key.
    pub used: PerKey<Option<Used>>,
}

/// What was done under a key in the window before the attempt, the attempt itself not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// By what the key identifies.
    pub by: Identity,
    /// Admitted payments.
    pub payments: Tally,
    /// Minor units approved or pending in the attempt's currency.
    pub amount: i64,
    /// When the oldest of those was.
    pub amount_first_at: Option<Timestamp>,
    /// Declines by the gateway.
    pub declines: Tally,
}

impl Used {
    /// A key that was never used.
    pub fn never(by: Identity) -> Self {
        Self { by, payments: Tally::NONE, amount: 0, amount_first_at: None, declines: Tally::NONE }
    }
}

/// A count that may have stopped early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many were seen.
    pub seen: u32,
    /// Counting stopped because the limit was passed: there may be more.
    pub at_least: bool,
    /// When the oldest of them was. Not known where counting stopped: the oldest is not among those that were counted.
    pub first_at: Option<Timestamp>,
}

impl Tally {
    /// So many of something of which no more than one above the limit is counted.
    pub fn of(seen: u32, limit: u32, first_at: Option<Timestamp>) -> Self {
        if seen > limit {
            return Self { seen: limit.saturating_add(1), at_least: true, first_at: None };
        }
        Self { seen, at_least: false, first_at }
    }

    /// None seen.
    pub const NONE: Tally = Tally { seen: 0, at_least: false, first_at: None };
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::decision::lists::{Field, ListKind};
    use crate::decision::verdict::Mode;
    use crate::kernel::id::{EntryId, ListId};

    pub fn tally(seen: u32) -> Tally {
        Tally { seen, ..Tally::NONE }
    }

    /// A payment of £10 with all its keys, the first under each.
    pub fn payment() -> Facts {
        Facts {
            at: chrono::DateTime::UNIX_EPOCH,
            kind: Kind::Payment,
            money: Some(Money::new(1_000, "GBP".parse().unwrap())),
            guest: None,
            lists: Vec::new(),
            used: PerKey {
                email: Some(Used::never(Identity::Email)),
                ip: Some(Used::never(Identity::Network)),
                card: Some(Used::never(Identity::Fingerprint)),
            },
        }
    }

    /// The same after a hundred others.
    pub fn over_every_limit() -> Facts {
        let over = |used: Option<Used>| {
            used.map(|u| Used { payments: tally(100), amount: 1_000_000, declines: tally(100), ..u })
        };
        let facts = payment();
        Facts {
            used: PerKey { email: over(facts.used.email), ip: over(facts.used.ip), card: over(facts.used.card) },
            ..facts
        }
    }

    /// A match of an entry that names these fields.
    pub fn listed(kind: ListKind, fields: &[Field]) -> ListMatch {
        ListMatch {
            list_id: ListId(uuid::Uuid::from_u128(1)),
            list_name: "Regulars".into(),
            kind,
            mode: Mode::Enforce,
            entry_id: EntryId(uuid::Uuid::from_u128(2)),
            entry_name: "An entry".into(),
            fields: fields.to_vec(),
            also_risk_assessment: false,
            also_challenge_list: false,
        }
    }
}
