//! Every SQL statement of the slice.

pub(super) mod address;
pub(super) mod collaborator;
pub(super) mod device;
pub(super) mod lockout;
pub(super) mod membership;
pub(super) mod session;
pub(super) mod token;
