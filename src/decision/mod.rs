//! The decision engine: from an attempt and a policy to an outcome with its reasons.
//!
//! In reading order: [`attempt`] (what is asked), [`keys`] (what limits count under), [`facts`] (what may be known),
//! [`policy`] (what the site wants), `needed` (which facts that takes), `together` (what a batch adds to them),
//! [`pipeline`] with [`checks`] (the pure answer), [`sign_in`] (that to a collaborator at the console's door), [`verdict`]
//! (the answer's words), [`order`] (as it is published), [`wording`] (its sentences), [`counters`], [`replay`] and
//! [`backtest`] (history again), [`change`] (what a new policy changes) and [`last_week`] (whom it would have turned away),
//! [`service`] (load, decide, save) with `store`, `routes`, `pages`, `forms` and `rpc` (what people see), [`lists`].

pub mod attempt;
pub mod backtest;
pub mod change;
pub mod checks;
pub mod counters;
pub mod facts;
mod forms;
pub mod keys;
pub mod last_week;
pub mod lists;
mod needed;
pub mod order;
mod pages;
pub mod pipeline;
pub mod policy;
pub mod replay;
mod routes;
mod rpc;
pub mod service;
pub mod sign_in;
mod store;
mod together;
pub mod verdict;
pub mod wording;

pub use routes::routes;
pub use service::batch::Waiting;
pub use service::snapshot::Snapshots;
