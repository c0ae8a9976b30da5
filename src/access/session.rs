//! Sessions of collaborators: the cookie, its start and its end. Limits: idle (per site, the strictest of a person's
//! sites), and 12 hours in all.

use http::{HeaderMap, HeaderValue, header};

use crate::access::factor::Means;
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

/// How a session was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assurance {
    /// By the password alone: worth nothing once the person has an active second factor.
    Password,
    /// By the password and a second factor, or by a passkey that verified the person.
    SecondFactor,
}

impl Assurance {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::SecondFactor => "second_factor",
        }
    }

    /// Reads what was stored; whatever else is worth no more than a password.
    pub fn parse(text: &str) -> Self {
        if text == "second_factor" { Self::SecondFactor } else { Self::Password }
    }
}

/// What was proved just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JustProved {
    /// What it is worth.
    pub assurance: Assurance,
    /// By what means besides the password.
    pub means: Option<Means>,
}

impl JustProved {
    /// The password and nothing else.
    pub const PASSWORD: Self = Self { assurance: Assurance::Password, means: None };
}

impl From<Means> for JustProved {
    fn from(means: Means) -> Self {
        Self { assurance: Assurance::SecondFactor, means: Some(means) }
    }
}

impl From<Assurance> for JustProved {
    fn from(assurance: Assurance) -> Self {
        Self { assurance, means: None }
    }
}

/// Starts a session and returns its cookie. Signing in, a second factor and a step-up each start a new one, so an id
/// that was known before is worthless after.
pub async fn start(
    tx: &mut Tx,
    who: CollaboratorId,
    proof: impl Into<JustProved>,
    address: ClientAddress,
    user_agent: &str,
    now: Timestamp,
) -> Result<Token> {
    let token = Token::random();
    let new = store::session::New {
        hash: token.hash(),
        who,
        proof: proof.into(),
        address,
        user_agent,
        now,
        expires_at: now + chrono::TimeDelta::hours(HOURS),
    };
    store::session::insert(tx, new).await?;
    Ok(token)
}

/// Continues a live session under a new id: the old one is dead. `proof` is what was proved just now, if anything. `None`
/// if the session was no longer alive.
pub(super) async fn renew(
    tx: &mut Tx,
    old: &[u8; 32],
    proof: Option<JustProved>,
    now: Timestamp,
) -> Result<Option<Token>> {
    let token = Token::random();
    let alive = store::session::rotate(tx, old, &token.hash(), proof, now).await?;
    Ok(alive.then_some(token))
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
