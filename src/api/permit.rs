//! The gate of `/v1`: a Bearer key, its scope, its rate. Never a cookie. What it lets through carries a [`KeyPermit`],
//! which names the site: a path or a body cannot.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, header};

use crate::access::gate;
use crate::api::key::{KeyKind, KeyState, KeyText, state};
use crate::api::lookup;
use crate::api::rate::{Asker, Taken};
use crate::api::scope::{Maker, Scope, effective};
use crate::api::store;
use crate::api::store::key::Admission;
use crate::audit::{self, Actor, Entry, Values};
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

/// Refusals of a key that its site wants to know of: whoever holds it goes on using it, or tries what it is not for.
const WORTH_A_ROW: [&str; 4] = ["key_revoked", "key_expired", "publishable_key", "missing_scope"];

/// Lets the holder of a key with the scope through, or says why not.
pub async fn admit(app: &App, parts: &Parts, scope: Scope) -> Result<KeyPermit> {
    let text = bearer(&parts.headers)?;
    let presented = KeyText::presented(text).map_err(|_| invalid_key())?;
    let row = lookup::find(app, presented.hash()).await?.ok_or_else(invalid_key)?;
    let address = parts.extensions.get::<ClientAddress>().copied().unwrap_or(ClientAddress::Unknown);
    let (site, id, name) = (row.site, row.id, row.name.clone());
    let admitted = admit_key(app, parts, scope, row, address).await;
    if let Err(refusal) = &admitted
        && WORTH_A_ROW.contains(&refusal.code)
    {
        record_refusal(app, site, Actor::ApiKey { id, name, address }, id, refusal.code).await?;
    }
    admitted
}

/// Records a refusal in the site's audit log, of a key and reason once an hour.
async fn record_refusal(app: &App, site: SiteId, actor: Actor, key: KeyId, why: &'static str) -> Result<()> {
    let mut tx = app.db.site(site).await?;
    if store::refusal::is_news(&mut tx, site, key, why, app.clock.now()).await? {
        let new = Some(Values::new().plain("why", why));
        let entry = Entry { actor, action: "api_key.refused", target: key.into(), old: None, new };
        audit::record(&mut tx, app, site, entry).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn admit_key(
    app: &App,
    parts: &Parts,
    scope: Scope,
    row: Admission,
    address: ClientAddress,
) -> Result<KeyPermit> {
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
    let maker = match (row.maker, row.created_by) {
        // Deciding payments outlasts the deadline, so the busiest endpoint asks nothing more.
        (Maker::Member(role), Some(who))
            if !scope.outlasts_the_deadline() && gate::is_overdue(&app.db, row.site, who, now).await? =>
        {
            Maker::Overdue(role)
        }
        (maker, _) => maker,
    };
    if !effective(&row.given, maker).contains(&scope) {
        return Err(lacks(scope, row.given.contains(&scope), maker));
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

fn lacks(scope: Scope, was_given: bool, maker: Maker) -> Error {
    let detail = if was_given && matches!(maker, Maker::Overdue(_)) {
        format!(
            "This key is without the scope {scope} until the person who made it sets up the second factor that the site requires. Decisions are still answered."
        )
    } else if was_given {
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
