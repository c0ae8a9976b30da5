//! `/v1/decisions`: have attempts decided, tell what became of them, look them up.

pub mod answer;
pub mod body;
pub mod create;
mod headers;
pub mod list;
pub mod outcome;
pub mod read;
mod request;
