//! A button that copies the text of another element. Without scripts it is not shown: the text can be selected.

use leptos::prelude::*;

use super::browser;
use crate::ui::icon::{Icon, icon};

/// Copies the text of the element with the id `target`. The text itself is not among the props.
#[island]
pub fn CopyButton(
    /// The id of the element.
    target: String,
    /// The button's words.
    label: String,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let target = target.clone();
        browser::spawn(async move { copied.set(browser::copy(&target).await) });
    };
    view! {
        <button class="button live-only" type="button" on:click=copy>
            {icon(Icon::Copy)}
            <span aria-live="polite">{move || if copied.get() { "Copied".to_owned() } else { label.clone() }}</span>
        </button>
    }
}
