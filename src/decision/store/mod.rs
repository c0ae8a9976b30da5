//! Every SQL statement of the engine.

pub(super) mod around;
pub(super) mod ask;
pub(super) mod backtest;
pub(super) mod facts;
pub(super) mod history;
pub(super) mod locks;
pub(super) mod outcome;
pub(super) mod policy;
pub(super) mod record;
pub(super) mod sign_in;
