//! `…/passkey` and `…/passkey/options`: a challenge as JSON for the page's script, and the form that brings its answer.

pub mod enrol;

use std::convert::Infallible;

use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Form, Json};
use http::request::Parts;
use http::{HeaderMap, header};
use serde::Deserialize;

use crate::access::forms::refusals::of_passkey;
use crate::access::forms::request::{Origin, redirect};
use crate::access::forms::{second_step, step_up};
use crate::access::next::own_path;
use crate::access::pace::Arrival;
use crate::access::service::passkey::second_step::Outcome as Step;
use crate::access::service::passkey::sign_in::{Carried, Outcome};
use crate::access::service::passkey::{self, COOKIE, Challenge, Presented};
use crate::access::service::second_step::clear_cookie;
use crate::access::session::named_cookie;
use crate::access::{Visitor, pages, session};
use crate::console::{Console, Doorway};
use crate::error::{Error, Kind, Result};
use crate::platform::state::App;

/// The cookie of the challenge.
pub struct Ceremony(Option<String>);

impl FromRequestParts<App> for Ceremony {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self(named_cookie(&parts.headers, COOKIE)))
    }
}

/// The challenge for the script, with its cookie.
fn written(challenge: Challenge) -> Response {
    let no_store = (header::CACHE_CONTROL, "no-store");
    let mut response = ([no_store], Json(challenge.options)).into_response();
    response.headers_mut().append(header::SET_COOKIE, challenge.cookie);
    response
}

/// What the script posts. No `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    credential: String,
    #[serde(default)]
    next: String,
}

impl Proof {
    fn presented(&self, ceremony: Ceremony, origin: &Origin) -> Presented {
        Presented {
            answer: self.credential.clone(),
            ceremony: ceremony.0,
            address: origin.address,
            user_agent: origin.user_agent.clone(),
        }
    }
}

/// A challenge to sign in with: the same for everybody.
pub async fn sign_in_options(State(app): State<App>, origin: Origin) -> Result<Response> {
    Ok(written(passkey::sign_in::begin(&app, origin.address).await?))
}

/// Signs in, or shows the page again.
pub async fn sign_in(
    arrival: Arrival,
    State(app): State<App>,
    doorway: Doorway,
    origin: Origin,
    ceremony: Ceremony,
    Form(form): Form<Proof>,
) -> Result<Response> {
    let answer = sign_in_answer(&app, doorway, origin, ceremony, form).await;
    arrival.leave(&app).await;
    answer
}

async fn sign_in_answer(
    app: &App,
    doorway: Doorway,
    origin: Origin,
    ceremony: Ceremony,
    form: Proof,
) -> Result<Response> {
    let next = own_path(&form.next);
    let presented = form.presented(ceremony, &origin);
    let carried = Carried { device: origin.device, session: origin.session };
    // A task of its own: a browser that hangs up does not keep a refusal from being counted.
    let worker = app.clone();
    let outcome = tokio::spawn(async move { passkey::sign_in::sign_in(&worker, presented, carried).await })
        .await
        .map_err(Error::internal)??;
    match outcome {
        Outcome::SignedIn { session, device } => {
            Ok(redirect(next.as_deref().unwrap_or("/"), [session::set_cookie(&session)?, device]))
        }
        Outcome::Refused(refusal) => {
            Ok(pages::sign_in::page(app, doorway, String::new(), next, pages::sign_in::Said::Passkey(refusal)))
        }
    }
}

/// A challenge to confirm with that it is still the visitor.
pub async fn confirm_options(State(app): State<App>, visitor: Visitor) -> Result<Response> {
    Ok(written(passkey::step_up::begin(&app, &visitor).await?))
}

/// Step-up: the session goes on under a new id.
pub async fn confirm(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    origin: Origin,
    ceremony: Ceremony,
    Form(form): Form<Proof>,
) -> Result<Response> {
    let next = own_path(&form.next);
    match passkey::step_up::confirm(&app, &visitor, form.presented(ceremony, &origin)).await? {
        Ok(session) => Ok(redirect(&step_up::onward(next.as_deref()), [session::set_cookie(&session)?])),
        Err(refusal) => {
            let page = step_up::Answer { console, way: None, next };
            page.refuse(&app, &visitor, of_passkey(refusal)).await
        }
    }
}

/// A challenge for the second step of whose password was right.
pub async fn second_step_options(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    let gone = || Error::new(Kind::Unauthenticated, "The password comes first, and not more than ten minutes before.");
    let pending = second_step::pending(&app, &headers).await?.ok_or_else(gone)?;
    Ok(written(passkey::second_step::begin(&app, &pending).await?))
}

/// Takes the second step.
pub async fn second_step(
    arrival: Arrival,
    State(app): State<App>,
    doorway: Doorway,
    origin: Origin,
    headers: HeaderMap,
    ceremony: Ceremony,
    Form(form): Form<Proof>,
) -> Result<Response> {
    let answer = second_step_answer(&app, doorway, origin, &headers, form, ceremony).await;
    arrival.leave(&app).await;
    answer
}

async fn second_step_answer(
    app: &App,
    doorway: Doorway,
    origin: Origin,
    headers: &HeaderMap,
    form: Proof,
    ceremony: Ceremony,
) -> Result<Response> {
    let Some(pending) = second_step::pending(app, headers).await? else {
        return Ok(pages::second_step::gone(doorway));
    };
    let page = second_step::Answer { doorway, way: None, next: own_path(&form.next) };
    let presented = form.presented(ceremony, &origin);
    match passkey::second_step::confirm(app, &pending, presented, origin.session.as_deref()).await? {
        Step::SignedIn(signed_in) => {
            let cookies = [session::set_cookie(&signed_in.session)?, signed_in.device, clear_cookie()];
            Ok(redirect(page.next.as_deref().unwrap_or("/"), cookies))
        }
        Step::Refused(refusal) => page.show(app, &pending, Some(of_passkey(refusal)), false).await,
        Step::Gone => Ok(pages::second_step::gone(page.doorway)),
    }
}
