//! What the sheets of setting up share: the steps, the kinds to choose from, the field for a code, sending another.

use leptos::prelude::*;

use crate::access::code::SENDS;
use crate::access::factor::FactorKind;
use crate::access::pages::wait::wait;
use crate::access::service::codes::Standing;
use crate::access::service::enrol::Offer;
use crate::kernel::clock::Timestamp;
use crate::ui::feedback::Problems;
use crate::ui::form::error_line;
use crate::ui::icon::{Icon, icon, tiny_icon};

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
pub fn code_field(problems: &Problems, help: String) -> impl IntoView + use<> {
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

/// "14:23:05 UTC".
pub fn clock_time(at: Timestamp) -> String {
    at.format("%H:%M:%S UTC").to_string()
}

/// Until when the code that was sent can be typed.
pub fn good_until(standing: &Standing) -> String {
    match standing.live_until {
        Some(until) => format!("Good until {}. You may paste it. Five tries for each code.", clock_time(until)),
        None => "There is no code that can be typed now: send another.".into(),
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
pub fn resend(paths: Resend, standing: Standing, now: Timestamp) -> impl IntoView {
    let Resend { here, action, next } = paths;
    let resends = SENDS - 1;
    let used = resends - usize::from(standing.resends_left).min(resends);
    let dots: Vec<_> = (0..resends).map(|n| view! { <b class=(n < used).then_some("on")></b> }).collect();
    let until = standing.waits_until();
    view! {
        <div class="resend" data-waits="">
            <form class="row wide" method="post" action=action>
                {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
                <button class="button small" type="submit" disabled=until.is_some()>"Send another code"</button>
                <span class="quiet small"><span class="dots" aria-hidden="true">{dots}</span>{format!(" {used} of {resends} resends used")}</span>
            </form>
            {until.map(|until| wait(until, now, here))}
            <p class="help small quiet">"A new code replaces this one. After the third resend, the next one is 15 minutes later."</p>
        </div>
    }
}
