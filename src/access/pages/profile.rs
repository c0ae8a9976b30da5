//! The profile: name, address, mobile number, password.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::Visitor;
use crate::access::forms::myself::Number;
use crate::access::pages::parts::{NewPasswordFields, country_options};
use crate::access::service::myself::Asked;
use crate::console::Console;
use crate::kernel::country::Country;
use crate::kernel::phone::EXAMPLE;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::{Field, Select};
use crate::ui::islands::new_password::FORM;
use crate::ui::layout::{Block, Head, Place, facts};
use crate::ui::mark::{Outcome, outcome_saying};
use crate::ui::page::Page;

/// What stands in the fields.
pub struct Typed {
    /// The name.
    pub name: String,
    /// A new address; empty at first.
    pub email: String,
    /// The address now.
    pub present_email: String,
    /// The mobile number; empty if there is none.
    pub number: Number,
    /// What is asked of a new password.
    pub asked: Asked,
    /// Whether the second step is on.
    pub second_step: bool,
}

impl Typed {
    /// What is saved.
    pub fn saved(visitor: &Visitor, asked: Asked, number: Number) -> Self {
        Self {
            name: visitor.name.clone(),
            email: String::new(),
            present_email: visitor.email.clone(),
            number,
            asked,
            second_step: visitor.has_factor,
        }
    }
}

/// The page; with problems it is 422.
pub fn page(console: Console, typed: Typed, problems: Problems) -> Response {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    console.show(Page::new("Profile", move || view(typed, problems)).status(status))
}

fn view(typed: Typed, problems: Problems) -> impl IntoView {
    let present = format!(
        "You sign in with {}, and mail goes there. A new address counts once you have opened the link we send to it.",
        typed.present_email
    );
    let second_step = second_step(typed.second_step);
    let (name, email, phone, password) = (
        name_form(typed.name, &problems),
        email_form(typed.email, &problems),
        phone_form(typed.number, &problems),
        password_form(problems.clone(), typed.asked),
    );
    view! {
        <Head title="Profile" crumbs=vec![("You".into(), None)] lead="Your name, the address you sign in with, your mobile number and your password. They are the same at all your sites.".to_owned()/>
        {error_summary(&problems)}
        <Block title="Name" place=Place::First>{name}</Block>
        <Block title="E-mail" lead=present>{email}</Block>
        <Block title="Mobile number" lead="Filled in for you when you set up text messages as your second step. It signs nobody in, and nothing is sent to it.".to_owned() id="phone">{phone}</Block>
        <Block title="Password" lead="Changing it signs out all your other browsers.".to_owned() place=Place::Last>{password}{second_step}</Block>
    }
}

/// The state of the second step, below the password.
fn second_step(active: bool) -> AnyView {
    let state = match active {
        true => outcome_saying(Outcome::Approve, "Active"),
        false => outcome_saying(Outcome::None, "Inactive"),
    };
    let words = if active { "Devices and recovery codes" } else { "Set it up" };
    let way = view! { <span class="row">{state}<a href="/me/second-factor">{words}</a></span> };
    facts(vec![("Multi-factor authentication", way.into_any())]).into_any()
}

fn name_form(name: String, problems: &Problems) -> AnyView {
    let error = problems.of("name");
    view! {
        <form class="form" method="post" action="/me/profile">
            <Field name="name" label="Name" value=name autocomplete="name" required=true maxlength=100 error=error/>
            <div class="row"><button class="button" type="submit">"Save the name"</button></div>
        </form>
    }
    .into_any()
}

fn email_form(email: String, problems: &Problems) -> AnyView {
    let (wrong_email, wrong_password) = (problems.of("email"), problems.of("password"));
    view! {
        <form class="form" method="post" action="/me/email">
            <Field name="email" label="New e-mail" kind="email" value=email autocomplete="email" required=true maxlength=254 error=wrong_email/>
            <Field name="password" label="Your password" kind="password" autocomplete="current-password" required=true error=wrong_password/>
            <div class="row"><button class="button" type="submit">"Send a link to it"</button></div>
        </form>
    }
    .into_any()
}

fn phone_form(number: Number, problems: &Problems) -> AnyView {
    let error = problems.of("phone");
    view! {
        <form class="form" method="post" action="/me/phone">
            <Select name="country" label="Country" options=country_options(Country::all()) value=number.country/>
            <Field
                name="phone" label="Mobile number" aside="optional" kind="tel" inputmode="tel" value=number.phone autocomplete="tel" maxlength=40
                help=format!("With the country's code, such as {EXAMPLE}, or as you dial it in that country. Empty takes it out.") error=error
            />
            <div class="row"><button class="button" type="submit">"Save the number"</button></div>
        </form>
    }
    .into_any()
}

fn password_form(problems: Problems, asked: Asked) -> AnyView {
    let wrong = problems.of("current_password");
    view! {
        <form class="form" id=FORM method="post" action="/me/password">
            <Field name="current_password" label="Present password" kind="password" autocomplete="current-password" required=true error=wrong/>
            <NewPasswordFields name="new_password" label="New password" problems=problems rule=asked.rule own=asked.own/>
            <div class="row"><button class="button" type="submit">"Change the password"</button></div>
        </form>
    }
    .into_any()
}
