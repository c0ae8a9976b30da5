//! The System page: what an owner, admin or analyst wants to know of the installation itself. Jobs and dead letters, versions,
//! partitions, the clock, how old the data is, how quickly the database answers.
//!
//! In reading order: `service` (what is known), `forms` (dead letters), `pages/overview`, `store`.

mod forms;
mod pages;
mod service;
mod store;

use crate::access::Permission;
use crate::platform::http::routes::{Access, Routes};

/// The endpoints of the slice.
pub fn routes() -> Routes {
    Routes::new().get("/s/{site}/system", Access::May(Permission::ReadSystem), pages::overview::get).post(
        "/s/{site}/system/jobs/{job}",
        Access::May(Permission::EditSite),
        forms::dead_letter,
    )
}
