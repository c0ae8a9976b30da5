//! A wait before the next code: until when, how long that is, and a link that looks again. Where scripts run the page
//! counts it down (`countdown.js`) and lets the button beside it be pressed at the end.

use leptos::prelude::*;

use crate::access::code::RESENDS;
use crate::access::forms::refusals::seconds;
use crate::access::service::codes::Standing;
use crate::kernel::clock::Timestamp;
use crate::ui::text::{Clockface, wait_over};

/// The wait, with the address of the page it stands on. Readers hear it once and not at every second.
pub fn wait(until: Timestamp, clock: Clockface, here: String) -> impl IntoView {
    let left = seconds(until, clock.now);
    view! {
        <p class="help small" role="status">
            <span>
                "Another code can be sent at "{clock.zoned(wait_over(until))}", in "
                <span class="tnum" role="timer" aria-live="off" data-seconds=left data-over="Another code can be sent now.">{counted_down(left)}</span>
                "."
            </span>
            " "<a href=here>"Look again"</a>
        </p>
    }
}

/// "2 of 3 resends left": before the pause, the first code not counted.
pub fn left_words(standing: &Standing) -> String {
    format!("{} of {RESENDS} resends left", standing.resends_left)
}

/// "14:05", "1:00:00": as the script writes it, too.
fn counted_down(seconds: u64) -> String {
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_reads_like_a_clock() {
        for (seconds, read) in [(1, "0:01"), (65, "1:05"), (900, "15:00"), (3_599, "59:59"), (3_661, "1:01:01")] {
            assert_eq!(counted_down(seconds), read);
        }
    }
}
