//! How lists and entries are written into the audit log. Values are left out: the log's chain can never be erased, and
//! the closed rows of entries keep what was listed.

use serde_json::{Map, Value, json};

use crate::decision::lists::entry::Draft;
use crate::decision::lists::list::{ListKind, Reach, Settings};

/// The settings of a list.
pub fn settings(settings: &Settings, kind: ListKind) -> Value {
    let mut words = json!({
        "name": settings.name.as_str(),
        "note": settings.note.as_str(),
        "mode": settings.mode,
        "services": match &settings.reach {
            Reach::AllServices => json!("all"),
            Reach::Services(ids) => json!(ids),
        },
    });
    if kind == ListKind::Allow {
        words["also_challenge_list"] = json!(settings.also_challenge_list);
    }
    words
}

/// An entry: its name, its end, how many values of which field.
pub fn entry(draft: &Draft) -> Value {
    let fields: Map<String, Value> =
        draft.conditions.fields().map(|(field, values)| (field.as_str().to_owned(), json!(values.len()))).collect();
    json!({ "name": draft.name.as_str(), "expires_at": draft.expires_at, "values": fields })
}
