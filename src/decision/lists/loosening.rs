//! Whether a change lets more through: then it asks for a fresh proof of who is changing it. Pure.

use crate::decision::lists::entry::{Conditions, Draft};
use crate::decision::lists::field::Field;
use crate::decision::lists::list::{ListKind, Reach, Settings};
use crate::decision::verdict::Mode;

/// Whether changing the settings of a list lets more through than before.
pub fn of_settings(kind: ListKind, before: &Settings, after: &Settings) -> bool {
    match kind {
        // Acts on more, or switches more off.
        ListKind::Allow => {
            let wider = !within(&after.reach, &before.reach);
            let also = after.also_challenge_list && !before.also_challenge_list;
            after.mode > before.mode || after.mode == Mode::Enforce && (wider || also)
        }
        // Acts on less.
        ListKind::Block | ListKind::Challenge => {
            after.mode < before.mode || before.mode == Mode::Enforce && !within(&before.reach, &after.reach)
        }
    }
}

/// Whether changing an entry lets more through than before.
pub fn of_entry(kind: ListKind, before: &Draft, after: &Draft) -> bool {
    match kind {
        ListKind::Allow => !covers(before, after) || only_email(before) && !only_email(after),
        ListKind::Block | ListKind::Challenge => !covers(after, before),
    }
}

/// Whether it names nothing but e-mail addresses: then guests keep the card's filter, which any further field lifts.
fn only_email(draft: &Draft) -> bool {
    draft.conditions.fields().all(|(field, _)| field == Field::Email)
}

/// Whether `inner` is a part of `outer` or the same.
fn within(inner: &Reach, outer: &Reach) -> bool {
    match (inner, outer) {
        (_, Reach::AllServices) => true,
        (Reach::AllServices, Reach::Services(_)) => false,
        (Reach::Services(inner), Reach::Services(outer)) => inner.iter().all(|service| outer.contains(service)),
    }
}

/// Whether `wide` surely matches whatever `narrow` does, for as long. Ranges are compared as texts, so a wider range
/// counts as another one: rather asked for a proof once too often.
fn covers(wide: &Draft, narrow: &Draft) -> bool {
    let as_long = match (wide.expires_at, narrow.expires_at) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wide), Some(narrow)) => wide >= narrow,
    };
    as_long && conditions_cover(&wide.conditions, &narrow.conditions)
}

