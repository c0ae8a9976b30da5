//! The form of the velocity filters: reading what was typed.

use std::collections::{BTreeMap, BTreeSet};

use crate::decision::keys::{KeyKind, PerKey};
use crate::decision::policy::{KeyLimits, LARGEST_COUNT, Policy};
use crate::error::{Error, Kind, Result};
use crate::kernel::money::{Currency, Money, ungrouped};
use crate::ui::feedback::Problems;
use crate::ui::stale::merged;

/// The whole form, as typed. A blank limit is no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VelocityForm {
    /// The policy version when the form was opened.
    pub base_version: i32,
    /// off, shadow or enforce.
    pub mode: String,
    /// Payments in 24 hours.
    pub payments: PerKey<String>,
    /// Bank declines in 24 hours.
    pub declines: PerKey<String>,
    /// Amounts in 24 hours, a row for each currency shown.
    pub amounts: BTreeMap<Currency, PerKey<String>>,
    /// Whether tags and dots of an e-mail address mean nothing.
    pub fold_email_tags: bool,
    /// The currency chosen to be added.
    pub add_currency: String,
    /// What was typed to confirm a change that turns many away.
    pub typed: Option<String>,
    /// Which button was pressed.
    pub action: Action,
}

/// A button of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Action {
    /// Save as a new version.
    #[default]
    Save,
    /// Show what it would have done.
    Preview,
    /// Show a row for another currency.
    AddCurrency,
    /// Take a currency's row away.
    Remove(Currency),
}

impl VelocityForm {
    /// As a policy stands. The site's own currency always has a row.
    pub fn of(policy: &Policy, version: i32, home: Currency) -> Self {
        let velocity = &policy.velocity;
        let mut form = Self {
            base_version: version,
            mode: velocity.mode.as_str().to_owned(),
            fold_email_tags: policy.fold_email_tags,
            ..Self::default()
        };
        let currencies: BTreeSet<Currency> =
            KeyKind::ALL.iter().flat_map(|key| velocity.limits(*key).amounts.keys()).copied().chain([home]).collect();
        form.amounts = currencies.into_iter().map(|currency| (currency, PerKey::default())).collect();
        for key in KeyKind::ALL {
            let limits = velocity.limits(key);
            *form.payments.get_mut(key) = blank_or(limits.payments);
            *form.declines.get_mut(key) = blank_or(limits.declines);
            for (currency, minor) in &limits.amounts {
                if let Some(row) = form.amounts.get_mut(currency) {
                    *row.get_mut(key) = typed_amount(Money::new(*minor, *currency));
                }
            }
        }
        form
    }

    /// The form on top of what somebody else has saved since it was opened: what was changed here stays, the rest follows.
    #[must_use]
    pub fn onto(mut self, opened: &Self, newer: &Self) -> Self {
        self.base_version = newer.base_version;
        self.mode = merged(&opened.mode, self.mode, newer.mode.clone());
        self.fold_email_tags = merged(&opened.fold_email_tags, self.fold_email_tags, newer.fold_email_tags);
        let rows: BTreeSet<Currency> = self.amounts.keys().chain(newer.amounts.keys()).copied().collect();
        let blank = PerKey::default();
        let row = |form: &Self, currency| form.amounts.get(&currency).unwrap_or(&blank).clone();
        for key in KeyKind::ALL {
            follow(key, &mut self.payments, &opened.payments, &newer.payments);
            follow(key, &mut self.declines, &opened.declines, &newer.declines);
        }
        for currency in rows {
            let mut typed = row(&self, currency);
            for key in KeyKind::ALL {
                follow(key, &mut typed, &row(opened, currency), &row(newer, currency));
            }
            self.amounts.insert(currency, typed);
        }
        self
    }

    /// Reads the posted fields. A field that the page does not have, or has once, is refused.
    ///
    /// # Errors
    /// `Malformed`: not posted by our page.
    pub fn read(fields: Vec<(String, String)>, home: Currency) -> Result<Self> {
        let mut seen = BTreeSet::new();
        let mut form = Self::default();
        form.amounts.insert(home, PerKey::default());
        for (name, value) in fields {
            if !seen.insert(name.clone()) {
                return Err(malformed(&name));
            }
            form.take(&name, value)?;
        }
        for needed in ["base_version", "mode"] {
            if !seen.contains(needed) {
                return Err(malformed(needed));
            }
        }
        Ok(form)
    }

