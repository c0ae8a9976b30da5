//! Recovery codes: ten, each good once, for a day without one's device. 120 random bits each, so SHA-256 is enough to keep
//! them and no budget of guesses is needed.

use crate::kernel::secret::{random_bytes, sha256};

/// How many a set holds.
pub const COUNT: usize = 10;

/// From this many on the person is asked to make new ones.
pub const FEW: i64 = 3;

/// Crockford's base 32: no letter looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Characters of a code: five bits each.
const LENGTH: usize = 24;

/// A recovery code. No `Debug`: it opens the second step.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// A new one.
    pub fn random() -> Self {
        let bytes: [u8; LENGTH] = random_bytes();
        Self(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect())
    }

    /// A whole new set.
    pub fn set() -> Vec<Self> {
        (0..COUNT).map(|_| Self::random()).collect()
    }

    /// Reads what somebody typed: in any case, with or without hyphens and spaces, an O for a zero, an I or L for a one.
    pub fn parse(text: &str) -> Option<Self> {
        let read = |c: char| match c.to_ascii_lowercase() {
            'o' => Some('0'),
            'i' | 'l' => Some('1'),
            c => u8::try_from(c).is_ok_and(|byte| ALPHABET.contains(&byte)).then_some(c),
        };
        let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(LENGTH + 1);
        let code: String = kept.map(read).collect::<Option<_>>()?;
        (code.len() == LENGTH).then_some(Self(code))
    }

    /// What is stored.
    pub fn hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }

    /// As people read it: six groups of four. Show it once, never log it.
    pub fn reveal(&self) -> String {
        let groups: Vec<&str> = (0..LENGTH).step_by(4).map(|at| &self.0[at..at + 4]).collect();
        groups.join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_set_holds_ten_different_codes_of_at_least_112_bits() {
        let set = RecoveryCode::set();
        let different: BTreeSet<String> = set.iter().map(RecoveryCode::reveal).collect();
        assert_eq!(different.len(), COUNT);
        assert_eq!(ALPHABET.len(), 32);
        const { assert!(LENGTH * 5 >= 112) };
    }

    #[test]
    fn a_code_is_read_however_it_is_copied() {
        let code = RecoveryCode("0123456789abcdefghjkmnpq".into());
        assert_eq!(code.reveal(), "0123-4567-89ab-cdef-ghjk-mnpq");
        for text in [
            code.reveal(),
            code.reveal().to_uppercase(),
            " o1234567 89AB cdef-ghjk mnpq\n".into(),
            "0I23-4567-89ab-cdef-ghjk-mnpq".into(),
        ] {
            assert!(RecoveryCode::parse(&text) == Some(code.clone()), "{text}");
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in
            ["", "123456", "0123-4567-89ab-cdef-ghjk-mnp", "0123-4567-89ab-cdef-ghjk-mnpqr", "u".repeat(24).as_str()]
        {
            assert!(RecoveryCode::parse(text).is_none(), "{text}");
        }
        assert!(RecoveryCode::parse(&"٣".repeat(24)).is_none());
        assert!(RecoveryCode::parse(&"1".repeat(1_000_000)).is_none());
    }
}
