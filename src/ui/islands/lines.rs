//! Says, while values are typed one a line, how many there are and which lines are wrong. The server says the same
//! when the form is sent.

use std::{cell::Cell, rc::Rc};

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::browser;

/// What the endpoint answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinesView {
    /// How many values are good.
    pub good: usize,
    /// The lines that are not, from 1, and how to mend each; the first few.
    pub bad: Vec<BadLine>,
    /// How many are wrong in all.
    pub bad_in_all: usize,
}

/// A line that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// How to mend it.
    pub words: String,
}

/// Watches the form `form`: posts its fields to `url`, shows the answer.
#[island]
pub fn LinePreview(
    /// The form's id.
    form: String,
    /// The endpoint; it answers with [`LinesView`] as JSON.
    url: String,
) -> impl IntoView {
    let shown = RwSignal::new(None::<LinesView>);
    Effect::new(move |_| {
        let slot = Rc::new(Cell::new(0));
        let (of, url) = (form.clone(), url.clone());
        browser::on_change(&form, move || {
            let (of, url) = (of.clone(), url.clone());
            browser::debounce(&slot, 300, move || {
                browser::spawn(async move {
                    let Some(body) = browser::fields_of(&of) else { return };
                    let Some(answer) = browser::post(&url, &body).await else { return };
                    shown.set(serde_json::from_str(&answer).ok());
                });
            });
        });
    });
    view! { <div class="line-preview" role="status">{move || shown.get().map(lines)}</div> }
}

fn lines(view: LinesView) -> impl IntoView {
    let more = view.bad_in_all.saturating_sub(view.bad.len());
    let bad: Vec<_> = view
        .bad
        .into_iter()
        .map(|bad| view! { <li><b>{format!("Line {}: ", bad.line)}</b><span>{bad.words}</span></li> })
        .collect();
    view! {
        <p class="help">{match view.good { 1 => "1 value".to_owned(), n => format!("{n} values") }}</p>
        {(!bad.is_empty()).then(|| view! { <ul class="bad-lines">{bad}</ul> })}
        {(more > 0).then(|| view! { <p class="help">{format!("and {more} more")}</p> })}
    }
}
