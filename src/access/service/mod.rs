//! Use cases of the slice: each loads, decides and saves.

pub mod collaborator;
pub mod home;
pub mod place;
pub(super) mod prove;
pub(super) mod record;
pub mod sign_in;
pub mod sign_out;
pub(super) mod strength;
