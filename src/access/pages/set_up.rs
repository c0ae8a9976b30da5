//! The sheet of a new installation: its first owner and site.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::forms::set_up::SetUp;
use crate::access::pages::parts::{NewPasswordFields, problem_banner};
use crate::access::service::set_up::RULE;
use crate::console::Doorway;
use crate::ui::door::Sheet;
use crate::ui::feedback::Problems;
use crate::ui::form::{Field, Select};
use crate::ui::islands::new_password::FORM;
use crate::ui::page::Page;

/// The form, with what was typed.
pub fn form(doorway: Doorway, typed: SetUp, problems: Problems) -> Response {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    doorway.show(Page::new("Set up Gatehouse", move || sheet(typed, problems)).status(status).with_islands())
}

fn sheet(typed: SetUp, problems: Problems) -> impl IntoView {
    let kinds = [("test", "Test: nothing here counts for live data"), ("live", "Live")]
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .to_vec();
    let zones =
        chrono_tz::TZ_VARIANTS.iter().map(|zone| (zone.name().to_owned(), zone.name().replace('_', " "))).collect();
    view! {
        <Sheet title="Set up Gatehouse" lead="The first site, and you as its owner. More of both can follow.".to_owned()>
            <form class="form" id=FORM method="post" action="/set-up">
                {problem_banner(&problems)}
                <Field name="site" label="Site" value=typed.site help="What people call it. Its address comes from it.".to_owned() autocomplete="organization" error=problems.of("site") required=true autofocus=true maxlength=100/>
                <Select name="kind" label="Live or test" options=kinds value=typed.kind error=problems.of("kind") help="It cannot be changed later; you can have one of each.".to_owned()/>
                <Field name="currency" label="Currency" value=typed.currency help="Three letters of ISO 4217: the preset of new payment services.".to_owned() error=problems.of("currency") required=true maxlength=3/>
                <Select name="time_zone" label="Time zone" options=zones value=typed.time_zone error=problems.of("time_zone")/>
                <Field name="owner" label="Your name" value=typed.owner autocomplete="name" error=problems.of("owner") required=true maxlength=100/>
                <Field name="email" label="Your e-mail" kind="email" value=typed.email autocomplete="username" error=problems.of("email") required=true maxlength=254/>
                <NewPasswordFields name="password" label="Password" problems=problems.clone() rule=RULE/>
                <button class="button primary full" type="submit">"Make the owner and the site"</button>
            </form>
        </Sheet>
    }
}

/// The token does not work any more.
pub fn gone(doorway: Doorway) -> Response {
    let view = || {
        view! {
            <Sheet title="This link does not work" lead="It was used already or is older than a day.".to_owned()>
                <div class="form">
                    <p>"If nobody has set Gatehouse up yet, make another link at the server with "<code>"gatehouse setup-token"</code>"."</p>
                    <p class="small"><a href="/sign-in">"To sign-in"</a></p>
                </div>
            </Sheet>
        }
    };
    doorway.show(Page::new("This link does not work", view).status(StatusCode::GONE))
}
