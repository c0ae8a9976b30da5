//! Allow, block and challenge lists: facts that a decision looks up before its first step.
//!
//! Words: a *list* has a kind, which says what a match does, and acts on all services of the site or on chosen ones; an
//! *entry* is one rule of a list, with a name, a note and perhaps an end; its *conditions* name *fields* and *values*:
//! all fields must match, any value of a field does. A *probe* is one attempt's values as digests.
//!
//! In reading order: [`list`], [`field`], [`normalise`] (what makes two spellings one value), [`entry`], [`probe`],
//! [`lines`] (typing many), [`ending`], [`loosening`] (what asks for a fresh proof), [`trial`] (a change tried on the past),
//! [`service`], `store`; then `routes`, `input` (what forms hold), `forms`, `rpc` and `pages`.
//!
//! An entry's row is never changed: a change closes it and opens another, so that a replay can ask for the ones that
//! stood at a decision's instant.

pub mod ending;
pub mod entry;
pub mod field;
mod forms;
mod input;
pub mod lines;
pub mod list;
pub mod loosening;
pub mod normalise;
mod pages;
pub mod probe;
mod routes;
mod rpc;
pub mod service;
mod store;
pub mod trial;

pub use field::Field;
pub use list::ListKind;
pub use probe::{ListMatch, Probe};
pub use routes::routes;
