//! The API that sites' servers call, below `/v1`: keys, strict JSON, idempotency, one file for each endpoint.
//!
//! Words: a *key* belongs to one site and carries *scopes*; a [`KeyPermit`] proves that a request came with one; an
//! *Idempotency-Key* is the caller's own name for a request.
//!
//! In reading order: [`scope`] and [`key`] (what a key is), [`permit`] (the gate), [`rate`] (how fast), [`body`] with
//! [`inspect`] and [`card_number`] (what may be sent), [`idempotency`] (sent twice, done once).

pub mod body;
pub mod card_number;
pub mod idempotency;
pub mod inspect;
pub mod key;
pub mod permit;
pub mod rate;
pub mod scope;
pub mod service;
mod store;

pub use permit::KeyPermit;
pub use rate::Meter;
pub use scope::Scope;
