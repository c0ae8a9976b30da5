//! How busy keys were: how many addresses or cards made how many payments in their busiest 24 hours, with the limit.

use leptos::prelude::*;

use crate::decision::backtest::Busiest;
use crate::decision::keys::KeyKind;
use crate::ui::chart::histogram::{Histogram, histogram};
use crate::ui::text::number;

/// Its element, for the picture that is drawn anew while somebody types.
pub fn place(key: KeyKind) -> String {
    format!("busiest-{}", key.as_str())
}

/// The picture beside a limit, what stands in its figure. `noun`: one key and several. `some`: whether there were payments at
/// all.
pub fn busiest(keys: &Busiest, limit: Option<u32>, (singular, plural): (&str, &str), some: bool) -> AnyView {
    if !some {
        return view! { <p class="small quiet">"No payments in the last 30 days."</p> }.into_any();
    }
    let bars = bars(&keys.keys, limit.unwrap_or(0));
    let limit_after =
        limit.map(|limit| bars.iter().take_while(|bar| bar.last.is_some_and(|last| last <= limit)).count());
    let (said, caption) = match limit {
        Some(limit) => {
            // Beyond the last bar they are not told apart.
            let last = Busiest::BARS as u32 - 1;
            let (at_most, drawn) = if limit > last { ("At most ", last) } else { ("", limit) };
            let over = keys.over(drawn);
            let noun = if over == 1 { singular } else { plural };
            let over = format!("{at_most}{} {noun} went over {limit}", number(signed(over)));
            (format!("By payments in their busiest 24 hours, limit after {limit}. {over}"), over)
        }
        None => ("By payments in their busiest 24 hours, no limit".to_owned(), "No limit".to_owned()),
    };
    let chart = Histogram {
        said: format!("{}: {said}", capital(plural)),
        bars: bars.into_iter().map(|bar| (bar.name(), bar.keys)).collect(),
        limit_after: limit_after.filter(|_| limit.is_some_and(|l| (l as usize) < Busiest::BARS)),
    };
    view! { {histogram(&chart)}<figcaption>{caption}</figcaption> }.into_any()
}

/// A bar: keys that made from `first` to `last` payments; without `last`, or more.
#[derive(Debug, PartialEq, Eq)]
struct Bar {
    first: u32,
    last: Option<u32>,
    keys: u64,
}

impl Bar {
    fn name(&self) -> String {
        match self.last {
            None => format!("{}+", self.first),
            Some(last) if last == self.first => last.to_string(),
            Some(last) => format!("{}–{last}", self.first),
        }
    }
}

/// Eight bars, as wide as it takes that the limit falls between two of them and some lie beyond it.
fn bars(keys: &[u64], limit: u32) -> Vec<Bar> {
    const BARS: u32 = 8;
    let width = limit.div_ceil(5).clamp(1, 3);
    // With a width above one the first bar takes what is left over, so that a bar ends exactly at the limit.
    let first_width = if width == 1 || limit.is_multiple_of(width) { width } else { limit % width };
    let at = |n: u32| keys.get(n as usize - 1).copied().unwrap_or(0);
    let mut bars = Vec::new();
    let mut first = 1;
    for place in 0..BARS {
        let last = first + if place == 0 { first_width } else { width } - 1;
        let open = place == BARS - 1 || last as usize >= keys.len();
        let counted = if open { keys.iter().skip(first as usize - 1).sum() } else { (first..=last).map(at).sum() };
        bars.push(Bar { first, last: (!open).then_some(last), keys: counted });
        if open {
            break;
        }
        first = last + 1;
    }
    bars
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_ends_at_the_limit_and_no_key_is_lost() {
        let keys: Vec<u64> = (0..24).map(|n| 1_000 / (n + 1)).collect();
        for limit in 0..24 {
            let bars = bars(&keys, limit);
            assert_eq!(bars.iter().map(|b| b.keys).sum::<u64>(), keys.iter().sum::<u64>(), "limit {limit}");
            assert!(
                bars.windows(2).all(|two| two[0].last.is_some_and(|last| last + 1 == two[1].first)),
                "limit {limit}: {bars:?}"
            );
            if (1..=15).contains(&limit) {
                assert!(bars.iter().any(|b| b.last == Some(limit)), "limit {limit}: {bars:?}");
            }
        }
    }

    #[test]
    fn small_limits_have_a_bar_for_each_number() {
        let names: Vec<String> = bars(&[9; 24], 3).iter().map(Bar::name).collect();
        assert_eq!(names, ["1", "2", "3", "4", "5", "6", "7", "8+"]);
    }
}
