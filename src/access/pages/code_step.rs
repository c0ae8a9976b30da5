//! What the second step looks like, at sign-in and when confirming: where the code comes from, the button that sends one
//! and when it may be pressed again, the field, and the other ways.

use leptos::prelude::*;

use crate::access::code::RESENDS;
use crate::access::factor::{Factor, FactorKind};
use crate::access::forms::refusals::moment;
use crate::access::pages::delivery::{delivery, is_open};
use crate::access::pages::wait::{left_words, wait};
use crate::access::service::codes::Standing;
use crate::access::service::ways::{Offers, Way};
use crate::kernel::phone::Phone;
use crate::ui::feedback::Problems;
use crate::ui::form::Field;
use crate::ui::page::Script;
use crate::ui::text::Clockface;

/// Where the forms of a page go.
#[derive(Clone)]
pub struct Paths {
    /// The form that sends a code.
    pub send: &'static str,
    /// The page for a way.
    pub page: fn(Option<Way>, Option<&str>) -> String,
    /// Where to go on afterwards.
    pub next: Option<String>,
}

/// A factor as its person knows it: its name, and of a number the last digits.
pub fn title(factor: &Factor) -> String {
    let number = factor.phone.as_deref().map(|phone| phone.parse::<Phone>().map(|p| p.masked()).unwrap_or_default());
    match number.filter(|number| !number.is_empty()) {
        Some(number) => format!("{} ({number})", factor.name),
        None => factor.name.clone(),
    }
}

