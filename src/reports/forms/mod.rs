//! Forms of the slice.

pub mod panic;
