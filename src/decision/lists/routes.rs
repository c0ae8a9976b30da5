//! Every endpoint of lists in the console.

use crate::access::Permission::{EditBlockEntries, EditProtection, ReadLists};
use crate::decision::lists::{forms, pages, rpc};
use crate::platform::http::routes::{Access, Routes};

/// See the module. Entries of allow lists ask for more than their row here says: the service refuses who may not.
pub fn routes() -> Routes {
    Routes::new()
        .get("/s/{site}/lists", Access::May(ReadLists), pages::overview::get)
        .get("/s/{site}/lists/look-up", Access::May(ReadLists), forms::look_up::get)
        .post("/s/{site}/lists/look-up", Access::May(ReadLists), forms::look_up::post)
        .get("/s/{site}/lists/new", Access::May(EditProtection), pages::list_form::new)
        .post("/s/{site}/lists/new", Access::May(EditProtection), forms::list::create)
        .post("/s/{site}/lists/check-lines", Access::May(EditBlockEntries), rpc::check_lines)
        .get("/s/{site}/lists/entries/new", Access::May(EditBlockEntries), pages::from_decision::get)
        .post("/s/{site}/lists/entries/new", Access::May(EditBlockEntries), forms::from_decision::add)
        .get("/s/{site}/lists/{list}", Access::May(ReadLists), pages::detail::get)
        .get("/s/{site}/lists/{list}/edit", Access::May(EditProtection), pages::list_form::edit)
        .post("/s/{site}/lists/{list}/edit", Access::May(EditProtection), forms::list::save)
        .get("/s/{site}/lists/{list}/switch", Access::May(EditProtection), pages::switch::get)
        .post("/s/{site}/lists/{list}/switch", Access::May(EditProtection), forms::list::turn)
        .post("/s/{site}/lists/{list}/unlink", Access::May(EditProtection), forms::list::unlink_service)
        .get("/s/{site}/lists/{list}/remove", Access::May(EditProtection), pages::remove::list)
        .post("/s/{site}/lists/{list}/remove", Access::May(EditProtection), forms::list::remove)
        .get("/s/{site}/lists/{list}/entries/new", Access::May(EditBlockEntries), pages::entry_form::new)
        .post("/s/{site}/lists/{list}/entries/new", Access::May(EditBlockEntries), forms::entry::add)
        .get("/s/{site}/lists/{list}/entries/{entry}", Access::May(ReadLists), pages::entry::get)
        .get("/s/{site}/lists/{list}/entries/{entry}/edit", Access::May(EditBlockEntries), pages::entry_form::edit)
        .post("/s/{site}/lists/{list}/entries/{entry}/edit", Access::May(EditBlockEntries), forms::entry::change)
        .get("/s/{site}/lists/{list}/entries/{entry}/remove", Access::May(EditBlockEntries), pages::remove::entry)
        .post("/s/{site}/lists/{list}/entries/{entry}/remove", Access::May(EditBlockEntries), forms::entry::remove)
}
