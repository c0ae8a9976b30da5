//! A value against a limit or against what is usual.

use leptos::prelude::*;

use super::{length, percent};
use crate::ui::mark::Outcome;

/// A count or amount on a track with its limit as a solid tick at three quarters, so that the space beyond shows by
/// how much it is over.
pub fn limit_meter(value: u64, limit: u64, outcome: Outcome, said: impl Into<String>) -> AnyView {
    let full = (length(limit) / 0.75).max(1.0);
    let share = (length(value) / full).min(1.0);
    let at = if limit == 0 { 0.0 } else { 0.75 };
    view! {
        <svg class="meter" role="img" aria-label=said.into()>
            <rect class="track" y="4" width="100%" height="4" rx="2"></rect>
            <rect class=format!("fill {}", outcome.name()) y="4" width=percent(share) height="4" rx="2"></rect>
            <rect class="limit" x=percent(at) width="2" height="12"></rect>
        </svg>
    }
    .into_any()
}

/// A share of a track, with the usual share as a dashed tick.
pub fn share_meter(share: f64, usual: Option<f64>, outcome: Outcome, said: impl Into<String>) -> AnyView {
    let usual = usual.map(|usual| {
        let x = percent(usual.clamp(0.0, 1.0));
        view! { <line class="usual" x1=x.clone() x2=x y1="0" y2="12"></line> }
    });
    view! {
        <svg class="meter" role="img" aria-label=said.into()>
            <rect class="track" y="4" width="100%" height="4" rx="2"></rect>
            <rect class=format!("fill {}", outcome.name()) y="4" width=percent(share.clamp(0.0, 1.0)) height="4" rx="2"></rect>
            {usual}
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::render;

    #[test]
    fn a_value_over_its_limit_fills_the_track_and_the_tick_stays() {
        let html = render(|| limit_meter(4, 3, Outcome::Reject, "4 of 3, over the limit").into_any());
        assert!(
            html.contains("fill reject") && html.contains("width=\"100%\"") && html.contains("x=\"75%\""),
            "{html}"
        );
        assert!(html.contains("aria-label=\"4 of 3, over the limit\""), "{html}");
    }

    #[test]
    fn a_limit_of_none_at_all_does_not_divide_by_zero() {
        let html = render(|| limit_meter(0, 0, Outcome::Reject, "0 of 0").into_any());
        assert!(!html.contains("NaN"), "{html}");
    }
}
