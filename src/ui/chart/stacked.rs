//! Outcomes over time, stacked, with the site's own history as a dashed line and its range as a band.

use std::fmt::Write;

use leptos::prelude::*;

use super::{length, percent, px};
use crate::ui::{
    escape::escape,
    icon::{Icon, tiny_icon},
    text::number,
};

const TOP: f64 = 28.0;
const BASE: f64 = 208.0;
const HEIGHT: u32 = 232;

/// One bar.
#[derive(Debug, Clone, Default)]
pub struct Slot {
    /// Its time, in words ("04:00 to 04:15").
    pub when: String,
    /// Let through.
    pub approved: u64,
    /// Challenged.
    pub challenged: u64,
    /// Turned away.
    pub refused: u64,
    /// What is usual for it: the middle and the range.
    pub usual: Option<Usual>,
}

/// What a slot of the past holds: the median and the quartiles.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usual {
    /// A quarter were lower.
    pub low: f64,
    /// The middle.
    pub mid: f64,
    /// A quarter were higher.
    pub high: f64,
}

/// The whole picture.
#[derive(Debug, Clone)]
pub struct Stacked {
    /// What it shows.
    pub title: String,
    /// What one sees in it, in a sentence.
    pub desc: String,
    /// The bars from left to right; the ones still to come are empty.
    pub slots: Vec<Slot>,
    /// Where now is, as a share of the width, and how it is said.
    pub now: Option<(f64, String)>,
    /// Marks below: share of the width, words, and whether it goes when there is little room.
    pub ticks: Vec<(f64, String, bool)>,
    /// The head of the table's first column.
    pub slot_name: String,
}

