//! Access: the people who manage sites. Roles and permissions, the gate before every page, sign-in, lockout, sessions,
//! passwords, step-up. Customers of the sites are another slice with other cookies, tables and routes.
//!
//! Words: a *collaborator* is a person; a *membership* gives them one role at one site; a *visitor* is a signed-in
//! collaborator; a *permit* proves that a visitor may do a certain thing at a site; a *session* is a signed-in browser;
//! a *known device* is a browser that has signed in before; a *bucket* counts wrong passwords; a *factor* is what a person
//! proves with besides the password; a *code* is six digits, texted, mailed or from an authenticator.
//!
//! In reading order: [`permission`], [`permit`], [`gate`] (before every handler); the pure rules [`lockout`],
//! [`address_limit`], [`stranger_limit`], [`ask_limit`], [`challenge_limit`], [`pace`], [`next`], `errand`, [`password`],
//! [`wish`], [`requirement`], [`code`],
//! [`totp`], [`passkey`]; what a site chooses: [`access_settings`], [`password_settings`]; [`factor`]; [`hashing`] (the
//! queue of hashes), [`device`], [`session`];
//! `service` (use cases; `service/prove.rs` is the one place where a password is compared), `store`, `forms`, `pages`.

#[cfg(feature = "ssr")]
pub mod access_settings;
#[cfg(feature = "ssr")]
pub mod activity;
#[cfg(feature = "ssr")]
pub mod address_limit;
#[cfg(feature = "ssr")]
mod ask_limit;
#[cfg(feature = "ssr")]
pub mod authority;
#[cfg(feature = "ssr")]
mod challenge_limit;
#[cfg(feature = "ssr")]
pub mod code;
#[cfg(feature = "ssr")]
pub mod commands;
#[cfg(feature = "ssr")]
mod common;
#[cfg(feature = "ssr")]
pub mod device;
#[cfg(feature = "ssr")]
mod errand;
#[cfg(feature = "ssr")]
pub mod factor;
#[cfg(feature = "ssr")]
mod forms;
#[cfg(feature = "ssr")]
pub mod gate;
#[cfg(feature = "ssr")]
pub mod hashing;
#[cfg(feature = "ssr")]
pub mod invitation;
#[cfg(feature = "ssr")]
pub mod lockout;
#[cfg(feature = "ssr")]
pub mod next;
#[cfg(feature = "ssr")]
pub mod pace;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
pub mod passkey;
pub mod password;
#[cfg(feature = "ssr")]
pub mod password_settings;
pub mod permission;
#[cfg(feature = "ssr")]
pub mod permit;
#[cfg(feature = "ssr")]
pub mod recovery;
#[cfg(feature = "ssr")]
pub mod requirement;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
pub mod session;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod stranger_limit;
#[cfg(feature = "ssr")]
pub mod totp;
pub mod wish;

#[cfg(feature = "ssr")]
pub use hashing::{Cost, Hasher};
#[cfg(feature = "ssr")]
pub use pace::Pace;
#[cfg(feature = "ssr")]
pub use pages::banner::banner;
pub use permission::{Permission, Role, grant};
#[cfg(feature = "ssr")]
pub use permit::{Permit, Place, Visitor};
#[cfg(feature = "ssr")]
pub use routes::routes;
