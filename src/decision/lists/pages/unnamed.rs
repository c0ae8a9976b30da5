//! Where a button alone would turn away more than half of last week's good payments: the question that wants the number.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::console::Console;
use crate::decision::last_week::LastWeek;
use crate::decision::pages::number::name_the_number_as;
use crate::ui::page::Page;

/// What is asked.
pub struct Question {
    /// What would be done: "Enforce Networks?".
    pub title: String,
    /// Where the answer goes.
    pub action: String,
    /// What the button had posted.
    pub hidden: Vec<(&'static str, String)>,
    /// What the number is posted as.
    pub number: &'static str,
    /// The button's words.
    pub button: &'static str,
    /// Where "Cancel" leads.
    pub cancel: String,
    /// The number.
    pub week: LastWeek,
    /// What was typed, if it was asked before.
    pub typed: Option<String>,
}

/// The page with the question.
pub fn show(console: Console, question: Question) -> Response {
    let title = question.title.clone();
    console.show(Page::new(title, move || content(question)).status(StatusCode::UNPROCESSABLE_ENTITY))
}

fn content(question: Question) -> impl IntoView {
    let Question { title, action, hidden, number, button, cancel, week, typed } = question;
    let hidden: Vec<_> =
        hidden.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect();
    view! {
        <section class="confirm" aria-labelledby="confirm-h">
            <h1 id="confirm-h">{title}</h1>
            <form class="form" action=action method="post">
                {hidden}
                {name_the_number_as(number, week, typed.as_deref(), "leave it as it is")}
                <div class="row">
                    <button class="button danger-fill" type="submit">{button}</button>
                    <a class="button plain" href=cancel>"Cancel"</a>
                </div>
            </form>
        </section>
    }
}
