//! Screens of the slice. Those at the door load no islands.

pub mod activity;
pub mod address_change;
mod affected;
pub mod banner;
pub(super) mod code_step;
pub mod collaborators;
pub mod confirm;
mod delivery;
pub mod messages;
pub mod mfa_settings;
mod parts;
pub mod passkey;
pub mod password_settings;
pub mod profile;
pub mod reset_password;
pub mod second_factor;
pub mod second_step;
pub mod sessions;
pub mod set_up;
pub mod sign_in;
mod wait;
