//! Every SQL statement of the engine.

pub(super) mod around;
pub(super) mod decision;
pub(super) mod outcome;
pub(super) mod policy;
