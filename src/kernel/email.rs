//! E-mail addresses: what was typed, and the canonical form that identifies the person.

use unicode_normalization::UnicodeNormalization as _;

use crate::kernel::card_number;
use crate::kernel::fold::fold;

/// An address that can receive mail, as typed, with its canonical form (folded before the @, IDNA domain behind it).
///
/// Two addresses are the same person's if their canonical forms are equal.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email {
    typed: String,
    canonical: String,
}

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEmail {
    /// Nothing before or after the @, or no @ at all.
    #[error("write an address such as name@example.com")]
    Shape,
    /// Over 254 characters, or over 64 before the @.
    #[error("an e-mail address has at most 254 characters, 64 of them before the @")]
    TooLong,
    /// The part behind the @ is not a domain.
    #[error("the part after the @ is not a domain name")]
    Domain,
    /// A card number must not be stored anywhere.
    #[error("this contains what looks like a full card number; give an address without one")]
    CardNumber,
}

impl Email {
    /// The address as it was typed, trimmed. Mail goes here.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// What identifies the person: compare and digest this.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The part before the @ of the canonical form.
    pub fn local_part(&self) -> &str {
        self.canonical.split('@').next().unwrap_or_default()
    }
}

/// Enough of a canonical address to tell it from its person's others: the first letter and the domain.
pub fn masked(canonical: &str) -> String {
    let (local, domain) = canonical.rsplit_once('@').unwrap_or((canonical, "…"));
    let first: String = local.chars().take(1).collect();
    format!("{first}••••••@{domain}")
}

impl TryFrom<String> for Email {
    type Error = NotAnEmail;

    fn try_from(typed: String) -> Result<Self, NotAnEmail> {
        let typed = typed.trim().to_owned();
        // Compatibility forms of the @ count as one. The domain is not folded like a text: IDNA has its own mapping, in
        // which straße.example and strasse.example belong to different people.
        let plain: String = typed.nfkc().collect();
        let (local, domain) = plain.rsplit_once('@').ok_or(NotAnEmail::Shape)?;
        let local = fold(local);
        let odd =
            |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '@' | '"' | '(' | ')');
        if local.is_empty() || domain.is_empty() || local.contains(odd) {
            return Err(NotAnEmail::Shape);
        }
        if typed.len() > 254 || local.len() > 64 {
            return Err(NotAnEmail::TooLong);
        }
        if card_number::found_in(&plain) {
            return Err(NotAnEmail::CardNumber);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| NotAnEmail::Domain)?;
        if domain.is_empty() || domain.starts_with('.') || domain.ends_with('.') {
            return Err(NotAnEmail::Domain);
        }
        Ok(Self { canonical: format!("{local}@{domain}"), typed })
    }
}

impl std::str::FromStr for Email {
    type Err = NotAnEmail;
    fn from_str(text: &str) -> Result<Self, NotAnEmail> {
        Self::try_from(text.to_owned())
    }
}

impl From<Email> for String {
    fn from(email: Email) -> String {
        email.typed
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.typed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        text.parse::<Email>().unwrap().canonical().to_owned()
    }

    #[test]
    fn a_masked_address_keeps_its_first_letter_and_its_domain() {
        assert_eq!(masked("ann@example.com"), "a••••••@example.com");
        assert_eq!(masked("élodie@shop.example"), "é••••••@shop.example");
    }

    #[test]
    fn spellings_of_one_address_are_one_person() {
        for spelling in
            ["Ann@Example.COM", " ann@example.com ", "ＡＮＮ@example.com", "ann＠example.com", "ANN@EXAMPLE.com"]
        {
            assert_eq!(canonical(spelling), "ann@example.com", "{spelling}");
        }
        assert_eq!(canonical("a@bücher.example"), "a@xn--bcher-kva.example");
        assert_eq!(canonical("\u{212A}im@example.com"), "kim@example.com", "the Kelvin sign folds to k");
    }

    #[test]
    fn case_and_what_cannot_be_seen_make_no_other_person() {
        for (one, other) in [
            ("ΝΊΚΟΣ@example.com", "νίκος@example.com"),
            ("STRASSE@example.com", "straße@example.com"),
            ("an\u{ad}n@example.com", "ann@example.com"),
            ("an\u{200d}n@exam\u{ad}ple.com", "ann@example.com"),
        ] {
            assert_eq!(canonical(one), canonical(other), "{one:?}");
        }
        assert_ne!(canonical("a@straße.example"), canonical("a@strasse.example"), "two domains, two owners");
        assert!("\u{200b}@example.com".parse::<Email>().is_err(), "nothing is left of it");
    }

    #[test]
    fn the_dotless_i_is_another_person() {
        assert_ne!(canonical("mıke@example.com"), canonical("mike@example.com"));
    }

    #[test]
    fn no_address_holds_a_card_number() {
        for bad in
            ["4111111111111111@example.com", "ann+4111-1111-1111-1111@example.com", "ann@4111111111111111.example"]
        {
            assert_eq!(bad.parse::<Email>(), Err(NotAnEmail::CardNumber), "{bad}");
        }
        assert!("4111111111111112@example.com".parse::<Email>().is_ok(), "it fails the check digit");
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for bad in [
            "",
            "ann",
            "@example.com",
            "ann@",
            "a b@example.com",
            "a@b@c.example",
            "ann@exa mple.com",
            "a@.example",
            "a\n@b.example",
        ] {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
        assert_eq!(format!("{}@example.com", "a".repeat(65)).parse::<Email>(), Err(NotAnEmail::TooLong));
    }
}
