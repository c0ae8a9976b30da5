//! Sessions of collaborators: the cookie, its start and its end. Limits: idle (per site, the strictest of a person's
//! sites), and 12 hours in all.

use http::{HeaderMap, HeaderValue, header};

use crate::access::store;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CollaboratorId;
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::Token;
use crate::platform::db::Tx;

/// The cookie's name. `__Host-`: this host only, HTTPS (or localhost), the whole path.
pub const COOKIE: &str = "__Host-gatehouse";

/// The absolute limit in hours.
pub const HOURS: i64 = 12;

/// The session cookie of a request.
pub fn cookie(headers: &HeaderMap) -> Option<String> {
    named_cookie(headers, COOKIE)
}

/// A cookie by its name.
pub fn named_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, value)| value.to_owned())
}

/// Starts a session and returns its cookie. Signing in, a second factor and a step-up each start a new one, so an id
/// that was known before is worthless after.
pub async fn start(
    tx: &mut Tx,
    who: CollaboratorId,
    address: ClientAddress,
    user_agent: &str,
    now: Timestamp,
) -> Result<Token> {
    let token = Token::random();
    let expires_at = now + chrono::TimeDelta::hours(HOURS);
    store::session::insert(tx, &token.hash(), who, address, user_agent, now, expires_at).await?;
    Ok(token)
}

/// The header that gives the cookie away.
pub fn set_cookie(token: &Token) -> Result<HeaderValue> {
    let mut value =
        HeaderValue::from_str(&format!("{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax", token.reveal()))
            .map_err(Error::internal)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The header that takes the cookie back.
pub fn clear_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-gatehouse=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}
