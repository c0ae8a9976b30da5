//! The decision engine: from an attempt and a policy to an outcome with its reasons.
//!
//! In reading order: [`attempt`] (what is asked), [`keys`] (what limits count under), [`facts`] (what may be known),
//! [`policy`] (what the site wants), [`pipeline`] with [`checks`] (the pure answer), [`verdict`] (the answer's words),
//! [`wording`] (its sentences), [`service`] (load, decide, save), [`lists`].

pub mod attempt;
pub mod change;
pub mod checks;
pub mod facts;
pub mod keys;
pub mod lists;
mod needed;
pub mod pipeline;
pub mod policy;
pub mod service;
mod store;
pub mod verdict;
pub mod wording;

pub use service::snapshot::Snapshots;
