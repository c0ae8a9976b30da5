//! Reads the fields of a body into nouns and gathers everything that is wrong, so that a caller mends it in one go.

use std::fmt::Display;

use crate::error::{Error, FieldError, Result};

/// What is wrong so far.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// One more.
    pub fn add(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError::new(field, code, message));
    }

    /// The value, or a fault with the error's words.
    pub fn read<T, E: Display>(
        &mut self,
        field: impl Into<String>,
        code: &'static str,
        read: std::result::Result<T, E>,
    ) -> Option<T> {
        read.map_err(|error| self.add(field, code, error.to_string())).ok()
    }

    /// A value that must be there.
    pub fn required<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.add(field, "missing", "is required");
        }
        value
    }

    /// Text on one line, of 1 to `longest` characters. Spaces around it are cut; nothing but spaces is no text.
    pub fn text(&mut self, field: impl Into<String>, value: Option<String>, longest: usize) -> Option<String> {
        let text = value?;
        let text = text.trim();
        if text.is_empty() {
            self.add(field, "empty", "must not be empty; leave the field out instead");
        } else if text.chars().count() > longest {
            self.add(field, "too_long", format!("has at most {longest} characters"));
        } else if text.chars().any(char::is_control) {
            self.add(field, "control_character", "must not hold control characters");
        } else {
            return Some(text.to_owned());
        }
        None
    }

    /// One of a closed set of words.
    pub fn word(&mut self, field: impl Into<String>, value: Option<String>, words: &[&'static str]) -> Option<String> {
        let text = value?;
        if words.contains(&text.as_str()) {
            return Some(text);
        }
        self.add(field, "unknown_value", format!("must be one of {}", words.join(", ")));
        None
    }

    /// Exactly that many ASCII digits, for one of the lengths.
    pub fn digits(
        &mut self,
        field: impl Into<String>,
        value: Option<String>,
        lengths: &[usize],
        words: &str,
    ) -> Option<String> {
        let text = value?;
        if lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
            return Some(text);
        }
        self.add(field, "wrong_digits", words.to_owned());
        None
    }

    /// A country, ISO 3166-1 alpha-2, in capitals.
    pub fn country(&mut self, field: impl Into<String>, value: Option<String>) -> Option<String> {
        let text = value?;
        if text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
            return Some(text.to_ascii_uppercase());
        }
        self.add(field, "not_a_country", "must be the two letters of ISO 3166-1 alpha-2, such as GB");
        None
    }

    /// Nothing wrong, or all of it as one refusal.
    pub fn settle(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::invalid(self.0)) }
    }

    /// The value if nothing is wrong. A value is there whenever nothing is.
    pub fn settle_with<T>(self, value: Option<T>) -> Result<T> {
        self.settle()?;
        value.ok_or_else(|| Error::internal(anyhow::anyhow!("a field was lost without a fault")))
    }
}
