//! Every SQL statement of the slice.

pub(super) mod probe;
