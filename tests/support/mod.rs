//! Actors and stage for tests: the program on its own database, a movable clock, browsers that keep cookies.
#![allow(dead_code, reason = "each folder of tests uses a part of it")]

mod app;
mod authenticator;
mod browser;
mod log;

#[allow(unused_imports, reason = "each folder of tests uses a part of it")]
pub use app::{Seed, TestApp, start_of_time};
#[allow(unused_imports, reason = "each folder of tests uses a part of it")]
pub use authenticator::{Authenticator, Says};
#[allow(unused_imports, reason = "each folder of tests uses a part of it")]
pub use browser::{Answer, Browser};
#[allow(unused_imports, reason = "each folder of tests uses a part of it")]
pub use log::Log;
