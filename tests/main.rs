//! All tests that need the whole program: one binary, one folder per slice, one file per behaviour.
//!
//! Each test has a database of its own (copied from a migrated template), a clock in its hands and the router in
//! process. Rules have their tables beside them in `src`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails; child processes speak by line"
)]

mod access;
mod api;
mod architecture;
mod audit;
mod authorization;
mod console;
mod decision;
mod lists;
mod platform;
mod reports;
mod simulate;
mod sites;
mod stale_form;
mod stale_session;
mod support;
mod system;
mod two_tenants;
