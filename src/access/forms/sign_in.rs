//! `/sign-in`.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::access::forms::request::{Origin, redirect};
use crate::access::forms::second_step::address as second_step_address;
use crate::access::hashing::Password;
use crate::access::next::own_path;
use crate::access::pace::Arrival;
use crate::access::pages;
use crate::access::pages::sign_in::Said;
use crate::access::service::second_step;
use crate::access::service::sign_in::{Attempt, Outcome, sign_in};
use crate::access::session;
use crate::console::Doorway;
use crate::error::Result;
use crate::platform::state::App;

/// Where to go afterwards; other words of the query (`done`) are the frame's.
#[derive(Debug, Default, Deserialize)]
pub struct Next {
    #[serde(default)]
    next: Option<String>,
}

/// The form. No `Debug`: it holds a password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// The page.
pub async fn page(State(app): State<App>, doorway: Doorway, Query(query): Query<Next>) -> Response {
    let next = query.next.as_deref().and_then(own_path);
    pages::sign_in::page(&app, doorway, String::new(), next, Said::Nothing)
}

/// Signs in, or shows the page again, the same for wrong, unknown and locked.
pub async fn submit(
    arrival: Arrival,
    State(app): State<App>,
    doorway: Doorway,
    origin: Origin,
    Form(form): Form<SignIn>,
) -> Result<Response> {
    let answer = answer(&app, doorway, origin, form).await;
    arrival.leave(&app).await;
    answer
}

async fn answer(app: &App, doorway: Doorway, origin: Origin, form: SignIn) -> Result<Response> {
    let next = own_path(&form.next);
    let attempt = Attempt {
        email: form.email.clone(),
        password: Password::typed(&form.password)?,
        device: origin.device,
        session: origin.session,
        address: origin.address,
        user_agent: origin.user_agent,
    };
    match sign_in(app, attempt).await? {
        Outcome::SignedIn { session, device } => {
            Ok(redirect(next.as_deref().unwrap_or("/"), [session::set_cookie(&session)?, device]))
        }
        Outcome::SecondStep { cookie } => {
            Ok(redirect(&second_step_address(None, next.as_deref()), [second_step::set_cookie(&cookie)?]))
        }
        Outcome::Refused => Ok(pages::sign_in::page(app, doorway, form.email, next, Said::Refused)),
    }
}
