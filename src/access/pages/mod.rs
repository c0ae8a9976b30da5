//! Screens of the slice. Those at the door load no script.

pub mod sign_in;
