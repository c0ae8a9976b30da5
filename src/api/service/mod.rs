//! Use cases of keys: look up for the gate, make, change the rate, revoke, list.

pub mod find;
pub mod issue;
pub mod lookup;
pub mod revoke;
pub mod set_rate;
