//! The gate before every handler: once all of the request has arrived it reads the session cookie, finds the visitor and
//! their place at the site in the path, and lets through whom the route table's row allows. Rows of `/v1` are for
//! [`crate::api::permit`]: there a cookie is never looked at. Fails closed.

use axum::RequestExt as _;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, Path, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{HeaderMap, Method, header};
use http_body_util::LengthLimitError;
use std::collections::HashMap;
use std::sync::Arc;

use crate::access::factor::Means;
use crate::access::permit::{Place, Visitor, VisitorParts, not_signed_in};
use crate::access::service::requirement::{self, AtSite};
use crate::access::session::Assurance;
use crate::access::{session, store};
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, SiteId};
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::Token;
use crate::platform::db::Db;
use crate::platform::demo;
use crate::platform::http::edge::BODY_LIMIT;
use crate::platform::http::routes::Access;
use crate::platform::state::App;
use crate::sites;

/// Of a refusal of a session that was proved with a kind of factor that does not count at the site: pages lead to the
/// proof then, and back.
const OTHER_FACTOR_REQUIRED: &str = "other_factor_required";

/// Of a refusal of a session that was proved before the visitor's place at the site changed: pages lead to the proof, and
/// back.
const PLACE_CHANGED: &str = "place_changed";

/// Of a refusal past the deadline: pages lead to enrolment then.
const SECOND_FACTOR_REQUIRED: &str = "second_factor_required";

/// The layer around one endpoint.
pub async fn check(access: Access, request: Request, next: Next) -> Response {
    if access == Access::Public {
        return next.run(request).await;
    }
    let request = match whole(request).await {
        Ok(request) => request,
        Err(error) => return error.into_response(),
    };
    match admit(access, request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal,
    }
}

/// The request with all of its body, if it may change something. Whoever sends a body slowly is judged by what holds when
/// it has arrived: a session that ended meanwhile, a place that was taken away, a key that was revoked do nothing any more.
async fn whole(request: Request) -> Result<Request> {
    if request.method().is_safe() {
        return Ok(request);
    }
    let too_large = || Error::new(Kind::TooLarge, "The body is larger than 64 KiB.");
    let stated = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if stated.is_some_and(|length: usize| length > BODY_LIMIT) {
        return Err(too_large()); // and nothing of it is read
    }
    let (parts, body) = request.with_limited_body().into_parts();
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Err(error) if is_too_large(&error) => Err(too_large()),
        Err(error) => Err(Error::new(Kind::Malformed, "The request broke off before its end.").caused_by(error)),
    }
}

fn is_too_large(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(is_too_large)
}

/// The request with its visitor and place, or the refusal.
async fn admit(access: Access, request: Request) -> std::result::Result<Request, Response> {
    let (mut parts, body) = request.into_parts();
    let found = async {
        let app = parts
            .extensions
            .get::<App>()
            .cloned()
            .ok_or_else(|| Error::internal(anyhow::anyhow!("the edge layer is missing")))?;
        let address = parts.extensions.get::<ClientAddress>().copied().unwrap_or(ClientAddress::Unknown);
        if let Access::Key(scope) = access {
            let permit = crate::api::permit::admit(&app, &parts, scope).await?;
            parts.extensions.insert(permit);
            return Ok(None);
        }
        if access == Access::Demo {
            if !app.demo {
                return Err(Error::not_found());
            }
            if demo::key_holder(&app, &parts.headers).await?.is_some() {
                return Ok(None);
            }
        }
        let visitor = visitor(&app, &parts.headers, address, parts.method != Method::GET).await?;
        if access == Access::Demo && !store::membership::owns_the_first_site(&app.db, visitor.id).await? {
            return Err(Error::new(
                Kind::Forbidden,
                "Only an owner of the demo's site may do this, or the holder of the demo file's secret key.",
            ));
        }
        let Access::May(permission) = access else { return Ok(Some((visitor, None))) };
        let path: Path<HashMap<String, String>> =
            Path::from_request_parts(&mut parts, &app).await.map_err(|_| Error::not_found())?;
        let handle = path.get("site").ok_or_else(Error::not_found)?;
        let place = place(&app, &visitor, handle, !is_polling(&parts.headers)).await?;
        if !place.role.may(permission) {
            let detail = format!("The role {} may not do this. Ask an owner or admin.", place.role.label());
            return Err(Error::new(Kind::Forbidden, detail));
        }
        Ok(Some((visitor, Some(place))))
    }
    .await;
    match found {
        Ok(Some((visitor, place))) => {
            parts.extensions.insert(visitor);
            place.map(|place| parts.extensions.insert(place));
            Ok(Request::from_parts(parts, body))
        }
        Ok(None) => Ok(Request::from_parts(parts, body)),
        Err(error)
            if error.kind == Kind::Unauthenticated && !matches!(access, Access::Key(_)) && wants_page(&parts) =>
        {
            // Come back to the page after signing in; a form's path is a page too, a body is not kept.
            Err(Redirect::to(&format!("/sign-in?next={}", escaped_path(&parts))).into_response())
        }
        Err(error) if error.code == SECOND_FACTOR_REQUIRED && wants_page(&parts) => {
            Err(Redirect::to("/me/second-factor").into_response())
        }
        Err(error) if [OTHER_FACTOR_REQUIRED, PLACE_CHANGED].contains(&error.code) && wants_page(&parts) => {
            Err(Redirect::to(&format!("/me/confirm?next={}", escaped_path(&parts))).into_response())
        }
        Err(error) => Err(error.into_response()),
    }
}

