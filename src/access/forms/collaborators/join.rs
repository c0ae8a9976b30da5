//! `/invitation`: somebody new, or not signed in; `/me/invitation`: somebody who is.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;

use crate::access::forms::collaborators::confirm_first;
use crate::access::forms::mailed::{INVITATION, Opened, guarded};
use crate::access::forms::request::{Origin, carrying};
use crate::access::hashing::Password;
use crate::access::pace::Arrival;
use crate::access::pages::collaborators::join as pages;
use crate::access::service::collaborators::join::{self, Joined, Newcomer};
use crate::access::{Visitor, session};
use crate::console::{Console, Doorway};
use crate::error::{Kind, Result};
use crate::kernel::secret::Token;
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};

/// Opens the link, or shows what it is for.
pub async fn page(
    State(app): State<App>,
    doorway: Doorway,
    headers: HeaderMap,
    Query(query): Query<Opened>,
) -> Result<Response> {
    if let Some(token) = query.token {
        return INVITATION.open(&token);
    }
    show(&app, doorway, INVITATION.token(&headers), String::new(), Problems::none()).await
}

async fn show(app: &App, doorway: Doorway, token: Option<Token>, name: String, problems: Problems) -> Result<Response> {
    let live = match token {
        Some(token) => join::live(app, &token).await?,
        None => None,
    };
    Ok(guarded(match live {
        Some(live) => pages::door(doorway, live, name, problems),
        None => pages::gone(doorway),
    }))
}

/// A name, and the password twice. No `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    name: String,
    password: String,
    again: String,
}

/// Makes the person and their place.
pub async fn submit(
    arrival: Arrival,
    State(app): State<App>,
    doorway: Doorway,
    origin: Origin,
    headers: HeaderMap,
    Form(form): Form<Join>,
) -> Result<Response> {
    let answer = answer(&app, doorway, origin, INVITATION.token(&headers), form).await;
    arrival.leave(&app).await;
    answer
}

async fn answer(app: &App, doorway: Doorway, origin: Origin, token: Option<Token>, form: Join) -> Result<Response> {
    let Some(token) = token else { return Ok(guarded(pages::gone(doorway))) };
    if form.password != form.again {
        let problems = [("again", "The two are not the same. Write the same password twice.")].into_iter().collect();
        return show(app, doorway, Some(token), form.name, problems).await;
    }
    let password = match Password::typed(&form.password) {
        Ok(password) => password,
        Err(error) => {
            let problems = [("password", error.detail)].into_iter().collect();
            return show(app, doorway, Some(token), form.name, problems).await;
        }
    };
    let new = Newcomer { name: form.name.clone(), password, address: origin.address, user_agent: origin.user_agent };
    match join::as_newcomer(app, &token, new).await {
        Ok(Joined::Yes { .. }) => INVITATION.leave(&Done::Created.at("/sign-in")),
        Ok(_) => show(app, doorway, Some(token), String::new(), Problems::none()).await,
        Err(error) if error.kind == Kind::Invalid => {
            let problems = error.fields.into_iter().map(|f| (f.field, f.message)).collect();
            show(app, doorway, Some(token), form.name, problems).await
        }
        Err(error) => Err(error),
    }
}

/// Asks somebody who is signed in for the press that joins.
pub async fn mine(State(app): State<App>, visitor: Visitor, console: Console, headers: HeaderMap) -> Result<Response> {
    let live = match INVITATION.token(&headers) {
        Some(token) => join::live(&app, &token).await?,
        None => None,
    };
    let Some(live) = live else { return Ok(pages::gone_inside(console)) };
    if !join::is_for(&app, &live, &visitor).await? {
        return Ok(pages::for_another(console, live.invitation.email));
    }
    Ok(pages::press(console, live))
}

/// Joins, with a proof of the last ten minutes.
pub async fn accept(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    headers: HeaderMap,
) -> Result<Response> {
    let Some(token) = INVITATION.token(&headers) else { return Ok(pages::gone_inside(console)) };
    match join::as_visitor(&app, &token, &visitor).await {
        Ok(Joined::Yes { site, session }) => {
            let cookie = session.map(|session| session::set_cookie(&session)).transpose()?;
            Ok(carrying(INVITATION.leave(&Done::Added.at(&format!("/s/{site}/overview")))?, cookie))
        }
        Ok(Joined::ForAnother(email)) => Ok(pages::for_another(console, email)),
        Ok(Joined::Gone | Joined::Known) => Ok(pages::gone_inside(console)),
        Err(error) if error.kind == Kind::StepUpRequired => Ok(confirm_first("/me/invitation")),
        Err(error) => Err(error),
    }
}
