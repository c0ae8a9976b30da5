//! What the sheets of setting up share: the steps, the kinds to choose from, the field for a code, sending another.

use leptos::prelude::*;

use crate::access::code::RESENDS;
use crate::access::factor::FactorKind;
use crate::access::pages::wait::{left_words, wait};
use crate::access::service::codes::Standing;
use crate::access::service::enrol::Offer;
use crate::ui::feedback::Problems;
use crate::ui::form::error_line;
use crate::ui::icon::{Icon, icon, tiny_icon};
use crate::ui::text::Clockface;

/// Where these pages stand: below the one with all devices.
pub fn crumbs() -> Vec<(String, Option<String>)> {
    vec![("You".into(), None), ("Password and MFA".into(), Some("/me/second-factor".into()))]
}

/// Where a person is on the way to their first device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Choosing and proving a device.
    Device,
    /// Keeping the codes.
    Codes,
}

/// The way in three steps.
pub fn stages(at: Stage) -> impl IntoView {
    let codes = at == Stage::Codes;
    let mark = |done: bool, n: u8| match done {
        true => tiny_icon(Icon::Check).into_any(),
        false => n.into_any(),
    };
    view! {
        <ol class="steps">
            <li class="done"><span>{mark(true, 1)}</span>"Password"</li>
            <li class=codes.then_some("done") aria-current=(!codes).then_some("step")><span>{mark(codes, 2)}</span>"Second step"</li>
            <li aria-current=codes.then_some("step")><span>{mark(false, 3)}</span>"Recovery codes"</li>
        </ol>
    }
}

/// The kinds on the left of a sheet; the one that is being set up is marked.
pub fn kinds(offers: Vec<Offer>, current: Option<FactorKind>) -> impl IntoView {
    let lines: Vec<_> = offers.into_iter().map(|offer| view! { <li>{choice(offer, current)}</li> }).collect();
    view! {
        <nav aria-label="Kinds of device">
            <h2 class="pad">"Choose a device"</h2>
            <ul>{lines}</ul>
        </nav>
    }
}

fn choice(offer: Offer, current: Option<FactorKind>) -> AnyView {
    let marked = (current == Some(offer.kind)).then_some("true");
    let (sign, words) = match offer.kind {
        FactorKind::Passkey => (Icon::Fingerprint, "Fingerprint, face or security key. Quickest and safest."),
        FactorKind::Totp => (Icon::QrCode, "Works without a signal."),
        FactorKind::Sms => (Icon::Smartphone, "To a mobile number."),
    };
    let refused = (!offer.refused_by.is_empty())
        .then(|| view! { <small>{format!("Not accepted by {}.", offer.refused_by.join(", "))}</small> });
    let inside = view! { {icon(sign)}<b>{title(offer.kind)}</b><small>{words}</small>{refused} };
    match offer.kind {
        FactorKind::Totp => view! {
            <form method="post" action="/me/second-factor/totp"><button class="choice" type="submit" aria-current=marked>{inside}</button></form>
        }
        .into_any(),
        FactorKind::Passkey => {
            view! { <a class="choice" href="/me/second-factor/passkey" aria-current=marked>{inside}</a> }.into_any()
        }
        FactorKind::Sms => {
            view! { <a class="choice" href="/me/second-factor/set-up?kind=sms" aria-current=marked>{inside}</a> }.into_any()
        }
    }
}

/// A kind as people set it up.
pub fn title(kind: FactorKind) -> &'static str {
    match kind {
        FactorKind::Sms => "Text message",
        other => other.label(),
    }
}

/// One field for six digits: paste works, the phone fills it in, readers hear one field.
pub fn code_field(problems: &Problems, help: AnyView) -> impl IntoView + use<> {
    let error = problems.of("code");
    let described = if error.is_some() { "f-code-e f-code-h" } else { "f-code-h" };
    view! {
        <div class="field">
            <label for="f-code">"Six-digit code"</label>
            <input
                class="code-input" id="f-code" name="code" inputmode="numeric" autocomplete="one-time-code"
                maxlength="12" required autofocus spellcheck="false"
                aria-invalid=error.is_some().then_some("true") aria-describedby=described
            />
            {error.map(|words| error_line("f-code-e".into(), words))}
            <p class="help" id="f-code-h">{help}</p>
        </div>
    }
}

/// Until when the code that was sent can be typed.
pub fn good_until(standing: &Standing, clock: Clockface) -> AnyView {
    match standing.live_until {
        Some(until) => {
            view! { "Good until "{clock.zoned(until)}". You may paste it. Five tries for each code." }.into_any()
        }
        None => "There is no code that can be typed now: send another.".into_any(),
    }
}

/// The page's own address, the form that sends, and where both go on.
pub struct Resend {
    /// Where the page is looked at again.
    pub here: String,
    /// Where the form is posted.
    pub action: String,
    /// Where to go on, if that is not fixed.
    pub next: Option<String>,
}

/// Sending another: when, and how many resends are left before the pause.
pub fn resend(paths: Resend, standing: Standing, clock: Clockface) -> impl IntoView {
    let Resend { here, action, next } = paths;
    let left = usize::from(standing.resends_left);
    let dots: Vec<_> = (0..RESENDS).map(|n| view! { <b class=(n < left).then_some("on")></b> }).collect();
    let until = standing.waits_until();
    view! {
        <div class="resend" data-waits="">
            <form class="row wide" method="post" action=action>
                {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
                <button class="button small" type="submit" disabled=until.is_some()>"Send another code"</button>
                <span class="quiet small"><span class="dots" aria-hidden="true">{dots}</span>" "{left_words(&standing)}</span>
            </form>
            {until.map(|until| wait(until, clock, here))}
            <p class="help small quiet">"A new code replaces this one. After the third resend there is a pause of 15 minutes."</p>
        </div>
    }
}
