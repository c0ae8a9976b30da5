//! Finds card numbers where none may be. Pure.
//!
//! A card number is 13 to 19 digits that pass the Luhn check, in any script's digits, written together or in groups as
//! people write them, whatever stands between the groups (up to three characters that are neither letter nor digit) and
//! whatever cannot be seen. With anything but single spaces and dashes between, and inside a longer run of digits (a
//! number with its expiry behind it), it must also begin like a network's numbers and have their length.
//!
//! What only looks like one is let through, so that identifiers do not fail by chance: hexadecimal words, UUIDs, IPv6
//! addresses, runs that begin with 0, and 13 digits that begin with 1 (milliseconds since 1970). Dates, IPv4 addresses,
//! version and telephone numbers do not come in a card's groups. One in ten other numbers of that length passes the Luhn
//! check: an identifier of 13 digits or more needs letters on both sides of them, or in between.

use std::net::Ipv6Addr;

use unicode_normalization::UnicodeNormalization as _;

use crate::kernel::fold::is_ignorable;

/// Whether the text holds a card number anywhere.
pub fn found_in(text: &str) -> bool {
    if text.is_ascii() && text.bytes().filter(u8::is_ascii_digit).count() < 13 {
        return false;
    }
    // Full-width and other compatibility digits fold to ASCII ones.
    let plain: String = text.nfkc().filter(|c| !is_ignorable(*c)).map(digit_or_self).collect();
    let plain: Vec<char> = without_addresses(&plain).chars().collect();
    phrases(&without_uuids(plain)).iter().any(|phrase| windows(phrase))
}

/// Whether a number as JSON writes it is a card number.
pub fn is_number(number: u64) -> bool {
    let digits = number.to_string();
    group_alone(&digits) || inside_a_run(&digits)
}

/// A decimal digit of any script as an ASCII one; foreign dashes as `-`.
fn digit_or_self(c: char) -> char {
    /// Where each script's ten digits begin (Unicode 17, general category Nd), those that NFKC folds left out.
    const ZEROS: [u32; 66] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
        0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
        0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0,
        0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50, 0x11d50,
        0x11da0, 0x11de0, 0x11f50, 0x16a60, 0x16ac0, 0x16b50, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950,
    ];
    if c.is_ascii() {
        return c;
    }
    if matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}') {
        return '-';
    }
    let code = u32::from(c);
    let before = ZEROS.partition_point(|zero| *zero <= code);
    let value = before.checked_sub(1).map(|at| code - ZEROS[at]).filter(|value| *value < 10);
    value.and_then(|value| char::from_digit(value, 10)).unwrap_or(c)
}

/// IPv6 addresses made unreadable: their groups may be of four digits.
fn without_addresses(text: &str) -> String {
    let outside = |c: char| !(c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
    if !text.contains("::") && text.matches(':').count() < 7 {
        return text.to_owned();
    }
    text.split_inclusive(outside)
        .map(|part| {
            let word = part.trim_end_matches(outside);
            if word.parse::<Ipv6Addr>().is_ok() { part.replace(word, "a") } else { part.to_owned() }
        })
        .collect()
}

/// UUIDs made unreadable, wherever they stand.
fn without_uuids(mut chars: Vec<char>) -> Vec<char> {
    const LENGTH: usize = 36;
    let mut at = 0;
    while at + LENGTH <= chars.len() {
        let fits = chars[at..at + LENGTH].iter().enumerate().all(|(place, c)| match place {
            8 | 13 | 18 | 23 => *c == '-',
            _ => c.is_ascii_hexdigit(),
        });
        let alone = |place: Option<&char>| !place.is_some_and(|c| c.is_alphanumeric());
        if fits && alone(at.checked_sub(1).and_then(|before| chars.get(before))) && alone(chars.get(at + LENGTH)) {
            chars[at..at + LENGTH].fill('a');
            at += LENGTH;
        } else {
            at += 1;
        }
    }
    chars
}

/// A group of digits.
struct Group {
    digits: String,
    /// What stands between it and the one before.
    after: String,
}

/// The text's digit groups: each phrase is a row of groups with short dividers. A mixed word ends the phrase.
fn phrases(chars: &[char]) -> Vec<Vec<Group>> {
    let mut phrases: Vec<Vec<Group>> = Vec::new();
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
        let mut groups: Vec<&[char]> =
            word.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()).filter(|g| g[0].is_ascii_digit()).collect();
        if groups.len() > 1 && word.iter().all(char::is_ascii_hexdigit) {
            groups.clear(); // a digest: digits and letters by chance
        }
        let joins = word[0].is_ascii_digit();
        for (place, digits) in groups.iter().enumerate() {
            let group = |after| Group { digits: digits.iter().collect(), after };
            let divider = last_end.filter(|end| place == 0 && joins && start - end <= 3);
            match (divider, phrases.last_mut()) {
                (Some(end), Some(phrase)) => phrase.push(group(chars[end..start].iter().collect())),
                _ => phrases.push(vec![group(String::new())]),
            }
        }
        let ends_in_digit = !groups.is_empty() && word.last().is_some_and(char::is_ascii_digit);
        last_end = ends_in_digit.then_some(at);
    }
    phrases
}

