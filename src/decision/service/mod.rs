//! Use cases of the engine. Each loads, decides and saves, in that order, once.

pub mod around;
pub mod backtest;
pub mod decide;
pub mod last_week;
pub mod outcome;
pub mod policy;
pub mod replay;
pub mod search;
pub mod snapshot;
