//! The slice's rows of the route table.

use crate::access::Permission;
use crate::platform::http::routes::{Access, Routes};
use crate::reports::pages::overview;

/// The overview.
pub fn routes() -> Routes {
    Routes::new().get("/s/{site}/overview", Access::May(Permission::ReadOverview), overview::get)
}
