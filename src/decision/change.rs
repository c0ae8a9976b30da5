//! What a change of policy does: the difference in plain words (save bar, a version's note and page, a stale form), and
//! whether it loosens a protection (which asks for a step-up).

use std::collections::BTreeSet;

use crate::decision::keys::KeyKind;
use crate::decision::policy::{KeyLimits, Policy};
use crate::decision::verdict::{Check, Measure, Mode};
use crate::kernel::money::{Currency, Money, thousands};

/// Whether an attempt that the old policy stops could pass under the new one: a limit up or blank, a mode down, panic
/// off. When in doubt, yes.
pub fn loosens(old: &Policy, new: &Policy) -> bool {
    let panic = new.panic < old.panic;
    let mode = new.velocity.mode < old.velocity.mode;
    // Unfolding spreads one person over several keys; folding counts tagged addresses under keys that nothing has been
    // counted under yet, so a person who has reached a limit starts again.
    let folding = old.fold_email_tags != new.fold_email_tags;
    panic
        || mode
        || folding
        || KeyKind::ALL.into_iter().any(|key| raises(old.velocity.limits(key), new.velocity.limits(key)))
}

fn raises(old: &KeyLimits, new: &KeyLimits) -> bool {
    fn higher<T: Ord>(old: Option<T>, new: Option<T>) -> bool {
        match (old, new) {
            (Some(old), Some(new)) => new > old,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
    higher(old.payments, new.payments)
        || higher(old.declines, new.declines)
        || old.amounts.iter().any(|(currency, limit)| higher(Some(limit), new.amounts.get(currency)))
}

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

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} → {}", self.label, self.from, self.to)
    }
}

/// Everything that differs, in the order of the page.
pub fn changes(from: &Policy, to: &Policy) -> Vec<Change> {
    let mut found = Vec::new();
    let mut note = |check: Option<Check>, label: String, from: String, to: String| {
        if from != to {
            found.push(Change { check, label, from, to });
        }
    };
    note(Some(Check::Panic), "Block all requests".into(), switch_word(from.panic), switch_word(to.panic));
    note(None, "Velocity filters".into(), mode_word(from.velocity.mode), mode_word(to.velocity.mode));
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
    limit.map_or_else(|| "no limit".into(), |n| thousands(&n.to_string()))
}

/// An amount limit in words.
pub fn amount(limits: &KeyLimits, currency: Currency) -> String {
    limits.amounts.get(&currency).map_or_else(|| "no limit".into(), |minor| Money::new(*minor, currency).short())
}

fn on_off(on: bool) -> String {
    if on { "on".into() } else { "off".into() }
}

/// The panic switch as people say it.
pub fn switch_word(mode: Mode) -> String {
    match mode {
        Mode::Off => "off".into(),
        Mode::Shadow => "in shadow".into(),
        Mode::Enforce => "on".into(),
    }
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
    use std::collections::BTreeMap;

    use super::*;
    use crate::decision::policy::Velocity;
    use crate::decision::verdict::Mode;

    fn card(payments: Option<u32>, amount: Option<i64>) -> Policy {
        let amounts = amount.map(|a| BTreeMap::from([("GBP".parse().unwrap(), a)])).unwrap_or_default();
        Policy {
            velocity: Velocity { card: KeyLimits { payments, amounts, declines: None }, ..Velocity::default() },
            ..Policy::default()
        }
    }

    fn mode(mode: Mode) -> Policy {
        Policy { velocity: Velocity { mode, ..Velocity::default() }, ..Policy::default() }
    }

    #[test]
    fn what_lets_more_through_loosens() {
        let panic = Policy { panic: Mode::Enforce, ..Policy::default() };
        let trial = Policy { panic: Mode::Shadow, ..Policy::default() };
        for (old, new, expected) in [
            (card(Some(3), None), card(Some(4), None), true),
            (card(Some(3), None), card(None, None), true),
            (card(Some(3), None), card(Some(2), None), false),
            (card(None, None), card(Some(9), None), false),
            (card(None, Some(100)), card(None, Some(101)), true),
            (card(None, Some(100)), card(None, None), true),
            (card(None, None), card(None, Some(1)), false),
            (mode(Mode::Enforce), mode(Mode::Shadow), true),
            (mode(Mode::Shadow), mode(Mode::Off), true),
            (mode(Mode::Off), mode(Mode::Enforce), false),
            (panic.clone(), Policy::default(), true),
            (panic.clone(), trial.clone(), true),
            (trial.clone(), Policy::default(), true),
            (trial, panic.clone(), false),
            (Policy::default(), panic, false),
            (Policy { fold_email_tags: true, ..Policy::default() }, Policy::default(), true),
            (Policy::default(), Policy { fold_email_tags: true, ..Policy::default() }, true),
        ] {
            assert_eq!(loosens(&old, &new), expected, "{:?}", changes(&old, &new));
        }
    }

    #[test]
    fn a_change_is_said_with_both_values() {
        let before = Policy::default();
        let mut after = before.clone();
        after.velocity.mode = Mode::Shadow;
        after.velocity.card.payments = Some(2);
        after.velocity.email.declines = Some(1_000);
        after.velocity.email.amounts.insert("GBP".parse().unwrap(), 150_000);
        after.velocity.ip.payments = None;
        after.panic = Mode::Enforce;
        let said: Vec<String> = changes(&before, &after).iter().map(Change::to_string).collect();
        assert_eq!(
            said,
            [
                "Block all requests: off → on",
                "Velocity filters: Enforce → Shadow",
                "E-mail, amount in GBP: no limit → £1,500",
                "E-mail, bank declines: no limit → 1,000",
                "IP, payments: 3 → no limit",
                "Card, payments: 3 → 2",
            ]
        );
        assert!(changes(&after, &after).is_empty());
    }
}
