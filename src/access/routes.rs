//! The slice's rows of the route table.

use crate::access::forms;
use crate::platform::http::routes::{Access, Routes};

/// Sign-in and sign-out.
pub fn routes() -> Routes {
    Routes::new()
        .get("/sign-in", Access::Public, forms::sign_in::page)
        .post("/sign-in", Access::Public, forms::sign_in::submit)
        .post("/sign-out", Access::SignedIn, forms::sign_out::submit)
}
