//! The question before the panic switch is thrown.

use leptos::prelude::*;

use crate::ui::dialog::Confirm;

/// The page's title.
pub const TITLE: &str = "Block all requests";

/// What the page shows.
pub struct Model {
    /// The site's name: what has to be typed.
    pub site: String,
    /// The site's handle.
    pub handle: String,
    /// It is on already.
    pub on: bool,
    /// The policy version that the answer is about.
    pub version: i32,
    /// What was wrong with the answer.
    pub error: Option<String>,
}

/// The page.
pub fn view(model: Model) -> impl IntoView {
    let Model { site, handle, on, version, error } = model;
    let (action, cancel) = (format!("/s/{handle}/panic"), format!("/s/{handle}/overview"));
    if on {
        view! {
            <Confirm
                title="Let requests through again?"
                text=format!("Every sign-in, registration and payment on {site} is refused now. From this moment on your other settings decide again.")
                action=action
                button="Switch it off"
                cancel=cancel
                harmless=true
            >
                {hidden("off", version)}
            </Confirm>
        }
        .into_any()
    } else {
        view! {
            <Confirm
                title="Block all requests?"
                text=format!("Every sign-in, registration and payment on {site} is refused until somebody switches it off again. Attempts are still recorded. Allow lists do not help.")
                action=action
                button="Block all requests"
                cancel=cancel
                typed=site
                error=error
            >
                {hidden("on", version)}
            </Confirm>
        }
        .into_any()
    }
}

fn hidden(to: &'static str, version: i32) -> impl IntoView {
    view! {
        <input type="hidden" name="to" value=to/>
        <input type="hidden" name="base" value=version/>
    }
}
