//! What a change of policy does: sentences for people, and whether it loosens a protection (which asks for a step-up).

use crate::decision::keys::KeyKind;
use crate::decision::policy::{KeyLimits, Policy};
use crate::kernel::money::{Currency, Money};

/// Whether an attempt that the old policy stops could pass under the new one: a limit up or blank, a mode down, panic
/// off. When in doubt, yes.
pub fn loosens(old: &Policy, new: &Policy) -> bool {
    let panic = old.panic && !new.panic;
    let mode = new.velocity.mode < old.velocity.mode;
    // Folding makes keys that were counted apart count together; unfolding spreads one person over several.
    let folding = old.fold_email_tags && !new.fold_email_tags;
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

/// What differs, a line a setting: `Card, payments in 24 h: 3 → 2`.
pub fn changes(old: &Policy, new: &Policy) -> Vec<String> {
    let mut lines = Vec::new();
    let switch = |on: bool| if on { "on" } else { "off" }.to_owned();
    push(&mut lines, "Block all requests", switch(old.panic), switch(new.panic));
    push(&mut lines, "Velocity filters", old.velocity.mode.as_str().to_owned(), new.velocity.mode.as_str().to_owned());
    for key in KeyKind::ALL {
        let (name, old, new) = (key.label(), old.velocity.limits(key), new.velocity.limits(key));
        push(&mut lines, &format!("{name}, payments in 24 h"), count(old.payments), count(new.payments));
        let mut currencies: Vec<Currency> = old.amounts.keys().chain(new.amounts.keys()).copied().collect();
        currencies.sort_unstable();
        currencies.dedup();
        for currency in currencies {
            push(
                &mut lines,
                &format!("{name}, amount in 24 h, {currency}"),
                amount(old, currency),
                amount(new, currency),
            );
        }
        push(&mut lines, &format!("{name}, bank declines in 24 h"), count(old.declines), count(new.declines));
    }
    push(&mut lines, "Fold e-mail tags", switch(old.fold_email_tags), switch(new.fold_email_tags));
    lines
}

fn push(lines: &mut Vec<String>, name: &str, old: String, new: String) {
    if old != new {
        lines.push(format!("{name}: {old} → {new}"));
    }
}

fn count(limit: Option<u32>) -> String {
    limit.map_or_else(|| "no limit".into(), |n| n.to_string())
}

fn amount(limits: &KeyLimits, currency: Currency) -> String {
    limits.amounts.get(&currency).map_or_else(|| "no limit".into(), |minor| Money::new(*minor, currency).to_string())
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
        let panic = Policy { panic: true, ..Policy::default() };
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
            (Policy::default(), panic, false),
            (Policy { fold_email_tags: true, ..Policy::default() }, Policy::default(), true),
        ] {
            assert_eq!(loosens(&old, &new), expected, "{:?}", changes(&old, &new));
        }
    }

    #[test]
    fn changes_are_said_in_words() {
        assert_eq!(
            changes(&card(Some(3), None), &card(Some(2), Some(60_000))),
            ["Card, payments in 24 h: 3 → 2", "Card, amount in 24 h, GBP: no limit → £600.00"]
        );
        assert_eq!(changes(&mode(Mode::Enforce), &mode(Mode::Shadow)), ["Velocity filters: enforce → shadow"]);
        assert!(changes(&Policy::default(), &Policy::default()).is_empty());
    }
}
