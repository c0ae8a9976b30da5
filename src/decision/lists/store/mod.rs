//! Every SQL statement of the slice.

pub(super) mod entry;
pub(super) mod list;
pub(super) mod look_up;
pub(super) mod probe;
