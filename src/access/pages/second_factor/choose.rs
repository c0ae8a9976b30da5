//! Choosing a kind, and the form for a number.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::factor::FactorKind;
use crate::access::forms::second_factor::set_up::Typed;
use crate::access::pages::parts::country_options;
use crate::access::pages::second_factor::parts::{Stage, crumbs, kinds, stages};
use crate::access::service::enrol::Offers;
use crate::console::Console;
use crate::kernel::phone::{EXAMPLE, Phone};
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::{Field, Select};
use crate::ui::layout::Head;
use crate::ui::page::Page;

/// The page's heading.
pub const TITLE: &str = "Set up a second step";

/// What the page shows.
pub struct View {
    /// What can be set up.
    pub offers: Offers,
    /// The number's form is open.
    pub number: bool,
    /// It is the person's first device.
    pub first: bool,
    /// What was typed.
    pub typed: Typed,
    /// What is wrong with it.
    pub problems: Problems,
}

/// The page.
pub fn page(console: Console, view: View) -> Response {
    let status = if view.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    console.show(Page::new(TITLE, move || body(view)).status(status))
}

/// The sheet of setting up: what stands above it, the kinds on the left, the rest on the right.
pub fn sheet(offers: Offers, current: Option<FactorKind>, first: bool, right: AnyView) -> impl IntoView {
    let under = first.then(|| {
        view! { <p class="quiet small under">"Next you get ten recovery codes, for a day without your device."</p> }
    });
    view! {
        <Head title=TITLE crumbs=crumbs() lead="Signing in takes your password and one of your devices then. It takes about two minutes.".to_owned()/>
        {first.then(|| stages(Stage::Device))}
        <div class="sheet enrol">
            {kinds(offers.kinds, current)}
            <section class="panel">{right}</section>
        </div>
        {under}
    }
}

fn body(view: View) -> impl IntoView {
    let View { offers, number, first, typed, problems } = view;
    let offers_number = offers.kinds.iter().any(|offer| offer.kind == FactorKind::Sms);
    if number && offers_number {
        let right = number_form(&offers, typed, problems).into_any();
        return sheet(offers, Some(FactorKind::Sms), first, right).into_any();
    }
    let right = view! {
        <div>
            <h2>"What will you have at hand when you sign in?"</h2>
            <p class="mid">"You can set up several, and should: a second one gets you in on the day the first is lost."</p>
        </div>
    };
    sheet(offers, None, first, right.into_any()).into_any()
}

fn number_form(offers: &Offers, typed: Typed, problems: Problems) -> impl IntoView + use<> {
    let suggested: Option<Phone> = offers.number.as_deref().and_then(|number| number.parse().ok());
    let (number, country) = match (&typed.phone[..], suggested) {
        ("", Some(phone)) => (phone.as_str().to_owned(), phone.country().code().to_owned()),
        _ => (typed.phone, typed.country),
    };
    let options = country_options(offers.countries.iter().copied());
    let served = match offers.countries.len() {
        1 => "Texts go to this country only.".to_owned(),
        n => format!("Texts go to {n} countries, those in this list."),
    };
    view! {
        <div>
            <h2>"Where do we text the code to?"</h2>
            <p class="mid">"We send six digits now, and each time you sign in with this device."</p>
        </div>
        <form class="form" method="post" action="/me/second-factor/sms">
            {error_summary(&problems)}
            <Select name="country" label="Country" options=options value=country help=served/>
            <Field
                name="phone" label="Mobile number" kind="tel" value=number autocomplete="tel" inputmode="tel" required=true autofocus=true maxlength=40
                help=format!("With the country's code, such as {EXAMPLE}, or as you dial it in that country.") error=problems.of("phone")
            />
            <button class="button primary full" type="submit">"Send a code"</button>
        </form>
    }
}
