//! Screens of the audit log.

pub mod log;
