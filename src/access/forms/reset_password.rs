//! `/forgot-password` and `/reset-password`.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use http::header::SET_COOKIE;
use serde::Deserialize;

use crate::access::forms::mailed::{Opened, RESET, guarded};
use crate::access::forms::request::{Origin, redirect};
use crate::access::hashing::Password;
use crate::access::pace::Arrival;
use crate::access::pages::reset_password as pages;
use crate::access::service::reset_password::{Chosen, ask, asked, choose};
use crate::console::Doorway;
use crate::error::Result;
use crate::kernel::secret::Token;
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};

/// Who forgot it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forgot {
    email: String,
}

/// The new password, twice. No `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choose {
    password: String,
    again: String,
}

/// Where asking leads back to.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    asked: Option<String>,
}

/// Asks for the address; after asking, says so.
pub async fn forgot_page(doorway: Doorway, Query(query): Query<Asked>) -> Response {
    if query.asked.is_some() { pages::asked(doorway) } else { pages::forgot(doorway) }
}

/// The same answer whether or not somebody signs in with the address.
pub async fn forgot(
    arrival: Arrival,
    State(app): State<App>,
    origin: Origin,
    Form(form): Form<Forgot>,
) -> Result<Response> {
    let asked = ask(&app, &form.email, origin.address, &origin.user_agent).await;
    arrival.leave(&app).await;
    asked?;
    Ok(redirect("/forgot-password?asked=", []))
}

/// Opens a link, or shows the form for the one that was opened.
pub async fn page(
    State(app): State<App>,
    doorway: Doorway,
    headers: HeaderMap,
    Query(query): Query<Opened>,
) -> Result<Response> {
    if let Some(token) = query.token {
        return RESET.open(&token);
    }
    show(&app, doorway, RESET.token(&headers), Problems::none()).await
}

async fn show(app: &App, doorway: Doorway, token: Option<Token>, problems: Problems) -> Result<Response> {
    let rule = match token {
        Some(token) => asked(app, &token).await?,
        None => None,
    };
    Ok(guarded(match rule {
        Some(rule) => pages::choose(doorway, rule, problems),
        None => pages::gone(doorway),
    }))
}

/// Sets the password; the link is used up by that and by nothing else.
pub async fn submit(
    arrival: Arrival,
    State(app): State<App>,
    doorway: Doorway,
    origin: Origin,
    headers: HeaderMap,
    Form(form): Form<Choose>,
) -> Result<Response> {
    let answer = answer(&app, doorway, origin, &headers, form).await;
    arrival.leave(&app).await;
    answer
}

async fn answer(app: &App, doorway: Doorway, origin: Origin, headers: &HeaderMap, form: Choose) -> Result<Response> {
    let Some(token) = RESET.token(headers) else { return Ok(guarded(pages::gone(doorway))) };
    if form.password != form.again {
        let problems = [("again", "The two are not the same. Write the same password twice.")].into_iter().collect();
        return show(app, doorway, Some(token), problems).await;
    }
    let password = match Password::typed(&form.password) {
        Ok(password) => password,
        Err(error) => {
            return show(app, doorway, Some(token), [("password", error.detail)].into_iter().collect()).await;
        }
    };
    match choose(app, &token, password, origin.address, &origin.user_agent).await? {
        Chosen::Set { device } => {
            let mut response = RESET.leave(&Done::PasswordChanged.at("/sign-in"))?;
            response.headers_mut().append(SET_COOKIE, device);
            Ok(response)
        }
        Chosen::Weak(weak) => {
            let problems = weak.iter().map(|w| ("password", w.to_string())).collect();
            show(app, doorway, Some(token), problems).await
        }
        Chosen::Gone => Ok(guarded(pages::gone(doorway))),
    }
}
