//! What the forms of lists and entries hold: kept when it is refused, read into settings and drafts when it is not. Pure.

use chrono_tz::Tz;

use crate::decision::lists::ending;
use crate::decision::lists::entry::{Conditions, Draft, Entry, Typed};
use crate::decision::lists::field::Field;
use crate::decision::lists::lines;
use crate::decision::lists::list::{ListKind, Name, Note, Reach, Settings};
use crate::decision::verdict::Mode;
use crate::error::FieldError;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::ServiceId;

/// The most fields that the form offers for one entry.
pub const MOST_FIELDS: usize = 8;

/// A field of an entry with its values, one a line, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowInput {
    /// The field's name.
    pub field: String,
    /// The values.
    pub values: String,
}

/// The form of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryInput {
    /// What it is called.
    pub name: String,
    /// For the team.
    pub note: String,
    /// The last day, or nothing.
    pub ends: String,
    /// What must match.
    pub rows: Vec<RowInput>,
    /// Allow lists: everything must match, instead of one entry for each value.
    pub together: bool,
}

/// What a form says once it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// One entry with everything.
    pub draft: Draft,
    /// Values given more than once; they count once.
    pub repeated: usize,
}

impl EntryInput {
    /// An empty form with one field.
    pub fn empty() -> Self {
        let row = RowInput { field: Field::Email.as_str().to_owned(), values: String::new() };
        Self { name: String::new(), note: String::new(), ends: String::new(), rows: vec![row], together: false }
    }

    /// The form of an entry that stands.
    pub fn of(entry: &Entry, zone: Tz) -> Self {
        let draft = &entry.draft;
        let rows = draft.conditions.fields().map(|(field, values)| RowInput {
            field: field.as_str().to_owned(),
            values: values.iter().map(|v| v.typed.as_str()).collect::<Vec<_>>().join("\n"),
        });
        Self {
            name: draft.name.as_str().to_owned(),
            note: draft.note.as_str().to_owned(),
            ends: draft.expires_at.map(|end| ending::day(end, zone).to_string()).unwrap_or_default(),
            rows: rows.collect(),
            together: true,
        }
    }

    /// One more field, the first that is not named yet.
    pub fn add_row(&mut self) {
        if self.rows.len() < MOST_FIELDS {
            let next = Field::ALL
                .into_iter()
                .find(|f| self.rows.iter().all(|row| row.field != f.as_str()))
                .unwrap_or(Field::Email);
            self.rows.push(RowInput { field: next.as_str().to_owned(), values: String::new() });
        }
    }

    /// Without the field at this place; the last one stays.
    pub fn remove_row(&mut self, place: usize) {
        if self.rows.len() > 1 && place < self.rows.len() {
            self.rows.remove(place);
        }
    }