    fn take(&mut self, name: &str, value: String) -> Result<()> {
        match name {
            "base_version" => self.base_version = value.parse().map_err(|_| malformed(name))?,
            "mode" => self.mode = value,
            "fold_email_tags" => self.fold_email_tags = value == "on",
            "add_currency" => self.add_currency = value,
            "typed" => self.typed = Some(value),
            "action" => self.action = read_action(&value).ok_or_else(|| malformed(name))?,
            _ => *self.cell(name).ok_or_else(|| malformed(name))? = value,
        }
        Ok(())
    }

    /// The input of a limit by its name: `card_payments`, `ip_declines`, `email_amount_GBP`.
    fn cell(&mut self, name: &str) -> Option<&mut String> {
        let (key, what) = name.split_once('_')?;
        let key = KeyKind::ALL.into_iter().find(|k| k.as_str() == key)?;
        match what.strip_prefix("amount_") {
            Some(currency) => Some(self.amounts.entry(currency.parse().ok()?).or_default().get_mut(key)),
            None if what == "payments" => Some(self.payments.get_mut(key)),
            None if what == "declines" => Some(self.declines.get_mut(key)),
            None => None,
        }
    }

    /// The policy that the form asks for: `before` with these filters.
    pub fn policy(&self, before: &Policy) -> std::result::Result<Policy, Problems> {
        let mut problems = Problems::none();
        let mut policy = before.clone();
        match self.mode.parse() {
            Ok(mode) => policy.velocity.mode = mode,
            Err(_) => problems.add("mode", "Choose off, shadow or enforce."),
        }
        policy.fold_email_tags = self.fold_email_tags;
        for key in KeyKind::ALL {
            let limits = self.limits(key, &mut problems);
            match key {
                KeyKind::Email => policy.velocity.email = limits,
                KeyKind::Ip => policy.velocity.ip = limits,
                KeyKind::Card => policy.velocity.card = limits,
            }
        }
        if problems.is_empty() { Ok(policy) } else { Err(problems) }
    }

    fn limits(&self, key: KeyKind, problems: &mut Problems) -> KeyLimits {
        let mut limits = KeyLimits::default();
        for (what, typed, limit) in [
            ("payments", self.payments.get(key), &mut limits.payments),
            ("declines", self.declines.get(key), &mut limits.declines),
        ] {
            match read_count(typed) {
                Ok(count) => *limit = count,
                Err(()) => problems.add(
                    format!("{}_{what}", key.as_str()),
                    format!(
                        "{}, {}: write a whole number from 0 to 10,000, or leave it blank for no limit.",
                        key.label(),
                        if what == "payments" { "payments" } else { "bank declines" }
                    ),
                ),
            }
        }
        for (currency, row) in &self.amounts {
            let typed = row.get(key).trim();
            if typed.is_empty() {
                continue;
            }
            match Money::parse(typed, *currency) {
                Ok(money) => {
                    limits.amounts.insert(*currency, money.minor);
                }
                Err(why) => {
                    let words = format!("{}, amount in {currency}: {why}; leave it blank for no limit.", key.label());
                    problems.add(format!("{}_amount_{currency}", key.as_str()), words);
                }
            }
        }
        limits
    }
}

/// One field of [`VelocityForm::onto`].
fn follow(key: KeyKind, typed: &mut PerKey<String>, opened: &PerKey<String>, newer: &PerKey<String>) {
    let field = typed.get_mut(key);
    *field = merged(opened.get(key), std::mem::take(field), newer.get(key).clone());
}

fn read_action(value: &str) -> Option<Action> {
    match value {
        "save" => Some(Action::Save),
        "preview" => Some(Action::Preview),
        "add_currency" => Some(Action::AddCurrency),
        other => other.strip_prefix("remove_").and_then(|code| code.parse().ok()).map(Action::Remove),
    }
}

/// A count as people type it (`1,000`); blank is none.
fn read_count(typed: &str) -> std::result::Result<Option<u32>, ()> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    ungrouped(typed).and_then(|digits| digits.parse().ok()).filter(|n| *n <= LARGEST_COUNT).map(Some).ok_or(())
}

fn blank_or(count: Option<u32>) -> String {
    count.map(|n| n.to_string()).unwrap_or_default()
}

