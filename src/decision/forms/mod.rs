//! Handlers of the slice's pages and forms: permit, service, then a page, a 303, or the page again with what was typed.

pub mod decisions;
pub mod panic;
pub mod policy;
pub mod save_velocity;
pub mod velocity;
