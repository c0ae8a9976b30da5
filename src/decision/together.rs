//! Attempts that are decided together: what those that were admitted add to the facts of those behind them. Pure.
//!
//! A batch is read once, before the first of it is decided. So the facts of an attempt lack what stands before it in its
//! own batch; [`Together`] adds that, exactly as if each had been written before the next was read.

use std::collections::HashMap;

use crate::decision::facts::{Facts, Tally};
use crate::decision::keys::Key;
use crate::decision::needed::Needed;
use crate::kernel::clock::Timestamp;
use crate::kernel::money::Money;

/// The admitted attempts of a batch so far, by their keys.
#[derive(Debug, Default)]
pub struct Together {
    added: HashMap<Key, Vec<Added>>,
}

/// One use of a key.
#[derive(Debug, Clone, Copy)]
struct Added {
    at: Timestamp,
    money: Option<Money>,
}

impl Together {
    /// Counts an admitted attempt under its keys.
    pub fn admit(&mut self, at: Timestamp, money: Option<Money>, uses: &[Key]) {
        for key in uses {
            self.added.entry(*key).or_default().push(Added { at, money });
        }
    }

    /// Adds to an attempt's facts what stands before it in the batch.
    pub fn complete(&self, facts: &mut Facts, needed: &Needed) {
        for wanted in &needed.wanted {
            let Some(added) = self.added.get(&wanted.key) else { continue };
            let Some(used) = facts.used.get_mut(wanted.kind) else { continue };
            if let Some(limit) = wanted.payments {
                let seen = used.payments.seen.saturating_add(u32::try_from(added.len()).unwrap_or(u32::MAX));
                let first_at = used.payments.first_at.or_else(|| added.first().map(|a| a.at));
                used.payments = Tally::of(seen, limit, first_at);
            }
            if wanted.amount {
                for (at, money) in added.iter().filter_map(|a| a.money.map(|money| (a.at, money))) {
                    if Some(money.currency) == needed.currency {
                        used.amount = used.amount.saturating_add(money.minor);
                        used.amount_first_at = used.amount_first_at.or(Some(at));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use crate::decision::facts::Used;
    use crate::decision::facts::tests::payment;
    use crate::decision::keys::{Identity, KeyKind, PerKey};
    use crate::decision::needed::Wanted;

    fn money(minor: i64, currency: &str) -> Option<Money> {
        Some(Money::new(minor, currency.parse().unwrap()))
    }

    /// What a database says that has all these uses of a key, oldest first.
    fn counted(uses: &[Added], wanted: &Wanted, needed: &Needed) -> Used {
        let payments = wanted.payments.map_or(Tally::NONE, |limit| {
            let over = uses.len() > limit as usize;
            let (seen, first_at) =
                if over { (limit + 1, None) } else { (uses.len() as u32, uses.first().map(|u| u.at)) };
            Tally { seen, at_least: over, first_at }
        });
        let same = |u: &&Added| wanted.amount && u.money.map(|m| m.currency) == needed.currency;
        Used {
            payments,
            amount: uses.iter().filter(same).map(|u| u.money.unwrap().minor).sum(),
            amount_first_at: uses.iter().find(same).map(|u| u.at),
            ..Used::never(Identity::Fingerprint)
        }
    }

    proptest! {
        #[test]
        fn a_batch_knows_what_one_after_another_would_know(
            before in prop::collection::vec((0i64..2_000, any::<bool>()), 0..6),
            batch in prop::collection::vec((0i64..2_000, any::<bool>(), any::<bool>()), 1..12),
            limit in prop::option::of(0u32..8),
            amount in any::<bool>(),
        ) {
            let key = Key([7; 16]);
            let currency = |gbp: bool| if gbp { "GBP" } else { "EUR" };
            let instant = |n: usize| Timestamp::UNIX_EPOCH + TimeDelta::microseconds(n as i64);
            let mut uses: Vec<Added> =
                before.iter().enumerate().map(|(n, (minor, gbp))| Added { at: instant(n), money: money(*minor, currency(*gbp)) }).collect();
            let read = uses.clone();
            let mut together = Together::default();
            for (n, (minor, gbp, admitted)) in batch.into_iter().enumerate() {
                let paid = money(minor, currency(gbp));
                let wanted = Wanted { kind: KeyKind::Card, key, payments: limit, amount, declines: None };
                let needed = Needed { wanted: vec![wanted], currency: paid.map(|m| m.currency) };
                let mut facts = payment();
                facts.used = PerKey { card: Some(counted(&read, &wanted, &needed)), ..facts.used };
                together.complete(&mut facts, &needed);
                prop_assert_eq!(facts.used.card, Some(counted(&uses, &wanted, &needed)));
                if admitted {
                    let at = instant(100 + n);
                    together.admit(at, paid, &[key]);
                    uses.push(Added { at, money: paid });
                }
            }
        }
    }
}
