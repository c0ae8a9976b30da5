//! Who a text seems to come from, and what it says. Pure.

use crate::kernel::card_number;
use crate::kernel::country::Country;

/// Countries whose carriers show a name as the sender without registering it first.
const NAMED: [&str; 24] = [
    "AT", "CH", "CY", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL",
    "NO", "PL", "PT", "SE", "SI",
];

/// The longest name a carrier shows.
const LONGEST_SENDER: usize = 11;

/// The longest body: two messages' worth, the rest is for what is put in.
const LONGEST_BODY: usize = 240;

/// What is sent where the site has written nothing.
const OURS: &str = "{code} is your {company} code. It works for five minutes. Nobody will ask you for it.";

/// A name as the sender: 1 to 11 letters, digits and spaces of ASCII, a letter among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderId(String);

/// Why a text is no sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write 1 to 11 letters, digits or spaces without accents, at least one of them a letter")]
pub struct NotASender;

impl SenderId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From the name of a site or company: what carriers cannot show is left out.
    pub fn from_name(name: &str) -> Option<Self> {
        let ascii: String = unicode_normalization::UnicodeNormalization::nfkd(name)
            .filter(|c| c.is_ascii_alphanumeric() || *c == ' ')
            .collect();
        let words: Vec<&str> = ascii.split_whitespace().collect();
        // As many whole words as fit; of a long first word its beginning.
        let mut sender = String::new();
        for word in words {
            let room = LONGEST_SENDER.saturating_sub(sender.len() + usize::from(!sender.is_empty()));
            if sender.is_empty() {
                sender.extend(word.chars().take(LONGEST_SENDER));
            } else if word.len() <= room {
                sender.push(' ');
                sender.push_str(word);
            } else {
                break;
            }
        }
        sender.parse().ok()
    }
}

impl std::str::FromStr for SenderId {
    type Err = NotASender;

    fn from_str(text: &str) -> Result<Self, NotASender> {
        let text = text.trim();
        let allowed = text.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
        let fits = (1..=LONGEST_SENDER).contains(&text.len());
        if fits && allowed && text.chars().any(|c| c.is_ascii_alphabetic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotASender)
        }
    }
}

/// Whether carriers of the country show a name as the sender.
pub fn shows_names(country: Country) -> bool {
    NAMED.contains(&country.code())
}

/// What a text says: `{code}` once, `{company}` if wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyTemplate(String);

/// Why a text is no template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotATemplate {
    /// No code, or several.
    #[error("write {{code}} exactly once: the code stands there")]
    Code,
    /// A word in braces that is not ours.
    #[error("only {{code}} and {{company}} are filled in; write no other braces")]
    Braces,
    /// Over 240 characters.
    #[error("at most 240 characters")]
    TooLong,
    /// Addresses in texts teach people to follow them.
    #[error("write no web address: texts with links look like fraud, and carriers drop them")]
    Link,
    /// Line breaks and the like.
    #[error("write one line without control characters")]
    Control,
    /// A card number must not be stored anywhere.
    #[error("this contains what looks like a full card number; leave it out")]
    CardNumber,
}

impl BodyTemplate {
    /// Ours.
    pub fn ours() -> Self {
        Self(OURS.to_owned())
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is sent. Without a company name, and with one that reads as a web address, its placeholder goes with the space in
    /// front of it.
    pub fn fill(&self, code: &str, company: Option<&str>) -> String {
        let named = match company.filter(|company| !has_link(company)) {
            Some(company) => self.0.replace("{company}", company),
            None => self.0.replace(" {company}", "").replace("{company}", ""),
        };
        named.trim().replace("{code}", code)
    }
}

/// Whether phones make a link of a part of it, as they do without `https://` too: a dot that a letter or digit stands before
/// and two letters behind.
fn has_link(text: &str) -> bool {
    let lower = text.to_lowercase();
    let signs: Vec<char> = lower.chars().map(|c| if "。．｡".contains(c) { '.' } else { c }).collect();
    let dotted = |part: &[char]| {
        part[0].is_alphanumeric() && part[1] == '.' && part[2].is_alphabetic() && part[3].is_alphabetic()
    };
    lower.contains("://") || lower.contains("www.") || signs.windows(4).any(dotted)
}

impl std::str::FromStr for BodyTemplate {
    type Err = NotATemplate;

