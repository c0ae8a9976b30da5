//! The sheets of a forgotten password.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::pages::parts::{NewPasswordFields, problem_banner};
use crate::access::password::Rule;
use crate::console::Doorway;
use crate::ui::door::Sheet;
use crate::ui::feedback::{Notice, Problems, Tone};
use crate::ui::form::Field;
use crate::ui::islands::new_password::FORM;
use crate::ui::page::Page;

/// Asks for the address.
pub fn forgot(doorway: Doorway) -> Response {
    doorway.page("Forgotten password", || {
        view! {
            <Sheet title="Forgotten your password?" lead="Write the address you sign in with. If it has an account, we send a link there.".to_owned()>
                <form class="form" method="post" action="/forgot-password">
                    <Field name="email" label="E-mail" kind="email" autocomplete="username" required=true autofocus=true maxlength=254/>
                    <button class="button primary full" type="submit">"Send the link"</button>
                    <p class="small"><a href="/sign-in">"Back to sign-in"</a></p>
                </form>
            </Sheet>
        }
    })
}

/// After asking, whoever asked.
pub fn asked(doorway: Doorway) -> Response {
    doorway.page("Look into your mail", || {
        view! {
            <Sheet title="Look into your mail" lead="If the address has an account, a link is on its way. It works once, within an hour.".to_owned()>
                <div class="form">
                    <p>"Nothing there after a few minutes? Look among unwanted mail, or check the address and ask again."</p>
                    <p class="small"><a href="/forgot-password">"Ask again"</a>" · "<a href="/sign-in">"Back to sign-in"</a></p>
                </div>
            </Sheet>
        }
    })
}

/// The new password. Of the person no more is said than what is asked of it: who opens the link reads their mail, and may
/// not know them.
pub fn choose(doorway: Doorway, rule: Rule, problems: Problems) -> Response {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = move || {
        view! {
            <Sheet title="Choose a new password" lead="All browsers are signed out, and sign-in is open again if it was paused.".to_owned()>
                <form class="form" id=FORM method="post" action="/reset-password">
                    {problem_banner(&problems)}
                    <NewPasswordFields name="password" label="New password" problems=problems.clone() rule=rule/>
                    <button class="button primary full" type="submit">"Set the password"</button>
                </form>
            </Sheet>
        }
    };
    doorway.show(Page::new("Choose a new password", view).status(status).with_islands())
}

/// The link does not work any more.
pub fn gone(doorway: Doorway) -> Response {
    let view = || {
        view! {
            <Sheet title="This link does not work" lead="It was used already, is older than an hour, or a newer one was sent.".to_owned()>
                <div class="form">
                    <a class="button primary full" href="/forgot-password">"Ask for a new link"</a>
                    <p class="small"><a href="/sign-in">"Back to sign-in"</a></p>
                </div>
            </Sheet>
        }
    };
    let notice = Notice { tone: Tone::Warning, text: "Nothing was changed.".into() };
    doorway.show(Page::new("This link does not work", view).status(StatusCode::GONE).notice(notice))
}
