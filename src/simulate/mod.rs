//! Believable traffic, made from a seed: for the demo, for previews and for measurements. Labelled, so that what a
//! setting would do can be held against what the traffic really was.
//!
//! - [`people`]: shoppers with habits, time zones, several devices and cards; families behind one address
//! - [`attacks`]: card testing from few and from many addresses
//! - [`traffic`]: both, day by day, in order of time
//! - [`listed`]: a demo's lists and the few whom they name
//! - [`service`]: sends it through the engine; [`commands`], [`demo`]: the command line's `simulate` and `demo`

mod attacks;
pub mod commands;
pub mod demo;
mod listed;
mod people;
pub mod service;
mod traffic;

pub use people::Town;
pub use traffic::{Fate, Label, Plan, Scale, ShipsTo, plan};
