//! Screens of the slice.

pub mod overview;
pub mod panic;
