//! What differs between two policies, in plain words: the diff of the save bar, of a version's page, of a stale form.

use std::collections::BTreeSet;

use crate::decision::keys::KeyKind;
use crate::decision::policy::{KeyLimits, Policy};
use crate::decision::verdict::{Check, Measure, Mode};
use crate::kernel::money::{Currency, Money};
use crate::ui::text::number;

/// One setting that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The limit it belongs to, if it is one.
    pub check: Option<Check>,
    /// Which setting: "Card, payments".
    pub label: String,
    /// How it is in the older one.
    pub from: String,
    /// How it is in the newer one.
    pub to: String,
}

/// Everything that differs, in the order of the page.
pub fn changes(from: &Policy, to: &Policy) -> Vec<Change> {
    let mut found = Vec::new();
    let mut note = |check: Option<Check>, label: String, from: String, to: String| {
        if from != to {
            found.push(Change { check, label, from, to });
        }
    };
    note(Some(Check::Panic), "Block all requests".into(), on_off(from.panic), on_off(to.panic));
    note(None, "Mode".into(), mode_word(from.velocity.mode), mode_word(to.velocity.mode));
    for key in KeyKind::ALL {
        let (old, new) = (from.velocity.limits(key), to.velocity.limits(key));
        note(
            Some(Check::Velocity(key, Measure::Payments)),
            label(key, "payments"),
            count(old.payments),
            count(new.payments),
        );
        let currencies: BTreeSet<Currency> = old.amounts.keys().chain(new.amounts.keys()).copied().collect();
        for currency in currencies {
            let check = Some(Check::Velocity(key, Measure::Amount));
            note(check, label(key, &format!("amount in {currency}")), amount(old, currency), amount(new, currency));
        }
        note(
            Some(Check::Velocity(key, Measure::Declines)),
            label(key, "bank declines"),
            count(old.declines),
            count(new.declines),
        );
    }
    note(
        None,
        "Same address whatever its tags and dots".into(),
        on_off(from.fold_email_tags),
        on_off(to.fold_email_tags),
    );
    found
}

fn label(key: KeyKind, what: &str) -> String {
    format!("{}, {what}", key.label())
}

/// A count limit in words.
pub fn count(limit: Option<u32>) -> String {
    limit.map_or_else(|| "no limit".into(), |n| number(i64::from(n)))
}

/// An amount limit in words.
pub fn amount(limits: &KeyLimits, currency: Currency) -> String {
    limits.amounts.get(&currency).map_or_else(|| "no limit".into(), |minor| short(Money::new(*minor, currency)))
}

/// Money without the decimals when they are zero: `£1,500`.
pub fn short(money: Money) -> String {
    let said = money.to_string();
    let zeros = format!(".{}", "0".repeat(money.currency.minor_digits() as usize));
    if money.currency.minor_digits() == 0 {
        said
    } else {
        said.replacen(&zeros, "", usize::from(money.minor % 10i64.pow(money.currency.minor_digits()) == 0))
    }
}

fn on_off(on: bool) -> String {
    if on { "on".into() } else { "off".into() }
}

/// A mode as the page says it.
pub fn mode_word(mode: Mode) -> String {
    match mode {
        Mode::Off => "Off".into(),
        Mode::Shadow => "Shadow".into(),
        Mode::Enforce => "Enforce".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gbp() -> Currency {
        "GBP".parse().unwrap()
    }

    #[test]
    fn a_change_is_said_with_both_values() {
        let before = Policy::default();
        let mut after = before.clone();
        after.velocity.card.payments = Some(2);
        after.velocity.email.declines = Some(1_000);
        after.velocity.email.amounts.insert(gbp(), 150_000);
        after.velocity.ip.payments = None;
        after.panic = true;
        let said: Vec<String> =
            changes(&before, &after).into_iter().map(|c| format!("{}: {} to {}", c.label, c.from, c.to)).collect();
        assert_eq!(
            said,
            [
                "Block all requests: off to on",
                "E-mail, amount in GBP: no limit to £1,500",
                "E-mail, bank declines: no limit to 1,000",
                "IP, payments: 3 to no limit",
                "Card, payments: 3 to 2",
            ]
        );
        assert!(changes(&after, &after).is_empty());
    }

    #[test]
    fn zeros_are_dropped_only_when_nothing_is_lost() {
        assert_eq!(short(Money::new(150_000, gbp())), "£1,500");
        assert_eq!(short(Money::new(150_050, gbp())), "£1,500.50");
        assert_eq!(short(Money::new(0, gbp())), "£0");
        assert_eq!(short(Money::new(500, "JPY".parse().unwrap())), "¥500");
        assert_eq!(short(Money::new(150_000, "CHF".parse().unwrap())), "1,500 CHF");
    }
}
