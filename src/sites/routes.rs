//! The slice's rows of the route table.

use crate::access::Permission as P;
use crate::platform::http::routes::{Access, Routes};
use crate::sites::{forms, pages};

/// Settings, services, a new site.
pub fn routes() -> Routes {
    Routes::new()
        .get("/sites/new", Access::SignedIn, pages::new_site::show)
        .post("/sites/new", Access::SignedIn, forms::create_site)
        .get("/s/{site}/settings", Access::May(P::ReadSite), pages::settings::show)
        .post("/s/{site}/settings", Access::May(P::EditSite), forms::save_settings)
        .get("/s/{site}/services", Access::May(P::ReadServices), pages::services::list)
        .get("/s/{site}/services/new", Access::May(P::EditServices), pages::services::new)
        .post("/s/{site}/services/new", Access::May(P::EditServices), forms::create_service)
        .get("/s/{site}/services/{service}", Access::May(P::ReadServices), pages::services::one)
        .post("/s/{site}/services/{service}", Access::May(P::EditServices), forms::save_service)
        .get("/s/{site}/services/{service}/archive", Access::May(P::EditServices), pages::archive::ask)
        .post("/s/{site}/services/{service}/archive", Access::May(P::EditServices), forms::archive_service)
        .post("/s/{site}/services/{service}/open", Access::May(P::EditServices), forms::open_service)
}
