//! How lists and entries are written into the audit log. Values are left out: the closed rows of entries keep what was
//! listed. What an entry is called and what is noted of a list may name a person and can be erased.

use serde_json::{Map, Value, json};

use crate::audit::{Target, Values};
use crate::decision::lists::entry::Draft;
use crate::decision::lists::list::{List, ListKind, Reach, Settings};
use crate::kernel::id::EntryId;

/// The settings of a list.
pub fn settings(settings: &Settings, kind: ListKind) -> Values {
    let services = match &settings.reach {
        Reach::AllServices => json!("all"),
        Reach::Services(ids) => json!(ids),
    };
    let words = Values::new()
        .plain("name", settings.name.as_str())
        .personal("note", settings.note.as_str())
        .plain("mode", settings.mode)
        .plain("services", services);
    match kind {
        ListKind::Allow => words.plain("also_challenge_list", settings.also_challenge_list),
        ListKind::Block | ListKind::Challenge => words,
    }
}

/// An entry: its name, its end, how many values of which field.
pub fn entry(id: EntryId, draft: &Draft) -> Values {
    let fields: Map<String, Value> =
        draft.conditions.fields().map(|(field, values)| (field.as_str().to_owned(), json!(values.len()))).collect();
    Values::new()
        .plain("id", id)
        .personal("name", draft.name.as_str())
        .plain("expires_at", draft.expires_at)
        .plain("values", fields)
}

/// An entry as the thing that something was done to: under its name as long as that is there.
pub fn target(list: &List, id: EntryId, draft: &Draft) -> Target {
    let list = list.settings.name.as_str();
    Target::personal(format!("{list}: {}", draft.name.as_str()), format!("{list}: {id}"))
}
