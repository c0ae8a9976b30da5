//! Every SQL statement of the slice.

pub(super) mod membership;
pub(super) mod session;
