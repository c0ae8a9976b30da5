//! API keys: what one looks like. `gh_sk_live_` and `gh_sk_test_` begin secret keys (servers), `gh_pk_` publishable ones
//! (browsers); then 200 random bits and a checksum, so that a mistyped key is told from a wrong one without a look-up and
//! scanners for leaked secrets can be sure.

use uuid::Uuid;

use crate::api::rate::Rate;
use crate::api::scope::{Maker, Scope};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, KeyId, SiteId, encode};
use crate::kernel::secret::{random_bytes, sha256};

/// Who may hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// A server; never a browser.
    Secret,
    /// A browser on an allowed domain; only endpoints marked for it.
    Publishable,
}

impl KeyKind {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyKind::Secret => "secret",
            KeyKind::Publishable => "publishable",
        }
    }
}

/// Characters of the random part: 5 bits each.
const RANDOM: usize = 40;
/// Characters of the checksum.
const CHECK: usize = 6;
/// How many characters of the random part people see in tables.
const SHOWN: usize = 4;

/// The whole text of a key. Shown once; only its hash is kept. No `Debug`, no `Serialize`.
pub struct KeyText(String);

/// What was presented cannot be a key of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key: it has been cut, mistyped or belongs to something else")]
pub struct NotAKey;

impl KeyText {
    /// A new key for a live or test site.
    pub fn random(kind: KeyKind, live: bool) -> Self {
        let head = match (kind, live) {
            (KeyKind::Secret, true) => "gh_sk_live_",
            (KeyKind::Secret, false) => "gh_sk_test_",
            (KeyKind::Publishable, _) => "gh_pk_",
        };
        // Two times 128 bits in base 32; the first character of each encodes three bits only, so it is left out.
        let bits: String = (0..2)
            .flat_map(|_| encode(Uuid::from_bytes(random_bytes())).chars().skip(1).take(RANDOM / 2).collect::<Vec<_>>())
            .collect();
        let body = format!("{head}{bits}");
        let check = checksum(&body);
        Self(format!("{body}{check}"))
    }

    /// Reads a key that somebody presented. Says nothing about whether it is valid.
    pub fn presented(text: &str) -> Result<Self, NotAKey> {
        let head =
            ["gh_sk_live_", "gh_sk_test_", "gh_pk_"].into_iter().find(|head| text.starts_with(head)).ok_or(NotAKey)?;
        let (body, check) = text.split_at_checked(head.len() + RANDOM).ok_or(NotAKey)?;
        if check.len() != CHECK || check != checksum(body) {
            return Err(NotAKey);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text to give away, once. Never log it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored: SHA-256. Enough, since the key has 200 random bits.
    pub fn hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }

    /// The beginning, by which people tell keys apart.
    pub fn prefix(&self) -> &str {
        let shown = self.0.len() - RANDOM - CHECK + SHOWN;
        &self.0[..shown]
    }
}

fn checksum(body: &str) -> String {
    let hash = sha256(body.as_bytes());
    let mut bits = [0u8; 16];
    bits.copy_from_slice(&hash[..16]);
    encode(Uuid::from_bytes(bits)).chars().skip(1).take(CHECK).collect()
}

/// A key as people see it: everything but the secret.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Its site.
    pub site: SiteId,
    /// What people call it.
    pub name: String,
    /// Who may hold it.
    pub kind: KeyKind,
    /// Its first characters.
    pub prefix: String,
    /// The scopes it was given.
    pub given: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it; `None` for the command line.
    pub created_by: Option<(CollaboratorId, String)>,
    /// What its maker may do today.
    pub maker: Maker,
    /// When it stops working by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// How fast it may ask.
    pub rate: Rate,
}

/// Whether a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It does.
    Active,
    /// Its time has run out.
    Expired,
    /// Somebody revoked it.
    Revoked,
}

impl Key {
    /// Whether it works at `now`.
    pub fn state(&self, now: Timestamp) -> KeyState {
        state(self.revoked_at, self.expires_at, now)
    }

    /// The scopes it still has.
    pub fn scopes(&self) -> Vec<Scope> {
        crate::api::scope::effective(&self.given, self.maker)
    }
}

/// Whether a key with these dates works at `now`.
pub fn state(revoked_at: Option<Timestamp>, expires_at: Option<Timestamp>, now: Timestamp) -> KeyState {
    if revoked_at.is_some() {
        KeyState::Revoked
    } else if expires_at.is_some_and(|at| at <= now) {
        KeyState::Expired
    } else {
        KeyState::Active
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_read_back_and_no_two_are_alike() {
        for (kind, live, head) in [
            (KeyKind::Secret, true, "gh_sk_live_"),
            (KeyKind::Secret, false, "gh_sk_test_"),
            (KeyKind::Publishable, true, "gh_pk_"),
        ] {
            let (one, two) = (KeyText::random(kind, live), KeyText::random(kind, live));
            assert!(one.reveal().starts_with(head) && one.reveal() != two.reveal());
            assert_eq!(one.reveal().len(), head.len() + RANDOM + CHECK);
            assert_eq!(KeyText::presented(one.reveal()).map(|k| k.hash()).ok(), Some(one.hash()));
            assert_eq!(one.prefix().len(), head.len() + SHOWN);
        }
    }

    #[test]
    fn a_mistyped_key_is_not_a_key() {
        let key = KeyText::random(KeyKind::Secret, false);
        let text = key.reveal();
        let last = if text.ends_with('0') { '1' } else { '0' };
        let bad = [
            "",
            "gh_sk_test_",
            "Bearer",
            &text[1..],
            &text[..text.len() - 1],
            &format!("{text}0"),
            &text.to_uppercase(),
            &format!("{}{last}", &text[..text.len() - 1]),
            &text.replace("test", "live"),
            "gh_sk_test_éééééééééééééééééééééééééééééééééééé",
        ];
        for bad in bad {
            assert!(KeyText::presented(bad).is_err(), "{bad}");
        }
    }
}