    fn from_str(text: &str) -> Result<Self, NotATemplate> {
        let text = text.trim();
        if text.chars().count() > LONGEST_BODY {
            return Err(NotATemplate::TooLong);
        }
        if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return Err(NotATemplate::Control);
        }
        if card_number::found_in(text) {
            return Err(NotATemplate::CardNumber);
        }
        if text.matches("{code}").count() != 1 {
            return Err(NotATemplate::Code);
        }
        if text.replace("{code}", "").replace("{company}", "").contains(['{', '}']) {
            return Err(NotATemplate::Braces);
        }
        if has_link(&text.replace("{code}", "000000").replace("{company}", "Company")) {
            return Err(NotATemplate::Link);
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_company_stands_in_the_text_only_if_it_is_set() {
        let ours = BodyTemplate::ours();
        assert!(ours.fill("042137", Some("Harbour Ltd")).starts_with("042137 is your Harbour Ltd code."));
        assert!(ours.fill("042137", None).starts_with("042137 is your code."));
        let own: BodyTemplate = "{company}: {code}".parse().unwrap();
        assert_eq!(own.fill("1", Some("{code}")), "{code}: 1".replace("{code}", "1"));
        assert!(ours.fill("042137", Some("evil.example/login")).starts_with("042137 is your code."));
        assert!(ours.fill("042137", Some("Harbour Ltd. & Co. z.B.")).contains("Harbour Ltd. & Co. z.B."));
        assert_eq!("Code {code}".parse::<BodyTemplate>().unwrap().fill("1", Some("Co")), "Code 1");
    }

    #[test]
    fn a_template_that_would_mislead_is_refused() {
        let long = format!("{{code}} {}", "x".repeat(240));
        for (text, why) in [
            ("", NotATemplate::Code),
            ("your code", NotATemplate::Code),
            ("{code} {code}", NotATemplate::Code),
            ("{code} {name}", NotATemplate::Braces),
            ("{code} {", NotATemplate::Braces),
            ("{code} https://evil.example", NotATemplate::Link),
            ("{code} at WWW.evil.example", NotATemplate::Link),
            ("{code} at evil.example/x", NotATemplate::Link),
            ("{code} at evil。example", NotATemplate::Link),
            ("{code}.com", NotATemplate::Link),
            ("{company}.com: {code}", NotATemplate::Link),
            ("{code}\nx", NotATemplate::Control),
            ("{code} for 4111 1111 1111 1111", NotATemplate::CardNumber),
            (&long, NotATemplate::TooLong),
        ] {
            assert_eq!(text.parse::<BodyTemplate>(), Err(why), "{text}");
        }
    }

    #[test]
    fn a_sender_is_what_carriers_can_show() {
        for (name, sender) in [
            ("Harbour Books", Some("Harbour")),
            ("Café Noir", Some("Cafe Noir")),
            ("Internationale Presse", Some("Internation")),
            ("24 7", None),
            ("本屋", None),
            ("", None),
        ] {
            assert_eq!(SenderId::from_name(name).as_ref().map(SenderId::as_str), sender, "{name}");
        }
        for bad in ["", "12345", "Twelve chars", "Bücher", "A-B", "a\nb"] {
            assert_eq!(bad.parse::<SenderId>(), Err(NotASender), "{bad:?}");
        }
    }

    #[test]
    fn names_are_shown_in_germany_and_not_in_the_united_states() {
        assert!(shows_names("DE".parse().unwrap()));
        assert!(!shows_names("US".parse().unwrap()));
    }
}
