//! The audit log: its chain and who may touch it.

mod chain;
mod every_change;
mod page;
