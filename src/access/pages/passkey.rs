//! What pages show of passkeys: the form that is confirmed with one, and the page where a new one is made.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::factor::FactorKind;
use crate::access::pages::second_factor::choose::{TITLE, sheet};
use crate::access::service::enrol::Offers;
use crate::console::Console;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::Field;
use crate::ui::icon::{Icon, icon};
use crate::ui::page::{Page, Script};

/// A form that the page's script shows, has confirmed with a passkey, and posts. Without scripts it stays hidden.
#[component]
pub fn PasskeyForm(
    /// Where it is posted; the challenge comes from `…/options` below it.
    action: &'static str,
    /// Where to go on afterwards.
    #[prop(optional_no_strip)]
    next: Option<String>,
    /// The words on its button.
    button: &'static str,
    /// It follows another form at the door.
    #[prop(optional)]
    after_or: bool,
) -> impl IntoView {
    let button = if after_or {
        view! { <button class="button full" type="submit">{icon(Icon::KeyRound)}{button}</button> }.into_any()
    } else {
        view! { <div class="row"><button class="button primary" type="submit">{icon(Icon::KeyRound)}{button}</button></div> }
            .into_any()
    };
    view! {
        <p class="small" data-no-passkey="" hidden=after_or>"Passkeys need a browser that has them, with scripts on. Another way works without."</p>
        <form class="form" method="post" action=action data-passkey="get" data-options=format!("{action}/options") hidden=true>
            {after_or.then(|| view! { <p class="or">"or"</p> })}
            <input type="hidden" name="credential"/>
            {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
            {button}
            <p class="error" role="alert" data-says=""></p>
        </form>
    }
}

/// What the page for a new passkey shows.
pub struct View {
    /// What can be set up.
    pub offers: Offers,
    /// It is the person's first device.
    pub first: bool,
    /// What it is to be called.
    pub name: String,
    /// What is wrong.
    pub problems: Problems,
}

/// Where a new passkey is made.
pub fn page(console: Console, view: View) -> Response {
    let status = if view.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    console.show(Page::new(TITLE, move || body(view)).status(status).with(Script::Passkey, true))
}

fn body(view: View) -> impl IntoView {
    let View { offers, first, name, problems } = view;
    let right = view! {
        <div>
            <h2>"Make a passkey"</h2>
            <p class="mid">"Your device asks for your fingerprint, your face or its PIN. Then it signs you in without the password, too."</p>
        </div>
        <p data-no-passkey="">"This browser has no passkeys, or scripts are off. An authenticator app works here."</p>
        <form class="form" method="post" action="/me/second-factor/passkey" data-passkey="create" data-options="/me/second-factor/passkey/options" hidden=true>
            {error_summary(&problems)}
            <input type="hidden" name="credential"/>
            <Field name="name" label="What do you call it?" value=name required=true maxlength=60 error=problems.of("name")
                help="So that you know it again among your devices: laptop, phone, blue key.".to_owned()/>
            <button class="button primary full" type="submit">{icon(Icon::KeyRound)}"Make a passkey"</button>
            <p class="error" role="alert" data-says=""></p>
        </form>
    };
    sheet(offers, Some(FactorKind::Passkey), first, right.into_any())
}
