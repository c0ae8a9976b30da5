//! Handlers of the slice's forms and of the pages they stand on: permit, service, then a page, a 303, or the page again
//! with what was typed. `velocity_input` reads the largest of them.

pub mod panic;
pub mod policy;
pub mod velocity;
pub mod velocity_input;
