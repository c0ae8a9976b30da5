//! What a row says of a thing, in two kinds between which the caller chooses value by value. Plain ones stay in the chain
//! for good. Personal ones (whatever names, reaches or describes a person, and what somebody typed freely about one) lie
//! beside it under a keyed digest and can be erased. Pure.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::audit::entry::clean;
use crate::kernel::id::{CollaboratorId, EntryId, FactorId, InvitationId, KeyId};

/// The longest target kept.
const LONGEST_TARGET: usize = 500;

/// To which thing something was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    plain: String,
    personal: Option<String>,
}

impl Target {
    /// A name or a short phrase that says nothing of a person: it stays for good.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { plain: text.into(), personal: None }
    }

    /// A text that can be erased, and what then stands in its place.
    pub fn personal(text: impl Into<String>, stand_in: impl Into<String>) -> Self {
        Self { plain: stand_in.into(), personal: Some(text.into()) }
    }
}

/// Ids say nothing by themselves.
macro_rules! targets {
    ($($id:ident)*) => {$(
        impl From<$id> for Target {
            fn from(id: $id) -> Self {
                Self::plain(id.to_string())
            }
        }
    )*};
}
targets! { CollaboratorId EntryId FactorId InvitationId KeyId }

/// The fields of a thing before or after a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    plain: Map<String, Value>,
    personal: Map<String, Value>,
}

impl Values {
    /// No field yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A value that says nothing of a person: it stays for good.
    #[must_use]
    pub fn plain(mut self, field: &str, value: impl Serialize) -> Self {
        self.plain.insert(field.to_owned(), json!(value));
        self
    }

    /// A value that can be erased.
    #[must_use]
    pub fn personal(mut self, field: &str, value: impl Serialize) -> Self {
        match json!(value) {
            // That there is nothing can be said for good.
            Value::Null => self.plain.insert(field.to_owned(), Value::Null),
            value => self.personal.insert(field.to_owned(), value),
        };
        self
    }

    /// The fields of a document that has no room for anything personal.
    pub fn plain_document(document: impl Serialize) -> Self {
        match json!(document) {
            Value::Object(plain) => Self { plain, personal: Map::new() },
            other => Self::new().plain("value", other),
        }
    }

    /// How a thing was and how it is, with the equal fields left out. `None` if nothing differs.
    pub fn differing(mut old: Self, mut new: Self) -> Option<(Self, Self)> {
        leave_out_equal(&mut old.plain, &mut new.plain);
        leave_out_equal(&mut old.personal, &mut new.personal);
        let none = Self::new();
        (old != none || new != none).then_some((old, new))
    }

    /// What stands in the chain, and what beside it.
    fn split(self) -> (Value, Option<Value>) {
        let Self { mut plain, personal } = self;
        plain.extend(personal.keys().map(|field| (field.clone(), apart())));
        let personal = (!personal.is_empty()).then(|| clean_value(Value::Object(personal)));
        (clean_value(Value::Object(plain)), personal)
    }
}

fn leave_out_equal(old: &mut Map<String, Value>, new: &mut Map<String, Value>) {
    old.retain(|field, value| {
        new.get(field) != Some(value) || {
            new.remove(field);
            false
        }
    });
}

/// The personal part of a row's target and values, as it lies beside the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    pub target: Option<String>,
    pub old: Option<Value>,
    pub new: Option<Value>,
}

/// Target and values as they stand in the chain.
pub(super) struct Kept {
    pub target: String,
    pub old: Option<Value>,
    pub new: Option<Value>,
}

/// Takes a row's personal part out.
pub(super) fn split(target: Target, old: Option<Values>, new: Option<Values>) -> (Kept, Option<Subject>) {
    let (old, personal_old) = old.map(Values::split).unzip();
    let (new, personal_new) = new.map(Values::split).unzip();
    let subject = Subject {
        target: target.personal.map(|text| clean(&text, LONGEST_TARGET)),
        old: personal_old.flatten(),
        new: personal_new.flatten(),
    };
    let none = Subject { target: None, old: None, new: None };
    (Kept { target: clean(&target.plain, LONGEST_TARGET), old, new }, (subject != none).then_some(subject))
}

/// One side of a change with its personal values put back; those that were erased stay [`is_apart`].
pub(super) fn joined(kept: Option<Value>, personal: Option<Value>) -> Option<Value> {
    let (Some(Value::Object(mut fields)), Some(Value::Object(personal))) = (kept.clone(), personal) else {
        return kept;
    };
    fields.extend(personal);
    Some(Value::Object(fields))
}

/// Stands in the chain for a value that lies beside it. No word in it, so that no search finds it.
fn apart() -> Value {
    json!({ "": null })
}

/// Whether a value stands for one that was erased.
pub fn is_apart(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| fields.len() == 1 && fields.get("") == Some(&Value::Null))
}

/// A JSON value as Postgres can keep it.
fn clean_value(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "\u{fffd}")),
        Value::Array(items) => Value::Array(items.into_iter().map(clean_value).collect()),
        Value::Object(fields) => {
            fields.into_iter().map(|(k, v)| (k.replace('\0', "\u{fffd}"), clean_value(v))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_values_leave_their_field_in_the_chain_and_nothing_else() {
        let new =
            Values::new().plain("role", "support").personal("email", "ann@example.com").personal("phone", None::<u8>);
        let (kept, subject) = split(Target::personal("Ann", "somebody"), None, Some(new));
        assert_eq!(kept.target, "somebody");
        assert_eq!(kept.new, Some(json!({ "role": "support", "email": { "": null }, "phone": null })));
        let subject = subject.unwrap();
        assert_eq!(subject.target.as_deref(), Some("Ann"));
        assert_eq!((&subject.old, &subject.new), (&None, &Some(json!({ "email": "ann@example.com" }))));
        let shown = joined(kept.new.clone(), subject.new).unwrap();
        assert_eq!(shown, json!({ "role": "support", "email": "ann@example.com", "phone": null }));
        let erased = joined(kept.new, None).unwrap();
        assert!(is_apart(&erased["email"]) && !is_apart(&erased["role"]) && !is_apart(&erased["phone"]));
    }

    #[test]
    fn a_row_that_says_nothing_of_people_has_nothing_beside_it() {
        let (kept, subject) = split(Target::plain("a\0b"), Some(Values::new()), Some(Values::plain_document(json!(3))));
        assert_eq!((kept.target.as_str(), subject), ("a\u{fffd}b", None));
        assert_eq!((kept.old, kept.new), (Some(json!({})), Some(json!({ "value": 3 }))));
    }

    #[test]
    fn equal_fields_are_left_out() {
        let of = |limit: i32, email: &str| Values::new().plain("limit", limit).plain("a", 1).personal("email", email);
        let (old, new) = Values::differing(of(2, "ann@example.com"), of(3, "ann@example.com")).unwrap();
        assert_eq!((old, new), (Values::new().plain("limit", 2), Values::new().plain("limit", 3)));
        assert_eq!(Values::differing(of(2, "ann@example.com"), of(2, "ann@example.com")), None);
        let (old, _) = Values::differing(of(2, "ann@example.com"), of(2, "bob@example.com")).unwrap();
        assert_eq!(old, Values::new().personal("email", "ann@example.com"));
    }
}
