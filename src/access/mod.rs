//! Access: the people who manage sites. Roles and permissions, the gate before every page, sign-in, lockout, sessions,
//! passwords, step-up. Customers of the sites are another slice with other cookies, tables and routes.
//!
//! Words: a *collaborator* is a person; a *membership* gives them one role at one site; a *visitor* is a signed-in
//! collaborator; a *permit* proves that a visitor may do a certain thing at a site; a *session* is a signed-in browser.

pub mod gate;
pub mod permission;
pub mod permit;
pub mod session;
mod store;

pub use permission::{Permission, Role, grant};
pub use permit::{Permit, Place, Visitor};
