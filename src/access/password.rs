//! What a password must be: length, classes, nobody's own words, nothing predictable. One pure rule; it draws the hints
//! in the browser and decides on the server. The filter of common passwords is the server's alone ([`super::common`]).
//!
//! The text has been NFKC-normalised by the caller (the browser and the server each have their own way) and is not
//! otherwise changed: spaces and capitals matter. What letters are says [`letters`], of which each has one, too.

use crate::kernel::letters;

/// Longest password in code points.
pub const LONGEST: usize = 128;

/// What a population asks of its passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Shortest, in code points.
    pub shortest: usize,
    /// An upper and a lower letter, a digit and a symbol.
    pub classes: bool,
    /// How many of the person's last passwords may not come back.
    pub remembered: usize,
}

impl Rule {
    /// Collaborators while the password is their only proof.
    pub const COLLABORATORS: Rule = Rule { shortest: 15, classes: false, remembered: 0 };

    /// What both ask for.
    pub fn strictest(self, other: Self) -> Self {
        Self {
            shortest: self.shortest.max(other.shortest),
            classes: self.classes || other.classes,
            remembered: self.remembered.max(other.remembered),
        }
    }

    /// The rule in words, before anything is wrong.
    pub fn words(self) -> String {
        let classes =
            if self.classes { ", among them an upper and a lower case letter, a digit and a symbol" } else { "" };
        let again =
            if self.remembered > 0 { format!(" Not one of your last {}.", self.remembered) } else { String::new() };
        format!(
            "At least {} characters{classes}. A few unrelated words are easy to keep in mind; spaces count.{again}",
            self.shortest
        )
    }
}

/// Why a password is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weakness {
    /// Fewer code points than this.
    Short(usize),
    /// More than [`LONGEST`].
    Long,
    /// A class is missing.
    Classes,
    /// Little more than a word that anybody would guess of this person or site.
    OwnWord(String),
    /// One thing repeated, or a run of neighbours.
    Predictable,
    /// In the list of common passwords.
    Common,
    /// One of the last so many passwords of this person.
    Used(usize),
}

impl std::fmt::Display for Weakness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Short(shortest) => {
                write!(f, "Use at least {shortest} characters. A few unrelated words are easy to keep in mind.")
            }
            Self::Long => write!(f, "Use at most {LONGEST} characters."),
            Self::Classes => f.write_str("Use an upper and a lower case letter, a digit and a symbol."),
            Self::OwnWord(word) => {
                write!(f, "This is little more than “{word}”, which others would guess. Add more of your own.")
            }
            Self::Predictable => {
                f.write_str("This repeats itself or follows the keyboard. Use words that do not belong together.")
            }
            Self::Used(remembered) => {
                write!(f, "You have used this before. Choose one that is not among your last {remembered}.")
            }
            Self::Common => f.write_str("This is among the passwords that attackers try first. Choose another."),
        }
    }
}

/// Words that others would guess: of a person by their name and address, of a site by its name, and ours. Each counts
/// whole and in its parts. They are not checked, so a form may ask while they are typed.
pub fn own_words<'a>(of: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut words = vec!["Gatehouse".to_owned()];
    for piece in of.flat_map(|text| text.split('@')) {
        words.push(piece.to_owned());
        words.extend(piece.split([' ', '.', '_', '-', '+']).map(str::to_owned));
    }
    words
}

impl Rule {
    /// Everything that is wrong with it, the most helpful first. `own` are the person's and the site's own words.
    pub fn weaknesses(self, password: &str, own: &[String]) -> Vec<Weakness> {
        let mut found = Vec::new();
        let length = password.chars().count();
        if length < self.shortest {
            found.push(Weakness::Short(self.shortest));
        }
        if length > LONGEST {
            found.push(Weakness::Long);
        }
        if self.classes && !has_classes(password) {
            found.push(Weakness::Classes);
        }
        if let Some(word) = leans_on(password, own) {
            found.push(Weakness::OwnWord(word));
        }
        if is_predictable(password) {
            found.push(Weakness::Predictable);
        }
        found
    }
}

fn has_classes(password: &str) -> bool {
    letters::has_upper(password)
        && letters::has_lower(password)
        && password.bytes().any(|b| b.is_ascii_digit())
        && letters::has_symbol(password)
}

/// Lower case, letters and digits only, the usual disguises undone.
fn plain(text: &str) -> String {
    let undisguised = |c: char| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    letters::plain(&letters::lower(text).chars().map(undisguised).collect::<String>())
}

/// The own word without which too little would be left.
fn leans_on(password: &str, own: &[String]) -> Option<String> {
    /// What must remain without the own words.
    const REMAINS: usize = 8;
    let (mut rest, mut first) = (plain(password), None);
    // The longest first, and each as often as it is there.
    while let Some((word, plain)) = longest_in(&rest, own) {
        rest = rest.replace(&plain, "");
        first = first.or(Some(word));
    }
    first.filter(|_| rest.chars().count() < REMAINS).cloned()
}

/// The longest of the words that is in a plain text, and its plain form. Two letters are no word.
fn longest_in<'a>(text: &str, own: &'a [String]) -> Option<(&'a String, String)> {
    let mut longest: Option<(&String, String)> = None;
    for word in own {
        let plain = plain(word);
        let longer = longest.as_ref().is_none_or(|(_, other)| other.len() < plain.len());
        if longer && plain.chars().count() >= 3 && text.contains(&plain) {
            longest = Some((word, plain));
        }
    }
    longest
}

