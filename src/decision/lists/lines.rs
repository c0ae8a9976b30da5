//! Typing many: one value a line. A line that is no value is named with its number; nothing is dropped silently. Pure.

use crate::decision::lists::entry::Typed;
use crate::decision::lists::field::Field;
use crate::decision::lists::normalise::{NotAValue, normalise};
use crate::kernel::card_number;

/// A line that is not a value of the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// From 1; empty lines count.
    pub number: usize,
    /// How to mend it.
    pub why: NotAValue,
}

/// The values of the lines that hold one, and the lines that do not. Empty lines separate and are no values.
pub fn read(field: Field, text: &str) -> (Vec<Typed>, Vec<BadLine>) {
    let mut values = Vec::new();
    let mut bad = Vec::new();
    for (place, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match Typed::read(field, line) {
            Ok(value) => values.push(value),
            Err(why) => bad.push(BadLine { number: place + 1, why }),
        }
    }
    (values, bad)
}

/// How many bad lines a sentence names one by one.
const NAMED: usize = 10;

/// All bad lines of a field in one sentence each, and how many more there are.
pub fn complaint(bad: &[BadLine]) -> String {
    let mut words: Vec<String> =
        bad.iter().take(NAMED).map(|line| format!("Line {}: {}", line.number, line.why)).collect();
    if bad.len() > NAMED {
        words.push(format!("And {} more lines", bad.len() - NAMED));
    }
    words
        .iter()
        .map(|w| if w.ends_with(['.', '?']) { w.clone() } else { format!("{w}.") })
        .collect::<Vec<_>>()
        .join(" ")
}

/// The text as it may be shown again: lines that hold a card number keep its last four digits only.
pub fn without_card_numbers(field: Option<Field>, text: &str) -> String {
    let telling = |line: &str| match field {
        Some(field) => normalise(field, line) == Err(NotAValue::CardNumber),
        None => card_number::found_in(line),
    };
    if !text.lines().any(telling) {
        return text.to_owned();
    }
    let kept: Vec<String> =
        text.lines().map(|line| if telling(line) { hidden(line) } else { line.to_owned() }).collect();
    kept.join("\n")
}

/// All but the last four digits of a text as dots.
fn hidden(line: &str) -> String {
    let digits = line.chars().filter(|c| c.is_numeric()).count();
    let mut seen = 0;
    line.chars()
        .map(|c| {
            if !c.is_numeric() {
                return c;
            }
            seen += 1;
            if seen + 4 > digits { c } else { '•' }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_lines_are_named_with_their_numbers() {
        let (values, bad) = read(Field::Ip, "198.51.100.128/25\n\n2001:db8:77::/48\r\n203.0.113.0/33\n192.0.2.18\n");
        assert_eq!(values.len(), 3);
        assert_eq!(complaint(&bad), "Line 4: an IPv4 range ends in /0 to /32. Did you mean 203.0.113.0/24?");
        let many = "x\n".repeat(25);
        let (values, bad) = read(Field::Ip, &many);
        assert!(values.is_empty() && bad.len() == 25);
        assert!(complaint(&bad).ends_with("And 15 more lines."), "{}", complaint(&bad));
    }

    #[test]
    fn a_card_number_is_not_shown_again() {
        assert_eq!(
            without_card_numbers(Some(Field::CardHolder), "Ann\n4111 1111 1111 1111\nBob"),
            "Ann\n•••• •••• •••• 1111\nBob"
        );
        assert_eq!(without_card_numbers(None, "seen 4111111111111111"), "seen ••••••••••••1111");
        assert_eq!(
            without_card_numbers(Some(Field::Email), "a@x.example\r\nb@x.example"),
            "a@x.example\r\nb@x.example"
        );
    }
}
