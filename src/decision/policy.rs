//! The policy: all of a site's security settings as one versioned document, list entries excepted.
//!
//! The document is stored as it is here; an unknown field is refused, so that a newer program's policy is never obeyed
//! by half.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decision::keys::KeyKind;
use crate::decision::verdict::Mode;
use crate::error::FieldError;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::kernel::money::{Currency, LARGEST_AMOUNT, Money};

/// See the module. The default is what a new site starts with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// *Block all requests*: every attempt of the site's customers is rejected, or in shadow would be.
    #[serde(default = "switch::off", with = "switch")]
    pub panic: Mode,
    /// The velocity filters.
    #[serde(default)]
    pub velocity: Velocity,
    /// Whether `ann+shop@…` is `ann@…`, and dots in Gmail names mean nothing, when e-mail addresses are counted.
    #[serde(default)]
    pub fold_email_tags: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { panic: Mode::Off, velocity: Velocity::default(), fold_email_tags: false }
    }
}

/// How the panic switch is stored: off and on as they were before there was a shadow, so that versions of any age read
/// alike. Shadow is a word, which the release before it refuses rather than obeys by half.
mod switch {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::decision::verdict::Mode;

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Stored {
        On(bool),
        Mode(Mode),
    }

    pub fn off() -> Mode {
        Mode::Off
    }

    pub fn serialize<S: Serializer>(mode: &Mode, to: S) -> Result<S::Ok, S::Error> {
        match mode {
            Mode::Off => Stored::On(false),
            Mode::Enforce => Stored::On(true),
            Mode::Shadow => Stored::Mode(Mode::Shadow),
        }
        .serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Mode, D::Error> {
        Ok(match Stored::deserialize(from)? {
            Stored::On(false) => Mode::Off,
            Stored::On(true) => Mode::Enforce,
            Stored::Mode(mode) => mode,
        })
    }
}

/// Limits on what one e-mail address, one IP network or one card may do in any 24 hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Velocity {
    /// Whether the limits act.
    #[serde(default)]
    pub mode: Mode,
    /// By e-mail address.
    #[serde(default)]
    pub email: KeyLimits,
    /// By network: /32 for IPv4, /64 for IPv6.
    #[serde(default)]
    pub ip: KeyLimits,
    /// By card.
    #[serde(default)]
    pub card: KeyLimits,
}

impl Default for Velocity {
    /// Three payments each, no other limit, enforced.
    fn default() -> Self {
        let three = KeyLimits { payments: Some(3), ..KeyLimits::default() };
        Self { mode: Mode::Enforce, email: three.clone(), ip: three.clone(), card: three }
    }
}

impl Velocity {
    /// The limits of a kind of key.
    pub fn limits(&self, key: KeyKind) -> &KeyLimits {
        match key {
            KeyKind::Email => &self.email,
            KeyKind::Ip => &self.ip,
            KeyKind::Card => &self.card,
        }
    }
}

/// Limits under one kind of key. Blank is no limit; zero lets none through.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyLimits {
    /// Payments attempted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payments: Option<u32>,
    /// Minor units approved or pending, by currency.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub amounts: BTreeMap<Currency, i64>,
    /// Declines by the gateway: this many are borne, then attempts are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declines: Option<u32>,
}

/// The largest count that a limit may be set to. What a limit costs grows with it.
pub const LARGEST_COUNT: u32 = 10_000;

impl Policy {
    /// What is wrong with it, field by field (`velocity.card.payments`); empty if nothing is.
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        for key in KeyKind::ALL {
            let limits = self.velocity.limits(key);
            let name = key.as_str();
            for (field, count) in [("payments", limits.payments), ("declines", limits.declines)] {
                if count.is_some_and(|n| n > LARGEST_COUNT) {
                    faults.push(FieldError::new(
                        format!("velocity.{name}.{field}"),
                        "too_large",
                        "at most 10,000; leave it blank for no limit",
                    ));
                }
            }
            for (currency, amount) in &limits.amounts {
                if !(0..=LARGEST_AMOUNT).contains(amount) {
                    let most = Money::new(LARGEST_AMOUNT, *currency);
                    faults.push(FieldError::new(
                        format!("velocity.{name}.amounts.{currency}"),
                        "out_of_range",
                        format!("from 0 to {most}"),
                    ));
                }
            }
        }
        faults
    }
}

/// A policy with the version that names it.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned {
    /// Whose.
    pub site: SiteId,
    /// 1 for the first; 0 stands for the defaults of a site that has none yet.
    pub version: i32,
    /// The document.
    pub policy: Policy,
    /// When it was saved.
    pub created_at: Timestamp,
    /// Who saved it; `None` for defaults and the command line.
    pub created_by: Option<CollaboratorId>,
    /// What changed, in a sentence.
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_switch_is_stored_as_it_always_was_and_shadow_as_a_word() {
        for (panic, stored) in
            [(Mode::Off, json!(false)), (Mode::Enforce, json!(true)), (Mode::Shadow, json!("shadow"))]
        {
            let policy = Policy { panic, ..Policy::default() };
            let document = serde_json::to_value(&policy).unwrap();
            assert_eq!(document["panic"], stored);
            assert_eq!(serde_json::from_value::<Policy>(document).unwrap(), policy);
        }
        assert_eq!(serde_json::from_value::<Policy>(json!({})).unwrap(), Policy::default());
        assert!(serde_json::from_value::<Policy>(json!({ "panic": "sideways" })).is_err());
    }
}
