//! The sign-in sheet.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::console::Doorway;
use crate::ui::door::Sheet;
use crate::ui::form::Field;
use crate::ui::icon::{Icon, icon};
use crate::ui::page::Page;

/// The page; `refused` after a try that failed, for whatever reason.
pub fn page(doorway: Doorway, email: String, next: Option<String>, refused: bool) -> Response {
    let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    doorway.show(Page::new("Sign in", move || sheet(email, next, refused)).status(status))
}

fn sheet(email: String, next: Option<String>, refused: bool) -> impl IntoView {
    let banner = refused.then(|| {
        view! {
            <div class="banner tightly" data-o="reject" role="alert" id="problems">
                {icon(Icon::Info)}
                <p>"That e-mail and password do not go together. Check both, or "<a href="/forgot-password">"set a new password"</a>"."</p>
            </div>
        }
    });
    view! {
        <Sheet title="Sign in" lead="to the security console".to_owned()>
            <form class="form" method="post" action="/sign-in">
                {banner}
                {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
                <Field name="email" label="E-mail" kind="email" value=email autocomplete="username" required=true autofocus=true maxlength=254/>
                <Field name="password" label="Password" kind="password" autocomplete="current-password" required=true/>
                <button class="button primary full" type="submit">"Sign in"</button>
                <p class="small"><a href="/forgot-password">"Forgotten your password?"</a></p>
            </form>
        </Sheet>
    }
}
