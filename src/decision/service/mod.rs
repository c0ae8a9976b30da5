//! Use cases of the engine. Each loads, decides and saves, in that order, once.

pub mod around;
pub mod backtest;
pub(super) mod batch;
pub mod decide;
mod effects;
pub mod outcome;
pub mod panic;
pub mod policy;
pub mod search;
pub mod sign_in;
pub mod snapshot;
