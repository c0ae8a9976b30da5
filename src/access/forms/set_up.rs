//! `/set-up`.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;

use crate::access::forms::mailed::{Opened, SET_UP, guarded};
use crate::access::forms::request::Origin;
use crate::access::hashing::Password;
use crate::access::pace::Arrival;
use crate::access::pages::set_up as pages;
use crate::access::service::set_up::{FirstHouse, is_live, set_up};
use crate::console::Doorway;
use crate::error::{Kind, Result};
use crate::kernel::secret::Token;
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};

/// What was typed; the passwords are not kept. No `Debug`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    pub site: String,
    pub kind: String,
    pub currency: String,
    pub time_zone: String,
    pub owner: String,
    pub email: String,
    password: String,
    again: String,
}

/// Opens the link, or shows the form for the one that was opened.
pub async fn page(
    State(app): State<App>,
    doorway: Doorway,
    headers: HeaderMap,
    Query(query): Query<Opened>,
) -> Result<Response> {
    if let Some(token) = query.token {
        return SET_UP.open(&token);
    }
    let live = match SET_UP.token(&headers) {
        Some(token) => is_live(&app, &token).await?,
        None => false,
    };
    let fresh = SetUp { kind: "test".into(), currency: "EUR".into(), time_zone: "UTC".into(), ..SetUp::default() };
    Ok(guarded(if live { pages::form(doorway, fresh, Problems::none()) } else { pages::gone(doorway) }))
}

/// Makes the first owner and site.
pub async fn submit(
    arrival: Arrival,
    State(app): State<App>,
    doorway: Doorway,
    origin: Origin,
    headers: HeaderMap,
    Form(form): Form<SetUp>,
) -> Result<Response> {
    let answer = answer(&app, doorway, origin, SET_UP.token(&headers), form).await;
    arrival.leave(&app).await;
    answer
}

async fn answer(app: &App, doorway: Doorway, origin: Origin, token: Option<Token>, form: SetUp) -> Result<Response> {
    let Some(token) = token else { return Ok(guarded(pages::gone(doorway))) };
    let house = match parse(&form, origin) {
        Ok(house) => house,
        Err(problems) => return Ok(guarded(pages::form(doorway, form, problems))),
    };
    match set_up(app, &token, house).await {
        Ok(true) => SET_UP.leave(&Done::Created.at("/sign-in")),
        Ok(false) => Ok(guarded(pages::gone(doorway))),
        Err(error) if error.kind == Kind::Invalid => {
            let problems = error.fields.into_iter().map(|f| (f.field, f.message)).collect();
            Ok(guarded(pages::form(doorway, form, problems)))
        }
        Err(error) => Err(error),
    }
}

/// Everything that is wrong at once.
fn parse(form: &SetUp, origin: Origin) -> std::result::Result<FirstHouse, Problems> {
    let mut problems = Problems::none();
    let site = form.site.parse().map_err(|e: crate::sites::name::NotAName| problems.add("site", format!("{e}."))).ok();
    let currency = form
        .currency
        .parse()
        .map_err(|_| problems.add("currency", "Write the three letters of a currency, such as EUR."))
        .ok();
    let time_zone = form.time_zone.parse().map_err(|_| problems.add("time_zone", "Choose a zone from the list.")).ok();
    let email =
        form.email.parse().map_err(|e: crate::kernel::email::NotAnEmail| problems.add("email", format!("{e}."))).ok();
    let password = Password::typed(&form.password).map_err(|e| problems.add("password", e.detail)).ok();
    if form.password != form.again {
        problems.add("again", "The two are not the same. Write the same password twice.");
    }
    if form.owner.trim().is_empty() {
        problems.add("owner", "Write your name.");
    }
    // For good, so nothing is guessed.
    if !matches!(form.kind.as_str(), "live" | "test") {
        problems.add("kind", "Choose live or test.");
    }
    match (site, currency, time_zone, email, password) {
        (Some(site), Some(currency), Some(time_zone), Some(email), Some(password)) if problems.is_empty() => {
            Ok(FirstHouse {
                site,
                live: form.kind == "live",
                currency,
                time_zone,
                owner: form.owner.clone(),
                email,
                password,
                address: origin.address,
                user_agent: origin.user_agent,
            })
        }
        _ => Err(problems),
    }
}
