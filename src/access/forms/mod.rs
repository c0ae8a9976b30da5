//! Form handlers: a permit, a service, then 303, or the page again with 422 and the kept input. Passwords are never kept.

pub mod activity;
pub mod address_change;
pub mod collaborators;
mod mailed;
pub mod messages;
pub mod mfa_settings;
pub mod myself;
pub mod passkey;
pub mod password_settings;
pub(super) mod refusals;
mod request;
pub mod reset_password;
pub mod second_factor;
pub mod second_step;
pub mod set_up;
pub mod sign_in;
pub mod sign_out;
pub mod step_up;
