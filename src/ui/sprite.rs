//! The symbols a page refers to, copied into the page: one request less, no icon that pops in late, and the page's own
//! style sheet colours them (which it may not do in a file of their own).

use std::collections::BTreeSet;

const SPRITE: &str = include_str!("icons/sprite.svg");

/// Shapes that islands may draw after the page has been read.
const ALWAYS: &[&str] = &["o-approve", "o-challenge", "o-reject", "o-shadow", "i-check", "i-copy", "i-arrow-right"];

/// A hidden `<svg>` with every symbol that `html` refers to by `href="#…"`.
pub fn symbols_for(html: &str, islands: bool) -> String {
    let mut wanted: BTreeSet<&str> = html
        .split("href=\"#")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|id| id.starts_with("i-") || id.starts_with("o-"))
        .collect();
    if islands {
        wanted.extend(ALWAYS);
    }
    let mut out = String::from(r#"<svg class="sprite" aria-hidden="true">"#);
    wanted.into_iter().filter_map(symbol).for_each(|symbol| out.push_str(symbol));
    out.push_str("</svg>");
    out
}

fn symbol(id: &str) -> Option<&'static str> {
    SPRITE
        .lines()
        .find(|line| line.strip_prefix("<symbol id=\"").is_some_and(|rest| rest.split('"').next() == Some(id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{
        icon::Icon,
        mark::{Mode, Outcome},
    };

    #[test]
    fn every_icon_and_shape_has_its_symbol() {
        let outcomes =
            [Outcome::Approve, Outcome::Challenge, Outcome::Reject, Outcome::Shadow, Outcome::Bank, Outcome::None];
        let modes = [Mode::Off, Mode::Shadow, Mode::Enforce, Mode::Attack];
        let all = Icon::ALL.iter().map(|i| i.href()).chain(outcomes.map(Outcome::href)).chain(modes.map(Mode::href));
        for href in all {
            assert!(symbol(&href[1..]).is_some(), "no symbol {href} in the sprite");
        }
    }

    #[test]
    fn a_page_carries_only_what_it_shows() {
        let sprite = symbols_for(r##"<use href="#i-search"></use><a href="#main">"##, false);
        assert!(
            sprite.contains("i-search") && !sprite.contains("i-shield\"") && sprite.matches("<symbol").count() == 1
        );
    }
}
