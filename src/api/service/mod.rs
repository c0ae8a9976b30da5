//! Use cases of keys: make, revoke, list.

pub mod find;
pub mod issue;
pub mod revoke;
