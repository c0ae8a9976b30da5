//! Reports: what happened at a site, in figures, against the site's own history. It reads what the engine has written
//! and writes nothing of its own but sums of it; the panic switch on its first page is the engine's.
//!
//! In reading order: [`period`] (pure: which time is shown, what is usual), [`tally`] (what was read before), `store`,
//! [`service`], `pages`.

mod pages;
pub mod period;
mod routes;
pub mod service;
mod store;
pub mod tally;

pub use routes::routes;
