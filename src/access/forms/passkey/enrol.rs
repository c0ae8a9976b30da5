//! `/me/second-factor/passkey`: making a passkey a factor.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::access::factor::FactorKind;
use crate::access::forms::passkey::{Ceremony, written};
use crate::access::forms::request::{Origin, carrying, redirect};
use crate::access::forms::second_factor::first_elsewhere;
use crate::access::forms::second_factor::set_up::offered;
use crate::access::pages::passkey as pages;
use crate::access::pages::second_factor::recovery;
use crate::access::service::factors::factor_name;
use crate::access::service::passkey::enrol::{self, Outcome};
use crate::access::service::passkey::{self, Presented};
use crate::access::{Visitor, session};
use crate::console::Console;
use crate::error::{Error, Kind, Result};
use crate::platform::state::App;
use crate::ui::feedback::Problems;

/// The page's path.
pub const PATH: &str = "/me/second-factor/passkey";

/// Asks for a name, and the device for the rest.
pub async fn page(State(app): State<App>, visitor: Visitor, console: Console) -> Result<Response> {
    if let Some(elsewhere) = first_elsewhere(&app, &visitor, Some(FactorKind::Passkey), PATH).await? {
        return Ok(elsewhere);
    }
    show(&app, &visitor, console, "Passkey".into(), Problems::none()).await
}

async fn show(app: &App, visitor: &Visitor, console: Console, name: String, problems: Problems) -> Result<Response> {
    let offers = offered(app, visitor, FactorKind::Passkey).await?;
    if !passkey::offered(app) {
        let words = "Passkeys need a console with a name, and this one is opened by a number. Choose another device.";
        return Err(Error::new(Kind::Conflict, words));
    }
    Ok(pages::page(console, pages::View { offers, first: !visitor.has_factor, name, problems }))
}

/// The challenge for a new passkey.
pub async fn options(State(app): State<App>, visitor: Visitor) -> Result<Response> {
    offered(&app, &visitor, FactorKind::Passkey).await?;
    Ok(written(enrol::begin(&app, &visitor).await?))
}

/// What the script posts, and the name. No `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    credential: String,
    #[serde(default)]
    name: String,
}

/// Checks what the device made. With the first device come the recovery codes, otherwise the dashboard.
pub async fn submit(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    origin: Origin,
    ceremony: Ceremony,
    Form(form): Form<Made>,
) -> Result<Response> {
    if let Some(elsewhere) = first_elsewhere(&app, &visitor, Some(FactorKind::Passkey), PATH).await? {
        return Ok(elsewhere);
    }
    offered(&app, &visitor, FactorKind::Passkey).await?;
    let name = match factor_name(&form.name) {
        Ok(name) => name,
        Err(error) if error.kind == Kind::Invalid => {
            let problems = error.fields.into_iter().map(|f| (f.field, f.message)).collect();
            return show(&app, &visitor, console, form.name, problems).await;
        }
        Err(error) => return Err(error),
    };
    let presented = Presented {
        answer: form.credential,
        ceremony: ceremony.0,
        address: origin.address,
        user_agent: origin.user_agent,
    };
    match enrol::finish(&app, &visitor, &name, presented).await? {
        Outcome::Done(finished) => {
            let cookies = [session::set_cookie(&finished.session)?, finished.device];
            Ok(match finished.codes {
                Some(codes) => carrying(recovery::first(console, &codes), cookies),
                None => redirect("/", cookies),
            })
        }
        Outcome::Refused(refusal) => {
            let problems = [("", refusal.words())].into_iter().collect();
            show(&app, &visitor, console, form.name, problems).await
        }
    }
}
