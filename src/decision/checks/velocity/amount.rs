//! Money approved or pending, in the currency of this payment; this one counts too. A payment in a currency without a
//! limit has none.

use crate::decision::checks::velocity::{Comparison, compared};
use crate::decision::facts::Used;
use crate::decision::keys::KeyKind;
use crate::decision::policy::KeyLimits;
use crate::decision::verdict::{Code, Compared};
use crate::kernel::money::Money;

/// A limit of 100 admits payments up to 100 together; a limit of zero admits none, not even one of nothing.
pub(super) fn compare(key: KeyKind, used: &Used, limits: &KeyLimits, money: Option<Money>) -> Comparison {
    if limits.amounts.is_empty() {
        return Err(Code::NoLimit);
    }
    let money = money.ok_or(Code::NoLimitInCurrency)?;
    let limit = *limits.amounts.get(&money.currency).ok_or(Code::NoLimitInCurrency)?;
    let seen = used.amount.saturating_add(money.minor);
    let said =
        Compared { currency: Some(money.currency), first_at: used.amount_first_at, ..compared(key, used, seen, limit) };
    Ok((said, limit == 0 || seen > limit))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::decision::checks::velocity::check;
    use crate::decision::facts::tests::payment;
    use crate::decision::facts::{Facts, Used};
    use crate::decision::keys::KeyKind;
    use crate::decision::policy::{KeyLimits, Policy, Velocity};
    use crate::decision::verdict::{Code, Measure};
    use crate::kernel::money::Money;

    #[test]
    fn amounts_add_up_in_their_own_currency() {
        for (currency, before, minor, limit, code) in [
            ("GBP", 0, 10_000, 10_000, Code::WithinLimit),
            ("GBP", 1, 10_000, 10_000, Code::OverLimit),
            ("GBP", 9_999, 1, 10_000, Code::WithinLimit),
            ("GBP", 0, 0, 0, Code::OverLimit),
            ("EUR", 0, 999_999, 10_000, Code::NoLimitInCurrency),
            ("GBP", i64::MAX, i64::MAX, 10_000, Code::OverLimit),
        ] {
            let card = KeyLimits { amounts: BTreeMap::from([("GBP".parse().unwrap(), limit)]), ..KeyLimits::default() };
            let policy = Policy { velocity: Velocity { card, ..Velocity::default() }, ..Policy::default() };
            let mut facts = Facts { money: Some(Money::new(minor, currency.parse().unwrap())), ..payment() };
            facts.used.card = facts.used.card.map(|used| Used { amount: before, ..used });
            assert_eq!(
                check(KeyKind::Card, Measure::Amount, &facts, &policy).code,
                code,
                "{before} + {minor} {currency} of {limit}"
            );
        }
        assert_eq!(check(KeyKind::Card, Measure::Amount, &payment(), &Policy::default()).code, Code::NoLimit);
    }
}
