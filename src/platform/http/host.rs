//! The Host check: a request for another name is not ours to answer (DNS rebinding, poisoned links).

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header;
use url::Url;

use crate::error::{Error, Kind};
use crate::platform::state::App;

/// The layer. Health checks are exempt: they come by address.
pub async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let named = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok().map(str::to_owned),
        (None, None) => request.uri().authority().map(|a| a.as_str().to_owned()), // HTTP/2
        _ => None,
    };
    let ours = named.is_some_and(|name| is_ours(&name, &app.config.public_url, app.demo));
    if ours || matches!(path, "/healthz" | "/readyz") {
        return next.run(request).await;
    }
    Error::new(Kind::WrongHost, "This address is not served here. Use the one in GATEHOUSE_PUBLIC_URL.").into_response()
}

/// Whether a Host is the public one; in demo mode any name of this machine's loopback will do.
fn is_ours(named: &str, public_url: &Url, demo: bool) -> bool {
    let Ok(asked) = Url::parse(&format!("{}://{named}", public_url.scheme())) else { return false };
    let same_port = asked.port_or_known_default() == public_url.port_or_known_default();
    let same_host = asked.host_str() == public_url.host_str();
    let loopback = matches!(asked.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    same_port && (same_host || (demo && loopback))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_name_is_answered() {
        let url = Url::parse("http://localhost:3000").unwrap();
        assert!(is_ours("localhost:3000", &url, false));
        assert!(is_ours("LOCALHOST:3000", &url, false));
        assert!(is_ours("127.0.0.1:3000", &url, true));
        assert!(!is_ours("127.0.0.1:3000", &url, false));
        for bad in ["evil.example", "localhost:3000.evil.example", "localhost", "localhost:3001", "", "a@localhost:3000x"] {
            assert!(!is_ours(bad, &url, true), "{bad}");
        }
    }
}
