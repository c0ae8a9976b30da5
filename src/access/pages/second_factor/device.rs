//! One device: another name, removed, lost.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::factor::Factor;
use crate::access::pages::second_factor::list::about;
use crate::access::pages::second_factor::parts::crumbs;
use crate::console::Console;
use crate::kernel::clock::Timestamp;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::Field;
use crate::ui::layout::{Block, Head, Place, facts};
use crate::ui::page::Page;
use crate::ui::text::{Clockface, nothing};

/// The page; `name` is what stands in the field.
pub fn page(console: Console, factor: Factor, name: String, clock: Clockface, problems: Problems) -> Response {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    console.show(Page::new(factor.name.clone(), move || view(factor, name, clock, problems)).status(status))
}

fn view(factor: Factor, name: String, clock: Clockface, problems: Problems) -> impl IntoView {
    let path = format!("/me/second-factor/{}", factor.id);
    let about = about(&factor);
    let moment = |at: Option<Timestamp>| at.map(|at| clock.at(at).into_any()).unwrap_or_else(|| nothing("never"));
    let facts = facts(vec![
        ("Kind", about.into_any()),
        ("Set up", moment(factor.activated_at)),
        ("Last used", moment(factor.last_used_at)),
    ]);
    let ask = |reason: &str, words| {
        view! { <p><a class="button danger" href=format!("{path}/end?reason={reason}")>{words}</a></p> }
    };
    let (lost, removed) = (ask("lost", "Mark it as lost"), ask("removed", "Remove it"));
    view! {
        <Head title=factor.name crumbs=crumbs()/>
        {error_summary(&problems)}
        <Block title="About it" lead=clock.zone_words() place=Place::First>{facts}</Block>
        <Block title="Name">
            <form class="form" method="post" action=format!("{path}/name")>
                <Field name="name" label="What you call it" value=name required=true maxlength=60 error=problems.of("name")/>
                <div class="row"><button class="button" type="submit">"Save the name"</button></div>
            </form>
        </Block>
        <Block title="It is lost" lead="It opens nothing from now on, all your other browsers are signed out, and you get a mail.".to_owned()>
            {lost}
        </Block>
        <Block title="You no longer use it" lead="It is taken off your account; the same happens as for a lost one.".to_owned() place=Place::Last>
            {removed}
        </Block>
    }
}
