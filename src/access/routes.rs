//! The slice's rows of the route table.

use crate::access::Permission;
use crate::access::forms::second_factor::{CODES, devices, mailed, set_up as factor};
use crate::access::forms::{
    activity, address_change, collaborators, messages, mfa_settings, myself, passkey, password_settings,
    reset_password, second_step, set_up, sign_in, sign_out, step_up,
};
use crate::platform::http::routes::{Access, Routes};

/// The doors, a person's own pages, and what a site asks of its people.
pub fn routes() -> Routes {
    doors().merge(own()).merge(second_factor()).merge(of_a_site())
}

fn doors() -> Routes {
    Routes::new()
        .get("/sign-in", Access::Public, sign_in::page)
        .post("/sign-in", Access::Public, sign_in::submit)
        .post("/sign-in/passkey/options", Access::Public, passkey::sign_in_options)
        .post("/sign-in/passkey", Access::Public, passkey::sign_in)
        .get(second_step::PATH, Access::Public, second_step::page)
        .post(second_step::PATH, Access::Public, second_step::submit)
        .post("/sign-in/second-step/code", Access::Public, second_step::send)
        .post("/sign-in/second-step/passkey/options", Access::Public, passkey::second_step_options)
        .post("/sign-in/second-step/passkey", Access::Public, passkey::second_step)
        .post("/sign-in/second-step/help", Access::Public, second_step::help)
        .get("/forgot-password", Access::Public, reset_password::forgot_page)
        .post("/forgot-password", Access::Public, reset_password::forgot)
        .get("/reset-password", Access::Public, reset_password::page)
        .post("/reset-password", Access::Public, reset_password::submit)
        .get("/set-up", Access::Public, set_up::page)
        .post("/set-up", Access::Public, set_up::submit)
        .get("/confirm-email", Access::Public, address_change::confirm_page)
        .post("/confirm-email", Access::Public, address_change::confirm)
        .get("/revert-email", Access::Public, address_change::revert_page)
        .post("/revert-email", Access::Public, address_change::revert)
}

fn own() -> Routes {
    Routes::new()
        .post("/sign-out", Access::SignedIn, sign_out::submit)
        .get("/me/profile", Access::SignedIn, myself::profile)
        .post("/me/profile", Access::SignedIn, myself::rename)
        .post("/me/email", Access::SignedIn, myself::change_email)
        .post("/me/phone", Access::SignedIn, myself::change_phone)
        .post("/me/password", Access::SignedIn, myself::change_password)
        .get("/me/sessions", Access::SignedIn, myself::sessions_page)
        .post("/me/sessions", Access::SignedIn, myself::end_sessions)
        .get("/me/confirm", Access::SignedIn, step_up::page)
        .post("/me/confirm", Access::SignedIn, step_up::submit)
        .post("/me/confirm/code", Access::SignedIn, step_up::send)
        .post("/me/confirm/passkey/options", Access::SignedIn, passkey::confirm_options)
        .post("/me/confirm/passkey", Access::SignedIn, passkey::confirm)
        .get("/me/activity", Access::SignedIn, activity::page)
        .get("/me/activity/not-me", Access::SignedIn, activity::ask_not_me)
        .post("/me/activity/not-me", Access::SignedIn, activity::not_me)
        .post("/me/stay", Access::SignedIn, myself::stay)
        .post("/me/theme", Access::SignedIn, myself::theme)
        .merge(collaborators::routes())
}

/// Reached past a site's deadline too: nothing here names a site.
fn second_factor() -> Routes {
    Routes::new()
        .get("/me/second-factor", Access::SignedIn, devices::page)
        .get("/me/second-factor/set-up", Access::SignedIn, factor::choose_page)
        .post("/me/second-factor/sms", Access::SignedIn, factor::begin_number)
        .post("/me/second-factor/totp", Access::SignedIn, factor::begin_app)
        .get(passkey::enrol::PATH, Access::SignedIn, passkey::enrol::page)
        .post("/me/second-factor/passkey/options", Access::SignedIn, passkey::enrol::options)
        .post(passkey::enrol::PATH, Access::SignedIn, passkey::enrol::submit)
        .get("/me/second-factor/mail", Access::SignedIn, mailed::page)
        .post("/me/second-factor/mail", Access::SignedIn, mailed::submit)
        .post("/me/second-factor/mail/send", Access::SignedIn, mailed::send)
        .get(CODES, Access::SignedIn, devices::ask_new_codes)
        .post(CODES, Access::SignedIn, devices::new_codes)
        .get("/me/second-factor/{factor}", Access::SignedIn, devices::device_page)
        .post("/me/second-factor/{factor}/name", Access::SignedIn, devices::rename)
        .get("/me/second-factor/{factor}/end", Access::SignedIn, devices::ask_end)
        .post("/me/second-factor/{factor}/end", Access::SignedIn, devices::end)
        .get("/me/second-factor/{factor}/set-up", Access::SignedIn, factor::code_page)
        .post("/me/second-factor/{factor}/set-up", Access::SignedIn, factor::submit)
        .post("/me/second-factor/{factor}/send", Access::SignedIn, factor::send_again)
}

fn of_a_site() -> Routes {
    Routes::new()
        .get("/s/{site}/mfa", Access::May(Permission::ReadCollaborators), mfa_settings::show)
        .post("/s/{site}/mfa", Access::May(Permission::EditMfa), mfa_settings::post)
        .get("/s/{site}/passwords", Access::May(Permission::ReadCollaborators), password_settings::show)
        .post("/s/{site}/passwords", Access::May(Permission::EditSite), password_settings::post)
        .post("/s/{site}/passwords/unlock", Access::May(Permission::ManageCollaborators), password_settings::unlock)
        .merge(messages::routes())
}
