//! Work that is done after the commit that ordered it: mail, upkeep. A queue in Postgres, so that a job exists exactly
//! if its cause does, survives a crash, and any process may do it. Done at least once: a worker that dies in the middle
//! is followed by another when its lease ends.
//!
//! In reading order: [`job`] (the kinds), [`payload`] (sealed while they wait), [`backoff`] (when to try again), [`queue`] (push, dead letters), [`runner`],
//! [`commands`] (the operator's view). A site sees and settles its own jobs; the installation's are the operator's.

mod backoff;
pub mod commands;
pub mod job;
mod payload;
mod queue;
pub mod runner;
mod store;

pub use job::{Failure, Job};
pub use queue::{
    Census, Listed, Standing, Standings, census, census_of_all, discard, list, of_installation, push, push_at,
    push_for, try_again,
};