fn escaped_path(parts: &http::request::Parts) -> String {
    url::form_urlencoded::byte_serialize(parts.uri.path().as_bytes()).collect()
}

/// Whether a browser is opening or posting a page (and not an island fetching JSON).
fn wants_page(parts: &http::request::Parts) -> bool {
    crate::platform::http::wants_page(&parts.headers)
}

/// Who sends this cookie. `moving`: whether the request counts as activity.
async fn visitor(app: &App, headers: &HeaderMap, address: ClientAddress, moving: bool) -> Result<Visitor> {
    let cookie = session::cookie(headers).ok_or_else(not_signed_in)?;
    let hash = Token::presented(&cookie).hash();
    let now = app.clock.now();
    let row = store::session::find(&app.db, &hash).await?.ok_or_else(not_signed_in)?;
    let assurance = Assurance::parse(&row.assurance);
    if row.has_factor && assurance == Assurance::Password {
        return Err(not_signed_in());
    }
    let idle_ends_at = row.last_active_at + chrono::TimeDelta::minutes(i64::from(row.idle_minutes));
    if now >= idle_ends_at || now >= row.expires_at {
        return Err(not_signed_in());
    }
    let polling = is_polling(headers);
    if !polling && (moving || now - row.last_active_at > chrono::TimeDelta::seconds(20)) {
        store::session::touch(&app.db, &hash, now).await?;
    }
    let idle_ends_at =
        if polling { idle_ends_at } else { now + chrono::TimeDelta::minutes(i64::from(row.idle_minutes)) };
    Ok(Visitor(Arc::new(VisitorParts {
        id: row.collaborator_id,
        name: row.name,
        email: row.email,
        session: hash,
        assurance,
        means: row.proved_with.as_deref().map(str::parse::<Means>).transpose().map_err(Error::internal)?,
        has_factor: row.has_factor,
        proved_at: row.proved_at,
        idle_minutes: row.idle_minutes,
        idle_ends_at,
        expires_at: row.expires_at,
        address,
        user_agent: headers
            .get(header::USER_AGENT)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .chars()
            .take(300)
            .collect(),
    })))
}

/// Whether a script of the page asks, not a person.
fn is_polling(headers: &HeaderMap) -> bool {
    headers.get("x-gatehouse-poll").is_some()
}

/// The visitor's place at a site; a site they do not belong to does not exist for them. Past the deadline of a second
/// factor nothing of the site is reached, however old the session is; and where one is required, only a session that was
/// last proved with a kind that counts there reaches it. So does only one that was proved since the place last changed: the
/// session ends for this site, and goes on at others. `is_here`: the person asks, not a script of the page.
async fn place(app: &App, visitor: &Visitor, handle: &str, is_here: bool) -> Result<Place> {
    let site = sites::by_handle(&app.db, handle).await?.ok_or_else(Error::not_found)?;
    let now = app.clock.now();
    let rows = store::requirement::of(app.db.pool(), Some(site.id), Some(visitor.id)).await?;
    let asked = rows.first().ok_or_else(Error::not_found)?;
    if asked.disabled_at.is_some() {
        let detail = "Your access to this site is switched off. Ask an owner or admin of the site.";
        return Err(Error::new(Kind::Forbidden, detail).code("membership_disabled"));
    }
    let at = AtSite::of(asked, now);
    if at.is_shut() {
        let detail = "The time to set up a second factor for this site is over. Set one up, then go on.";
        return Err(Error::new(Kind::Forbidden, detail).code(SECOND_FACTOR_REQUIRED));
    }
    if asked.changed_at.is_some_and(|changed| visitor.proved_at <= changed) {
        let detail = "Your role at this site has changed. Confirm that it is you, then go on.";
        return Err(Error::new(Kind::StepUpRequired, detail).code(PLACE_CHANGED));
    }
    if !at.is_open_to(visitor.means, &asked.accepted) {
        let detail =
            "This site asks for another kind of second factor than you have proved. Confirm with one that counts.";
        return Err(Error::new(Kind::StepUpRequired, detail).code(OTHER_FACTOR_REQUIRED));
    }
    if is_here {
        store::membership::seen(&app.db, site.id, visitor.id, now).await?;
    }
    Ok(Place { site: Arc::new(site), role: asked.role })
}

/// Whether the person is past the deadline of their second factor at the site: the keys they made manage nothing then.
pub(crate) async fn is_overdue(db: &Db, site: SiteId, who: CollaboratorId, now: Timestamp) -> Result<bool> {
    Ok(requirement::at(db, site, who, now).await?.is_some_and(|at| at.is_shut()))
}
