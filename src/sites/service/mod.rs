//! Use cases: make a site, change its settings, list a person's sites, keep its payment services.

pub mod create;
pub mod of;
pub mod services;
pub mod settings;

pub use create::{create, create_own, may_create};
pub use of::of;
