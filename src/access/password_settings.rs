//! What a site asks of passwords, and after how many wrong ones a door locks. A person with several sites follows the
//! strictest of them. Pure.

use chrono::TimeDelta;

use crate::access::lockout::Limits;
use crate::access::password::Rule;

/// A named rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Length, and nothing that is easily guessed.
    Relaxed,
    /// An upper and a lower letter, a digit and a symbol besides.
    Strong,
    /// What PCI DSS 4.0.1 asks for: 12 characters, classes, the last four not again.
    Pci,
    /// As chosen.
    Custom,
}

impl Preset {
    /// All, the loosest first.
    pub const ALL: [Preset; 4] = [Preset::Relaxed, Preset::Strong, Preset::Pci, Preset::Custom];

    /// As stored and posted.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Relaxed => "relaxed",
            Self::Strong => "strong",
            Self::Pci => "pci",
            Self::Custom => "custom",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Relaxed => "Relaxed",
            Self::Strong => "Strong",
            Self::Pci => "PCI",
            Self::Custom => "Custom",
        }
    }

    /// Reads [`Preset::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == text)
    }
}

/// Shortest password where it is a person's only proof.
pub const SHORTEST_ALONE: usize = 15;
/// Shortest password where the site requires a second factor.
pub const SHORTEST_WITH_FACTOR: usize = 8;
/// The longest minimum that may be chosen.
pub const LONGEST_MINIMUM: usize = 64;
/// What PCI DSS 8.3.4 asks a lock to last.
pub const PCI_LOCK_MINUTES: u32 = 30;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordSettings {
    /// The named rule.
    pub preset: Preset,
    /// Shortest password of the custom rule, 8 to 64.
    pub shortest: usize,
    /// Whether the custom rule asks for classes.
    pub classes: bool,
    /// Wrong passwords that lock, 3 to 100.
    pub failures: usize,
    /// For how many minutes, 1 to 1440.
    pub minutes: u32,
}

impl PasswordSettings {
    /// What a new site has.
    pub fn first() -> Self {
        Self { preset: Preset::Relaxed, shortest: SHORTEST_ALONE, classes: false, failures: 10, minutes: 30 }
    }

    /// The rule for new passwords. `factor_required`: the site's multi-factor setting is on.
    pub fn rule(self, factor_required: bool) -> Rule {
        let floor = if factor_required { SHORTEST_WITH_FACTOR } else { SHORTEST_ALONE };
        match self.preset {
            Preset::Relaxed => Rule { shortest: floor, classes: false, remembered: 0 },
            Preset::Strong => Rule { shortest: floor, classes: true, remembered: 0 },
            Preset::Pci => Rule { shortest: floor.max(12), classes: true, remembered: 4 },
            Preset::Custom => Rule { shortest: floor.max(self.shortest), classes: self.classes, remembered: 0 },
        }
    }

    /// When a door locks.
    pub fn limits(self) -> Limits {
        Limits {
            failures: self.failures,
            period: TimeDelta::minutes(i64::from(self.minutes)),
            closing: Limits::COLLABORATORS.closing,
        }
    }

    /// Whether something is less strict than it was `before`.
    pub fn loosens(self, before: Self, factor_required: bool) -> bool {
        let (new, old) = (self.rule(factor_required), before.rule(factor_required));
        new.strictest(old) != new || self.failures > before.failures || self.minutes < before.minutes
    }

    /// Settings that differ from `before`: label, as it was, as it is.
    pub fn changes(self, before: Self) -> Vec<(&'static str, String, String)> {
        let word = |on: bool| if on { "yes".to_owned() } else { "no".to_owned() };
        let pairs = [
            ("Rule", before.preset.label().to_owned(), self.preset.label().to_owned()),
            ("Shortest password", before.shortest.to_string(), self.shortest.to_string()),
            ("Upper, lower, digit and symbol", word(before.classes), word(self.classes)),
            ("Wrong passwords that lock", before.failures.to_string(), self.failures.to_string()),
            ("Minutes of the lock", before.minutes.to_string(), self.minutes.to_string()),
        ];
        pairs.into_iter().filter(|(_, old, new)| old != new).collect()
    }
}

/// The rule for a person: the strictest of their sites'; without any, that of a password alone.
pub fn rule_of(sites: &[(PasswordSettings, bool)]) -> Rule {
    sites
        .iter()
        .map(|(settings, required)| settings.rule(*required))
        .reduce(Rule::strictest)
        .unwrap_or(Rule::COLLABORATORS)
}

/// The limits for a person: the strictest of their sites'.
pub fn limits_of(sites: &[(PasswordSettings, bool)]) -> Limits {
    sites.iter().map(|(settings, _)| settings.limits()).reduce(Limits::strictest).unwrap_or(Limits::COLLABORATORS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(preset: Preset) -> PasswordSettings {
        PasswordSettings { preset, ..PasswordSettings::first() }
    }

    #[test]
    fn the_minimum_is_15_and_8_where_a_second_factor_is_required() {
        for (preset, alone, with_factor) in
            [(Preset::Relaxed, 15, 8), (Preset::Strong, 15, 8), (Preset::Pci, 15, 12), (Preset::Custom, 15, 15)]
        {
            assert_eq!((with(preset).rule(false).shortest, with(preset).rule(true).shortest), (alone, with_factor));
        }
        let short = PasswordSettings { shortest: 9, ..with(Preset::Custom) };
        assert_eq!(
            (short.rule(false).shortest, short.rule(true).shortest),
            (15, 9),
            "custom never goes below the floor"
        );
        assert_eq!(with(Preset::Pci).rule(true).remembered, 4);
    }

    #[test]
    fn the_strictest_of_a_persons_sites_counts() {
        let lax = PasswordSettings { failures: 50, minutes: 5, ..with(Preset::Relaxed) };
        let strict = PasswordSettings { failures: 5, minutes: 60, ..with(Preset::Pci) };
        assert_eq!(rule_of(&[(lax, true), (strict, true)]), Rule { shortest: 12, classes: true, remembered: 4 });
        assert_eq!(rule_of(&[(lax, false), (strict, true)]), Rule { shortest: 15, classes: true, remembered: 4 });
        let limits = limits_of(&[(lax, false), (strict, false)]);
        assert_eq!((limits.failures, limits.period.num_minutes()), (5, 60));
        assert_eq!((rule_of(&[]), limits_of(&[])), (Rule::COLLABORATORS, Limits::COLLABORATORS));
    }

    #[test]
    fn loosening_is_told_from_tightening() {
        let now = with(Preset::Strong);
        for looser in [
            with(Preset::Relaxed),
            PasswordSettings { failures: 11, ..now },
            PasswordSettings { minutes: 29, ..now },
            PasswordSettings { classes: false, shortest: 40, ..with(Preset::Custom) },
        ] {
            assert!(looser.loosens(now, false), "{looser:?}");
        }
        for stricter in [now, with(Preset::Pci), PasswordSettings { failures: 3, minutes: 1440, ..now }] {
            assert!(!stricter.loosens(now, false), "{stricter:?}");
        }
    }
}