/// Every field that `wide` asks for, `narrow` asks for too, with no value that `wide` lacks.
fn conditions_cover(wide: &Conditions, narrow: &Conditions) -> bool {
    wide.fields().all(|(field, values)| {
        narrow.fields().find(|(f, _)| *f == field).is_some_and(|(_, asked)| {
            let known: std::collections::HashSet<_> = values.iter().map(|v| &v.value).collect();
            asked.iter().all(|v| known.contains(&v.value))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::facts::Facts;
    use crate::decision::facts::tests::{listed, over_every_limit};
    use crate::decision::lists::entry::Typed;
    use crate::decision::lists::list::{Name, Note};
    use crate::decision::lists::normalise::normalise;
    use crate::decision::pipeline::decide;
    use crate::decision::policy::Policy;
    use crate::decision::verdict::Outcome;
    use crate::kernel::id::ServiceId;
    use chrono::DateTime;
    use proptest::prelude::*;

    /// Fields with the values that entries and attempts of the property have.
    const VALUES: [(Field, [&str; 2]); 3] = [
        (Field::Email, ["a@x.example", "b@x.example"]),
        (Field::Ip, ["203.0.113.7", "203.0.113.8"]),
        (Field::CardBrand, ["visa", "amex"]),
    ];

    fn any_draft() -> impl Strategy<Value = Draft> {
        let some = prop::array::uniform6(any::<bool>()).prop_filter("it names a value", |some| some.contains(&true));
        (some, prop::option::of(0i64..3)).prop_map(|(some, end)| {
            let all = VALUES.iter().flat_map(|(field, values)| values.iter().map(move |value| (*field, *value)));
            let values: Vec<_> = all.zip(some).filter(|(_, taken)| *taken).map(|(value, _)| value).collect();
            draft(&values, end)
        })
    }

    /// The answer to an attempt with these values when only this entry is listed: over every limit, so that an allow
    /// entry has something to lift, and else without limits.
    fn answer(kind: ListKind, entry: &Draft, attempt: [Option<usize>; 3], guest: Option<bool>) -> Outcome {
        let now = DateTime::from_timestamp(1, 0).unwrap();
        let has = |field: Field, values: &[Typed]| {
            let given = VALUES.iter().zip(attempt).find(|((f, _), _)| *f == field);
            let given = given.and_then(|((_, known), place)| place.map(|place| known[place]));
            given.is_some_and(|given| values.iter().any(|v| Ok(&v.value) == normalise(field, given).as_ref()))
        };
        let stands = entry.expires_at.is_none_or(|end| end > now);
        let matches = stands && entry.conditions.fields().all(|(field, values)| has(field, values));
        let fields: Vec<Field> = entry.conditions.fields().map(|(field, _)| field).collect();
        let lists = if matches { vec![listed(kind, &fields)] } else { Vec::new() };
        let policy = if kind == ListKind::Allow { Policy::default() } else { unlimited() };
        decide(&Facts { guest, lists, ..over_every_limit() }, &policy).outcome
    }

    fn unlimited() -> Policy {
        let mut policy = Policy::default();
        policy.velocity.mode = Mode::Off;
        policy
    }

    proptest! {
        #[test]
        fn a_change_that_is_not_called_a_loosening_lets_no_attempt_through_that_was_stopped(
            kind in 0usize..3, before in any_draft(), after in any_draft(),
            attempt in prop::array::uniform3(prop::option::of(0usize..2)), guest in prop::option::of(any::<bool>()),
        ) {
            let kind = ListKind::ALL[kind];
            if !of_entry(kind, &before, &after) {
                prop_assert!(answer(kind, &after, attempt, guest) >= answer(kind, &before, attempt, guest));
            }
        }
    }

    #[test]
    fn an_allowed_address_that_gets_a_further_field_lifts_the_card_filter_for_guests_too() {
        let address = draft(&[(Field::Email, "a@x.example")], None);
        let both = draft(&[(Field::Email, "a@x.example"), (Field::Ip, "203.0.113.7")], None);
        assert!(of_entry(ListKind::Allow, &address, &both), "narrower, and yet it lets more through");
        assert!(of_entry(ListKind::Allow, &both, &address));
        assert!(!of_entry(ListKind::Block, &address, &address) && of_entry(ListKind::Block, &address, &both));
    }

    fn draft(values: &[(Field, &str)], end: Option<i64>) -> Draft {
        let typed = values.iter().map(|(f, v)| (*f, Typed::read(*f, v).unwrap()));
        Draft {
            name: "x".parse::<Name>().unwrap(),
            note: Note::default(),
            expires_at: end.map(|s| DateTime::from_timestamp(s, 0).unwrap()),
            conditions: Conditions::gather(typed).unwrap().0,
        }
    }

    #[test]
    fn a_block_entry_loosens_when_it_matches_less_and_an_allow_entry_when_it_lifts_more() {
        let before = draft(&[(Field::Email, "a@x.example"), (Field::Email, "b@x.example")], None);
        let fewer = draft(&[(Field::Email, "a@x.example")], None);
        let more =
            draft(&[(Field::Email, "a@x.example"), (Field::Email, "b@x.example"), (Field::Email, "c@x.example")], None);
        let narrower =
            draft(&[(Field::Email, "a@x.example"), (Field::Email, "b@x.example"), (Field::CardBrand, "visa")], None);
        let shorter = Draft { expires_at: Some(DateTime::UNIX_EPOCH), ..before.clone() };
        for (after, loosens) in [(&fewer, true), (&more, false), (&narrower, true), (&shorter, true), (&before, false)]
        {
            assert_eq!(of_entry(ListKind::Block, &before, after), loosens);
        }
        for (after, loosens) in [(&fewer, false), (&more, true), (&narrower, true), (&shorter, false), (&before, false)]
        {
            assert_eq!(of_entry(ListKind::Allow, &before, after), loosens);
        }
    }

    #[test]
    fn settings_loosen_as_the_kind_says() {
        let service = ServiceId::new(DateTime::UNIX_EPOCH);
        let all = Settings {
            name: "x".parse::<Name>().unwrap(),
            note: Note::default(),
            mode: Mode::Enforce,
            reach: Reach::AllServices,
            also_challenge_list: false,
        };
        let off = Settings { mode: Mode::Off, ..all.clone() };
        let shadow = Settings { mode: Mode::Shadow, ..all.clone() };
        let one = Settings { reach: Reach::Services(vec![service]), ..all.clone() };
        let grey = Settings { also_challenge_list: true, ..all.clone() };
        for (kind, before, after, loosens) in [
            (ListKind::Block, &all, &off, true),
            (ListKind::Block, &off, &all, false),
            (ListKind::Block, &all, &one, true),
            (ListKind::Block, &one, &all, false),
            (ListKind::Challenge, &all, &off, true),
            (ListKind::Challenge, &all, &shadow, true),
            (ListKind::Block, &shadow, &off, true),
            (ListKind::Block, &shadow, &all, false),
            (ListKind::Allow, &off, &shadow, true),
            (ListKind::Allow, &shadow, &all, true),
            (ListKind::Allow, &all, &shadow, false),
            (ListKind::Allow, &all, &off, false),
            (ListKind::Allow, &off, &all, true),
            (ListKind::Allow, &one, &all, true),
            (ListKind::Allow, &all, &one, false),
            (ListKind::Allow, &all, &grey, true),
            (ListKind::Allow, &grey, &all, false),
        ] {
            assert_eq!(of_settings(kind, before, after), loosens, "{kind:?} {before:?} {after:?}");
        }
    }
}
