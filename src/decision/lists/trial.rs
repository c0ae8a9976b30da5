//! One list, or an entry of it, otherwise than it is, tried on attempts of the past. Pure.
//!
//! Recorded matches of what is tried are left out, and what stands and what is wished are both compared anew with every
//! attempt: so an entry of yesterday is judged by the whole month, too. Ends of entries are left out of account.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::decision::attempt::AttemptRequest;
use crate::decision::lists::entry::{Draft, Entry};
use crate::decision::lists::field::Field;
use crate::decision::lists::list::{List, ListKind, Reach, Settings};
use crate::decision::lists::normalise::Digest;
use crate::decision::lists::probe::ListMatch;
use crate::decision::verdict::Mode;
use crate::kernel::id::{EntryId, ListId, ServiceId};

/// A value of an entry as decisions look for it.
#[derive(Debug, Clone, Copy)]
pub struct Condition {
    /// The entry.
    pub entry: EntryId,
    /// The field that holds the value.
    pub field: Field,
    /// The value's digest.
    pub digest: Digest,
    /// Whether decisions find the entry by this field.
    pub anchor: bool,
}

/// Entries, found as decisions find them: by a value of their most selective field, then all fields must match.
#[derive(Debug, Default)]
pub struct Entries {
    conditions: HashMap<EntryId, HashMap<Field, HashSet<Digest>>>,
    by_anchor: HashMap<Digest, Vec<EntryId>>,
    fields: BTreeSet<Field>,
}

impl Entries {
    /// Those that have these conditions.
    pub fn of(conditions: impl IntoIterator<Item = Condition>) -> Self {
        let mut entries = Self::default();
        for Condition { entry, field, digest, anchor } in conditions {
            entries.fields.insert(field);
            entries.conditions.entry(entry).or_default().entry(field).or_default().insert(digest);
            if anchor {
                entries.by_anchor.entry(digest).or_default().push(entry);
            }
        }
        entries
    }

    /// Those that these drafts would be.
    fn drafted(drafts: &[Draft]) -> Self {
        let conditions = drafts.iter().enumerate().flat_map(|(place, draft)| {
            let entry = EntryId(uuid::Uuid::from_u128(place as u128));
            let anchor = draft.conditions.anchor();
            draft.conditions.fields().flat_map(move |(field, values)| {
                values.iter().map(move |typed| Condition {
                    entry,
                    field,
                    digest: typed.value.digest(field),
                    anchor: anchor == Some(field),
                })
            })
        });
        Self::of(conditions)
    }

    /// Those that hold what an attempt carries, each with its fields.
    fn holding(&self, attempt: &AttemptRequest) -> Vec<(EntryId, Vec<Field>)> {
        let probe = attempt.probe_of(|field| self.fields.contains(&field));
        let found: BTreeSet<EntryId> =
            probe.digests().iter().filter_map(|digest| self.by_anchor.get(digest)).flatten().copied().collect();
        let holds = |entry: &EntryId| {
            let fields = self.conditions.get(entry)?;
            let all = fields.values().all(|values| probe.digests().iter().any(|digest| values.contains(digest)));
            let mut fields: Vec<Field> = fields.keys().copied().collect();
            fields.sort();
            all.then_some((*entry, fields))
        };
        found.iter().filter_map(holds).collect()
    }
}

/// How a list acts on one side of a trial.
#[derive(Debug, Clone)]
struct Acting {
    settings: Settings,
    entries: Arc<Entries>,
}

/// What is tried, and so left out of what was recorded.
#[derive(Debug, Clone, Copy)]
enum Tried {
    /// One entry, or none where entries are new.
    Entry(Option<EntryId>),
    /// The whole list.
    List,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Trial {
    list: ListId,
    kind: ListKind,
    tried: Tried,
    now: Option<Acting>,
    then: Option<Acting>,
}

impl Trial {
    /// Entries in place of one that stands; either may be none.
    pub fn of_entries(list: &List, before: Option<&Entry>, after: &[Draft]) -> Self {
        let acting =
            |drafts: &[Draft]| Acting { settings: list.settings.clone(), entries: Arc::new(Entries::drafted(drafts)) };
        Self {
            list: list.id,
            kind: list.kind,
            tried: Tried::Entry(before.map(|entry| entry.id)),
            now: before.map(|entry| acting(std::slice::from_ref(&entry.draft))),
            then: (!after.is_empty()).then(|| acting(after)),
        }
    }

