//! The API that sites' servers call, below `/v1`: keys, strict JSON, idempotency, one file for each endpoint.
//!
//! Words: a *key* belongs to one site and carries *scopes*; a [`KeyPermit`] proves that a request came with one; an
//! *Idempotency-Key* is the caller's own name for a request.
//!
//! In reading order: [`scope`] and [`key`] (what a key is), [`permit`] (the gate) with `lookup`, [`rate`] (how fast),
//! [`body`] with [`inspect`], [`query`], [`fields`] (what may be sent), [`idempotency`] and [`once`] (sent twice, done
//! once), [`v1`] (the endpoints), [`openapi`] (what is published about them); then the console's pages of keys:
//! [`service`], [`forms`], `pages`.
//!
//! # With curl
//!
//! ```sh
//! curl -s http://localhost:3000/v1/decisions \
//!   -H "Authorization: Bearer $GATEHOUSE_KEY" -H "Content-Type: application/json" -H "Idempotency-Key: order-1042" \
//!   -d '{"kind":"payment","service":"'$SERVICE'","amount":4900,"currency":"GBP","ip":"203.0.113.7",
//!        "customer":{"email":"ann@example.com"},
//!        "card":{"brand":"visa","last4":"4242","exp_month":8,"exp_year":2028}}'
//! ```
//!
//! In demo mode `var/demo.json` holds the key (`secret_key`) and the service (`service_id`).

pub mod body;
pub mod fields;
pub mod forms;
pub mod idempotency;
pub mod inspect;
pub mod key;
mod lookup;
pub mod once;
pub mod openapi;
mod pages;
pub mod permit;
pub mod query;
pub mod rate;
pub mod scope;
pub mod service;
mod store;
pub mod v1;

pub use lookup::Lookups;
pub use permit::KeyPermit;
pub use rate::Meter;
pub use scope::Scope;

use crate::access::Permission::{EditApiKeys, ReadApiKeys};
use crate::platform::http::routes::{Access, Routes};

/// The endpoints below `/v1`, their description, and the console's pages of keys.
pub fn routes() -> Routes {
    Routes::new()
        .get("/openapi.json", Access::Public, openapi::serve)
        .get("/s/{site}/api-keys", Access::May(ReadApiKeys), pages::keys::list)
        .get("/s/{site}/api-keys/new", Access::May(EditApiKeys), pages::new_key::new)
        .post("/s/{site}/api-keys/new", Access::May(EditApiKeys), forms::create)
        .get("/s/{site}/api-keys/{key}/rate", Access::May(EditApiKeys), pages::rate::show)
        .post("/s/{site}/api-keys/{key}/rate", Access::May(EditApiKeys), forms::save_rate)
        .get("/s/{site}/api-keys/{key}/revoke", Access::May(EditApiKeys), pages::revoke_key::ask)
        .post("/s/{site}/api-keys/{key}/revoke", Access::May(EditApiKeys), forms::revoke_key)
        .merge(v1::routes())
}
