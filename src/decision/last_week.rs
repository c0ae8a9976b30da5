//! Caution before a harsh change: how many of last week's good payments it would have refused.

use crate::kernel::money::ungrouped;

/// What a candidate would have refused of what went through in the last 7 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LastWeek {
    /// Payments that the policy in force lets through and the bank did not decline.
    pub approved: u64,
    /// Of those, payments that the candidate refuses.
    pub refused: u64,
}

impl LastWeek {
    /// How many days a week has.
    pub const DAYS: i64 = 7;

    /// Whether more than half would have been refused: then the number has to be typed.
    pub fn turns_most_away(self) -> bool {
        self.refused * 2 > self.approved
    }

    /// Whether what was typed names the number. Payments go on while somebody types, so within a tenth it is the same.
    pub fn is_named_by(self, typed: &str) -> bool {
        let named = ungrouped(typed).and_then(|digits| digits.parse::<u64>().ok());
        named.is_some_and(|named| named.abs_diff(self.refused) <= self.refused / 10)
    }

    /// Whether a change may be saved: it leaves most alone, or what was typed names whom it does not.
    pub fn may_pass(self, typed: Option<&str>) -> bool {
        !self.turns_most_away() || typed.is_some_and(|typed| self.is_named_by(typed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_is_not_yet_most() {
        let week = |refused, approved| LastWeek { approved, refused }.turns_most_away();
        assert!(!week(0, 0) && !week(5, 10) && week(6, 10) && week(1, 1));
    }

    #[test]
    fn the_number_is_named_as_people_write_it() {
        let week = LastWeek { approved: 3_000, refused: 2_140 };
        assert!(week.is_named_by("2140") && week.is_named_by(" 2,140 "));
        assert!(!week.is_named_by("") && !week.is_named_by("yes") && !week.is_named_by("-2140"));
    }

    #[test]
    fn what_came_in_while_it_was_typed_does_not_matter() {
        let week = LastWeek { approved: 3_000, refused: 2_140 };
        assert!(week.is_named_by("2141") && week.is_named_by("1926") && week.is_named_by("2354"));
        assert!(!week.is_named_by("1925") && !week.is_named_by("2355"));
        let few = LastWeek { approved: 3, refused: 2 };
        assert!(few.is_named_by("2") && !few.is_named_by("3"), "of a few each counts");
    }

    #[test]
    fn most_are_turned_away_only_by_who_names_them() {
        let harsh = LastWeek { approved: 3, refused: 2 };
        assert!(!harsh.may_pass(None) && !harsh.may_pass(Some("3")) && harsh.may_pass(Some("2")));
        assert!(LastWeek { approved: 4, refused: 2 }.may_pass(None));
    }
}
