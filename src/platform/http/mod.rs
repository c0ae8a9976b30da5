//! The edge: what every request passes on its way in and every answer on its way out.
//!
//! Before a request is one, its connection has its limits ([`connections`]). Then, outermost first: request id and access
//! log, security headers, errors written in the caller's form, time limit, panics, Host check, no zero bytes and no card
//! numbers in addresses, client address, cross-site refusal, body limit; then the route table ([`routes`]).

pub mod assets;
pub mod card_numbers;
pub mod client_address;
pub mod connections;
pub mod cross_site;
pub mod edge;
pub mod host;
pub mod routes;
pub mod zero_bytes;

use http::{HeaderMap, header};

/// Whether a browser is opening or posting a page, and not a program or an island fetching JSON.
pub fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"))
}
