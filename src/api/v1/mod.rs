//! The endpoints below `/v1`, one a file; [`routes`] is their table. What each takes and answers is published at
//! `/openapi.json`, written from the same files.

pub mod decisions;
pub mod lists;
pub mod policy;
pub mod problem;
pub mod reply;

use crate::api::scope::Scope;
use crate::platform::http::routes::{Access, Routes};

/// Every endpoint with the scope it asks for.
pub fn routes() -> Routes {
    use Scope::{DecisionsRead, DecisionsWrite, ListsRead, ListsWrite, PolicyRead};
    let key = Access::Key;
    Routes::new()
        .get("/v1/decisions", key(DecisionsRead), decisions::list::list)
        .post("/v1/decisions", key(DecisionsWrite), decisions::create::create)
        .get("/v1/decisions/{id}", key(DecisionsRead), decisions::read::read)
        .post("/v1/decisions/{id}/outcome", key(DecisionsWrite), decisions::outcome::outcome)
        .get("/v1/lists", key(ListsRead), lists::list::list)
        .post("/v1/lists", key(ListsWrite), lists::create::create)
        .post("/v1/lists/lookup", key(ListsRead), lists::look_up::look_up)
        .get("/v1/lists/{id}", key(ListsRead), lists::read::read)
        .patch("/v1/lists/{id}", key(ListsWrite), lists::change::change)
        .delete("/v1/lists/{id}", key(ListsWrite), lists::remove::remove)
        .get("/v1/lists/{id}/entries", key(ListsRead), lists::entries::entries)
        .post("/v1/lists/{id}/entries", key(ListsWrite), lists::create_entry::create_entry)
        .patch("/v1/lists/{id}/entries/{entry}", key(ListsWrite), lists::change_entry::change_entry)
        .delete("/v1/lists/{id}/entries/{entry}", key(ListsWrite), lists::remove_entry::remove_entry)
        .get("/v1/policy", key(PolicyRead), policy::read)
}
