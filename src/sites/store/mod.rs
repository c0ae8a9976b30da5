//! Every SQL statement of the slice.

pub(super) mod service;
pub(super) mod site;
