//! Pictures, where people would rather look: drawn on the server as SVG with a title, a word on each bar, and the
//! figures as a table. Parts are placed in percent across and pixels down, so text keeps its size at any width.
//!
//! Reading order: [`meter`] one value, [`spark`] a small row of bars, [`histogram`] a distribution with a limit,
//! [`stacked`] outcomes over time against the usual.

pub mod histogram;
pub mod meter;
pub mod spark;
pub mod stacked;

/// A share of the width, as SVG wants it.
fn percent(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Pixels to two places.
fn px(y: f64) -> String {
    let text = format!("{y:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Counts as lengths. A picture does not need the last digit.
#[allow(clippy::cast_precision_loss, reason = "lengths on a screen")]
fn length(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short() {
        assert_eq!([percent(0.5), percent(1.0 / 3.0), percent(0.0)], ["50%", "33.33%", "0%"]);
        assert_eq!([px(10.0), px(1.239)], ["10", "1.24"]);
    }
}
