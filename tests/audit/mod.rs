//! The audit log: its chain, who may touch it, what it records and what it says of people.

mod chain;
mod every_change;
mod kinds;
mod page;
mod people;
