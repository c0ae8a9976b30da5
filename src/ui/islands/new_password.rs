//! Keeps the list beside a new password true while somebody types, by the very rule that the server decides with. The list
//! stands in the page without it, and carries what the rule is; the island has nothing to draw.

use leptos::prelude::*;

use super::browser;
use crate::access::password::{Rule, own_words};
use crate::access::wish::{Mark, Wish};

/// The id of the form in which somebody chooses a password.
pub const FORM: &str = "new-password";
/// The id of the list: one line a wish, in the order of [`Wish::all`]. `data-shortest`, `data-classes` and
/// `data-remembered` are the rule, `data-own` has the words that others would guess, one a line, as far as the reader may
/// see them.
pub const LIST: &str = "new-password-list";
/// The id of the line below it.
pub const VERDICT: &str = "new-password-verdict";

/// Watches the form.
#[island]
pub fn NewPassword() -> impl IntoView {
    Effect::new(|_| {
        look();
        browser::on_change(FORM, look);
    });
}

fn look() {
    let data = |name: &str| browser::data(LIST, name);
    let number = |name: &str| data(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    let rule = Rule {
        shortest: number("data-shortest"),
        classes: data("data-classes").is_some(),
        remembered: number("data-remembered"),
    };
    let typed = browser::typed(FORM, "[autocomplete=new-password]").into_iter().next().unwrap_or_default();
    // Whatever else the form asks of the person would be guessed of them, too.
    let others = browser::typed(FORM, "[autocomplete=name],[autocomplete=organization],[type=email]");
    let own = data("data-own").unwrap_or_default();
    let found = rule.weaknesses(&typed, &own_words(own.lines().chain(others.iter().map(String::as_str))));
    let mark = |wish: &Wish| if typed.is_empty() { Mark::Open } else { wish.mark(&found) };
    let wishes = Wish::all(rule);
    browser::mark_lines(LIST, wishes.iter().map(|wish| mark(wish).as_str()));
    let good = found.is_empty() && !typed.is_empty();
    let open = wishes.iter().filter(|wish| wish.is_told_at_once() && mark(wish) != Mark::Met);
    let words = match typed.is_empty() {
        true => String::new(),
        false if good => "Looks good so far.".into(),
        false => format!("Still to do: {}.", open.map(|wish| wish.words()).collect::<Vec<_>>().join("; ")),
    };
    browser::tell(VERDICT, &words, good);
}
