//! Asks, a while before the session ends by itself, whether the person is still there. Staying is a request of its
//! own, made by a press: looking at a page does not prolong anything.

use leptos::prelude::*;

use super::browser;

const DIALOG: &str = "session-ends";

/// Counts from the page's making. At the end it asks the server for the page again, which then wants a sign-in.
#[island]
pub fn SessionTimer(
    /// Seconds until the session ends.
    ends_in_s: u32,
    /// Seconds before the end at which it asks.
    warn_s: u32,
) -> impl IntoView {
    let left = RwSignal::new(ends_in_s);
    let ends_at = RwSignal::new(0.0);
    Effect::new(move |_| {
        ends_at.set(browser::seconds() + f64::from(ends_in_s));
        browser::every_second(move || {
            let before = left.get_untracked();
            let now = whole_seconds(ends_at.get_untracked() - browser::seconds());
            if now == 0 && before > 0 {
                browser::reload();
            } else if now <= warn_s && before > warn_s {
                browser::dialog(DIALOG, true);
            }
            left.set(now);
        });
    });
    let over = RwSignal::new(false);
    let stay = move |_| {
        browser::spawn(async move {
            match browser::post("/me/stay", "").await.and_then(|seconds| seconds.trim().parse::<u32>().ok()) {
                Some(seconds) => {
                    ends_at.set(browser::seconds() + f64::from(seconds));
                    left.set(seconds);
                    over.set(seconds <= warn_s);
                    browser::dialog(DIALOG, seconds <= warn_s);
                }
                None => browser::reload(),
            }
        });
    };
    view! {
        <dialog class="dialog small" id=DIALOG aria-labelledby="session-ends-h">
            <div class="dialog-body">
                <h2 id="session-ends-h">"Are you still there?"</h2>
                <p class="mid">
                    "You will be signed out in "
                    <b class="tnum">{move || said(left.get())}</b>
                    {move || if over.get() {
                        ", because a session lasts twelve hours at most. Save now what you typed."
                    } else {
                        ", because nothing was done here for a while. What you typed and did not save would be lost."
                    }}
                </p>
            </div>
            <div class="dialog-foot">
                <form action="/sign-out" method="post"><button class="button plain" type="submit">"Sign out"</button></form>
                <button class="button primary" type="button" autofocus=true prop:hidden=move || over.get() on:click=stay>"Stay signed in"</button>
            </div>
        </dialog>
    }
}

fn said(seconds: u32) -> String {
    match seconds {
        0..=59 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
fn whole_seconds(seconds: f64) -> u32 {
    seconds.clamp(0.0, f64::from(u32::MAX)) as u32
}