    /// What it says, or everything that has to be mended. `stood` is the end of the entry that is being changed: it
    /// may stay though it has passed.
    pub fn read(&self, zone: Tz, now: Timestamp, stood: Option<Timestamp>) -> Result<Read, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let name = self
            .name
            .parse::<Name>()
            .map_err(|why| wrong.push(FieldError::new("name", "name", format!("Name: {why}."))))
            .ok();
        let note = Note::parse(&self.note)
            .map_err(|why| wrong.push(FieldError::new("note", "note", format!("Note: {why}."))))
            .ok();
        let unchanged = stood.filter(|end| ending::day(*end, zone).to_string() == self.ends.trim());
        let ends = match unchanged {
            Some(end) => Some(Some(end)),
            None => ending::read(&self.ends, zone, now)
                .map_err(|why| wrong.push(FieldError::new("ends", "ends", format!("Ends: {why}."))))
                .ok(),
        };
        let values = self.read_rows(&mut wrong);
        let gathered = if wrong.is_empty() {
            Conditions::gather(values)
                .map_err(|why| wrong.push(FieldError::new("values-1", "values", format!("Values: {why}."))))
                .ok()
        } else {
            None
        };
        match (name, note, ends, gathered) {
            (Some(name), Some(note), Some(expires_at), Some((conditions, repeated))) if wrong.is_empty() => {
                Ok(Read { draft: Draft { name, note, expires_at, conditions }, repeated })
            }
            _ => Err(wrong),
        }
    }

    /// The values of all rows; what is wrong with them goes to `wrong`.
    fn read_rows(&self, wrong: &mut Vec<FieldError>) -> Vec<(Field, Typed)> {
        let mut all = Vec::new();
        let mut named: Vec<Field> = Vec::new();
        for (place, row) in self.rows.iter().enumerate() {
            let number = place + 1;
            let Ok(field) = row.field.parse::<Field>() else {
                wrong.push(FieldError::new(format!("field-{number}"), "field", "Choose a field from the list."));
                continue;
            };
            let mut complain = |words: String| wrong.push(FieldError::new(format!("values-{number}"), "values", words));
            if named.contains(&field) {
                complain(format!("{} is named twice; put all its values into one place.", field.label()));
                continue;
            }
            named.push(field);
            let (values, bad) = lines::read(field, &row.values);
            if !bad.is_empty() {
                complain(lines::complaint(&bad));
            } else if values.is_empty() {
                let more = if self.rows.len() > 1 { ", or remove the field" } else { "" };
                complain(format!("{}: write at least one value{more}.", field.label()));
            }
            all.extend(values.into_iter().map(|value| (field, value)));
        }
        all
    }

    /// The same input as it may be shown again.
    pub fn shown_again(mut self) -> Self {
        self.name = lines::without_card_numbers(None, &self.name);
        self.note = lines::without_card_numbers(None, &self.note);
        for row in &mut self.rows {
            row.values = lines::without_card_numbers(row.field.parse().ok(), &row.values);
        }
        self
    }
}

/// The form of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListInput {
    /// What it is called.
    pub name: String,
    /// For the team.
    pub note: String,
    /// off, shadow or enforce.
    pub mode: String,
    /// Whether it acts on all services.
    pub all_services: bool,
    /// The services it acts on otherwise, by id.
    pub services: Vec<String>,
    /// Allow lists: a match passes over challenge lists too.
    pub also_challenge_list: bool,
}

impl ListInput {
    /// The form of a new list: enforced, for all services.
    pub fn empty() -> Self {
        Self {
            name: String::new(),
            note: String::new(),
            mode: Mode::Enforce.as_str().to_owned(),
            all_services: true,
            services: Vec::new(),
            also_challenge_list: false,
        }
    }

    /// The form of a list that stands.
    pub fn of(settings: &Settings) -> Self {
        let services = match &settings.reach {
            Reach::AllServices => Vec::new(),
            Reach::Services(ids) => ids.iter().map(ServiceId::to_string).collect(),
        };
        Self {
            name: settings.name.as_str().to_owned(),
            note: settings.note.as_str().to_owned(),
            mode: settings.mode.as_str().to_owned(),
            all_services: settings.reach == Reach::AllServices,
            services,
            also_challenge_list: settings.also_challenge_list,
        }
    }

    /// The names and values of the fields, as a browser posts them.
    pub fn fields(&self) -> Vec<(&'static str, &str)> {
        let reach = if self.all_services { "all" } else { "chosen" };
        let also = self.also_challenge_list.then_some(("also_challenge_list", "on"));
        let services = self.services.iter().map(|id| ("service", id.as_str()));
        [("name", self.name.as_str()), ("note", &self.note), ("mode", &self.mode), ("reach", reach)]
            .into_iter()
            .chain(services)
            .chain(also)
            .collect()
    }

