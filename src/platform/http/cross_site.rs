//! Refuses what another site's page sends with the reader's cookie.
//!
//! Covers every unsafe method, and every protocol upgrade, that a cookie could authorise. `/v1` never reads a cookie
//! and is exempt. A request with neither `Sec-Fetch-Site` nor `Origin` is refused.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, header};
use url::Url;

use crate::error::{Error, Kind};
use crate::platform::state::App;

/// The layer.
pub async fn refuse(State(app): State<App>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let upgrade = request.headers().contains_key(header::UPGRADE);
    // `/v1` reads no cookie at all, the demo's endpoints read none beside a key.
    let path = request.uri().path();
    let exempt = path.starts_with("/v1/")
        || (path.starts_with("/demo/") && request.headers().contains_key(header::AUTHORIZATION));
    if (safe && !upgrade) || exempt || is_ours(request.headers(), &app.config.public_url) {
        return next.run(request).await;
    }
    Error::new(
        Kind::CrossSite,
        "This was sent from another site, so nothing was done. Open the page here and try again.",
    )
    .into_response()
}

/// Whether the browser says that our own page, or the person directly, sent this.
fn is_ours(headers: &HeaderMap, public_url: &Url) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let ours = public_url.origin().ascii_serialization();
    let mut origins = headers.get_all(header::ORIGIN).iter();
    matches!((origins.next(), origins.next()), (Some(origin), None) if origin.as_bytes() == ours.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_change_things() {
        let ours = Url::parse("https://gate.example.com").unwrap();
        let with = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, value.parse().unwrap());
            }
            is_ours(&headers, &ours)
        };
        assert!(with(&[("sec-fetch-site", "same-origin")]));
        assert!(with(&[("sec-fetch-site", "none")]));
        assert!(with(&[("origin", "https://gate.example.com")]));
        assert!(!with(&[]), "neither header");
        assert!(!with(&[("sec-fetch-site", "same-site")]));
        assert!(!with(&[("sec-fetch-site", "cross-site"), ("origin", "https://gate.example.com")]));
        assert!(!with(&[("origin", "null")]));
        assert!(!with(&[("origin", "https://gate.example.com.evil.example")]));
        assert!(!with(&[("origin", "https://gate.example.com"), ("origin", "https://evil.example")]), "two origins");
    }
}
