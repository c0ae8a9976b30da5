//! The bar below a form: what will change, before it does. Without scripts it holds the buttons and what the server
//! knows to differ; with them it follows every keystroke.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::browser;
use crate::ui::icon::Icon;

/// A setting that differs from what is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which.
    pub label: String,
    /// In force.
    pub from: String,
    /// On the page.
    pub to: String,
}

/// The bar of the form with the id `form`. Its controls name what is in force by `data-saved`.
#[island]
pub fn SaveBar(
    /// The form's id.
    form: String,
    /// The button's words: "Save as version 42".
    save: String,
    /// Where "Discard" leads: the page itself.
    discard: String,
    /// What the server knows to differ already.
    changes: Vec<Change>,
) -> impl IntoView {
    let changes = RwSignal::new(changes);
    let watched = form.clone();
    Effect::new(move |_| {
        let form = watched.clone();
        changes.set(browser::changes_of(&form));
        let of = form.clone();
        browser::on_change(&form, move || changes.set(browser::changes_of(&of)));
    });
    let count = move || match changes.get().len() {
        0 => String::new(),
        1 => "1 change".to_owned(),
        n => format!("{n} changes"),
    };
    view! {
        <div class="savebar" role="region" aria-label="Unsaved changes">
            <b role="status">{count}</b>
            <ul class="diff">
                {move || changes.get().into_iter().map(change_line).collect::<Vec<_>>()}
            </ul>
            <span class="row">
                <a class="button plain" href=discard>"Discard"</a>
                <button class="button primary" type="submit" form=form>{save}</button>
            </span>
        </div>
    }
}

fn change_line(change: Change) -> impl IntoView {
    view! {
        <li>
            {change.label}
            <del>{change.from}</del>
            <svg class="icon arrow" role="img" aria-label="to"><use_ href=Icon::ArrowRight.href()></use_></svg>
            <ins>{change.to}</ins>
        </li>
    }
}
