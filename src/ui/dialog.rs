//! Asking before something that cannot be undone, on a page of its own, and showing a secret once.

use leptos::prelude::*;

use super::{form::Field, islands::copy::CopyButton};

/// A question on its own page, with the answer's button named after what it does.
#[component]
pub fn Confirm(
    /// What would be done, as a heading: "Remove Hosting range?".
    #[prop(into)]
    title: String,
    /// What it means, in a sentence or two.
    #[prop(into)]
    text: String,
    /// Where the answer goes.
    #[prop(into)]
    action: String,
    /// The button's words: "Remove the entry".
    #[prop(into)]
    button: String,
    /// Where "Cancel" leads.
    #[prop(into)]
    cancel: String,
    /// What has to be typed first, posted as `typed`.
    #[prop(optional_no_strip, into)]
    typed: Option<String>,
    /// It was typed wrongly.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// Nothing is lost by it: an ordinary button.
    #[prop(optional)]
    harmless: bool,
    /// Hidden fields, consequences.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let label = typed.map(|word| format!("Type {word} to go on"));
    view! {
        <section class="confirm" aria-labelledby="confirm-h">
            <h1 id="confirm-h">{title}</h1>
            <p>{text}</p>
            <form class="form" action=action method="post">
                {children.map(|children| children())}
                {label.map(|label| view! { <Field name="typed" label=label error=error required=true/> })}
                <div class="row">
                    <button class=if harmless { "button primary" } else { "button danger-fill" } type="submit">{button}</button>
                    <a class="button plain" href=cancel>"Cancel"</a>
                </div>
            </form>
        </section>
    }
}

/// A secret that is shown this once, to be copied.
#[component]
pub fn CopyOnce(
    /// What it is: "Secret key of Shop server".
    #[prop(into)]
    label: String,
    /// The secret. It is in this page and nowhere else.
    #[prop(into)]
    secret: String,
) -> impl IntoView {
    view! {
        <div class="copy-once" role="group" aria-label=label>
            <p><strong>{label.clone()}</strong>" "<span class="mid">"Copy it now: it is not kept, and cannot be shown again."</span></p>
            <div class="row">
                <code class="secret" id="secret">{secret}</code>
                <CopyButton target="secret".to_owned() label="Copy".to_owned()/>
            </div>
        </div>
    }
}
