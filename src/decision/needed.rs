//! What must be counted to decide an attempt: the policy says so, and nothing needless is read or locked.

use crate::decision::attempt::Kind;
use crate::decision::keys::{Identified, Key, KeyKind, Keys, PerKey};
use crate::decision::policy::Policy;
use crate::decision::verdict::Mode;
use crate::kernel::money::{Currency, Money};

/// One key with what is to be counted under it. A count of `None` is not wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The kind of key.
    pub kind: KeyKind,
    /// The key.
    pub key: Key,
    /// Count payments, up to one above this.
    pub payments: Option<u32>,
    /// Add amounts up.
    pub amount: bool,
    /// Count declines, up to one above this.
    pub declines: Option<u32>,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needed {
    /// The keys, in the order of findings.
    pub wanted: Vec<Wanted>,
    /// The currency of amounts.
    pub currency: Option<Currency>,
}

impl Needed {
    /// What the policy needs to know of an attempt.
    pub fn of(policy: &Policy, kind: Kind, money: Option<Money>, keys: &PerKey<Option<Identified>>) -> Self {
        let currency = money.map(|m| m.currency);
        if kind != Kind::Payment || policy.panic == Mode::Enforce || policy.velocity.mode == Mode::Off {
            return Self { wanted: Vec::new(), currency };
        }
        let wanted = KeyKind::ALL
            .into_iter()
            .filter_map(|kind| {
                let key = keys.get(kind).as_ref()?.key;
                let limits = policy.velocity.limits(kind);
                let amount = currency.is_some_and(|c| limits.amounts.contains_key(&c));
                let wanted = Wanted { kind, key, payments: limits.payments, amount, declines: limits.declines };
                (wanted.payments.is_some() || amount || wanted.declines.is_some()).then_some(wanted)
            })
            .collect();
        Self { wanted, currency }
    }

    /// The numbers under which Postgres locks the keys: sorted and different, so that two decisions never wait for each
    /// other in a circle.
    pub fn locks(&self) -> Vec<i64> {
        let mut locks: Vec<i64> = self
            .wanted
            .iter()
            .map(|w| {
                let mut first = [0; 8];
                first.copy_from_slice(&w.key.0[..8]);
                i64::from_be_bytes(first)
            })
            .collect();
        locks.sort_unstable();
        locks.dedup();
        locks
    }
}

/// The keys that an admitted attempt counts under: all it has, whatever the limits are today.
pub fn uses(kind: Kind, keys: &Keys) -> Vec<Key> {
    if kind != Kind::Payment {
        return Vec::new();
    }
    KeyKind::ALL.into_iter().filter_map(|k| keys.counted.get(k).as_ref().map(|i| i.key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::keys::Identity;
    use crate::decision::policy::Velocity;

    fn keys() -> PerKey<Option<Identified>> {
        let key = |n: u8, by| Some(Identified { key: Key([n; 16]), by });
        PerKey { email: key(200, Identity::Email), ip: key(3, Identity::Network), card: None }
    }

    #[test]
    fn nothing_needless_is_read_or_locked() {
        let money = Some(Money::new(1, "GBP".parse().unwrap()));
        let of = |policy: &Policy, kind| Needed::of(policy, kind, money, &keys()).wanted.len();
        assert_eq!(of(&Policy::default(), Kind::Payment), 2, "the card is not known");
        assert_eq!(of(&Policy::default(), Kind::Login), 0);
        let panic = |panic| Policy { panic, ..Policy::default() };
        assert_eq!(of(&panic(Mode::Enforce), Kind::Payment), 0);
        assert_eq!(of(&panic(Mode::Shadow), Kind::Payment), 2, "the gate stays open");
        let off = Policy { velocity: Velocity { mode: Mode::Off, ..Velocity::default() }, ..Policy::default() };
        assert_eq!(of(&off, Kind::Payment), 0);
        let blank =
            Policy { velocity: Velocity { email: Default::default(), ..Velocity::default() }, ..Policy::default() };
        assert_eq!(of(&blank, Kind::Payment), 1);
    }

    #[test]
    fn locks_are_sorted() {
        let money = Some(Money::new(1, "GBP".parse().unwrap()));
        let locks = Needed::of(&Policy::default(), Kind::Payment, money, &keys()).locks();
        assert!(locks.is_sorted() && locks.len() == 2);
    }
}
