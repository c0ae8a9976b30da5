//! Lists and entries as the API takes and tells them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::KeyPermit;
use crate::api::fields::Faults;
use crate::api::scope::Scope;
use crate::audit::Actor;
use crate::decision::lists::entry::{Author, Conditions, Draft, Entry, Standing, Typed};
use crate::decision::lists::list::{List, Name, Note, Reach};
use crate::decision::lists::service::Editor;
use crate::decision::lists::service::read::Counted;
use crate::decision::lists::{Field, ListKind};
use crate::decision::verdict::Mode;
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::ServiceId;

/// A list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ListAnswer {
    /// Begins with `lst_`.
    #[schema(example = "lst_01k7q00000000000000000000a")]
    pub id: String,
    /// `allow`, `block` or `challenge`; never changes.
    #[schema(example = "block")]
    pub kind: &'static str,
    /// What people call it.
    pub name: String,
    /// For the team only.
    pub note: String,
    /// `off` (nothing is compared with it), `shadow` (matches are recorded, never acted on) or `enforce`.
    #[schema(example = "enforce")]
    pub mode: &'static str,
    /// Whether it acts: whether its mode is `enforce`.
    pub enabled: bool,
    /// Whether it acts on all services.
    pub all_services: bool,
    /// The services it acts on, when not on all.
    pub services: Vec<String>,
    /// Allow lists: a match switches off challenge lists too.
    pub also_challenge_list: bool,
    /// Rises with each change of the settings; give it as `version` to be refused when somebody was faster.
    pub version: i32,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Entries that act if the list does.
    pub current_entries: i64,
    /// Entries whose end has passed.
    pub expired_entries: i64,
}

impl From<Counted> for ListAnswer {
    fn from(counted: Counted) -> Self {
        Self { current_entries: counted.current, expired_entries: counted.expired, ..counted.list.into() }
    }
}

impl From<List> for ListAnswer {
    /// Without a count of entries: a list that was just made has none.
    fn from(list: List) -> Self {
        let (all_services, services) = match &list.settings.reach {
            Reach::AllServices => (true, Vec::new()),
            Reach::Services(ids) => (false, ids.iter().map(ToString::to_string).collect()),
        };
        Self {
            id: list.id.to_string(),
            kind: list.kind.as_str(),
            name: list.settings.name.as_str().to_owned(),
            note: list.settings.note.as_str().to_owned(),
            mode: list.settings.mode.as_str(),
            enabled: list.settings.mode == Mode::Enforce,
            all_services,
            services,
            also_challenge_list: list.settings.also_challenge_list,
            version: list.version,
            created_at: list.created_at,
            current_entries: 0,
            expired_entries: 0,
        }
    }
}

/// One rule of a list: all its fields must match, any value of a field does.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EntryAnswer {
    /// Begins with `ent_`. A change gives the entry a new id: the old row stays, so that old decisions stay explained.
    #[schema(example = "ent_01k7q00000000000000000000a")]
    pub id: String,
    /// Its list.
    pub list: String,
    /// What people call it.
    pub name: String,
    /// For the team only.
    pub note: String,
    /// What must match.
    pub conditions: Vec<Condition>,
    /// From then on it no longer acts; null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Whether that has passed.
    pub expired: bool,
    /// Since when it stands.
    #[schema(value_type = String, format = DateTime)]
    pub valid_from: Timestamp,
    /// Who wrote it: a collaborator or an API key, by name.
    pub author: Option<String>,
}

/// A field and the values that it may have.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// `email`, `ip`, `customer_id`, `card_fingerprint`, `card_token`, `bin`, `card_holder`, `last4`, `card_brand`, or
    /// `billing_` and `shipping_` with `first_name`, `last_name`, `address`, `city`, `postal_code`, `state`, `country`.
    #[schema(example = "ip")]
    pub field: String,
    /// Any of these. Addresses may be ranges: `203.0.113.0/24`.
    #[schema(example = json!(["203.0.113.0/24"]))]
    pub values: Vec<String>,
}

impl EntryAnswer {
    /// An entry as it stands at `now`.
    pub fn of(entry: Entry, now: Timestamp) -> Self {
        let expired = entry.standing(now) == Standing::Expired;
        let conditions = entry.draft.conditions.fields().map(|(field, values)| Condition {
            field: field.as_str().into(),
            values: values.iter().map(|v| v.typed.clone()).collect(),
        });
        Self {
            id: entry.id.to_string(),
            list: entry.list.to_string(),
            name: entry.draft.name.as_str().to_owned(),
            note: entry.draft.note.as_str().to_owned(),
            conditions: conditions.collect(),
            expires_at: entry.draft.expires_at,
            expired,
            valid_from: entry.valid_from,
            author: match entry.author {
                Author::Collaborator(name) | Author::ApiKey(name) => Some(name),
                Author::Unknown => None,
            },
        }
    }
}

/// Reads a list's kind.
pub fn kind(faults: &mut Faults, text: &str) -> Option<ListKind> {
    faults.read("kind", "unknown_value", text.parse())
}