/// One short thing again and again, or nearly all of it neighbours in the alphabet or on the keyboard.
fn is_predictable(password: &str) -> bool {
    let chars: Vec<char> = letters::lower(password).chars().collect();
    if chars.len() < 6 {
        return false; // too short anyway
    }
    let repeats = smallest_period(&chars) <= 4;
    let steps = chars.windows(2).filter(|two| are_neighbours(two[0], two[1])).count();
    repeats || steps * 10 >= (chars.len() - 1) * 8
}

/// The length of the shortest beginning that, repeated, gives the whole.
fn smallest_period(chars: &[char]) -> usize {
    (1..chars.len()).find(|&period| chars.iter().zip(&chars[period..]).all(|(a, b)| a == b)).unwrap_or(chars.len())
}

/// The unit that the password repeats twice or more, if it does.
pub fn repeated_unit(password: &str) -> Option<String> {
    let chars: Vec<char> = password.chars().collect();
    let period = smallest_period(&chars);
    (period * 2 <= chars.len() && chars.len().is_multiple_of(period)).then(|| chars[..period].iter().collect())
}

fn are_neighbours(a: char, b: char) -> bool {
    const ROWS: [&str; 6] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop"];
    let near = |x: u32, y: u32| x.abs_diff(y) <= 1;
    let alphabet = a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric() && near(a.into(), b.into());
    alphabet || ROWS.iter().any(|row| matches!((row.find(a), row.find(b)), (Some(x), Some(y)) if x.abs_diff(y) <= 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str) -> Vec<Weakness> {
        let own = ["Harbour Books", "harbour-books", "mara.ellwood", "Mara", "Ellwood", "Gatehouse"].map(str::to_owned);
        Rule::COLLABORATORS.weaknesses(password, &own)
    }

    #[test]
    fn length_is_counted_in_code_points() {
        for letter in ["é", "🦉", "x"] {
            let mixed =
                |n: usize| format!("{}{}", letter, "kqzjwvhbnmtyruo".chars().cycle().take(n - 1).collect::<String>());
            assert_eq!(refused(&mixed(14)), [Weakness::Short(15)], "{letter}");
            assert_eq!(refused(&mixed(15)), [], "{letter}");
        }
        let long: String = "correct horse battery staple ".chars().cycle().take(129).collect();
        assert_eq!(refused(&long), [Weakness::Long]);
        assert_eq!(refused(&long[..128]), []);
    }

    #[test]
    fn own_words_alone_are_refused_in_any_disguise() {
        for bad in [
            "harbourbooks2026",
            "H4rb0ur-B00ks 2026!",
            "Mara.Ellwood.2026",
            "mara ellwood mara",
            "GatehouseGatehouse",
            "@harb0urb00ks-m4ra!!",
        ] {
            assert!(matches!(refused(bad)[..], [Weakness::OwnWord(_), ..]), "{bad}: {:?}", refused(bad));
        }
        assert_eq!(refused("mara plants quiet lemons"), [], "a word among others is fine");
    }

    #[test]
    fn names_and_addresses_count_whole_and_in_their_parts() {
        let own = own_words(["Mara Ellwood", "j.doe+shop@mail.example.com", "Harbour-Books"].into_iter());
        for word in [
            "Gatehouse",
            "Mara Ellwood",
            "Ellwood",
            "j.doe+shop",
            "doe",
            "shop",
            "mail.example.com",
            "example",
            "Books",
        ] {
            assert!(own.iter().any(|found| found == word), "{word}: {own:?}");
        }
        assert_eq!(own_words([].into_iter()), ["Gatehouse"]);
    }

    #[test]
    fn every_own_word_is_taken_out_the_longest_first() {
        let own = own_words(["Mara Maraschino"].into_iter());
        let found = Rule::COLLABORATORS.weaknesses("maraschino mara mara", &own);
        assert_eq!(found, [Weakness::OwnWord("Maraschino".into())]);
        assert_eq!(Rule::COLLABORATORS.weaknesses("jo jo jo plants quiet lemons", &own_words(["Jo"].into_iter())), []);
    }

    #[test]
    fn what_repeats_or_follows_the_keyboard_is_refused() {
        for bad in [
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "123456789012345",
            "qwertyuiopasdfgh",
            "abcdefghijklmnop",
            "987654321098765",
        ] {
            assert_eq!(refused(bad), [Weakness::Predictable], "{bad}");
        }
        assert_eq!(refused("tired otters read maps"), []);
    }

    #[test]
    fn classes_are_asked_for_only_where_chosen() {
        let strong = Rule { shortest: 8, classes: true, remembered: 0 };
        assert_eq!(strong.weaknesses("plainwords", &[]), [Weakness::Classes]);
        assert_eq!(strong.weaknesses("Plain-word5", &[]), []);
    }

    #[test]
    fn a_repeated_unit_is_found() {
        assert_eq!(repeated_unit("passwordpassword").as_deref(), Some("password"));
        assert_eq!(repeated_unit("passwordpasswor"), None);
        assert_eq!(repeated_unit("abc"), None);
    }
}
