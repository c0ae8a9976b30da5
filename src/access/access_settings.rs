//! What a site asks of its collaborators: a second factor, passwords, when a door locks. One row a site; each page of the
//! console changes its own part, and whoever saves from an older version of that part is told so. How texts are sent is
//! another part of the row, and [`crate::platform::sms`]'s.

use crate::access::factor::FactorKind;
use crate::access::password_settings::PasswordSettings;
use crate::access::requirement::GraceDays;
use crate::kernel::clock::Timestamp;
use crate::kernel::country::Country;

/// The whole row.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessSettings {
    /// The second factor.
    pub factors: FactorSettings,
    /// How that part was saved last.
    pub factors_saved: LastSave,
    /// Passwords and lockout.
    pub passwords: PasswordSettings,
    /// How that part was saved last.
    pub passwords_saved: LastSave,
}

/// The last save of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSave {
    /// Goes up with each.
    pub version: i32,
    /// When; `None`: never.
    pub at: Option<Timestamp>,
    /// By whom, by name.
    pub by: Option<String>,
}

/// Who needs a second factor, until when, and which kinds count.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorSettings {
    /// Everybody at the site needs one.
    pub required: bool,
    /// How long it may be missing.
    pub grace: GraceDays,
    /// The kinds that count, at least one.
    pub kinds: Vec<FactorKind>,
    /// Where codes are texted to.
    pub countries: Vec<Country>,
}

/// Countries that a new site texts to.
pub const FIRST_COUNTRIES: [&str; 20] = [
    "AT", "AU", "BE", "CA", "CH", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT", "NL", "NO", "NZ", "PL", "PT", "SE",
    "US",
];

impl FactorSettings {
    /// What a new site has.
    pub fn first() -> Self {
        Self {
            required: false,
            grace: GraceDays::DEFAULT,
            kinds: FactorKind::ALL.to_vec(),
            countries: FIRST_COUNTRIES.iter().filter_map(|code| code.parse().ok()).collect(),
        }
    }

    /// Settings that differ from `before`: label, as it was, as it is.
    pub fn changes(&self, before: &Self) -> Vec<(&'static str, String, String)> {
        let pairs = [
            ("Required of everybody", yes(before.required), yes(self.required)),
            ("Grace period", days(before.grace), days(self.grace)),
            ("Kinds that count", kinds(&before.kinds), kinds(&self.kinds)),
            ("Countries for SMS", countries(&before.countries), countries(&self.countries)),
        ];
        pairs.into_iter().filter(|(_, old, new)| old != new).collect()
    }
}

impl AccessSettings {
    /// What a new site has.
    pub fn first() -> Self {
        Self {
            factors: FactorSettings::first(),
            factors_saved: LastSave::never(),
            passwords: PasswordSettings::first(),
            passwords_saved: LastSave::never(),
        }
    }
}

impl LastSave {
    /// As a new site has it.
    fn never() -> Self {
        Self { version: 1, at: None, by: None }
    }
}

fn yes(on: bool) -> String {
    if on { "yes".into() } else { "no".into() }
}

fn days(grace: GraceDays) -> String {
    match grace.get() {
        0 => "none, at once".into(),
        1 => "1 day".into(),
        n => format!("{n} days"),
    }
}

fn kinds(kinds: &[FactorKind]) -> String {
    FactorKind::ALL.into_iter().filter(|k| kinds.contains(k)).map(FactorKind::label).collect::<Vec<_>>().join(", ")
}

fn countries(list: &[Country]) -> String {
    let mut codes: Vec<&str> = list.iter().map(|c| c.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    if codes.is_empty() { "none".into() } else { codes.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let before = FactorSettings::first();
        assert_eq!(before.changes(&before), []);
        let mut after = before.clone();
        after.required = true;
        after.kinds.reverse();
        after.countries.truncate(2);
        let told = after.changes(&before);
        assert_eq!(told.iter().map(|c| c.0).collect::<Vec<_>>(), ["Required of everybody", "Countries for SMS"]);
        assert_eq!(told[1].2, "AT, AU");
    }
}
