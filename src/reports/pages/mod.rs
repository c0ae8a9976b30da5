//! Screens of the slice.

mod figures;
pub mod overview;
mod rail;
