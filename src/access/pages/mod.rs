//! Screens of the slice. Those at the door load no script.

pub mod address_change;
pub mod confirm;
mod parts;
pub mod profile;
pub mod reset_password;
pub mod sessions;
pub mod set_up;
pub mod sign_in;
