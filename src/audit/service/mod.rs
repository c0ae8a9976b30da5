//! Use cases of the audit log.

pub mod begin;
pub mod record;
pub mod search;
pub mod verify;