/// A space or a dash: how a card is embossed.
fn is_plain(divider: &str) -> bool {
    let mut chars = divider.chars();
    chars.next().is_some_and(|c| c == '-' || c.is_whitespace()) && chars.next().is_none()
}

/// Whether some neighbouring groups make a card number.
fn windows(groups: &[Group]) -> bool {
    groups.iter().enumerate().any(|(from, first)| {
        if group_alone(&first.digits) || inside_a_run(&first.digits) {
            return true;
        }
        let mut joined = first.digits.clone();
        for (place, next) in groups.iter().enumerate().skip(from + 1) {
            joined.push_str(&next.digits);
            if joined.len() > 19 {
                return false;
            }
            let row = &groups[from..=place];
            if (13..=19).contains(&joined.len())
                && written_like_a_card(row)
                && luhn(&joined)
                && (row[1..].iter().all(|g| is_plain(&g.after)) || is_a_networks(&joined))
            {
                return true;
            }
        }
        false
    })
}

/// 4 4 4 4, 4 6 5, 6 13, digit by digit, pair by pair; not dates, telephone numbers or house numbers.
fn written_like_a_card(groups: &[Group]) -> bool {
    let (Some(first), Some((last, middle))) = (groups.first(), groups.split_last()) else { return false };
    let length = |g: &Group| g.digits.len();
    let alike = groups[1..].windows(2).all(|pair| pair[0].after == pair[1].after);
    let even = |n: usize| alike && groups.iter().all(|g| length(g) == n);
    let usual = length(first) >= 4
        && middle.iter().all(|g| length(g) >= 4)
        && length(last) >= 3 - usize::from(groups.len() == 5) * 2;
    (usual && groups.len() <= 5 && !first.digits.starts_with('0')) || even(1) || even(2)
}

fn group_alone(digits: &str) -> bool {
    let believable = match digits.len() {
        13 => !digits.starts_with(['0', '1']),
        14..=19 => !digits.starts_with('0'),
        _ => false,
    };
    believable && luhn(digits)
}

/// Whether a run that is too long for a card number holds one: with its expiry, its code, another card.
fn inside_a_run(digits: &str) -> bool {
    digits.len() >= 20
        && (0..=digits.len() - 14).any(|from| {
            let most = (digits.len() - from).min(19);
            (14..=most).any(|length| {
                let part = &digits[from..from + length];
                is_a_networks(part) && luhn(part)
            })
        })
}

/// Whether the digits begin like the numbers of a card network and are as many.
fn is_a_networks(digits: &str) -> bool {
    let Some(six) = digits.get(..6).and_then(|first| first.parse::<u32>().ok()) else { return false };
    let (two, three, four) = (six / 10_000, six / 1_000, six / 100);
    match digits.len() {
        14 => matches!(two, 36 | 38 | 39) || matches!(three, 300..=305 | 309),
        15 => matches!(two, 34 | 37),
        16 => {
            matches!(two, 40..=49 | 50..=59 | 62 | 65 | 67 | 81)
                || matches!(three, 644..=649)
                || matches!(four, 2200..=2720 | 3528..=3589 | 6011 | 6304)
        }
        19 => matches!(two, 40..=49 | 56..=58 | 62 | 65 | 67),
        _ => false,
    }
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
            "4111.1111.1111.1111",
            "4111_1111_1111_1111",
            "4111/1111/1111/1111",
            "4111  1111  1111  1111",
            "4111 - 1111 - 1111 - 1111",
            "4111, 1111, 1111, 1111",
            "4111\u{200b}1111\u{200b}1111\u{200b}1111",
            "41\u{ad}11 1111\u{2060} 1111 1111",
            "٤١١١١١١١١١١١١١١١",
            "४१११ ११११ ११११ ११११",
            "𝟺𝟷𝟷𝟷𝟷𝟷𝟷𝟷𝟷𝟷𝟷𝟷𝟷𝟷𝟷𝟷",
            "4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1",
            "41.11.11.11.11.11.11.11",
            "3782.822463.10005",
            // With the expiry, the code, or another card in one run.
            "41111111111111111228",
            "4111111111111111122028",
            "12284111111111111111",
            "41111111111111111228123",
            "3782822463100051228123",
            "41111111111111115555555555554444",
            "c1_4111111111111111",
            "pan4111111111111111exp1228",
            "41111111111111111111",
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
            "99911111111111111199",
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
            "seen 41111111-1111-1111-1111-111111111111 twice",
            "2026-11-21T10:00:00.123456Z 21.11.2026 10:00:00",
            "21/11/26 10:00:00 - 22/11/26 11:00:00",
            "41.11.11.11, 10.20.30.40",
            "2001:db8:4111:1111:1111:1111::1",
            "2001:db8::4111:1111:1111:1111, 10.0.0.1",
            "1.2.3-4 10.15.7 17.4.1.9999",
            "12.4111/1111",
            "dec_01k7q00000000000000000000a",
            "+44 20 7946 0958 / +44 20 7946 0959",
            "00340434161094042557",
        ] {
            assert!(!found_in(text), "{text}");
        }
        assert!(!is_number(150_000));
    }
}
