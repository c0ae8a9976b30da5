//! The public face: a sheet on a quiet ground, for people who are not signed in, and for errors. No islands, but where a password is chosen.

use leptos::prelude::*;

use super::{
    chrome::gate_mark,
    feedback::{Notice, notice_line},
};

/// Around a public page.
#[derive(Debug, Clone)]
pub struct Door {
    /// The name above the sheet: the console's, or a site's.
    pub name: String,
    /// The host the reader is at, said below, so that a copy elsewhere looks wrong.
    pub host: String,
}

/// The body of a public page. The content brings its own `.sheet`.
pub fn door(at: Door, notice: Option<Notice>, content: AnyView) -> impl IntoView {
    let host = (!at.host.is_empty()).then(|| view! { <span>"You are at " <b>{at.host}</b></span> });
    view! {
        <div class="door">
            <header><span class="brandline">{gate_mark()}{at.name}</span></header>
            <main id="main">{notice.map(notice_line)}{content}</main>
            <footer>{host}</footer>
        </div>
    }
}

/// The sheet with a heading and a line below it.
#[component]
pub fn Sheet(
    /// The heading.
    #[prop(into)]
    title: String,
    /// A line below.
    #[prop(optional_no_strip, into)]
    lead: Option<String>,
    /// The end of that line, where it is more than words: a time.
    #[prop(optional, into)]
    lead_end: Option<AnyView>,
    /// A form, usually.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="sheet" aria-labelledby="sheet-h">
            <div class="pad">
                <h1 id="sheet-h">{title}</h1>
                {lead.map(|lead| view! { <p class="mid">{lead}{lead_end}</p> })}
            </div>
            {children()}
        </section>
    }
}
