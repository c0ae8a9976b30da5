//! What the list beside a new password says: each thing that the rule asks, and how far a password comes. Pure, for the
//! server, which draws the list, and for the browser, which keeps it true while somebody types.

use crate::access::password::{LONGEST, Rule, Weakness};

/// One thing that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// At least so many code points, and no more than [`LONGEST`].
    Length(usize),
    /// All classes of characters.
    Classes,
    /// More than what others would guess of the person.
    NotOwn,
    /// No repetition, no run of neighbours.
    Unpredictable,
    /// Another than the last so many; only the server knows.
    Unused(usize),
    /// Not in the list of common passwords; only the server knows.
    Uncommon,
}

/// How far a password comes with one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Not yet, or it cannot be told here.
    Open,
    /// Met.
    Met,
    /// Broken: more of the same does not mend it.
    Broken,
}

impl Mark {
    /// As the styles know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Met => "met",
            Self::Broken => "broken",
        }
    }
}

impl Wish {
    /// All that a rule asks, in the order of the list.
    pub fn all(rule: Rule) -> Vec<Wish> {
        let mut wishes = vec![Self::Length(rule.shortest)];
        if rule.classes {
            wishes.push(Self::Classes);
        }
        wishes.extend([Self::NotOwn, Self::Unpredictable]);
        if rule.remembered > 0 {
            wishes.push(Self::Unused(rule.remembered));
        }
        wishes.push(Self::Uncommon);
        wishes
    }

    /// As the list says it.
    pub fn words(self) -> String {
        match self {
            Self::Length(shortest) => format!("At least {shortest} characters, at most {LONGEST}"),
            Self::Classes => "An upper and a lower case letter, a digit and a symbol".into(),
            Self::NotOwn => "More than your name, e-mail or site".into(),
            Self::Unpredictable => "No repetition and no run of neighbouring keys".into(),
            Self::Unused(remembered) => format!("None of your last {remembered}: checked on sending"),
            Self::Uncommon => "No common password: checked on sending".into(),
        }
    }

    /// How far a password comes in which `found` is wrong.
    pub fn mark(self, found: &[Weakness]) -> Mark {
        let has = |wrong: fn(&Weakness) -> bool| found.iter().any(wrong);
        let short = has(|w| matches!(w, Weakness::Short(_)));
        let not_if = |broken: bool| match broken {
            true => Mark::Broken,
            // Of a beginning nobody can say that it will not be.
            false if short => Mark::Open,
            false => Mark::Met,
        };
        match self {
            Self::Length(_) => not_if(has(|w| matches!(w, Weakness::Long))),
            Self::Classes if has(|w| matches!(w, Weakness::Classes)) => Mark::Open,
            Self::Classes => Mark::Met,
            Self::NotOwn => not_if(has(|w| matches!(w, Weakness::OwnWord(_)))),
            Self::Unpredictable => not_if(has(|w| matches!(w, Weakness::Predictable))),
            Self::Unused(_) | Self::Uncommon => Mark::Open,
        }
    }

    /// Whether the browser can tell.
    pub fn is_told_at_once(self) -> bool {
        !matches!(self, Self::Unused(_) | Self::Uncommon)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { shortest: 12, classes: true, remembered: 4 };

    fn marks(password: &str) -> Vec<Mark> {
        let found = RULE.weaknesses(password, &["Harbour Books".to_owned()]);
        Wish::all(RULE).into_iter().map(|wish| wish.mark(&found)).collect()
    }

    #[test]
    fn the_list_follows_what_is_typed() {
        use Mark::{Broken, Met, Open};
        for (typed, expected) in [
            ("K", [Open, Open, Open, Open, Open, Open]),
            ("Kites-7", [Open, Met, Open, Open, Open, Open]),
            ("H4rb0ur-b", [Open, Met, Open, Open, Open, Open]),
            ("H4rb0ur-B00ks!", [Met, Met, Broken, Met, Open, Open]),
            ("aaaaaaaaaaaaaaa", [Met, Open, Met, Broken, Open, Open]),
            ("Kites-7 over a bay", [Met, Met, Met, Met, Open, Open]),
        ] {
            assert_eq!(marks(typed), expected, "{typed}");
        }
        let long = "Kites-7 over a bay, ".repeat(7);
        assert_eq!(marks(&long)[0], Broken);
    }

    #[test]
    fn a_good_password_leaves_open_only_what_the_server_tells() {
        let found = RULE.weaknesses("Kites-7 over a bay", &[]);
        for wish in Wish::all(RULE) {
            assert_eq!(wish.mark(&found) == Mark::Met, wish.is_told_at_once(), "{wish:?}");
        }
    }

    #[test]
    fn every_weakness_that_the_rule_finds_is_one_of_the_lines() {
        let wishes = Wish::all(RULE);
        for weak in [
            Weakness::Short(12),
            Weakness::Long,
            Weakness::Classes,
            Weakness::OwnWord(String::new()),
            Weakness::Predictable,
        ] {
            let found = [weak];
            let unmet = wishes.iter().filter(|wish| wish.is_told_at_once() && wish.mark(&found) != Mark::Met).count();
            assert!(unmet > 0, "{found:?}");
        }
    }

    #[test]
    fn what_is_not_asked_is_no_line() {
        let lines = Wish::all(Rule::COLLABORATORS);
        assert_eq!(lines, [Wish::Length(15), Wish::NotOwn, Wish::Unpredictable, Wish::Uncommon]);
    }
}
