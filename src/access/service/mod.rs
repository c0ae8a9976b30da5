//! Use cases of the slice: each loads, decides and saves.

pub mod address_change;
pub mod collaborator;
pub mod home;
pub mod myself;
pub(super) mod notify;
pub mod place;
pub(super) mod prove;
pub(super) mod record;
pub mod reset_password;
pub mod sessions;
pub mod set_up;
pub mod sign_in;
pub mod sign_out;
pub(super) mod strength;
