//! Use cases of keys: make, change the rate, revoke, list.

pub mod find;
pub mod issue;
pub mod revoke;
pub mod set_rate;
