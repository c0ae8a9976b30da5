//! How many had how much, on a logarithmic scale, with a limit after one of the bars.

use std::fmt::Write;

use leptos::prelude::*;

use super::{length, percent, px};
use crate::ui::{escape::escape, text::number};

/// A distribution.
#[derive(Debug, Clone)]
pub struct Histogram {
    /// What it shows and where the limit is, for those who do not see it.
    pub said: String,
    /// The name below each bar and its count.
    pub bars: Vec<(String, u64)>,
    /// The limit: after how many bars. None: no limit.
    pub limit_after: Option<usize>,
}

/// Draws it, 64 pixels high.
pub fn histogram(histogram: &Histogram) -> impl IntoView + use<> {
    let count = length(u64::try_from(histogram.bars.len()).unwrap_or(1)).max(1.0);
    let top = histogram.bars.iter().map(|(_, n)| height_of(*n)).fold(1.0_f64, f64::max);
    // Long names would run into each other: then every other bar has one, the last always.
    let every = if histogram.bars.iter().any(|(name, _)| name.chars().count() > 3) { 2 } else { 1 };
    let mut svg = format!(r#"<svg class="chart" height="64" role="img" aria-label="{}">"#, escape(&histogram.said));
    for (at, (name, n)) in histogram.bars.iter().enumerate() {
        let left = length(u64::try_from(at).unwrap_or(0)) / count;
        let class = match histogram.limit_after {
            Some(limit) if at >= limit => "reject",
            _ => "plain",
        };
        let height = height_of(*n) / top * 42.0;
        let _ = write!(
            svg,
            r#"<g><title>{}: {}</title><rect class="{class}" x="{}" width="{}" y="{}" height="{}"/><rect class="hit" x="{}" width="{}" y="4" height="42"/></g>"#,
            escape(name),
            number(i64::try_from(*n).unwrap_or(i64::MAX)),
            percent(left + 0.064 / count),
            percent(0.872 / count),
            px(46.0 - height),
            px(height),
            percent(left),
            percent(1.0 / count),
        );
        if (histogram.bars.len() - 1 - at).is_multiple_of(every) {
            let _ = write!(
                svg,
                r#"<text x="{}" y="60" text-anchor="middle">{}</text>"#,
                percent(left + 0.5 / count),
                escape(name),
            );
        }
    }
    svg.push_str(r#"<line class="axis" x1="0" x2="100%" y1="46" y2="46"/>"#);
    if let Some(limit) = histogram.limit_after.filter(|limit| *limit <= histogram.bars.len()) {
        let x = percent(length(u64::try_from(limit).unwrap_or(0)) / count);
        let _ = write!(svg, r#"<line class="cut" x1="{x}" x2="{x}" y1="0" y2="50"/>"#);
    }
    svg.push_str("</svg>");
    view! { <div class="plot" inner_html=svg></div> }
}

/// Logarithmic, so that the few beyond a limit are seen beside the many within; one is not nothing.
fn height_of(n: u64) -> f64 {
    if n == 0 { 0.0 } else { length(n).ln() + 0.7 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::render;

    #[test]
    fn long_names_stand_below_every_other_bar_and_the_last() {
        let of = |names: [&str; 4]| {
            let bars = names.map(|name| (name.to_owned(), 1)).to_vec();
            let it = Histogram { said: "Cards".into(), bars, limit_after: None };
            render(move || histogram(&it).into_any())
        };
        let long = of(["1–2", "3–5", "6–8", "9–11"]);
        assert!(
            long.contains(">3–5</text>") && long.contains(">9–11</text>") && !long.contains(">6–8</text>"),
            "{long}"
        );
        assert_eq!(of(["1", "2", "3", "4+"]).matches("</text>").count(), 4);
    }

    #[test]
    fn bars_beyond_the_limit_are_marked_and_names_escaped() {
        let bars = vec![("1".into(), 100), ("2".into(), 10), ("<3+".into(), 1)];
        let it = Histogram { said: "Cards, limit after 1".into(), bars, limit_after: Some(1) };
        let html = render(move || histogram(&it).into_any());
        assert_eq!(html.matches("class=\"reject\"").count(), 2, "{html}");
        assert!(html.contains("&lt;3+: 1") && html.contains("class=\"cut\" x1=\"33.33%\""), "{html}");
    }
}
