//! Step-up: confirm that it is you.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::forms::step_up::{PATH, address};
use crate::access::pages::code_step::{self, Paths};
use crate::access::pages::passkey::PasskeyForm;
use crate::access::service::step_up::{Counts, Goal, Purpose};
use crate::access::service::ways::Offers;
use crate::console::Console;
use crate::ui::feedback::{Notice, Problems, Tone, error_summary};
use crate::ui::form::Field;
use crate::ui::layout::Head;
use crate::ui::page::Page;

const LEAD: &str = "What comes next loosens a protection or touches keys, people or devices, so we ask for the strongest proof you have. It holds for ten minutes.";

/// What the page shows.
pub struct Shown {
    /// The ways of the second step; none where the password is all there is.
    pub offers: Option<Offers>,
    /// Where to go on afterwards.
    pub next: Option<String>,
    /// What the place to go on to counts, if not everything.
    pub counts: Option<Counts>,
    /// What the proof is for, and where to turn back.
    pub purpose: Purpose,
    /// What is wrong.
    pub problems: Problems,
}

/// Asks for the password and, where there is a factor, for the second step.
pub fn page(console: Console, shown: Shown) -> Response {
    let status = if shown.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let closed = shown.offers.as_ref().and_then(code_step::closed).filter(|_| shown.problems.is_empty());
    let notice = closed.map(|text| Notice { tone: Tone::Warning, text });
    let scripts = shown.offers.as_ref().map(code_step::scripts).unwrap_or_default();
    let page = Page::new("Confirm that it is you", move || view(shown)).status(status).notice(notice);
    console.show(page.with_all(scripts))
}

fn view(shown: Shown) -> impl IntoView {
    let Shown { offers, next, counts, purpose, problems } = shown;
    let paths = Paths { send: "/me/confirm/code", page: address, next: next.clone() };
    let source = offers.as_ref().map(|offers| code_step::origin(offers, &paths));
    let send = offers.as_ref().and_then(|offers| code_step::send_button(offers, &paths, "button"));
    let code = offers.as_ref().map(|offers| code_step::field(offers, &problems));
    let others = offers.as_ref().map(|offers| code_step::others(offers, &paths));
    let way = offers.as_ref().and_then(|offers| offers.chosen);
    let passkey = offers.as_ref().is_some_and(|offers| offers.passkey).then(|| {
        view! { <PasskeyForm action="/me/confirm/passkey" next=next.clone() button="Confirm with a passkey"/> }
    });
    let back = purpose.back;
    let cancel = || view! { <a class="button plain" href=back.clone()>"Cancel"</a> };
    // With a passkey alone there is no code to type beside the password.
    let password_helps = offers.is_none() || way.is_some();
    let form = if password_helps {
        view! {
            <form class="form" method="post" action=PATH data-waits="">
                {code_step::hidden(way, next)}
                <Field name="password" label="Password" kind="password" autocomplete="current-password" required=true autofocus=true error=problems.of("password")/>
                {source}
                {code}
                <div class="row"><button class="button primary" type="submit">"Confirm"</button>{send}{cancel()}</div>
            </form>
        }
        .into_any()
    } else {
        view! { <div class="row">{cancel()}</div> }.into_any()
    };
    let about = purpose.what.map(|what| {
        let there = purpose.site.map_or_else(|| ".".to_owned(), |site| format!(" at {site}."));
        view! { <p>"You are about to "<strong>{what}</strong>{there}</p> }
    });
    view! {
        <Head title="Confirm that it is you" crumbs=vec![("You".into(), None)] lead=LEAD.to_owned()/>
        {error_summary(&problems)}
        {about}
        {counts.map(|counts| view! { <p>{only(&counts)}</p> })}
        {passkey}
        {form}
        {others}
    }
}

fn only(counts: &Counts) -> String {
    let kinds: Vec<_> = counts.kinds.iter().map(|kind| kind.label()).collect();
    let (site, kinds) = (&counts.site, kinds.join(", "));
    match counts.goal {
        Goal::Site => format!(
            "At {site} only this opens the site: {kinds}. Without such a device, set one up under Password and MFA first."
        ),
        Goal::SetUp => format!(
            "Only this opens {site}: {kinds}. So another such device is set up after a proof by the one you have. Without it, confirm with a recovery code and with a code that we mail you then."
        ),
    }
}
