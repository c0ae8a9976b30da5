//! The mailed code before a late first device.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::pages::second_factor::choose::TITLE;
use crate::access::pages::second_factor::parts::{Resend, code_field, crumbs, good_until, resend};
use crate::access::service::codes::Standing;
use crate::console::Console;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::layout::Head;
use crate::ui::page::{Page, Script};
use crate::ui::text::Clockface;

/// What the page shows.
pub struct View {
    /// The person's address.
    pub address: String,
    /// Where mailing stands.
    pub standing: Standing,
    /// Where to go on.
    pub next: String,
    /// The page's instant, in the reader's zone.
    pub clock: Clockface,
    /// What is wrong.
    pub problems: Problems,
}

/// The page.
pub fn page(console: Console, view: View) -> Response {
    let status = if view.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let waits = view.standing.waits_until().is_some();
    console.show(Page::new(TITLE, move || body(view)).status(status).with(Script::Countdown, waits))
}

fn body(view: View) -> impl IntoView {
    let View { address, standing, next, clock, problems } = view;
    let inside = match standing.live_until {
        Some(_) => code_form(standing, next, clock, problems).into_any(),
        None => send_form(next, problems).into_any(),
    };
    view! {
        <Head title=TITLE crumbs=crumbs() lead="Your time for this is over, your devices were reset, or you came with a recovery code. So that alone is not enough: first show that you read your mail.".to_owned()/>
        <section class="sheet narrow panel" aria-label="Mailed code">
            <div>
                <h2>"A code by mail"</h2>
                <p class="mid">"To "<b>{address}</b></p>
            </div>
            {inside}
        </section>
    }
}

fn send_form(next: String, problems: Problems) -> impl IntoView {
    view! {
        <form class="form" method="post" action="/me/second-factor/mail/send">
            {error_summary(&problems)}
            <input type="hidden" name="next" value=next/>
            <button class="button primary full" type="submit">"Mail me a code"</button>
        </form>
    }
}

fn code_form(standing: Standing, next: String, clock: Clockface, problems: Problems) -> impl IntoView {
    let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    let again = Resend {
        here: format!("/me/second-factor/mail?next={query}"),
        action: "/me/second-factor/mail/send".into(),
        next: Some(next.clone()),
    };
    view! {
        <form class="form" method="post" action="/me/second-factor/mail">
            {error_summary(&problems)}
            <input type="hidden" name="next" value=next/>
            {code_field(&problems, good_until(&standing, clock))}
            <button class="button primary full" type="submit">"Go on"</button>
        </form>
        {resend(again, standing, clock)}
    }
}