    /// The list with other settings, or gone; `entries` are those that stand.
    pub fn of_settings(list: &List, entries: Entries, after: Option<&Settings>) -> Self {
        let entries = Arc::new(entries);
        let acting = |settings: &Settings| Acting { settings: settings.clone(), entries: Arc::clone(&entries) };
        Self {
            list: list.id,
            kind: list.kind,
            tried: Tried::List,
            now: Some(acting(&list.settings)),
            then: after.map(acting),
        }
    }

    /// Whether it could refuse what passes now: a block list that acts, or an allow list that acted.
    pub fn may_refuse_more(&self) -> bool {
        let acts = |side: &Option<Acting>| side.as_ref().is_some_and(|side| side.settings.mode == Mode::Enforce);
        match self.kind {
            ListKind::Block => acts(&self.then),
            ListKind::Allow => acts(&self.now),
            ListKind::Challenge => false,
        }
    }

    /// The fields whose values it must know of an attempt.
    pub fn fields(&self) -> BTreeSet<Field> {
        [&self.now, &self.then].into_iter().flatten().flat_map(|side| side.entries.fields.iter().copied()).collect()
    }

    /// The matches of a past attempt as things stand, and as they would with the change.
    pub fn matches(&self, recorded: Vec<ListMatch>, attempt: &AttemptRequest) -> [Vec<ListMatch>; 2] {
        let left = |m: &ListMatch| match self.tried {
            Tried::Entry(entry) => Some(m.entry_id) != entry,
            Tried::List => m.list_id != self.list,
        };
        let others: Vec<ListMatch> = recorded.into_iter().filter(left).collect();
        [&self.now, &self.then].map(|side| {
            let own = side.iter().flat_map(|side| self.own(side, attempt));
            others.iter().cloned().chain(own).collect()
        })
    }