    /// What it says, or everything that has to be mended.
    pub fn read(&self, kind: ListKind) -> Result<Settings, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let name = self
            .name
            .parse::<Name>()
            .map_err(|why| wrong.push(FieldError::new("name", "name", format!("Name: {why}."))))
            .ok();
        let note = Note::parse(&self.note)
            .map_err(|why| wrong.push(FieldError::new("note", "note", format!("Note: {why}."))))
            .ok();
        let reach = if self.all_services {
            Some(Reach::AllServices)
        } else {
            let mut ids: Vec<ServiceId> = self.services.iter().filter_map(|id| id.parse().ok()).collect();
            ids.sort();
            ids.dedup();
            // None at all is a list that waits: so it stands once its last service is unlinked.
            if ids.len() != self.services.len() {
                wrong.push(FieldError::new("reach", "services", "Services: one of them is none; choose again."));
            }
            Some(Reach::Services(ids))
        };
        if self.also_challenge_list && kind != ListKind::Allow {
            wrong.push(FieldError::new(
                "also_challenge_list",
                "kind",
                "Only an allow list can pass over challenge lists.",
            ));
        }
        let mode = self
            .mode
            .parse::<Mode>()
            .map_err(|_| wrong.push(FieldError::new("mode", "mode", "Mode: choose off, shadow or enforce.")))
            .ok();
        match (name, note, mode, reach) {
            (Some(name), Some(note), Some(mode), Some(reach)) if wrong.is_empty() => {
                Ok(Settings { name, note, mode, reach, also_challenge_list: self.also_challenge_list })
            }
            _ => Err(wrong),
        }
    }

    /// The same input as it may be shown again.
    pub fn shown_again(mut self) -> Self {
        self.name = lines::without_card_numbers(None, &self.name);
        self.note = lines::without_card_numbers(None, &self.note);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(rows: &[(&str, &str)]) -> EntryInput {
        let rows = rows
            .iter()
            .map(|(field, values)| RowInput { field: (*field).to_owned(), values: (*values).to_owned() })
            .collect();
        EntryInput { name: "Ring".into(), rows, ..EntryInput::empty() }
    }

    fn read(input: &EntryInput) -> Result<Read, Vec<String>> {
        let now = "2026-03-02T10:00:00Z".parse().unwrap();
        input
            .read(Tz::Europe__London, now, None)
            .map_err(|wrong| wrong.into_iter().map(|w| format!("{}|{}", w.field, w.message)).collect())
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let mut bad =
            input(&[("ip", "203.0.113.0/33\n10.0.0.1"), ("ip", "10.0.0.2"), ("shoe_size", "44"), ("card_brand", " ")]);
        bad.name = String::new();
        bad.ends = "2026-03-01".into();
        assert_eq!(
            read(&bad).unwrap_err(),
            [
                "name|Name: write a name.",
                "ends|Ends: this day has passed; choose today or a later day, or leave it empty.",
                "values-1|Line 1: an IPv4 range ends in /0 to /32. Did you mean 203.0.113.0/24?",
                "values-2|IP address is named twice; put all its values into one place.",
                "field-3|Choose a field from the list.",
                "values-4|Card brand: write at least one value, or remove the field.",
            ]
        );
    }

    #[test]
    fn a_form_reads_into_a_draft_and_back() {
        let form = input(&[("email", "Ann@Example.com\nann@example.COM\n\nbob@example.com"), ("card_brand", "Visa")]);
        let good = read(&form).unwrap();
        assert_eq!(
            (good.repeated, good.draft.conditions.value_count(), good.draft.conditions.field_count()),
            (1, 3, 2)
        );
    }

    #[test]
    fn a_list_acts_on_all_services_or_on_chosen_ones() {
        let mut list = ListInput { name: "Testers".into(), ..ListInput::empty() };
        assert_eq!(list.read(ListKind::Block).unwrap().reach, Reach::AllServices);
        list.all_services = false;
        assert_eq!(list.read(ListKind::Block).unwrap().reach, Reach::Services(Vec::new()), "on none yet");
        list.services = vec!["svc_nonsense".into()];
        assert!(list.read(ListKind::Block).is_err());
        list.all_services = true;
        list.also_challenge_list = true;
        assert!(list.read(ListKind::Block).is_err() && list.read(ListKind::Allow).is_ok());
    }
}
