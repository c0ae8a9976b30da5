//! Single-use links. Opening one puts its token into a short-lived cookie and goes on to the clean path: the token leaves
//! the address bar, the history and the Referer, and a mail scanner that opens it has used nothing.

use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;

use crate::access::forms::request::redirect;
use crate::access::session::named_cookie;
use crate::error::{Error, Result};
use crate::kernel::secret::Token;

/// The query of a link.
#[derive(Debug, Default, Deserialize)]
pub struct Opened {
    #[serde(default)]
    pub token: Option<String>,
}

/// A page that a link leads to.
#[derive(Debug, Clone, Copy)]
pub struct LinkPage {
    /// Its clean path.
    pub path: &'static str,
    cookie: &'static str,
}

pub const RESET: LinkPage = LinkPage { path: "/reset-password", cookie: "__Host-gatehouse-reset" };
pub const SET_UP: LinkPage = LinkPage { path: "/set-up", cookie: "__Host-gatehouse-set-up" };
pub const INVITATION: LinkPage = LinkPage { path: "/invitation", cookie: "__Host-gatehouse-invitation" };
pub const CONFIRM_EMAIL: LinkPage = LinkPage { path: "/confirm-email", cookie: "__Host-gatehouse-confirm-email" };
pub const REVERT_EMAIL: LinkPage = LinkPage { path: "/revert-email", cookie: "__Host-gatehouse-revert-email" };

impl LinkPage {
    /// The redirect of a link that was opened; nothing is looked up or used.
    pub fn open(self, token: &str) -> Result<Response> {
        let harmless = token.len() <= 100 && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let kept = if harmless { token } else { "" };
        // Lax: the reader comes from a mail, on another site.
        let cookie = format!("{}={kept}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=900", self.cookie);
        let mut cookie = HeaderValue::from_str(&cookie).map_err(Error::internal)?;
        cookie.set_sensitive(true);
        Ok(guarded(redirect(self.path, [cookie])))
    }

    /// The token that the browser carries.
    pub fn token(self, headers: &HeaderMap) -> Option<Token> {
        named_cookie(headers, self.cookie).filter(|text| !text.is_empty()).map(|text| Token::presented(&text))
    }

    /// On to another page, the token's cookie taken back.
    pub fn leave(self, to: &str) -> Result<Response> {
        let cookie = format!("{}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0", self.cookie);
        Ok(guarded(redirect(to, [HeaderValue::from_str(&cookie).map_err(Error::internal)?])))
    }
}

/// No page is told where the reader comes from.
pub fn guarded(mut response: Response) -> Response {
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
