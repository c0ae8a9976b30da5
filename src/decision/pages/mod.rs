//! Pages of the slice: velocity filters with their effect, decisions and the trace of one, policy versions, the panic
//! switch. Views, and in [`show`] the handlers of those without a form; the others are in [`crate::decision::forms`].

pub mod busiest;
pub mod decisions;
pub mod effect;
mod marks;
pub mod number;
pub mod order;
pub mod panic;
pub mod policy;
pub mod query;
pub mod show;
pub mod sign_in;
pub mod steps;
pub mod story;
pub mod trace;
pub mod velocity;

/// What every control of the engine does when what it stands on fails; said beside each.
pub const IF_THE_DATABASE_FAILS: (&str, &str) = ("If the database fails", "Closed: nothing is let through undecided");
