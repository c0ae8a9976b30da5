//! A small row of bars in a table's cell.

use std::fmt::Write;

use leptos::prelude::*;

use super::{length, px};
use crate::ui::{escape::escape, mark::Outcome};

/// A bar for each value, the tallest as high as the row; zero is a hairline.
pub fn spark(values: &[u64], outcome: Option<Outcome>, said: &str) -> impl IntoView + use<> {
    let top = length(values.iter().copied().max().unwrap_or(0)).max(1.0);
    let step = 72.0 / length(u64::try_from(values.len()).unwrap_or(1)).max(1.0);
    let class = outcome.map_or("", Outcome::name);
    let mut x = 0.0;
    let mut svg = format!(r#"<svg class="spark" viewBox="0 0 72 20" role="img" aria-label="{}">"#, escape(said));
    for value in values {
        let height = (length(*value) / top * 20.0).max(0.75);
        let (at, y, width, height) = (px(x), px(20.0 - height), px(step * 0.8), px(height));
        let _ = write!(svg, r#"<rect class="{class}" x="{at}" y="{y}" width="{width}" height="{height}"/>"#);
        x += step;
    }
    svg.push_str("</svg>");
    view! { <span class="drawn" inner_html=svg></span> }
}
