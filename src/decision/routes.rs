//! The slice's rows of the route table; lists have their own.

use crate::access::Permission as P;
use crate::decision::{forms, pages, rpc};
use crate::platform::http::routes::{Access, Routes};

/// Decisions, their order, velocity filters, policy versions, the panic switch.
pub fn routes() -> Routes {
    Routes::new()
        .get("/s/{site}/decisions", Access::May(P::ReadDecisions), pages::show::list)
        .get("/s/{site}/decisions/{decision}", Access::May(P::ReadDecisions), pages::show::one)
        .get("/s/{site}/order", Access::May(P::ReadDecisions), pages::order::get)
        .get("/s/{site}/velocity", Access::May(P::ReadPolicy), forms::velocity::show)
        .post("/s/{site}/velocity", Access::May(P::EditProtection), forms::velocity::post)
        .post("/s/{site}/velocity/effect", Access::May(P::ReadPolicy), rpc::velocity_effect)
        .get("/s/{site}/policy", Access::May(P::ReadPolicy), forms::policy::list)
        .get("/s/{site}/policy/{version}", Access::May(P::ReadPolicy), forms::policy::one)
        .post("/s/{site}/policy/{version}", Access::May(P::EditProtection), forms::policy::restore)
        .get("/s/{site}/panic", Access::May(P::EditProtection), forms::panic::show)
        .post("/s/{site}/panic", Access::May(P::EditProtection), forms::panic::post)
}
