//! The engine on a database: exact counting, outcomes, windows, policies, replay.

mod amounts;
mod backtest;
mod crash;
mod exact;
mod history;
mod outcomes;
mod policies;
pub mod stage;
mod together;
mod windows;
