//! The first code: of an authenticator, beside its QR code, or of a number, with where the text went.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::factor::FactorKind;
use crate::access::pages::delivery::{delivery, is_open};
use crate::access::pages::second_factor::choose::{TITLE, sheet};
use crate::access::pages::second_factor::parts::{Resend, code_field, good_until, resend};
use crate::access::service::codes::Standing;
use crate::access::service::enrol::Offers;
use crate::access::totp::Secret;
use crate::console::Console;
use crate::platform::sms::Delivery;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::islands::copy::CopyButton;
use crate::ui::layout::facts;
use crate::ui::page::{Page, Script};
use crate::ui::qr::qr;
use crate::ui::text::Clockface;

/// What both pages show.
pub struct View {
    /// What else can be set up.
    pub offers: Offers,
    /// It is the person's first device.
    pub first: bool,
    /// `/me/second-factor/{factor}`.
    pub path: String,
    /// What is wrong.
    pub problems: Problems,
}

/// What an authenticator's page shows besides.
pub struct App {
    /// What the app and we share; shown here and never again.
    pub secret: Secret,
    /// What the app calls the account.
    pub account: String,
}

/// What a number's page shows besides.
pub struct Number {
    /// In full: the person typed it a minute ago.
    pub number: String,
    /// What is known of the text's delivery.
    pub delivery: Option<Delivery>,
    /// Where sending stands.
    pub standing: Standing,
    /// The page's instant, in the reader's zone.
    pub clock: Clockface,
}

/// The authenticator's page.
pub fn app_page(console: Console, view: View, app: App) -> Response {
    show(console, view, FactorKind::Totp, Vec::new(), move |path, problems| app_form(app, path, problems).into_any())
}

/// The number's page.
pub fn number_page(console: Console, view: View, number: Number) -> Response {
    let waits = number.standing.waits_until().is_some().then_some(Script::Countdown);
    let open = number.delivery.as_ref().is_some_and(|text| is_open(text, &number.standing)).then_some(Script::Refresh);
    let scripts = waits.into_iter().chain(open).collect();
    show(console, view, FactorKind::Sms, scripts, move |path, problems| number_form(number, path, problems).into_any())
}

fn show(
    console: Console,
    view: View,
    kind: FactorKind,
    scripts: Vec<Script>,
    right: impl FnOnce(String, Problems) -> AnyView + 'static,
) -> Response {
    let status = if view.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let View { offers, first, path, problems } = view;
    let page = Page::new(TITLE, move || sheet(offers, Some(kind), first, right(path, problems))).status(status);
    console.show(page.with_all(scripts))
}

fn app_form(app: App, path: String, problems: Problems) -> impl IntoView {
    let picture = qr(
        &app.secret.uri("Gatehouse", &app.account),
        "QR code for your authenticator app; the same key is written beside it",
    );
    let facts =
        facts(vec![("Account", app.account.into_any()), ("Kind", "Time-based, 6 digits, 30 seconds".into_any())]);
    view! {
        <div>
            <h2>"Scan with your authenticator app"</h2>
            <p class="mid">"Then enter the six digits it shows."</p>
        </div>
        <div class="qr-side">
            {picture}
            <div class="form">
                <div class="field">
                    <span class="label">"Or type this key"</span>
                    <p class="secret"><code id="key">{in_fours(&app.secret.base32())}</code></p>
                    <p><CopyButton target="key".to_owned() label="Copy the key".to_owned()/></p>
                </div>
                {facts}
            </div>
        </div>
        <form class="form" method="post" action=format!("{path}/set-up")>
            {error_summary(&problems)}
            {code_field(&problems, "A new one appears every 30 seconds; the present or the one before will do.".into_any())}
            <button class="button primary full" type="submit">"Verify and switch on"</button>
        </form>
    }
}

fn number_form(number: Number, path: String, problems: Problems) -> impl IntoView {
    let otherwise = "Check the number, or choose another device.";
    let here = format!("{path}/set-up");
    let text = number.delivery.map(|text| delivery(&text, &number.standing, here, otherwise));
    let again = Resend { here: format!("{path}/set-up"), action: format!("{path}/send"), next: None };
    view! {
        <div>
            <h2>"Enter the code we sent"</h2>
            <p class="mid">"To "<b class="tnum">{number.number}</b>" "<a href="/me/second-factor/set-up?kind=sms">"Change number"</a></p>
            {text}
        </div>
        <form class="form" method="post" action=format!("{path}/set-up")>
            {error_summary(&problems)}
            {code_field(&problems, good_until(&number.standing, number.clock))}
            <button class="button primary full" type="submit">"Verify and switch on"</button>
        </form>
        {resend(again, number.standing, number.clock)}
    }
}

/// Groups of four, as people read them out.
fn in_fours(key: &str) -> String {
    let mut out = String::with_capacity(key.len() * 5 / 4);
    for (at, letter) in key.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            out.push(' ');
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_fours() {
        assert_eq!(in_fours("J4QX2MRTKW"), "J4QX 2MRT KW");
    }
}
