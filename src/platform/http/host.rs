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
    let hosts: Vec<_> = request.headers().get_all(header::HOST).iter().map(|host| host.to_str().ok()).collect();
    // HTTP/2 names the host here, and so does HTTP/1 with an absolute address: then both have to be ours.
    let authority = request.uri().authority().map(|authority| Some(authority.as_str()));
    let named = !hosts.is_empty() || authority.is_some();
    let ours = |name: &Option<&str>| name.is_some_and(|name| is_ours(name, &app.config.public_url, app.demo));
    if (named && hosts.len() <= 1 && hosts.iter().chain(&authority).all(ours)) || matches!(path, "/healthz" | "/readyz")
    {
        return next.run(request).await;
    }
    Error::new(Kind::WrongHost, "This address is not served here. Use the one in GATEHOUSE_PUBLIC_URL.").into_response()
}

/// Whether a Host is the public one; in demo mode any name of this machine's loopback will do.
fn is_ours(named: &str, public_url: &Url, demo: bool) -> bool {
    // A name and a port only: no person, path or white space that the parser below would overlook.
    if !named.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b)) {
        return false;
    }
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
        for bad in [
            "evil.example",
            "localhost:3000.evil.example",
            "localhost",
            "localhost:3001",
            "",
            "a@localhost:3000x",
            "a@localhost:3000",
            "localhost:3000/x",
            "localhost:3000?",
            "localhost:3000 ",
            "http://localhost:3000",
        ] {
            assert!(!is_ours(bad, &url, true), "{bad}");
        }
    }
}
