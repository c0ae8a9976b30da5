//! The gate of `/v1`: a Bearer key, its scope, its rate. Never a cookie. What it lets through carries a [`KeyPermit`],
//! which names the site: a path or a body cannot.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, header};

use crate::api::key::{KeyKind, KeyState, KeyText, state};
use crate::api::rate::{Asker, Taken};
use crate::api::scope::{Scope, effective};
use crate::api::store;
use crate::error::{Error, Kind, Result};
use crate::kernel::card_number;
use crate::kernel::id::{KeyId, SiteId};
use crate::kernel::ip::ClientAddress;
use crate::platform::state::App;

/// Proof that a valid secret key with the endpoint's scope was presented. Only [`admit`] makes one.
#[derive(Debug, Clone)]
pub struct KeyPermit(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    key: KeyId,
    name: String,
    site: SiteId,
    live: bool,
    scope: Scope,
    address: ClientAddress,
}

impl KeyPermit {
    /// The key.
    pub fn key(&self) -> KeyId {
        self.0.key
    }

    /// What people call the key.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The key's site: everything asked for is looked for there and nowhere else.
    pub fn site_id(&self) -> SiteId {
        self.0.site
    }

    /// Whether that is a live site.
    pub fn live(&self) -> bool {
        self.0.live
    }

    /// The scope the endpoint asked for; the key has it.
    pub fn scope(&self) -> Scope {
        self.0.scope
    }

    /// Where the server that holds the key called from.
    pub fn address(&self) -> ClientAddress {
        self.0.address
    }
}

impl FromRequestParts<App> for KeyPermit {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        parts.extensions.get::<Self>().cloned().ok_or_else(no_key)
    }
}

/// Lets the holder of a key with the scope through, or says why not.
pub async fn admit(app: &App, parts: &Parts, scope: Scope) -> Result<KeyPermit> {
    let text = bearer(&parts.headers)?;
    let presented = KeyText::presented(text).map_err(|_| invalid_key())?;
    let row = store::key::by_hash(&app.db, &presented.hash()).await?.ok_or_else(invalid_key)?;
    let now = app.clock.now();
    match state(row.revoked_at, row.expires_at, now) {
        KeyState::Active => {}
        KeyState::Revoked => {
            return Err(Error::new(
                Kind::Unauthenticated,
                "This key has been revoked. Make another on the page API keys.",
            )
            .code("key_revoked"));
        }
        KeyState::Expired => {
            return Err(Error::new(Kind::Unauthenticated, "This key has expired. Make another on the page API keys.")
                .code("key_expired"));
        }
    }
    let address = parts.extensions.get::<ClientAddress>().copied().unwrap_or(ClientAddress::Unknown);
    let touch = match app.meter().take(Asker::of(row.id, row.kind, address), row.rate, now) {
        Taken::Yes { touch } => touch,
        Taken::Wait(seconds) => {
            let each = if row.kind == KeyKind::Publishable { " from each address" } else { "" };
            let detail = format!(
                "This key may make {} requests a second{each}, {} at once after a pause.",
                row.rate.per_second, row.rate.burst
            );
            return Err(Error::new(Kind::TooMany, detail).retry_after(seconds));
        }
    };
    if row.kind == KeyKind::Publishable {
        return Err(Error::new(
            Kind::Forbidden,
            "A publishable key cannot do this: call from your server with a secret key.",
        )
        .code("publishable_key"));
    }
    if !effective(&row.given, row.maker).contains(&scope) {
        return Err(lacks(scope, row.given.contains(&scope)));
    }
    refuse_secrets_in_address(parts)?;
    if touch {
        store::key::touch(&app.db, row.site, row.id, now).await?;
    }
    Ok(KeyPermit(Arc::new(Inside { key: row.id, name: row.name, site: row.site, live: row.live, scope, address })))
}

/// The one Bearer token of a request.
fn bearer(headers: &HeaderMap) -> Result<&str> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return Err(no_key()) };
    let (scheme, token) = line.to_str().ok().and_then(|l| l.split_once(' ')).ok_or_else(no_key)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(no_key()) }
}

fn no_key() -> Error {
    Error::new(Kind::Unauthenticated, "Send your secret key in the header Authorization: Bearer gh_sk_…")
}

fn invalid_key() -> Error {
    Error::new(
        Kind::Unauthenticated,
        "This is not a valid key. Check that it is whole and belongs to this installation.",
    )
    .code("invalid_key")
}

fn lacks(scope: Scope, was_given: bool) -> Error {
    let detail = if was_given {
        format!(
            "This key has lost the scope {scope}: the person who made it may no longer give it. Let somebody who may make another."
        )
    } else {
        format!("This key lacks the scope {scope}. Make one that has it on the page API keys.")
    };
    Error::new(Kind::Forbidden, detail).code("missing_scope")
}

/// Addresses are logged and cached on their way: no card number and no key belongs into one.
fn refuse_secrets_in_address(parts: &Parts) -> Result<()> {
    // As it stands and as it is read: a path's + is a plus.
    let path = parts.uri.path();
    let read = url::form_urlencoded::parse(path.replace('+', "%2B").replace(['&', '='], "/").as_bytes())
        .map(|(text, _)| text.into_owned())
        .collect::<String>();
    if card_number::found_in(path) || card_number::found_in(&read) {
        return Err(card_number_refused("path"));
    }
    let Some(query) = parts.uri.query() else { return Ok(()) };
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if card_number::found_in(&name) || card_number::found_in(&value) {
            return Err(card_number_refused("query"));
        }
        if value.starts_with("gh_sk_") {
            return Err(Error::new(
                Kind::Malformed,
                "A secret key never stands in an address. Revoke this one: addresses are logged on their way.",
            )
            .code("key_in_address"));
        }
    }
    Ok(())
}

/// A card number was sent. It is never repeated.
pub(super) fn card_number_refused(place: &str) -> Error {
    let message =
        "holds a card number, which is never sent here: send a token or fingerprint, the BIN and the last 4 digits";
    Error::field(place, "card_number_refused", message).code("card_number_refused")
}
