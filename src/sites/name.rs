//! Names that people give to things: one line, trimmed, of a bounded length.

use std::fmt;
use std::str::FromStr;

/// A name of 1 to `MAX` characters without line breaks or other control characters.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Name<const MAX: usize>(String);

/// What people call a site.
pub type SiteName = Name<60>;
/// What people call a payment service.
pub type ServiceName = Name<60>;
/// The company that messages to customers and collaborators speak of.
pub type CompanyName = Name<60>;

/// Why a text is not a name.
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
}

impl<const MAX: usize> Name<MAX> {
    /// The most characters it may have.
    pub const MAX: usize = MAX;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> FromStr for Name<MAX> {
    type Err = NotAName;
    fn from_str(typed: &str) -> Result<Self, NotAName> {
        let text = typed.trim();
        if text.is_empty() {
            Err(NotAName::Empty)
        } else if text.chars().count() > MAX {
            Err(NotAName::TooLong(MAX))
        } else if text.chars().any(|c| c.is_control() || invisible(c)) {
            Err(NotAName::Control)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

/// Zero-width characters and those that turn the direction of what follows: two names could look alike, or a name could
/// turn the sentence around it.
fn invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

impl<const MAX: usize> fmt::Display for Name<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_visible_line_of_bounded_length() {
        assert_eq!(" Harbour Books ".parse::<SiteName>().unwrap().as_str(), "Harbour Books");
        assert_eq!(
            "é".repeat(60).parse::<SiteName>().unwrap().as_str().chars().count(),
            60,
            "characters count, not bytes"
        );
        assert_eq!("x".repeat(61).parse::<SiteName>(), Err(NotAName::TooLong(60)));
        assert_eq!("  ".parse::<SiteName>(), Err(NotAName::Empty));
        for bad in ["a\nb", "a\u{202e}b", "a\u{200b}b", "a\0b"] {
            assert_eq!(bad.parse::<SiteName>(), Err(NotAName::Control), "{bad:?}");
        }
    }
}
