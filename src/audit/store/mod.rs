//! Every SQL statement of the slice.

pub(super) mod chain;
pub(super) mod search;
