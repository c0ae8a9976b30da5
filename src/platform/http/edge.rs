//! The layers around the route table, in one place.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use leptos::prelude::*;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{Instrument as _, error, info, warn};
use url::{Origin, Position, Url};

use crate::access::next::own_path;
use crate::api::v1::problem::Problem;
use crate::console::Doorway;
use crate::error::{Error, Kind, Unwritten};
use crate::kernel::card_number;
use crate::kernel::ip::ClientAddress;
use crate::platform::http::{card_numbers, cross_site, host, wants_page, zero_bytes};
use crate::platform::state::App;
use crate::ui::door::Sheet;
use crate::ui::stale::confirm_href;

/// Bodies are at most this large unless an endpoint says otherwise.
pub const BODY_LIMIT: usize = 64 * 1024;

/// A request that takes longer is answered 503.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The id of a request, echoed in `X-Request-Id`, in problems and in the log.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Wraps the route table in the layers; see [`super`] for their order.
pub fn wrap(app: App, table: Router<App>) -> Router {
    wrap_within(TIME_LIMIT, app, table)
}

/// [`wrap`] with another limit on a request's time.
pub fn wrap_within(limit: Duration, app: App, table: Router<App>) -> Router {
    table
        .fallback(|| async { Error::not_found() })
        .method_not_allowed_fallback(|| async {
            Error::new(Kind::MethodNotAllowed, "This address does not take that method.")
        })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(app.clone(), cross_site::refuse))
        .layer(middleware::from_fn_with_state(app.clone(), know_client))
        .layer(middleware::from_fn(card_numbers::lead_away))
        .layer(middleware::from_fn(zero_bytes::refuse))
        .layer(middleware::from_fn_with_state(app.clone(), host::check))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Error::internal(anyhow::anyhow!("a handler panicked")).into_response()
        }))
        .layer(middleware::from_fn(move |request, next| limit_time(limit, request, next)))
        .layer(middleware::from_fn_with_state(app.clone(), write_errors))
        .layer(middleware::from_fn_with_state(app.clone(), secure))
        .layer(middleware::from_fn(account))
        .with_state(app)
}

/// Gives the request its id and a span with it around all that is done for it, so that every line of the log below says
/// whose it is, and logs one line about it. That line names the route, not the address: paths, queries and `Referer` are
/// written by callers, and mailed links carry tokens there.
async fn account(mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(&request);
    let method = request.method().clone();
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "no route".to_owned(), |m| m.as_str().to_owned());
    request.extensions_mut().insert(RequestId(id.clone()));
    // An error's level: whatever is logged at all is logged with its id.
    let span = tracing::error_span!("http.request", request.id = %id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let _inside = span.enter();
    let status = response.status().as_u16();
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    if route.starts_with("/pkg/") || route == "/healthz" {
        tracing::debug!(http.route = route, status, took_ms, "{method} {route} answered {status}");
    } else {
        info!(http.route = route, status, took_ms, "{method} {route} answered {status}");
    }
    metrics::counter!("gatehouse_http_requests_total", "status" => status.to_string()).increment(1);
    metrics::histogram!("gatehouse_http_request_seconds").record(began.elapsed().as_secs_f64());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// The caller's id if it is harmless, else a new one.
fn request_id(request: &Request) -> String {
    let given = request.headers().get("x-request-id").and_then(|v| v.to_str().ok());
    match given {
        Some(id)
            if (1..=64).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
                && !card_number::found_in(id) =>
        {
            id.to_owned()
        }
        _ => format!("req_{}", hex::encode(crate::kernel::secret::random_bytes::<10>())),
    }
}

/// Headers of every answer, errors and files included. Pages add their own content security policy with its nonce.
async fn secure(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)",
    );
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    set(header::CACHE_CONTROL, "no-store");
    if app.config.public_url.scheme() == "https" {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    response
}

