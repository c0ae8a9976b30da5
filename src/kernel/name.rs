//! Names that people give to things: one visible line, trimmed, of a bounded length.

use std::fmt;
use std::str::FromStr;

use crate::kernel::card_number;

/// A name of 1 to `MAX` characters.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Name<const MAX: usize>(String);

/// Why a text is not a name, or no line at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAName {
    /// Nothing but blanks.
    #[error("write a name")]
    Empty,
    /// Longer than it may be.
    #[error("write at most {0} characters")]
    TooLong(usize),
    /// Line breaks, tabs, or marks that turn the direction of the text after them.
    #[error("leave out line breaks and invisible characters")]
    Control,
    /// A card number must not be stored anywhere.
    #[error("this contains what looks like a full card number; leave it out, or write the last four digits only")]
    CardNumber,
}

impl<const MAX: usize> Name<MAX> {
    /// The most characters it may have.
    pub const MAX: usize = MAX;

    /// A name that the database gives back.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> FromStr for Name<MAX> {
    type Err = NotAName;
    fn from_str(typed: &str) -> Result<Self, NotAName> {
        let text = line(typed, MAX)?;
        if text.is_empty() { Err(NotAName::Empty) } else { Ok(Self(text)) }
    }
}

impl<const MAX: usize> fmt::Display for Name<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A line of at most so many characters, trimmed; perhaps an empty one.
pub fn line(typed: &str, longest: usize) -> Result<String, NotAName> {
    let text = typed.trim();
    if text.chars().count() > longest {
        Err(NotAName::TooLong(longest))
    } else if text.chars().any(|c| c.is_control() || invisible(c)) {
        Err(NotAName::Control)
    } else if card_number::found_in(text) {
        Err(NotAName::CardNumber)
    } else {
        Ok(text.to_owned())
    }
}

/// Zero-width characters and those that turn the direction of what follows: two names could look alike, or a name could
/// turn the sentence around it.
fn invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    type Short = Name<60>;

    #[test]
    fn a_name_is_one_visible_line_of_bounded_length() {
        assert_eq!(" Harbour Books ".parse::<Short>().unwrap().as_str(), "Harbour Books");
        assert_eq!(
            "é".repeat(60).parse::<Short>().unwrap().as_str().chars().count(),
            60,
            "characters count, not bytes"
        );
        assert_eq!("x".repeat(61).parse::<Short>(), Err(NotAName::TooLong(60)));
        assert_eq!("  ".parse::<Short>(), Err(NotAName::Empty));
        for bad in ["a\nb", "a\u{202e}b", "a\u{200b}b", "a\0b"] {
            assert_eq!(bad.parse::<Short>(), Err(NotAName::Control), "{bad:?}");
        }
    }

    #[test]
    fn no_line_holds_a_card_number() {
        assert_eq!(line("seen with 4111 1111 1111 1111 on Monday", 500), Err(NotAName::CardNumber));
        assert_eq!("4111111111111111".parse::<Short>(), Err(NotAName::CardNumber));
        assert_eq!(line("", 500), Ok(String::new()));
        let order = "case 2026-118, order 20260302114456";
        assert_eq!(line(order, 500).as_deref(), Ok(order), "a number that fails the check digit is no card number");
    }
}
