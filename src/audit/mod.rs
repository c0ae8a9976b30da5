//! The audit log: every change and every sign-in, who did it, from where, the old and the new value, hash-chained per
//! site so that nobody can take a row out or change one unseen. Not the program's log, and not the decisions.
//!
//! In reading order: [`entry`] (what is recorded), [`values`] (what of it can be erased), [`chain`] (the canonical form, links and the signed head),
//! `service/record` (called inside the transaction of each change), `service/begin`, `service/verify` (walks a chain), `service/search`,
//! [`words`] (rows as people read them), `pages/log`, [`commands`].
//!
//! What it can prove: that no row up to a chain's head was changed, removed, moved or added without the root key, and that
//! the chain of a site that is there was not removed as a whole. What it cannot: a head stays signed. Whoever has the rights
//! of the tables' owner (the program has not) and kept an older head can put it back and take away the rows after it, and a
//! whole database can be set back to a backup; both look as they did then. Ship the heads that `audit verify` prints
//! elsewhere: one that is no row's hash any more was set back.

pub mod chain;
pub mod commands;
pub mod entry;
mod pages;
mod service;
mod store;
pub mod values;
pub mod words;

pub use entry::{Actor, Entry};
pub use service::begin::begin;
pub use service::record::record;
pub use service::search::{Who, last_of_list};
pub use service::verify::{Broken, Fault, Whole, verify};
pub use values::{Target, Values};

use crate::access::Permission;
use crate::platform::http::routes::{Access, Routes};

/// The endpoints of the slice.
pub fn routes() -> Routes {
    Routes::new().get("/s/{site}/audit", Access::May(Permission::ReadAudit), pages::log::get)
}