    fn own(&self, side: &Acting, attempt: &AttemptRequest) -> Vec<ListMatch> {
        let settings = &side.settings;
        if settings.mode == Mode::Off || !reaches(&settings.reach, attempt.service) {
            return Vec::new();
        }
        let matched = |(entry_id, fields)| ListMatch {
            list_id: self.list,
            list_name: settings.name.as_str().to_owned(),
            kind: self.kind,
            mode: settings.mode,
            entry_id,
            entry_name: String::new(),
            fields,
            also_risk_assessment: false,
            also_challenge_list: settings.also_challenge_list,
        };
        side.entries.holding(attempt).into_iter().map(matched).collect()
    }
}

fn reaches(reach: &Reach, service: Option<ServiceId>) -> bool {
    match reach {
        Reach::AllServices => true,
        Reach::Services(ids) => service.is_some_and(|service| ids.contains(&service)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::attempt::{Card, Kind};
    use crate::decision::lists::entry::{Author, Conditions, Typed};
    use crate::decision::lists::list::Note;
    use crate::kernel::id::SiteId;
    use crate::kernel::ip::ClientAddress;
    use chrono::DateTime;

    fn list(kind: ListKind, mode: Mode) -> List {
        List {
            id: ListId(uuid::Uuid::from_u128(7)),
            kind,
            settings: Settings {
                name: "Networks".parse().unwrap(),
                note: Note::default(),
                mode,
                reach: Reach::AllServices,
                also_challenge_list: false,
            },
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    fn draft(values: &[(Field, &str)]) -> Draft {
        let values = values.iter().map(|(field, value)| (*field, Typed::read(*field, value).unwrap()));
        let conditions = Conditions::gather(values).unwrap().0;
        Draft { name: "x".parse().unwrap(), note: Note::default(), expires_at: None, conditions }
    }

    fn attempt(ip: &str, brand: &str) -> AttemptRequest {
        let mut attempt = AttemptRequest::new(SiteId(uuid::Uuid::from_u128(1)), Kind::Payment);
        attempt.ip = ClientAddress::parse(ip);
        attempt.card = Some(Card { brand: Some(brand.into()), ..Card::default() });
        attempt
    }

    fn counts(trial: &Trial, recorded: &[ListMatch], attempt: &AttemptRequest) -> [usize; 2] {
        trial.matches(recorded.to_vec(), attempt).map(|matches| matches.len())
    }

    #[test]
    fn a_new_entry_matches_what_decisions_would_match() {
        let entry = draft(&[(Field::Ip, "203.0.113.0/24"), (Field::Ip, "198.51.100.7"), (Field::CardBrand, "visa")]);
        let trial = Trial::of_entries(&list(ListKind::Block, Mode::Enforce), None, &[entry]);
        for (ip, brand, then) in [
            ("203.0.113.9", "VISA", 1),
            ("198.51.100.7", "Visa", 1),
            ("203.0.113.9", "Amex", 0),
            ("203.0.114.9", "Visa", 0),
            ("", "Visa", 0),
        ] {
            assert_eq!(counts(&trial, &[], &attempt(ip, brand)), [0, then], "{ip} {brand}");
        }
        assert_eq!(trial.fields().into_iter().collect::<Vec<_>>(), [Field::Ip, Field::CardBrand]);
    }

    #[test]
    fn a_changed_entry_is_compared_anew_before_and_after_whatever_was_recorded() {
        let list = list(ListKind::Block, Mode::Enforce);
        let before = Entry {
            id: EntryId(uuid::Uuid::from_u128(9)),
            list: list.id,
            draft: draft(&[(Field::Ip, "203.0.113.9")]),
            valid_from: DateTime::UNIX_EPOCH,
            valid_to: None,
            replaced_by: None,
            author: Author::Unknown,
        };
        let trial = Trial::of_entries(&list, Some(&before), &[draft(&[(Field::Ip, "203.0.113.0/24")])]);
        let recorded = |entry: u128| ListMatch {
            list_id: list.id,
            list_name: "Networks".into(),
            kind: ListKind::Block,
            mode: Mode::Enforce,
            entry_id: EntryId(uuid::Uuid::from_u128(entry)),
            entry_name: String::new(),
            fields: vec![Field::Ip],
            also_risk_assessment: false,
            also_challenge_list: false,
        };
        assert_eq!(counts(&trial, &[recorded(9)], &attempt("203.0.113.9", "Visa")), [1, 1]);
        assert_eq!(counts(&trial, &[], &attempt("203.0.113.9", "Visa")), [1, 1], "it did not stand yet");
        assert_eq!(counts(&trial, &[], &attempt("203.0.113.10", "Visa")), [0, 1]);
        assert_eq!(counts(&trial, &[recorded(8)], &attempt("10.0.0.1", "Visa")), [1, 1], "another entry's stays");
        let gone = Trial::of_entries(&list, Some(&before), &[]);
        assert_eq!(counts(&gone, &[recorded(9)], &attempt("203.0.113.9", "Visa")), [1, 0]);
    }

    #[test]
    fn a_mode_and_a_reach_are_tried_with_the_entries_that_stand() {
        let off = list(ListKind::Block, Mode::Off);
        let entries = || Entries::drafted(&[draft(&[(Field::CardBrand, "Visa")])]);
        let on = Settings { mode: Mode::Enforce, ..off.settings.clone() };
        let trial = Trial::of_settings(&off, entries(), Some(&on));
        assert_eq!(counts(&trial, &[], &attempt("", "Visa")), [0, 1]);
        let nowhere = Settings { reach: Reach::Services(Vec::new()), ..on };
        let trial = Trial::of_settings(&off, entries(), Some(&nowhere));
        assert_eq!(counts(&trial, &[], &attempt("", "Visa")), [0, 0]);
    }

    #[test]
    fn only_what_could_refuse_more_has_to_be_looked_at_before_a_save() {
        let entry = [draft(&[(Field::CardBrand, "Visa")])];
        for (kind, mode, may) in [
            (ListKind::Block, Mode::Enforce, true),
            (ListKind::Block, Mode::Shadow, false),
            (ListKind::Challenge, Mode::Enforce, false),
            (ListKind::Allow, Mode::Enforce, false),
        ] {
            assert_eq!(Trial::of_entries(&list(kind, mode), None, &entry).may_refuse_more(), may, "{kind:?} {mode:?}");
        }
        let allow = list(ListKind::Allow, Mode::Enforce);
        assert!(Trial::of_settings(&allow, Entries::default(), None).may_refuse_more(), "those it trusted are counted");
    }
}
