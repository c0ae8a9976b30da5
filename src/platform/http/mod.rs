//! The edge: what every request passes on its way in and every answer on its way out.
//!
//! Before a request is one, its connection has its limits ([`connections`]). Then, outermost first: request id and access log, panics and time limit, security headers, Host check, client address,
//! cross-site refusal, body limit, errors written in the caller's form; then the route table ([`routes`]).

pub mod assets;
pub mod client_address;
pub mod connections;
pub mod cross_site;
pub mod edge;
pub mod host;
pub mod routes;
