//! The slice's rows of the route table.

use crate::access::forms::{address_change, myself, reset_password, set_up, sign_in, sign_out};
use crate::platform::http::routes::{Access, Routes};

/// The doors, and a person's own pages.
pub fn routes() -> Routes {
    let doors = Routes::new()
        .get("/sign-in", Access::Public, sign_in::page)
        .post("/sign-in", Access::Public, sign_in::submit)
        .get("/forgot-password", Access::Public, reset_password::forgot_page)
        .post("/forgot-password", Access::Public, reset_password::forgot)
        .get("/reset-password", Access::Public, reset_password::page)
        .post("/reset-password", Access::Public, reset_password::submit)
        .get("/set-up", Access::Public, set_up::page)
        .post("/set-up", Access::Public, set_up::submit)
        .get("/confirm-email", Access::Public, address_change::confirm_page)
        .post("/confirm-email", Access::Public, address_change::confirm)
        .get("/revert-email", Access::Public, address_change::revert_page)
        .post("/revert-email", Access::Public, address_change::revert);
    doors
        .post("/sign-out", Access::SignedIn, sign_out::submit)
        .get("/me/profile", Access::SignedIn, myself::profile)
        .post("/me/profile", Access::SignedIn, myself::rename)
        .post("/me/email", Access::SignedIn, myself::change_email)
        .post("/me/password", Access::SignedIn, myself::change_password)
        .get("/me/sessions", Access::SignedIn, myself::sessions_page)
        .post("/me/sessions", Access::SignedIn, myself::end_sessions)
        .get("/me/confirm", Access::SignedIn, myself::confirm_page)
        .post("/me/confirm", Access::SignedIn, myself::confirm)
        .post("/me/stay", Access::SignedIn, myself::stay)
        .post("/me/theme", Access::SignedIn, myself::theme)
}
