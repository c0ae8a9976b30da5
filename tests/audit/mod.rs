//! The audit log: its chain and who may touch it.

mod chain;
mod page;
