//! The handle of a site: what stands in console addresses. Derived from its name once, then never changed.

use unicode_normalization::UnicodeNormalization as _;

/// The longest handle that a name gives; a number may follow.
const LONGEST: usize = 40;

/// Lower-case letters, digits and single hyphens, from a name: `Café Nord & Süd` gives `cafe-nord-sud`.
pub fn derive(name: &str) -> String {
    let mut handle = String::new();
    // Decomposing first keeps the letter of an accented one; what has no plain letter becomes a hyphen.
    for c in name.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
        if c.is_ascii_alphanumeric() {
            handle.push(c.to_ascii_lowercase());
        } else if c != '\'' && c != '’' && !handle.is_empty() && !handle.ends_with('-') {
            handle.push('-');
        }
        if handle.len() == LONGEST {
            break;
        }
    }
    let handle = handle.trim_end_matches('-');
    if handle.is_empty() { "site".to_owned() } else { handle.to_owned() }
}

/// The handle to try after `tries` others were taken: `harbour-books`, `harbour-books-2`, `harbour-books-3`.
pub fn candidate(derived: &str, tries: u32) -> String {
    if tries == 0 { derived.to_owned() } else { format!("{derived}-{}", tries + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_plain_and_readable() {
        for (name, handle) in [
            ("Harbour Books", "harbour-books"),
            ("Café Nord & Süd", "cafe-nord-sud"),
            ("O'Neill's  Shop!", "oneills-shop"),
            ("--- <script> ---", "script"),
            ("本屋", "site"),
            ("../../etc", "etc"),
        ] {
            assert_eq!(derive(name), handle, "{name}");
        }
        assert!(derive(&"long ".repeat(20)).len() <= LONGEST);
        assert_eq!(candidate("shop", 0), "shop");
        assert_eq!(candidate("shop", 1), "shop-2");
    }
}
