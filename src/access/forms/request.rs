//! What several forms read from a request or write into an answer.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::request::Parts;
use http::{HeaderValue, header};
use serde::Deserialize;

use crate::access::service::home;
use crate::access::session::named_cookie;
use crate::access::{Visitor, device, session};
use crate::error::Error;
use crate::kernel::id::CollaboratorId;
use crate::kernel::ip::ClientAddress;
use crate::platform::state::App;
use crate::ui::text::Clockface;

/// Where a request comes from, and what its browser carries.
pub struct Origin {
    pub address: ClientAddress,
    pub user_agent: String,
    pub device: Option<String>,
    pub session: Option<String>,
}

impl FromRequestParts<App> for Origin {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        Ok(Self {
            address: parts.extensions.get::<ClientAddress>().copied().unwrap_or(ClientAddress::Unknown),
            user_agent: user_agent.chars().take(300).collect(),
            device: named_cookie(&parts.headers, device::COOKIE),
            session: session::cookie(&parts.headers),
        })
    }
}

/// Now, in the zone in which a person reads times where no site is shown.
pub async fn clock(app: &App, who: CollaboratorId) -> crate::error::Result<Clockface> {
    Ok(Clockface { now: app.clock.now(), zone: home::zone(app, who).await? })
}

/// Whose account, as the page named it: an empty post changes nothing of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Own {
    who: String,
}

impl Own {
    /// Refuses one that is not the visitor's.
    pub fn of(&self, visitor: &Visitor) -> crate::error::Result<()> {
        if self.who == visitor.id.to_string() { Ok(()) } else { Err(Error::not_found()) }
    }
}

/// 303 with cookies.
pub fn redirect(to: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    carrying(Redirect::to(to).into_response(), cookies)
}

/// An answer with cookies.
pub fn carrying(mut response: Response, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
