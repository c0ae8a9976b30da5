//! Asking before something that cannot be undone, and showing a secret once. A dialog opens without a script where the
//! browser knows `command`; everywhere else the same question is a page of its own.

use leptos::prelude::*;

use super::{
    form::Field,
    icon::{Icon, icon},
    islands::copy::CopyButton,
};

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

/// A native dialog, opened by [`dialog_button`]. What is in it must also be reachable as a page.
#[component]
pub fn Dialog(
    /// Its id, which the button names.
    #[prop(into)]
    id: String,
    /// Its heading.
    #[prop(into)]
    title: String,
    /// A form, usually, with a `.dialog-foot`.
    children: Children,
) -> impl IntoView {
    let heading = format!("{id}-h");
    view! {
        <dialog class="dialog" id=id aria-labelledby=heading>
            <form method="dialog" class="dialog-head">
                <h2 id=heading.clone()>{title}</h2>
                <button class="button plain square" type="submit" aria-label="Close">{icon(Icon::X)}</button>
            </form>
            <div class="dialog-body">{children()}</div>
        </dialog>
    }
}

/// A link to the page that asks the question; the browser opens the dialog instead where it can.
pub fn dialog_button(dialog: &str, href: impl Into<String>, words: impl Into<String>, class: &'static str) -> AnyView {
    view! { <a class=class href=href.into() data-dialog=dialog.to_owned()>{words.into()}</a> }.into_any()
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
