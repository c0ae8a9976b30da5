//! `/me/second-factor/mail`: the mailed code before a first factor that comes late or follows a reset, and before another
//! that a recovery code is to open a site with.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::access::Visitor;
use crate::access::forms::request::{clock, redirect};
use crate::access::forms::second_factor::{
    CHOOSE, MAILED, confirm_first, status_of_sending, words_of, words_of_sending,
};
use crate::access::next::own_path;
use crate::access::pages::second_factor::mailed as pages;
use crate::access::service::enrol::{First, MailTried, mail_code, mail_standing, try_mail_code, what_first};
use crate::console::Console;
use crate::error::Result;
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};

/// Where to go on.
#[derive(Debug, Default, Deserialize)]
pub struct Next {
    #[serde(default)]
    next: Option<String>,
}

fn onward(next: Option<&str>) -> String {
    next.and_then(own_path).unwrap_or_else(|| CHOOSE.to_owned())
}

/// What else comes first, or nothing to prove: then on.
async fn elsewhere(app: &App, visitor: &Visitor, next: &str) -> Result<Option<Response>> {
    Ok(match what_first(app, visitor, None).await? {
        Some(First::StepUp) => Some(confirm_first(next)),
        Some(First::Mail) => None,
        None => Some(redirect(next, [])),
    })
}

/// Says why, and offers to send a code or to type it.
pub async fn page(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Query(query): Query<Next>,
) -> Result<Response> {
    let next = onward(query.next.as_deref());
    if let Some(elsewhere) = elsewhere(&app, &visitor, &next).await? {
        return Ok(elsewhere);
    }
    show(&app, &visitor, console, next, Problems::none()).await
}

async fn show(app: &App, visitor: &Visitor, console: Console, next: String, problems: Problems) -> Result<Response> {
    let (standing, clockface) = (mail_standing(app, visitor).await?, clock(app, visitor.id).await?);
    let address = visitor.email.clone();
    Ok(pages::page(console, pages::View { address, standing, next, clock: clockface, problems }))
}

/// Where to go on afterwards.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendIt {
    #[serde(default)]
    next: String,
}

/// Mails a code.
pub async fn send(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Form(form): Form<SendIt>,
) -> Result<Response> {
    let next = onward(Some(&form.next));
    if let Some(elsewhere) = elsewhere(&app, &visitor, &next).await? {
        return Ok(elsewhere);
    }
    let sent = mail_code(&app, &visitor).await?;
    let Some(words) = words_of_sending(&sent, clock(&app, visitor.id).await?) else {
        let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        return Ok(redirect(&Done::Sent.at(&format!("{MAILED}?next={query}")), []));
    };
    let page = show(&app, &visitor, console, next, [("", words)].into_iter().collect()).await?;
    Ok(status_of_sending(&sent, page, app.clock.now()))
}

/// The code, and where to go on. No `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// Compares the code.
pub async fn submit(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Form(form): Form<Typed>,
) -> Result<Response> {
    let next = onward(Some(&form.next));
    if let Some(elsewhere) = elsewhere(&app, &visitor, &next).await? {
        return Ok(elsewhere);
    }
    match try_mail_code(&app, &visitor, &form.code).await? {
        MailTried::Open => Ok(redirect(&next, [])),
        MailTried::Not(checked) => {
            let words = words_of(&checked, clock(&app, visitor.id).await?);
            show(&app, &visitor, console, next, [("code", words)].into_iter().collect()).await
        }
    }
}
