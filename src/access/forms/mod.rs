//! Form handlers: a permit, a service, then 303, or the page again with 422 and the kept input. Passwords are never kept.

pub mod address_change;
mod mailed;
pub mod myself;
mod request;
pub mod reset_password;
pub mod set_up;
pub mod sign_in;
pub mod sign_out;
