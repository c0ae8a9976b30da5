//! What can be done with lists, one file a verb.

pub mod matches;