/// An amount as a field holds it: without the decimals when they are zero.
fn typed_amount(money: Money) -> String {
    let plain = money.plain();
    match plain.split_once('.') {
        Some((whole, part)) if part.bytes().all(|b| b == b'0') => whole.to_owned(),
        _ => plain,
    }
}

fn malformed(name: &str) -> Error {
    Error::new(
        Kind::Malformed,
        format!("The form has no field {name:?} like that. Open the page again and start over."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gbp() -> Currency {
        "GBP".parse().unwrap()
    }

    fn posted(changes: &[(&str, &str)]) -> Result<VelocityForm> {
        let mut fields = vec![("base_version".to_owned(), "4".to_owned()), ("mode".to_owned(), "enforce".to_owned())];
        fields.extend(changes.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        VelocityForm::read(fields, gbp())
    }

    #[test]
    fn the_form_of_a_policy_reads_back_as_the_same_policy() {
        let mut policy = Policy::default();
        policy.velocity.card.amounts.insert(gbp(), 150_050);
        policy.velocity.ip.amounts.insert("JPY".parse().unwrap(), 0);
        policy.velocity.email.payments = None;
        policy.velocity.email.declines = Some(0);
        policy.fold_email_tags = true;
        let form = VelocityForm::of(&policy, 7, gbp());
        assert_eq!(form.policy(&policy), Ok(policy));
    }

    #[test]
    fn what_was_not_touched_follows_who_saved_meanwhile() {
        let opened = Policy::default();
        let mut newer = opened.clone();
        newer.velocity.ip.declines = Some(9);
        newer.velocity.card.amounts.insert("EUR".parse().unwrap(), 500);
        newer.velocity.card.payments = Some(2);
        newer.fold_email_tags = true;
        let mut mine = VelocityForm::of(&opened, 3, gbp());
        mine.payments.card = "1".into();
        mine.payments.email = String::new();
        let merged = mine.onto(&VelocityForm::of(&opened, 3, gbp()), &VelocityForm::of(&newer, 4, gbp()));
        assert_eq!(merged.base_version, 4);
        let policy = merged.policy(&newer).unwrap();
        let mut wished = newer.clone();
        wished.velocity.card.payments = Some(1);
        wished.velocity.email.payments = None;
        assert_eq!(policy, wished);
    }

    #[test]
    fn blank_is_no_limit_and_zero_is_zero() {
        let form = posted(&[
            ("card_payments", " "),
            ("ip_payments", "0"),
            ("email_payments", "1,000"),
            ("card_amount_GBP", "0"),
        ])
        .unwrap();
        let policy = form.policy(&Policy::default()).unwrap();
        assert_eq!((policy.velocity.card.payments, policy.velocity.ip.payments), (None, Some(0)));
        assert_eq!(policy.velocity.email.payments, Some(1_000));
        assert_eq!(policy.velocity.card.amounts.get(&gbp()), Some(&0));
    }

    #[test]
    fn what_is_no_limit_is_told_beside_its_field() {
        for bad in ["-1", "3.5", "1,5", "1 5", "three", "10001", "99999999999", ","] {
            let problems = posted(&[("card_payments", bad)]).unwrap().policy(&Policy::default()).unwrap_err();
            assert!(problems.of("card_payments").is_some(), "{bad}");
        }
        for bad in ["-1", "1.234", "1,5", "1,50", "1.500,00", "£5", "lots", "9999999999999999999"] {
            let problems = posted(&[("ip_amount_GBP", bad)]).unwrap().policy(&Policy::default()).unwrap_err();
            assert!(problems.of("ip_amount_GBP").is_some(), "{bad}");
        }
        assert!(posted(&[]).unwrap().policy(&Policy::default()).is_ok());
    }

    #[test]
    fn fields_that_the_page_does_not_have_are_refused() {
        for bad in ["panic", "card_amount_XYZ", "phone_payments", "card_holder", "_payments"] {
            assert!(posted(&[(bad, "1")]).is_err(), "{bad}");
        }
        assert!(posted(&[("card_payments", "1"), ("card_payments", "2")]).is_err(), "the same twice");
        assert!(posted(&[("action", "delete")]).is_err());
        assert!(VelocityForm::read(vec![("mode".into(), "off".into())], gbp()).is_err(), "no version");
        assert_eq!(posted(&[("action", "remove_EUR")]).unwrap().action, Action::Remove("EUR".parse().unwrap()));
    }
}