/// What is carried from page to page.
pub fn hidden(way: Option<Way>, next: Option<String>) -> impl IntoView + use<> {
    view! {
        {way.map(|way| view! { <input type="hidden" name="with" value=way.to_string()/> })}
        {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
    }
}

/// Where the code comes from: for a number, the button that sends one, as a form of its own.
pub fn source(offers: &Offers, paths: &Paths) -> AnyView {
    let words = origin(offers, paths);
    match offers.texting() {
        Some(_) => view! {
            <form class="form" method="post" action=paths.send data-waits="">
                {hidden(offers.chosen, paths.next.clone())}
                {words}
                {send_button(offers, paths, "button full")}
            </form>
        }
        .into_any(),
        None => words,
    }
}

/// Where the code comes from, in words.
pub fn origin(offers: &Offers, paths: &Paths) -> AnyView {
    let Some(factor) = offers.factor() else { return ().into_any() };
    match offers.texting() {
        Some(standing) => texting(factor, standing, offers, paths),
        None => {
            let which =
                if factor.name == factor.kind.label() { String::new() } else { format!(" ({})", title(factor)) };
            let words = format!("Open your authenticator app{which} and read the code for Gatehouse.");
            view! { <p>{words}</p> }.into_any()
        }
    }
}

/// The button that texts a code, for a form whose own button does something else.
pub fn send_button(offers: &Offers, paths: &Paths, class: &'static str) -> Option<impl IntoView + use<>> {
    let standing = offers.texting()?;
    let words = if standing.live_until.is_some() { "Send another code" } else { "Send the code" };
    let shut = standing.next_at.is_some() || offers.closed_until.is_some();
    let to = paths.send;
    Some(view! { <button class=class type="submit" formaction=to formnovalidate=true disabled=shut>{words}</button> })
}

fn texting(factor: &Factor, standing: Standing, offers: &Offers, paths: &Paths) -> AnyView {
    let clock = face(offers);
    let on_its_way = standing.live_until.is_some();
    let state = match standing.live_until {
        Some(until) => {
            view! { "A code is on its way to "{title(factor)}". It is good until "{clock.zoned(until)}"." }.into_any()
        }
        None => format!("We text a code to {}.", title(factor)).into_any(),
    };
    let here = || (paths.page)(offers.chosen, paths.next.as_deref());
    let shut = standing.waits_until();
    let wait = shut.map(|until| wait(until, clock, here()));
    // Before the first code nobody needs to hear of more.
    let begun = on_its_way || standing.next_at.is_some() || usize::from(standing.resends_left) < RESENDS;
    // Whether the pause is still on says the wait below, which counts it down.
    let then = if standing.resends_left > 0 { ", then a pause of 15 minutes." } else { "." };
    let left = begun.then(|| view! { <p class="small">{left_words(&standing)}{then}</p> });
    let text = offers.delivery.as_ref().filter(|_| on_its_way);
    let delivery = text.map(|text| delivery(text, &standing, here(), "Send another code, or take another way."));
    view! {
        <p>{state}</p>
        {delivery}
        {left}
        {wait}
    }
    .into_any()
}

/// The field for the code, as the chosen way wants it.
pub fn field(offers: &Offers, problems: &Problems) -> AnyView {
    let error = problems.of("code");
    match offers.chosen {
        None => ().into_any(),
        Some(Way::Recovery) => view! {
            <Field name="code" label="Recovery code" autocomplete="off" required=true autofocus=true maxlength=64 error=error
                help="One of the ten you kept when you set up your second factor. Each works once.".to_owned()/>
        }
        .into_any(),
        Some(Way::Factor(_)) => {
            // Without a code on its way the cursor has nothing to do here.
            let ready = offers.standing.is_none_or(|standing| standing.live_until.is_some());
            view! {
                <Field name="code" label="Code" autocomplete="one-time-code" inputmode="numeric" required=true autofocus=ready maxlength=20 error=error
                    help="Six digits.".to_owned()/>
            }
            .into_any()
        }
    }
}

/// The other ways, each a link.
pub fn others(offers: &Offers, paths: &Paths) -> impl IntoView + use<> {
    let next = paths.next.as_deref();
    let factors = offers.factors.iter().map(|factor| {
        let label = match factor.kind {
            FactorKind::Sms => format!("Text a code to {}", title(factor)),
            _ => format!("Use {}", title(factor)),
        };
        (Way::Factor(factor.id), label)
    });
    let lines: Vec<_> = factors
        .chain([(Way::Recovery, "Use a recovery code".to_owned())])
        .filter(|(way, _)| Some(*way) != offers.chosen)
        .map(|(way, label)| view! { <li><a href=(paths.page)(Some(way), next)>{label}</a></li> })
        .collect();
    view! { <ul class="small" aria-label="Other ways">{lines}</ul> }
}

/// Said while too many wrong guesses close all codes.
pub fn closed(offers: &Offers) -> Option<String> {
    let until = offers.closed_until?;
    Some(format!(
        "Too many wrong codes. Codes are taken again at {}. A passkey or a recovery code still works.",
        moment(until, face(offers))
    ))
}

/// What makes the page livelier: passkeys, a wait that is counted down, a text of which more may be told.
pub fn scripts(offers: &Offers) -> Vec<Script> {
    let waits = offers.standing.is_some_and(|standing| standing.waits_until().is_some());
    let told = offers.texting().zip(offers.delivery.as_ref());
    let open = told.is_some_and(|(standing, text)| is_open(text, &standing));
    let wanted = [(Script::Passkey, offers.passkey), (Script::Countdown, waits), (Script::Refresh, open)];
    wanted.into_iter().filter_map(|(script, wanted)| wanted.then_some(script)).collect()
}

/// Seconds after which the page is worth loading again by itself: only where nothing can be typed meanwhile.
pub fn reload_in(offers: &Offers) -> Option<u64> {
    if !matches!(offers.chosen, Some(Way::Factor(_))) {
        return None;
    }
    let paused = offers.standing.and_then(|s| s.next_at.filter(|_| s.live_until.is_none()));
    let until = offers.closed_until.or(paused)?;
    Some(crate::access::forms::refusals::seconds(until, offers.now))
}

/// The page's instant, in its reader's zone.
pub fn face(offers: &Offers) -> Clockface {
    Clockface { now: offers.now, zone: offers.zone }
}
