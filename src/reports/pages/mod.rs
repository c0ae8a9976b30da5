//! Screens of the slice.

pub mod overview;
