//! The server's half of `letters`: the same names and the same meaning, by the standard library's tables.

/// In lower case.
pub fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// Its letters and digits alone.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether an upper case letter is in it.
pub fn has_upper(text: &str) -> bool {
    text.chars().any(char::is_uppercase)
}

/// Whether a lower case letter is in it.
pub fn has_lower(text: &str) -> bool {
    text.chars().any(char::is_lowercase)
}

/// Whether something is in it that is neither letter nor digit nor space.
pub fn has_symbol(text: &str) -> bool {
    text.chars().any(|c| !c.is_alphanumeric() && !c.is_whitespace())
}
