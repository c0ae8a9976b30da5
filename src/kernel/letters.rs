//! What letters are, by the browser's own tables: the islands need not carry Unicode's. `letters_no_browser.rs` has the
//! same names for the server, and the same meaning.

use js_sys::{JsString, RegExp};

fn any(of: &str, text: &str) -> bool {
    RegExp::new(of, "u").test(text)
}

/// In lower case.
pub fn lower(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
}

/// Its letters and digits alone.
pub fn plain(text: &str) -> String {
    JsString::from(text).replace_by_pattern(&RegExp::new(r"[^\p{Alphabetic}\p{N}]", "gu"), "").into()
}

/// Whether an upper case letter is in it.
pub fn has_upper(text: &str) -> bool {
    any(r"\p{Uppercase}", text)
}

/// Whether a lower case letter is in it.
pub fn has_lower(text: &str) -> bool {
    any(r"\p{Lowercase}", text)
}

/// Whether something is in it that is neither letter nor digit nor space.
pub fn has_symbol(text: &str) -> bool {
    any(r"[^\p{Alphabetic}\p{N}\p{White_Space}]", text)
}
