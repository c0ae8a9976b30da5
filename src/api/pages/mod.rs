//! Screens of the slice.

pub mod keys;
pub mod new_key;
pub mod rate;
pub mod revoke_key;
