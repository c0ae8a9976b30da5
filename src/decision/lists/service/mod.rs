//! What can be done with lists, one file a verb. Each works within the caller's transaction, so that an API call keeps
//! its answer in the same one; the caller commits.

pub mod add_entries;
pub mod change_entry;
pub mod create_list;
pub mod editor;
pub mod effect;
pub mod look_up;
pub mod matches;
pub mod read;
pub mod remove_entry;
pub mod remove_list;
pub mod save_list;
mod words;

pub use editor::Editor;
