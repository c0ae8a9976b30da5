//! `/me/activity`: what happened to the person's account.

use axum::Form;
use axum::extract::State;
use axum::response::Response;

use crate::access::forms::request::{Own, clock, redirect};
use crate::access::pages::activity as pages;
use crate::access::service::activity;
use crate::access::{Visitor, session};
use crate::console::Console;
use crate::error::Result;
use crate::platform::state::App;
use crate::ui::feedback::Done;

/// The last events.
pub async fn page(State(app): State<App>, visitor: Visitor, console: Console) -> Result<Response> {
    let events = activity::newest(&app, &visitor).await?;
    Ok(pages::page(console, events, clock(&app, visitor.id).await?))
}

/// The question before everything is shut.
pub async fn ask_not_me(visitor: Visitor, console: Console) -> Response {
    pages::question(console, visitor.id)
}

/// It was not them: shuts everything and mails a way back in.
pub async fn not_me(State(app): State<App>, visitor: Visitor, Form(form): Form<Own>) -> Result<Response> {
    form.of(&visitor)?;
    activity::not_me(&app, &visitor).await?;
    Ok(redirect(&Done::AccountSecured.at("/sign-in"), [session::clear_cookie()]))
}
