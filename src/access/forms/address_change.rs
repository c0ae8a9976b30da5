//! `/confirm-email` and `/revert-email`: links from mails, used by a press and not by opening them.

use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;

use crate::access::forms::mailed::{CONFIRM_EMAIL, LinkPage, Opened, REVERT_EMAIL, guarded};
use crate::access::forms::request::Origin;
use crate::access::pages::address_change as pages;
use crate::access::service::address_change::{Link, apply, leads_to};
use crate::console::Doorway;
use crate::error::Result;
use crate::platform::state::App;
use crate::ui::feedback::Done;

/// Opens the link that confirms, or asks for the press.
pub async fn confirm_page(
    State(app): State<App>,
    doorway: Doorway,
    headers: HeaderMap,
    Query(query): Query<Opened>,
) -> Result<Response> {
    show(&app, doorway, &headers, query, CONFIRM_EMAIL, Link::Confirm).await
}

/// Uses the new address.
pub async fn confirm(State(app): State<App>, doorway: Doorway, origin: Origin, headers: HeaderMap) -> Result<Response> {
    press(&app, doorway, origin, &headers, CONFIRM_EMAIL, Link::Confirm).await
}

/// Opens the link that takes a change back, or asks for the press.
pub async fn revert_page(
    State(app): State<App>,
    doorway: Doorway,
    headers: HeaderMap,
    Query(query): Query<Opened>,
) -> Result<Response> {
    show(&app, doorway, &headers, query, REVERT_EMAIL, Link::Revert).await
}

/// Takes the change back.
pub async fn revert(State(app): State<App>, doorway: Doorway, origin: Origin, headers: HeaderMap) -> Result<Response> {
    press(&app, doorway, origin, &headers, REVERT_EMAIL, Link::Revert).await
}

async fn show(
    app: &App,
    doorway: Doorway,
    headers: &HeaderMap,
    query: Opened,
    page: LinkPage,
    link: Link,
) -> Result<Response> {
    if let Some(token) = query.token {
        return page.open(&token);
    }
    let leads_to = match page.token(headers) {
        Some(token) => leads_to(app, link, &token).await?,
        None => None,
    };
    Ok(guarded(pages::page(doorway, link, page.path, leads_to)))
}

async fn press(
    app: &App,
    doorway: Doorway,
    origin: Origin,
    headers: &HeaderMap,
    page: LinkPage,
    link: Link,
) -> Result<Response> {
    let done = match page.token(headers) {
        Some(token) => apply(app, link, &token, origin.address, &origin.user_agent).await?,
        None => false,
    };
    match (done, link) {
        (false, _) => Ok(guarded(pages::page(doorway, link, page.path, None))),
        (true, Link::Confirm) => page.leave(&Done::Saved.at("/sign-in")),
        (true, Link::Revert) => page.leave(&Done::Restored.at("/forgot-password")),
    }
}
