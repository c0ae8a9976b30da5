//! Rows of the audit log as people read them. Texts in it were written by strangers too, so whatever could move a
//! cursor, break a line or turn the reading direction is shown as its code.

use serde_json::Value;

use crate::audit::values::is_apart;

/// `policy.saved` as `Policy saved`.
pub fn action(name: &str) -> String {
    let words: Vec<String> = name
        .split(['.', '_'])
        .map(|word| match word {
            "api" => "API".to_owned(),
            "ip" => "IP".to_owned(),
            "mfa" => "MFA".to_owned(),
            other => shown(other),
        })
        .collect();
    let sentence = words.join(" ");
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A text with its control and direction characters written out.
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            }
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// One field that a change touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it stands in the value, such as `velocity › card › payments`; empty when the value is a single one.
    pub field: String,
    /// How it was.
    pub old: Option<String>,
    /// How it is.
    pub new: Option<String>,
}

/// What differs between two values, field by field.
pub fn changes(old: Option<&Value>, new: Option<&Value>) -> Vec<Change> {
    let mut found = Vec::new();
    compare(&mut found, String::new(), old, new);
    found
}

fn compare(found: &mut Vec<Change>, field: String, old: Option<&Value>, new: Option<&Value>) {
    let parts = |value: Option<&Value>| value.filter(|value| !is_apart(value)).and_then(Value::as_object).cloned();
    match (parts(old), parts(new)) {
        // Two erased values may have differed.
        (None, None) if old == new && !old.is_some_and(is_apart) => {}
        (None, None) => {
            let change = Change { field, old: old.and_then(text), new: new.and_then(text) };
            // What was not there and is not there is no change.
            if change.old.is_some() || change.new.is_some() {
                found.push(change);
            }
        }
        (a, b) if a.is_some() == old.is_some() && b.is_some() == new.is_some() => {
            let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
            let mut names: Vec<&String> = a.keys().chain(b.keys().filter(|k| !a.contains_key(*k))).collect();
            names.sort();
            for name in names {
                let label = label(name);
                let inner = if field.is_empty() { label } else { format!("{field} › {label}") };
                compare(found, inner, a.get(name), b.get(name));
            }
        }
        _ => found.push(Change { field, old: old.and_then(text), new: new.and_then(text) }),
    }
}

/// A field's name as people say it.
fn label(name: &str) -> String {
    match name {
        "mfa_own" => "second factor required of them".to_owned(),
        "id" => "ID".to_owned(),
        other => shown(&other.replace('_', " ")),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(if *yes { "yes".into() } else { "no".into() }),
        Value::String(text) => Some(shown(text)),
        Value::Array(items) => {
            Some(items.iter().map(|v| text(v).unwrap_or_else(|| "none".into())).collect::<Vec<_>>().join(", "))
        }
        apart if is_apart(apart) => Some("(erased)".into()),
        other => Some(shown(&other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn actions_read_as_sentences() {
        assert_eq!(action("policy.saved"), "Policy saved");
        assert_eq!(action("api_key.revoked"), "API key revoked");
    }

    #[test]
    fn a_row_cannot_write_on_the_terminal() {
        assert_eq!(shown("a\r\nb\u{1b}[2J\u{202e}é"), "a\\r\\nb\\u{1b}[2J\\u{202e}é");
    }

    #[test]
    fn changes_name_the_fields_that_differ() {
        let old = json!({"panic": false, "velocity": {"card": {"payments": 3}, "mode": "enforce"}});
        let new = json!({"panic": true, "velocity": {"card": {"payments": null}, "mode": "enforce"}});
        let found = changes(Some(&old), Some(&new));
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], Change { field: "panic".into(), old: Some("no".into()), new: Some("yes".into()) });
        assert_eq!(found[1], Change { field: "velocity › card › payments".into(), old: Some("3".into()), new: None });
        assert_eq!(changes(None, Some(&json!({"name": "Shop"})))[0].field, "name");
        assert_eq!(
            changes(Some(&json!("a")), None),
            [Change { field: String::new(), old: Some("a".into()), new: None }]
        );
    }

    #[test]
    fn erased_values_are_said_to_be_erased() {
        let apart = json!({"": null});
        let erased = json!({"email": apart, "role": "support"});
        let gone = Some("(erased)".to_owned());
        let found = changes(Some(&erased), Some(&erased));
        assert_eq!(found, [Change { field: "email".into(), old: gone.clone(), new: gone.clone() }]);
        let found = changes(None, Some(&json!({"email": apart})));
        assert_eq!(found, [Change { field: "email".into(), old: None, new: gone }]);
    }
}