/// Draws it, with its table.
pub fn stacked(chart: &Stacked) -> impl IntoView + use<> {
    let svg = draw(chart);
    let rows: Vec<_> =
        chart.slots.iter().filter(|slot| total(slot) > 0 || slot.usual.is_some()).map(table_row).collect();
    view! {
        <div class="plot" inner_html=svg></div>
        <details class="as-table">
            <summary>{tiny_icon(Icon::ChevronRight)}"Show as a table"</summary>
            <div class="table-wrap" role="group" aria-label=chart.title.clone() tabindex="0">
                <table class="table tight">
                    <thead>
                        <tr>
                            <th scope="col">{chart.slot_name.clone()}</th>
                            <th scope="col" class="num">"Approved"</th>
                            <th scope="col" class="num">"Challenged"</th>
                            <th scope="col" class="num">"Refused"</th>
                            <th scope="col" class="num">"All"</th>
                            <th scope="col" class="num">"Usual"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
}

fn table_row(slot: &Slot) -> impl IntoView + use<> {
    let usual = slot.usual.map_or_else(|| "–".into(), |usual| rounded(usual.mid));
    view! {
        <tr>
            <th scope="row">{slot.when.clone()}</th>
            <td class="num">{figure(slot.approved)}</td>
            <td class="num">{figure(slot.challenged)}</td>
            <td class="num">{figure(slot.refused)}</td>
            <td class="num">{figure(total(slot))}</td>
            <td class="num">{usual}</td>
        </tr>
    }
}

fn draw(chart: &Stacked) -> String {
    let count = length(u64::try_from(chart.slots.len()).unwrap_or(1)).max(1.0);
    let highest = chart
        .slots
        .iter()
        .map(|slot| length(total(slot)).max(slot.usual.map_or(0.0, |usual| usual.high)))
        .fold(0.0_f64, f64::max);
    let (step, top) = scale(highest);
    let y = |value: f64| BASE - value / top * (BASE - TOP);
    let mut svg = format!(
        r#"<svg class="chart" height="{HEIGHT}" role="img" aria-label="{}. {}"><defs><pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" x2="0" y1="0" y2="4"/></pattern></defs>"#,
        escape(&chart.title),
        escape(&chart.desc)
    );
    let mut labels = String::new();
    let mut rule = step;
    while rule <= top + step / 2.0 {
        let at = y(rule);
        let _ = write!(svg, r#"<line class="rule" x1="0" x2="100%" y1="{0}" y2="{0}"/>"#, px(at),);
        // Above the bars, or the newest would hide it.
        let _ = write!(
            labels,
            r#"<text class="halo" x="100%" y="{}" text-anchor="end">{}</text>"#,
            px(at - 4.0),
            rounded(rule)
        );
        rule += step;
    }
    history(&mut svg, chart, count, &y, true);
    for (at, slot) in chart.slots.iter().enumerate() {
        bar(&mut svg, slot, length(u64::try_from(at).unwrap_or(0)) / count, 1.0 / count, &y);
    }
    history(&mut svg, chart, count, &y, false);
    svg.push_str(&labels);
    let _ = write!(svg, r#"<line class="axis" x1="0" x2="100%" y1="{BASE}" y2="{BASE}"/>"#);
    if let Some((share, words)) = &chart.now {
        let (anchor, shift) = if *share > 0.8 { ("end", -0.008) } else { ("start", 0.008) };
        let _ = write!(
            svg,
            r#"<line class="now" x1="{0}" x2="{0}" y1="14" y2="{BASE}"/><text class="strong halo" x="{1}" y="20" text-anchor="{anchor}">{2}</text>"#,
            percent(*share),
            percent(share + shift),
            escape(words)
        );
    }
    for (share, words, minor) in &chart.ticks {
        let anchor = if *share < 0.02 {
            "start"
        } else if *share > 0.98 {
            "end"
        } else {
            "middle"
        };
        let class = if *minor { r#" class="minor""# } else { "" };
        let _ = write!(
            svg,
            r#"<text x="{}" y="226" text-anchor="{anchor}"{class}>{}</text>"#,
            percent(*share),
            escape(words)
        );
    }
    svg.push_str("</svg>");
    svg
}

fn bar(svg: &mut String, slot: &Slot, left: f64, width: f64, y: &impl Fn(f64) -> f64) {
    let (x, w) = (percent(left + width * 0.085), percent(width * 0.83));
    let usual = slot.usual.map(|usual| format!(" Usual {}.", rounded(usual.mid))).unwrap_or_default();
    let _ = write!(
        svg,
        "<g><title>{}: {} approved, {} challenged, {} refused.{usual}</title>",
        escape(&slot.when),
        figure(slot.approved),
        figure(slot.challenged),
        figure(slot.refused)
    );
    let mut below = 0.0;
    for (class, n) in [("approve", slot.approved), ("challenge", slot.challenged), ("reject", slot.refused)] {
        if n == 0 {
            continue;
        }
        let (low, high) = (y(below), y(below + length(n)));
        let (top, height) = (px(high), px((low - high).max(0.5)));
        let _ = write!(svg, r#"<rect class="{class}" x="{x}" width="{w}" y="{top}" height="{height}"/>"#);
        if class == "challenge" {
            let _ = write!(svg, r##"<rect fill="url(#hatch)" x="{x}" width="{w}" y="{top}" height="{height}"/>"##);
        }
        below += length(n);
    }
    let _ = write!(
        svg,
        r#"<rect class="hit" x="{}" width="{}" y="{TOP}" height="{}"/></g>"#,
        percent(left),
        percent(width),
        px(BASE - TOP)
    );
}

/// The band below the bars, the line above them.
fn history(svg: &mut String, chart: &Stacked, count: f64, y: &impl Fn(f64) -> f64, band: bool) {
    let points: Vec<(f64, Usual)> = chart
        .slots
        .iter()
        .enumerate()
        .filter_map(|(at, slot)| {
            let x = (length(u64::try_from(at).ok()?) + 0.5) / count * 960.0;
            slot.usual.map(|usual| (x, usual))
        })
        .collect();
    if points.len() < 2 {
        return;
    }
    let line = |points: &mut dyn Iterator<Item = (f64, f64)>| {
        points.map(|(x, value)| format!("{} {}", px(x), px(y(value)))).collect::<Vec<_>>().join("L")
    };
    let (class, path) = if band {
        let high = line(&mut points.iter().map(|(x, usual)| (*x, usual.high)));
        let low = line(&mut points.iter().rev().map(|(x, usual)| (*x, usual.low)));
        ("band", format!("M{high}L{low}Z"))
    } else {
        ("usual", format!("M{}", line(&mut points.iter().map(|(x, usual)| (*x, usual.mid)))))
    };
    let _ = write!(
        svg,
        r#"<svg y="0" width="100%" height="{HEIGHT}" viewBox="0 0 960 {HEIGHT}" preserveAspectRatio="none"><path class="{class}" d="{path}"/></svg>"#
    );
}

/// Four lines at round values, the highest at or above the highest bar.
fn scale(highest: f64) -> (f64, f64) {
    let rough = (highest / 4.0).max(1.0);
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| *step >= rough && step.fract() == 0.0)
        .unwrap_or(10.0 * power);
    let lines = (highest / step).ceil().clamp(2.0, 4.0);
    (step, step * lines)
}

fn total(slot: &Slot) -> u64 {
    slot.approved + slot.challenged + slot.refused
}

fn figure(n: u64) -> String {
    number(i64::try_from(n).unwrap_or(i64::MAX))
}

#[allow(clippy::cast_possible_truncation, reason = "a figure on an axis")]
fn rounded(value: f64) -> String {
    number(value.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::render;

    #[test]
    fn the_scale_is_round_and_never_too_low() {
        assert_eq!(scale(775.0), (200.0, 800.0));
        assert_eq!(scale(3.0), (1.0, 3.0));
        assert_eq!(scale(0.0), (1.0, 2.0));
        assert_eq!(scale(101.0), (50.0, 150.0));
        for n in 1..2_000_u32 {
            assert!(scale(f64::from(n)).1 >= f64::from(n), "{n}");
        }
    }

    #[test]
    fn every_bar_has_its_words_and_the_table_its_rows() {
        let usual = Some(Usual { low: 1.0, mid: 2.0, high: 4.0 });
        let slots = vec![
            Slot { when: "00:00 to 01:00".into(), approved: 3, challenged: 1, refused: 2, usual },
            Slot { when: "01:00 to 02:00".into(), usual, ..Slot::default() },
        ];
        let chart = Stacked {
            title: "Attempts".into(),
            desc: "Quiet.".into(),
            slots,
            now: Some((0.5, "Now".into())),
            ticks: vec![(0.0, "00:00".into(), false)],
            slot_name: "Hour".into(),
        };
        let html = render(move || stacked(&chart).into_any());
        assert!(html.contains("00:00 to 01:00: 3 approved, 1 challenged, 2 refused. Usual 2."), "{html}");
        assert!(html.contains("class=\"band\"") && html.contains("class=\"usual\"") && html.contains("url(#hatch)"));
        assert_eq!(html.matches("scope=\"row\"").count(), 2);
    }
}
