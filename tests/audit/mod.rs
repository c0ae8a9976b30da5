//! The audit log: its chain, who may touch it, and what it says of people.

mod chain;
mod page;
mod people;
