//! Finds card numbers where none may be. Pure.
//!
//! A card number is 13 to 19 digits that pass the Luhn check, written together or in groups divided by single spaces or
//! dashes. What only looks like one is let through, so that identifiers do not fail by chance: digits inside a word that
//! mixes letters and digits (hexadecimal digests), whole UUIDs, runs that begin with 0, and 13 digits that begin with 1
//! (milliseconds since 1970). One in ten other numbers of that length passes the Luhn check: an identifier of 13 to 19
//! bare digits needs a letter-and-digit prefix such as `c1_`.

use unicode_normalization::UnicodeNormalization as _;

/// Whether the text holds a card number anywhere.
pub fn found_in(text: &str) -> bool {
    if text.len() < 13 || text.bytes().filter(u8::is_ascii_digit).count() < 13 && text.is_ascii() {
        return false;
    }
    if uuid::Uuid::try_parse(text.trim()).is_ok() {
        return false;
    }
    // Full-width and other compatibility digits fold to ASCII ones; foreign dashes to one kind.
    let plain: String =
        text.nfkc().map(|c| if matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}') { '-' } else { c }).collect();
    let chars: Vec<char> = plain.chars().collect();
    phrases(&chars).iter().any(|groups| windows(groups))
}

/// Whether a number as JSON writes it is a card number.
pub fn is_number(number: u64) -> bool {
    group_alone(&number.to_string())
}

/// The text's digit groups: each phrase is a row of groups divided by one space or dash. Groups inside mixed words are
/// left out and end the phrase.
fn phrases(chars: &[char]) -> Vec<Vec<String>> {
    let mut phrases: Vec<Vec<String>> = Vec::new();
    let mut at = 0;
    let mut last_end: Option<usize> = None;
    while at < chars.len() {
        if !chars[at].is_alphanumeric() {
            at += 1;
            continue;
        }
        let start = at;
        while at < chars.len() && chars[at].is_alphanumeric() {
            at += 1;
        }
        let word = &chars[start..at];
        let mut groups =
            word.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()).filter(|g| g[0].is_ascii_digit());
        let (first, more) = (groups.next(), groups.next().is_some());
        let Some(digits) = first.filter(|_| !more) else {
            last_end = None; // letters, or letters and digits in turns: nobody writes a card number so
            continue;
        };
        let pure = digits.len() == word.len();
        let joined = pure && last_end.is_some_and(|end| start == end + 1 && is_divider(chars[end]));
        match phrases.last_mut() {
            Some(phrase) if joined => phrase.push(digits.iter().collect()),
            _ => phrases.push(vec![digits.iter().collect()]),
        }
        let ends_in_digit = word.last().is_some_and(char::is_ascii_digit);
        last_end = ends_in_digit.then_some(at);
    }
    phrases
}

fn is_divider(c: char) -> bool {
    c == '-' || c.is_whitespace()
}

/// Whether some neighbouring groups make a card number.
fn windows(groups: &[String]) -> bool {
    groups.iter().enumerate().any(|(from, first)| {
        if group_alone(first) {
            return true;
        }
        let mut joined = first.clone();
        for (place, next) in groups.iter().enumerate().skip(from + 1) {
            joined.push_str(next);
            if joined.len() > 19 {
                return false;
            }
            if (13..=19).contains(&joined.len()) && written_like_a_card(&groups[from..=place]) && luhn(&joined) {
                return true;
            }
        }
        false
    })
}

/// 4 4 4 4, 4 6 5, 6 13, digit by digit, pair by pair; not dates, telephone numbers or house numbers.
fn written_like_a_card(groups: &[String]) -> bool {
    let (Some(first), Some((last, middle))) = (groups.first(), groups.split_last()) else { return false };
    let even = |n: usize| groups.iter().all(|g| g.len() == n);
    let usual =
        first.len() >= 4 && middle.iter().all(|g| g.len() >= 4) && last.len() >= 3 - usize::from(groups.len() == 5) * 2;
    (usual && groups.len() <= 5 && !first.starts_with('0')) || even(1) || even(2)
}

fn group_alone(digits: &str) -> bool {
    let believable = match digits.len() {
        13 => !digits.starts_with(['0', '1']),
        14..=19 => !digits.starts_with('0'),
        _ => false,
    };
    believable && luhn(digits)
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            match (place % 2, digit) {
                (0, d) => d,
                (_, d) if d > 4 => d * 2 - 9,
                (_, d) => d * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_found_however_they_are_written() {
        for text in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "3782 822463 10005",
            "378282246310005",
            "30569309025904",
            "4222222222222",
            "6759649826438453",
            "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
            "paid with card4111111111111111.",
            "x: 5555555555554444, y",
            "2026 5555 5555 5555 4444",
            "４１１１１１１１１１１１１１１１",
            "4111\u{a0}1111\u{2011}1111 1111",
            "{\"n\":\"6011111111111117\"}",
        ] {
            assert!(found_in(text), "{text}");
        }
        assert!(is_number(4_111_111_111_111_111));
    }

    #[test]
    fn what_only_looks_like_one_is_let_through() {
        for text in [
            "",
            "4111111111111112",
            "411111",
            "41111111111111111111",
            "550e8400-e29b-41d4-a716-446655440000",
            "11111111-1111-4111-8111-111111111111",
            "a4111111111111111b7",
            "0000000000000000",
            "1790000000009",
            "2026-11-21 10:00:00",
            "+34 600 123 456",
            "Calle Mayor 12-3 28001 600123456",
            "203.0.113.7 198.51.100.12",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.6099.129 Safari/537.36",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ] {
            assert!(!found_in(text), "{text}");
        }
        assert!(!is_number(150_000));
    }
}
