//! Every SQL statement of the engine.

pub(super) mod around;
pub(super) mod backtest;
pub(super) mod decision;
pub(super) mod history;
pub(super) mod outcome;
pub(super) mod policy;
pub(super) mod sign_in;
