//! Countries as people pick them: ISO 3166 alpha-2 code, English name, calling code.

use std::sync::LazyLock;

/// A country or territory with a numbering plan.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country(&'static Row);

#[derive(PartialEq, Eq, Hash)]
struct Row {
    code: &'static str,
    name: &'static str,
    calling_code: u16,
}

/// In the order of their names.
static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    include_str!("data/countries.tsv")
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('\t');
            Some(Row { code: cells.next()?, name: cells.next()?, calling_code: cells.next()?.parse().ok()? })
        })
        .collect()
});

/// A text that is no country's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a country as two letters, such as DE")]
pub struct NotACountry;

impl Country {
    /// All of them, by name.
    pub fn all() -> impl Iterator<Item = Country> {
        ROWS.iter().map(Country)
    }

    /// Two capital letters.
    pub fn code(self) -> &'static str {
        self.0.code
    }

    /// In English.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What comes after the plus sign. Countries may share one: 1 is the United States, Canada and the Caribbean.
    pub fn calling_code(self) -> u16 {
        self.0.calling_code
    }

    /// As a picker shows it: `Germany (+49)`.
    pub fn label(self) -> String {
        format!("{} (+{})", self.name(), self.calling_code())
    }
}

impl std::str::FromStr for Country {
    type Err = NotACountry;

    fn from_str(text: &str) -> Result<Self, NotACountry> {
        let wanted = text.trim();
        Self::all().find(|country| country.code().eq_ignore_ascii_case(wanted)).ok_or(NotACountry)
    }
}

impl std::fmt::Debug for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_whole_and_there_once() {
        let codes: std::collections::HashSet<_> = Country::all().map(Country::code).collect();
        assert_eq!(codes.len(), include_str!("data/countries.tsv").lines().count());
        assert!(Country::all().all(|c| c.code().len() == 2 && !c.name().is_empty() && c.calling_code() > 0));
    }

    #[test]
    fn calling_codes_are_those_of_the_numbering_plans() {
        for country in Country::all() {
            let plan = phonenumber::metadata::DATABASE.by_id(country.code()).unwrap();
            assert_eq!(plan.country_code(), country.calling_code(), "{country:?}");
        }
    }

    #[test]
    fn codes_are_read_in_either_case_and_nothing_else_is() {
        assert_eq!("de".parse::<Country>().unwrap().label(), "Germany (+49)");
        for bad in ["", "D", "DEU", "XX", "ＤＥ", "49"] {
            assert_eq!(bad.parse::<Country>(), Err(NotACountry), "{bad}");
        }
    }
}
