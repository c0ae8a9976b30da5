//! Form handlers: a permit, a service, then 303, or the page again with 422 and the kept input. Passwords are never kept.

mod request;
pub mod sign_in;
pub mod sign_out;
