//! The slice's rows of the route table.

use crate::access::Permission;
use crate::platform::http::routes::{Access, Routes};
use crate::reports::forms::panic;
use crate::reports::pages::overview;

/// The overview and its panic switch.
pub fn routes() -> Routes {
    Routes::new()
        .get("/s/{site}/overview", Access::May(Permission::ReadOverview), overview::get)
        .get("/s/{site}/panic", Access::May(Permission::EditProtection), panic::ask)
        .post("/s/{site}/panic", Access::May(Permission::EditProtection), panic::submit)
}