/// Reads a list's mode, said as such or as whether it acts; `stands` if nothing is said.
pub fn mode(faults: &mut Faults, mode: Option<&str>, enabled: Option<bool>, stands: Mode) -> Option<Mode> {
    match (mode, enabled) {
        (None, None) => Some(stands),
        (None, Some(true)) => Some(Mode::Enforce),
        (None, Some(false)) => Some(Mode::Off),
        (Some(text), None) => faults.read("mode", "unknown_value", text.parse()),
        (Some(_), Some(_)) => {
            faults.add("enabled", "one_of", "must be absent when mode is given");
            None
        }
    }
}

/// Reads where a list acts. Nothing said is all services.
pub fn reach(faults: &mut Faults, all: Option<bool>, services: Option<Vec<String>>) -> Option<Reach> {
    let ids = match (all, services) {
        (Some(true) | None, None) => return Some(Reach::AllServices),
        (Some(true), Some(ids)) if ids.is_empty() => return Some(Reach::AllServices),
        (Some(true), Some(_)) => {
            faults.add("services", "one_of", "must be absent when all_services is true");
            return None;
        }
        (Some(false), None) => {
            faults.add("services", "missing", "names the services when all_services is false");
            return None;
        }
        (Some(false) | None, Some(ids)) => ids,
    };
    let read: Vec<Option<ServiceId>> = ids
        .iter()
        .enumerate()
        .map(|(place, text)| faults.read(format!("services[{place}]"), "not_an_id", text.parse::<ServiceId>()))
        .collect();
    let mut ids = read.into_iter().collect::<Option<Vec<_>>>()?;
    ids.sort_unstable();
    ids.dedup();
    Some(Reach::Services(ids))
}

/// Reads the name of a list or entry.
pub fn name(faults: &mut Faults, text: &str) -> Option<Name> {
    faults.read("name", "not_a_name", text.parse::<Name>())
}

/// Reads a note; none is an empty one.
pub fn note(faults: &mut Faults, text: Option<&str>) -> Option<Note> {
    text.map_or(Some(Note::default()), |text| faults.read("note", "not_a_note", Note::parse(text)))
}

/// Reads what must match.
pub fn conditions(faults: &mut Faults, given: &[Condition]) -> Option<Conditions> {
    let mut values = Vec::new();
    let mut whole = true;
    for (place, condition) in given.iter().enumerate() {
        let at = format!("conditions[{place}]");
        let Some(field) = faults.read(format!("{at}.field"), "unknown_value", condition.field.parse::<Field>()) else {
            whole = false;
            continue;
        };
        if condition.values.is_empty() {
            faults.add(format!("{at}.values"), "missing", "name at least one value");
            whole = false;
        }
        for (number, text) in condition.values.iter().enumerate() {
            match faults.read(format!("{at}.values[{number}]"), "not_a_value", Typed::read(field, text)) {
                Some(typed) => values.push((field, typed)),
                None => whole = false,
            }
        }
    }
    if !whole {
        return None;
    }
    faults.read("conditions", "not_conditions", Conditions::gather(values)).map(|(conditions, _)| conditions)
}

/// Reads when an entry stops acting: after now, and within a hundred years.
pub fn end(faults: &mut Faults, text: &str, now: Timestamp) -> Option<Timestamp> {
    let read = chrono::DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    let at =
        faults.read("expires_at", "not_a_time", read.map_err(|_| "must be a time such as 2026-12-31T23:59:59Z"))?;
    if at <= now || at > now + chrono::TimeDelta::days(36_525) {
        faults.add("expires_at", "out_of_range", "must lie in the future, within a hundred years");
        return None;
    }
    Some(at)
}

/// What an entry is called if nobody says: its first value.
pub fn first_value(conditions: &Conditions) -> String {
    let first = conditions.fields().find_map(|(_, values)| values.first());
    first.map(|v| v.typed.chars().take(100).collect()).unwrap_or_default()
}

/// An entry put together from its parts, once all of them could be read.
pub fn draft(
    name: Option<Name>,
    note: Option<Note>,
    expires_at: Option<Timestamp>,
    conditions: Option<Conditions>,
) -> Option<Draft> {
    Some(Draft { name: name?, note: note?, expires_at, conditions: conditions? })
}

/// The proof that the lists' services ask for. Only a key that was admitted with `lists:write` becomes one.
pub fn editor(permit: &KeyPermit) -> Result<Editor> {
    if permit.scope() != Scope::ListsWrite {
        return Err(Error::internal(anyhow::anyhow!(
            "an endpoint that changes lists is not in the table with lists:write"
        )));
    }
    let actor = Actor::ApiKey { id: permit.key(), name: permit.name().to_owned(), address: permit.address() };
    Ok(Editor::key(permit.site_id(), actor))
}

/// Another list of the kind has the name.
pub fn name_taken() -> Error {
    Error::new(Kind::Conflict, "Another list of this kind has this name.").code("name_taken")
}

/// A service that the site does not have.
pub fn unknown_service() -> Error {
    Error::field("services", "unknown_service", "names a payment service that your site does not have, or no longer")
}