/// Writes an error once, in the caller's form, and logs its cause.
async fn write_errors(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map(|r| r.0.clone()).unwrap_or_default();
    let path = request.uri().path();
    let machine = path == "/v1" || path.starts_with("/v1/") || !wants_page(request.headers());
    let theme = crate::access::session::named_cookie(request.headers(), "theme");
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let referer = request.headers().get(header::REFERER).cloned();
    let response = next.run(request).await;
    let error = match response.extensions().get::<Unwritten>() {
        Some(Unwritten(error)) => error.clone(),
        None if (response.status().is_client_error() || response.status().is_server_error())
            && !has_body_of_ours(&response) =>
        {
            std::sync::Arc::new(rejected(response.status()))
        }
        None => return response,
    };
    match (&error.source, error.kind) {
        (Some(cause), Kind::Internal) => error!("the request failed: {cause:#}"),
        (Some(cause), _) => warn!("answered {}: {cause:#}", error.code),
        (None, _) => {}
    }
    let mut written = if machine {
        problem(&error, &id)
    } else {
        let back = way_back(&method, &uri, referer.as_ref(), &app.config.public_url.origin());
        page(&app, &error, &id, (theme.as_deref(), &back))
    };
    *written.status_mut() = error.kind.status();
    if let Some(seconds) = error.retry_after {
        written.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if error.kind == Kind::Unauthenticated {
        written.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    for (name, value) in response.headers() {
        if *name == header::SET_COOKIE || *name == header::ALLOW {
            written.headers_mut().append(name, value.clone());
        }
    }
    written
}

/// Whether a handler wrote this answer on purpose (a page with 422, say).
fn has_body_of_ours(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    kind.starts_with("text/html")
        || kind.starts_with("application/problem+json")
        || kind.starts_with("application/json")
}

/// What the framework refused before a handler saw it.
fn rejected(status: StatusCode) -> Error {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Error::new(Kind::TooLarge, "The body is larger than 64 KiB."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Error::new(
            Kind::UnsupportedMediaType,
            "Send what this endpoint reads; forms are application/x-www-form-urlencoded.",
        ),
        StatusCode::NOT_FOUND => Error::not_found(),
        StatusCode::UNPROCESSABLE_ENTITY => {
            Error::new(Kind::Invalid, "A field is missing, doubled or not of the right kind.")
        }
        status if status.is_server_error() => Error::internal(anyhow::anyhow!("the framework answered {status}")),
        _ => Error::new(Kind::Malformed, "The request cannot be read."),
    }
}

/// RFC 9457.
fn problem(error: &Error, request_id: &str) -> Response {
    let json = [(header::CONTENT_TYPE, "application/problem+json")];
    (json, Json(Problem::of(error, request_id)).into_response().into_body()).into_response()
}

/// A page that looks like ours, without scripts: also when the database is gone.
fn page(app: &App, error: &Error, request_id: &str, (theme, back): (Option<&str>, &str)) -> Response {
    let (title, detail, id) = (error.kind.title(), error.detail.clone(), request_id.to_owned());
    let (way, words) = match error.kind {
        Kind::Unauthenticated => ("/sign-in".to_owned(), "Sign in"),
        Kind::StepUpRequired => (confirm_href(back), "Confirm that it is you"),
        _ => ("/".to_owned(), "To the console"),
    };
    Doorway::bare(app, theme).page(title, move || {
        view! {
            <Sheet title=title lead=detail>
                <div class="pad">
                    <p><a class="button primary" href=way>{words}</a></p>
                    <p class="quiet">"Request "<code>{id}</code></p>
                </div>
            </Sheet>
        }
    })
}

/// Where a person goes on after proving who they are: the page they asked for or, after a form, the one it stood on.
fn way_back(method: &Method, uri: &Uri, referer: Option<&HeaderValue>, ours: &Origin) -> String {
    let asked = match *method {
        Method::GET => uri.path_and_query().map(|path| path.as_str().to_owned()),
        _ => referer
            .and_then(|text| Url::parse(text.to_str().ok()?).ok())
            .filter(|from| from.origin() == *ours)
            .map(|from| from[Position::BeforePath..].to_owned()),
    };
    asked.and_then(|path| own_path(&path)).unwrap_or_else(|| "/".to_owned())
}

/// Puts the client's address and the program itself within reach of handlers and gates.
async fn know_client(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    // A line that is not text still counts: leaving it out would let a client choose which entry is believed.
    let lines: Vec<_> =
        request.headers().get_all("x-forwarded-for").iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
    let address: ClientAddress = app.config.trusted_proxies.client(peer, lines.iter().map(|line| &**line));
    request.extensions_mut().insert(address);
    request.extensions_mut().insert(app);
    next.run(request).await
}

async fn limit_time(limit: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::new(Kind::Unavailable, "This took too long and was given up.").retry_after(5).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_proof_a_person_is_back_on_the_page_they_came_from() {
        let ours = Url::parse("https://gate.example.com").unwrap().origin();
        for (method, uri, referer, back) in [
            (Method::GET, "/s/a/mfa?x=1", None, "/s/a/mfa?x=1"),
            (Method::GET, "/s/a/mfa", Some("https://gate.example.com/s/b"), "/s/a/mfa"),
            (Method::POST, "/s/a/mfa", Some("https://gate.example.com/s/a/mfa?done=saved"), "/s/a/mfa?done=saved"),
            (Method::POST, "/s/a/mfa", Some("https://evil.example/s/a/mfa"), "/"),
            (Method::POST, "/s/a/mfa", Some("https://gate.example.com//evil.example"), "/"),
            (Method::POST, "/s/a/mfa", Some("nowhere"), "/"),
            (Method::POST, "/s/a/mfa", None, "/"),
        ] {
            let referer = referer.map(HeaderValue::from_static);
            assert_eq!(way_back(&method, &uri.parse().unwrap(), referer.as_ref(), &ours), back, "{method} {uri}");
        }
    }
}
