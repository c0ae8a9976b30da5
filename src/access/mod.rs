//! Access: the people who manage sites. Roles and permissions, the gate before every page, sign-in, lockout, sessions,
//! passwords, step-up. Customers of the sites are another slice with other cookies, tables and routes.
//!
//! Words: a *collaborator* is a person; a *membership* gives them one role at one site; a *visitor* is a signed-in
//! collaborator; a *permit* proves that a visitor may do a certain thing at a site; a *session* is a signed-in browser;
//! a *known device* is a browser that has signed in before; a *bucket* counts wrong passwords.
//!
//! In reading order: [`permission`], [`permit`], [`gate`] (before every handler); the pure rules [`lockout`],
//! [`address_limit`], [`pace`], [`next`], [`password`]; [`hashing`] (the queue of hashes), [`device`], [`session`];
//! `service` (use cases; `service/prove.rs` is the one place where a password is compared), `store`, `forms`, `pages`.

#[cfg(feature = "ssr")]
pub mod address_limit;
#[cfg(feature = "ssr")]
pub mod commands;
#[cfg(feature = "ssr")]
mod common;
#[cfg(feature = "ssr")]
pub mod device;
#[cfg(feature = "ssr")]
mod forms;
#[cfg(feature = "ssr")]
pub mod gate;
#[cfg(feature = "ssr")]
pub mod hashing;
#[cfg(feature = "ssr")]
pub mod lockout;
#[cfg(feature = "ssr")]
pub mod next;
#[cfg(feature = "ssr")]
pub mod pace;
#[cfg(feature = "ssr")]
mod pages;
pub mod password;
pub mod permission;
#[cfg(feature = "ssr")]
pub mod permit;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
pub mod session;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use hashing::{Cost, Hasher};
#[cfg(feature = "ssr")]
pub use pace::Pace;
pub use permission::{Permission, Role, grant};
#[cfg(feature = "ssr")]
pub use permit::{Permit, Place, Visitor};
#[cfg(feature = "ssr")]
pub use routes::routes;
