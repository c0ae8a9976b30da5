//! An entry: all its fields must match, any value of a field does.

use std::collections::BTreeMap;

use crate::decision::lists::field::Field;
use crate::decision::lists::list::{Name, Note};
use crate::decision::lists::normalise::{NotAValue, Value, normalise};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{EntryId, ListId};

/// The most values that one entry, or one save, takes.
pub const MOST_VALUES: usize = 5_000;

/// A value as it was typed, with what it is compared by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// For people.
    pub typed: String,
    /// For comparison.
    pub value: Value,
}

impl Typed {
    /// Reads a value of the field.
    pub fn read(field: Field, typed: &str) -> Result<Self, NotAValue> {
        let value = normalise(field, typed)?;
        Ok(Self { typed: typed.trim().to_owned(), value })
    }
}

/// What an attempt must be to match: at least one field, each with at least one value, no value twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions(BTreeMap<Field, Vec<Typed>>);

/// Why fields and values make no conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotConditions {
    /// No field, or a field without a value.
    #[error("name at least one value")]
    Empty,
    /// Over [`MOST_VALUES`].
    #[error("at most {MOST_VALUES} values at once; split them over several entries")]
    TooMany,
}

impl Conditions {
    /// Puts values under their fields; a value given twice counts once. The number is how many were given again.
    pub fn gather(values: impl IntoIterator<Item = (Field, Typed)>) -> Result<(Self, usize), NotConditions> {
        let mut fields: BTreeMap<Field, Vec<Typed>> = BTreeMap::new();
        let mut seen = std::collections::HashSet::new();
        let mut repeated = 0;
        for (field, typed) in values {
            if seen.insert((field, typed.value.clone())) {
                fields.entry(field).or_default().push(typed);
            } else {
                repeated += 1;
            }
        }
        match seen.len() {
            0 => Err(NotConditions::Empty),
            many if many > MOST_VALUES => Err(NotConditions::TooMany),
            _ => Ok((Self(fields), repeated)),
        }
    }

    /// What the database gives back.
    pub(super) fn stored(rows: impl IntoIterator<Item = (Field, Typed)>) -> Self {
        let mut fields: BTreeMap<Field, Vec<Typed>> = BTreeMap::new();
        for (field, typed) in rows {
            fields.entry(field).or_default().push(typed);
        }
        Self(fields)
    }

    /// Fields with their values, in the order of pickers.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &[Typed])> {
        self.0.iter().map(|(field, values)| (*field, values.as_slice()))
    }

    /// How many fields must match.
    pub fn field_count(&self) -> usize {
        self.0.len()
    }

    /// How many values there are in all.
    pub fn value_count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// The field by which a decision finds the entry; see [`Field::rank`].
    pub fn anchor(&self) -> Option<Field> {
        self.0.keys().copied().min_by_key(|field| field.rank())
    }

    /// One set of conditions for each value: what the allow form makes unless all must match.
    pub fn split(&self) -> Vec<Conditions> {
        self.fields()
            .flat_map(|(field, values)| {
                values.iter().map(move |one| Conditions(BTreeMap::from([(field, vec![one.clone()])])))
            })
            .collect()
    }

    /// Whether both ask for the same, whatever the spelling and order.
    pub fn same_as(&self, other: &Conditions) -> bool {
        let plain = |conditions: &Conditions| {
            let mut all: Vec<(Field, Value)> =
                conditions.fields().flat_map(|(f, vs)| vs.iter().map(move |v| (f, v.value.clone()))).collect();
            all.sort();
            all
        };
        plain(self) == plain(other)
    }
}

/// What a person writes of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it is called.
    pub name: Name,
    /// For the team only.
    pub note: Note,
    /// The instant from which it no longer acts; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// What must match.
    pub conditions: Conditions,
}

/// Who wrote an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// A collaborator, by name.
    Collaborator(String),
    /// An API key, by name.
    ApiKey(String),
    /// The command line, the demo, or somebody who is no longer known.
    Unknown,
}

/// How an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It acts (if its list does).
    Current,
    /// Its end has passed.
    Expired,
    /// It was changed; the row that stands in its place.
    Replaced(EntryId),
    /// It was removed.
    Removed,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id; a change makes a new one.
    pub id: EntryId,
    /// Its list.
    pub list: ListId,
    /// What it says.
    pub draft: Draft,
    /// Since when it stands.
    pub valid_from: Timestamp,
    /// Until when it stood.
    pub valid_to: Option<Timestamp>,
    /// The row that a change opened in its place.
    pub replaced_by: Option<EntryId>,
    /// Who wrote it.
    pub author: Author,
}

impl Entry {
    /// How it stands at an instant.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match (self.valid_to, self.replaced_by, self.draft.expires_at) {
            (Some(_), Some(next), _) => Standing::Replaced(next),
            (Some(_), None, _) => Standing::Removed,
            (None, _, Some(end)) if end <= now => Standing::Expired,
            _ => Standing::Current,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(field: Field, text: &str) -> (Field, Typed) {
        (field, Typed::read(field, text).unwrap())
    }

    #[test]
    fn values_gather_under_their_fields_and_repeats_are_counted() {
        let (conditions, repeated) = Conditions::gather([
            typed(Field::CardBrand, "Visa"),
            typed(Field::Email, "a@example.com"),
            typed(Field::Email, "A@EXAMPLE.com"),
            typed(Field::Email, "b@example.com"),
        ])
        .unwrap();
        assert_eq!((conditions.field_count(), conditions.value_count(), repeated), (2, 3, 1));
        assert_eq!(conditions.anchor(), Some(Field::Email), "an address tells more than a brand");
        assert_eq!(conditions.split().len(), 3);
        assert_eq!(Conditions::gather([]), Err(NotConditions::Empty));
    }

    #[test]
    fn the_same_conditions_in_other_words_are_the_same() {
        let (one, _) =
            Conditions::gather([typed(Field::Email, "a@example.com"), typed(Field::Email, "b@example.com")]).unwrap();
        let (two, _) =
            Conditions::gather([typed(Field::Email, "B@example.com"), typed(Field::Email, "a@EXAMPLE.com")]).unwrap();
        assert!(one.same_as(&two));
        let (three, _) = Conditions::gather([typed(Field::Email, "a@example.com")]).unwrap();
        assert!(!one.same_as(&three));
    }
}
