//! The sign-in sheet.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::pages::passkey::PasskeyForm;
use crate::access::passkey::Refusal;
use crate::access::service::passkey::offered;
use crate::console::Doorway;
use crate::platform::state::App;
use crate::ui::door::Sheet;
use crate::ui::form::Field;
use crate::ui::icon::{Icon, icon};
use crate::ui::page::{Page, Script};

/// What the page says about the try before.
#[derive(Debug, Clone, Copy)]
pub enum Said {
    /// There was none.
    Nothing,
    /// The password did not open, for whatever reason.
    Refused,
    /// The passkey did not.
    Passkey(Refusal),
}

/// The page, with passkeys where they work.
pub fn page(app: &App, doorway: Doorway, email: String, next: Option<String>, said: Said) -> Response {
    let status = if matches!(said, Said::Nothing) { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let passkeys = offered(app);
    let page = Page::new("Sign in", move || sheet(email, next, said, passkeys)).status(status);
    doorway.show(page.with(Script::Passkey, passkeys))
}

fn refused(words: impl IntoView + 'static) -> impl IntoView {
    view! {
        <div class="banner tightly" data-o="reject" role="alert" id="problems">
            {icon(Icon::Info)}
            <p>{words}</p>
        </div>
    }
}

fn sheet(email: String, next: Option<String>, said: Said, passkeys: bool) -> impl IntoView {
    let banner = match said {
        Said::Nothing => None,
        Said::Refused => Some(
            refused(view! { "That e-mail and password do not go together. Check both, or "<a href="/forgot-password">"set a new password"</a>"." })
                .into_any(),
        ),
        Said::Passkey(refusal) => Some(refused(refusal.words_to_strangers()).into_any()),
    };
    let passkey = passkeys.then(|| {
        let next = next.clone();
        view! { <PasskeyForm action="/sign-in/passkey" next=next button="Sign in with a passkey" after_or=true/> }
    });
    view! {
        <Sheet title="Sign in" lead="to the security console".to_owned()>
            <form class="form" method="post" action="/sign-in">
                {banner}
                {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
                <Field name="email" label="E-mail" kind="email" value=email autocomplete="username" required=true autofocus=true maxlength=254/>
                <Field name="password" label="Password" kind="password" autocomplete="current-password" required=true/>
                <button class="button primary full" type="submit">"Sign in"</button>
                <p class="small"><a href="/forgot-password">"Forgotten your password?"</a></p>
            </form>
            {passkey}
        </Sheet>
    }
}
