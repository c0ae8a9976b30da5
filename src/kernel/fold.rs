//! What makes two spellings of a text the same text: one folding for addresses, list values and whatever else is
//! compared. Pure.
//!
//! NFKC and Unicode's full case folding, repeated until it stands still, without the characters that Unicode tells
//! programs to ignore where they mean nothing to them (soft hyphens, zero-width and direction marks, variation
//! selectors): whoever puts one into a name has not made another name. It is NFKC_Casefold but for the dotless ı, which
//! is another letter here as it is there.

use unicode_normalization::UnicodeNormalization as _;

/// The folded form. Folding it again changes nothing.
pub fn fold(text: &str) -> String {
    let mut folded = once(text);
    for _ in 0..4 {
        let again = once(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

/// Upper case and then lower case is full case folding (ß and SS are one, so are both sigmas), but for the dotless ı.
fn once(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkc().filter(|c| !is_ignorable(*c)) {
        match c {
            'ı' => folded.push('ı'),
            c if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            c => folded.extend(c.to_uppercase().flat_map(char::to_lowercase)),
        }
    }
    folded.nfkc().filter(|c| !is_ignorable(*c)).collect()
}

/// Whether Unicode (17) lists the character as Default_Ignorable_Code_Point.
pub fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_text_fold_together() {
        for (one, other) in [
            ("STRASSE", "straße"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύσ"),
            ("Smi\u{ad}th", "smith"),
            ("Smi\u{200d}th\u{fe0f}", "smith"),
            ("\u{202e}smith", "smith"),
            ("ＳＭＩＴＨ", "smith"),
            ("\u{212a}im", "kim"),
            ("ﬁn", "FIN"),
            ("e\u{301}", "É"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold("mıke"), fold("mike"));
        assert_eq!(fold("\u{ad}\u{200b}"), "");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,24}") {
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded.clone());
            prop_assert!(!folded.chars().any(is_ignorable));
        }

        #[test]
        fn case_form_and_what_is_ignored_do_not_matter(text in "[^ı\\u{345}]{0,24}", at in 0usize..24) {
            let folded = fold(&text);
            prop_assert_eq!(fold(&text.to_lowercase()), folded.clone(), "lower");
            prop_assert_eq!(fold(&text.to_uppercase()), folded.clone(), "upper");
            prop_assert_eq!(fold(&text.nfd().collect::<String>()), folded.clone(), "decomposed");
            let mut letters: Vec<char> = text.chars().collect();
            letters.insert(at.min(letters.len()), '\u{2060}');
            prop_assert_eq!(fold(&letters.into_iter().collect::<String>()), folded, "word joiner");
        }
    }
}
