//! The second step of signing in.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;

use crate::access::forms::second_step::{PATH, address};
use crate::access::pages::code_step::{self, Paths, face};
use crate::access::pages::parts::problem_banner;
use crate::access::pages::passkey::PasskeyForm;
use crate::access::service::ways::{Offers, Way};
use crate::console::Doorway;
use crate::kernel::clock::Timestamp;
use crate::ui::door::Sheet;
use crate::ui::feedback::{Notice, Problems, Tone};
use crate::ui::page::Page;

/// What the page shows.
pub struct Shown {
    /// The ways to choose from, and how the chosen one stands.
    pub offers: Offers,
    /// Where to go afterwards.
    pub next: Option<String>,
    /// What is wrong.
    pub problems: Problems,
    /// Whether help was just asked for.
    pub helped: bool,
    /// When it is too late.
    pub until: Timestamp,
}

/// The page.
pub fn page(doorway: Doorway, shown: Shown) -> Response {
    let status = if shown.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let reload = code_step::reload_in(&shown.offers).filter(|_| shown.problems.is_empty());
    let notice = notice(&shown);
    let scripts = code_step::scripts(&shown.offers);
    let page = Page::new("Second step", move || sheet(shown)).status(status).notice(notice);
    let mut response = doorway.show(page.with_all(scripts));
    if let Some(value) = reload.and_then(|seconds| HeaderValue::from_str(&seconds.to_string()).ok()) {
        response.headers_mut().insert(header::REFRESH, value);
    }
    response
}

fn notice(shown: &Shown) -> Option<Notice> {
    if shown.helped {
        let text = "We have told the people who can help you. They will not ask for your password or a code.".into();
        return Some(Notice { tone: Tone::Good, text });
    }
    let text = code_step::closed(&shown.offers).filter(|_| shown.problems.is_empty())?;
    Some(Notice { tone: Tone::Warning, text })
}

fn sheet(shown: Shown) -> impl IntoView {
    let Shown { offers, next, problems, until, .. } = shown;
    let paths = Paths { send: "/sign-in/second-step/code", page: address, next: next.clone() };
    let lead = "The password was right. Prove it with something of yours, too, before ".to_owned();
    let before = face(&offers).zoned(until);
    let before = view! { {before}"." }.into_any();
    let passkey = offers.passkey.then(|| {
        let (next, alone) = (next.clone(), offers.chosen.is_none());
        view! { <PasskeyForm action="/sign-in/second-step/passkey" next=next button="Use a passkey" after_or=!alone/> }
    });
    let (source, others) = (code_step::source(&offers, &paths), code_step::others(&offers, &paths));
    view! {
        <Sheet title="Second step" lead=lead lead_end=before>
            {problem_banner(&problems)}
            {source}
            {code_form(&offers, next.clone(), &problems)}
            {passkey}
            {others}
            {help(offers.chosen, next)}
            <p class="small"><a href="/sign-in">"Back to sign-in"</a></p>
        </Sheet>
    }
}

fn code_form(offers: &Offers, next: Option<String>, problems: &Problems) -> Option<AnyView> {
    let way = offers.chosen?;
    let form = view! {
        <form class="form" method="post" action=PATH>
            {code_step::hidden(Some(way), next)}
            {code_step::field(offers, problems)}
            <button class="button primary full" type="submit">"Sign in"</button>
        </form>
    };
    Some(form.into_any())
}

fn help(way: Option<Way>, next: Option<String>) -> impl IntoView {
    view! {
        <form class="form" method="post" action="/sign-in/second-step/help">
            {code_step::hidden(way, next)}
            <p class="small">"Nothing of this at hand? We tell the people who run your sites that require a second factor that you cannot use your device."</p>
            <button class="button full" type="submit">"Unable to access device"</button>
        </form>
    }
}

/// There is no sign-in to finish: it was finished, took too long, or never began.
pub fn gone(doorway: Doorway) -> Response {
    let view = || {
        view! {
            <Sheet title="Begin again" lead="The second step comes right after the password, within ten minutes, and once.".to_owned()>
                <div class="form"><a class="button primary full" href="/sign-in">"Sign in"</a></div>
            </Sheet>
        }
    };
    let notice = Notice { tone: Tone::Warning, text: "Nobody was signed in.".into() };
    doorway.show(Page::new("Begin again", view).status(StatusCode::GONE).notice(notice))
}
