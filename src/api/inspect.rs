//! Looks a JSON body over before it is read into a type: duplicate fields, depth, card numbers. Pure.
//!
//! serde keeps the last of two equal fields and forgets the first; two readers of one body could then see different
//! things, so a body with duplicates is refused at any depth.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::kernel::card_number;

/// Objects and arrays inside each other, at most.
pub const DEPTH: usize = 16;

/// What is wrong with a body that is valid JSON, or that it is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// Not JSON; the parser's words and the place.
    NotJson(String),
    /// A field stands twice in one object.
    Duplicate(String),
    /// Nested beyond [`DEPTH`].
    TooDeep,
    /// A card number stands at this path. The number is never repeated.
    CardNumber(String),
}

/// Looks the whole body over. The first flaw is told, a card number before all others.
pub fn look_over(text: &str) -> Result<(), Flaw> {
    let mut seen = Seen::default();
    let mut parser = serde_json::Deserializer::from_str(text);
    let parsed = Walk { seen: &mut seen, depth: 0 }.deserialize(&mut parser).and_then(|()| parser.end());
    if let Some(path) = seen.card {
        return Err(Flaw::CardNumber(path));
    }
    if seen.too_deep {
        return Err(Flaw::TooDeep);
    }
    parsed.map_err(|error| Flaw::NotJson(format!("line {}, column {}", error.line(), error.column())))?;
    seen.duplicate.map_or(Ok(()), |path| Err(Flaw::Duplicate(path)))
}

#[derive(Default)]
struct Seen {
    path: Vec<String>,
    duplicate: Option<String>,
    card: Option<String>,
    too_deep: bool,
}

impl Seen {
    /// The path as callers write it: `billing.address`, `values[2]`.
    fn here(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            if !text.is_empty() && !step.starts_with('[') {
                text.push('.');
            }
            text.push_str(step);
        }
        text
    }

    fn text(&mut self, text: &str) {
        if self.card.is_none() && card_number::found_in(text) {
            self.card = Some(self.here());
        }
    }

    fn number(&mut self, number: u64) {
        if self.card.is_none() && card_number::is_number(number) {
            self.card = Some(self.here());
        }
    }
}

/// Visits one value.
struct Walk<'a> {
    seen: &'a mut Seen,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl Walk<'_> {
    fn deeper<E: serde::de::Error>(&mut self) -> Result<usize, E> {
        if self.depth >= DEPTH {
            self.seen.too_deep = true;
            return Err(E::custom("too deep"));
        }
        Ok(self.depth + 1)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.seen.number(number);
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.seen.number(number.unsigned_abs());
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        if number.abs() < 1e19 {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded just above")]
            self.seen.number(number.abs() as u64);
        } else {
            // More digits than an integer holds: a double keeps the first sixteen of them.
            self.seen.text(&format!("{:.0}", number.abs()));
        }
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.seen.text(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        for place in 0.. {
            self.seen.path.push(format!("[{place}]"));
            let more = items.next_element_seed(Walk { seen: self.seen, depth })?;
            self.seen.path.pop();
            if more.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        let mut names = HashSet::new();
        while let Some(name) = fields.next_key::<String>()? {
            // The path to a field whose very name is a card number ends before it.
            self.seen.text(&name);
            self.seen.path.push(name.clone());
            if !names.insert(name) && self.seen.duplicate.is_none() {
                self.seen.duplicate = Some(self.seen.here());
            }
            fields.next_value_seed(Walk { seen: self.seen, depth })?;
            self.seen.path.pop();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_body_passes() {
        for text in
            ["{}", "[]", "null", "\"x\"", "{\"a\":{\"b\":[1,-2,1.5,true,null,{\"a\":1}]},\"b\":1}", " {\"a\": 1} \n"]
        {
            assert_eq!(look_over(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_same_field_twice_is_seen_at_any_depth_and_in_any_spelling() {
        assert_eq!(look_over("{\"a\":1,\"a\":1}"), Err(Flaw::Duplicate("a".into())));
        assert_eq!(look_over("{\"a\":[{\"b\":{\"c\":1,\"c\":2}}]}"), Err(Flaw::Duplicate("a[0].b.c".into())));
        assert_eq!(look_over("{\"a\":1,\"\\u0061\":2}"), Err(Flaw::Duplicate("a".into())));
        assert_eq!(look_over("[{\"a\":1},{\"a\":1}]"), Ok(()), "two objects may have the same field");
    }

    #[test]
    fn a_card_number_is_seen_wherever_it_stands() {
        for (text, path) in [
            ("{\"a\":{\"b\":[\"x\",\"4111 1111 1111 1111\"]}}", "a.b[1]"),
            ("{\"amount\":4111111111111111}", "amount"),
            ("{\"amount\":4111111111111111.0}", "amount"),
            ("{\"amount\":-4111111111111111}", "amount"),
            ("{\"a\":\"\\u0034111111111111111\"}", "a"),
            ("{\"a\":{\"4111111111111111\":1}}", "a"),
            ("{\"a\":1,\"a\":\"4111111111111111\"}", "a"),
            ("[\"4111111111111111\"", "[0]"),
        ] {
            assert_eq!(look_over(text), Err(Flaw::CardNumber(path.into())), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_told_with_its_place() {
        for text in
            ["", "{", "{\"a\":1,}", "{'a':1}", "{\"a\":1}{}", "NaN", "{\"a\":01}", "{\"a\":\"\u{1}\"}", "{\"a\":1e999}"]
        {
            assert!(matches!(look_over(text), Err(Flaw::NotJson(_))), "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(look_over(&nested(DEPTH)), Ok(()));
        assert_eq!(look_over(&nested(DEPTH + 1)), Err(Flaw::TooDeep));
        assert_eq!(look_over(&"{\"a\":".repeat(5_000)), Err(Flaw::TooDeep));
    }
}
