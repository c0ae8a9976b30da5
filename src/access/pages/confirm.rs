//! Step-up: confirm that it is you.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::console::Console;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::Field;
use crate::ui::layout::Head;
use crate::ui::page::Page;

/// Asks for the password; `wrong` says why again.
pub fn page(console: Console, next: Option<String>, wrong: Option<&'static str>) -> Response {
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let problems: Problems = wrong.into_iter().map(|words| ("password", words)).collect();
    let view = move || {
        view! {
            <Head title="Confirm that it is you" crumbs=vec![("You".into(), None)] lead="What comes next loosens a protection or touches keys, so we ask for your password again. It holds for ten minutes.".to_owned()/>
            <form class="form" method="post" action="/me/confirm">
                {error_summary(&problems)}
                {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
                <Field name="password" label="Password" kind="password" autocomplete="current-password" required=true autofocus=true error=problems.of("password")/>
                <div class="row"><button class="button primary" type="submit">"Confirm"</button></div>
            </form>
        }
    };
    console.show(Page::new("Confirm that it is you", view).status(status))
}
