//! `/v1/lists`: allow, block and challenge lists, their entries, and looking a value up.

mod caution;
pub mod change;
pub mod change_entry;
pub mod create;
pub mod create_entry;
pub mod entries;
pub mod list;
pub mod look_up;
pub mod read;
pub mod remove;
pub mod remove_entry;
pub mod shape;
