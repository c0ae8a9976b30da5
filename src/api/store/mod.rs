//! Every SQL statement of the slice.

pub(super) mod idempotency;
pub(super) mod key;
pub(super) mod refusal;
