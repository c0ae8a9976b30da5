//! `/s/{site}/collaborators/invite`: asking somebody to join.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use super::{Links, crumbs, roles_to_give};
use crate::access::forms::collaborators::invite::Typed;
use crate::access::permission::Role;
use crate::console::Console;
use crate::kernel::phone::EXAMPLE;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::{CheckboxRow, Field, Select, ticked};
use crate::ui::layout::Head;
use crate::ui::page::Page;

/// The form, with what was typed.
pub fn page(console: Console, handle: &str, actor: Role, typed: Typed, problems: Problems) -> Response {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let links = Links::of(handle);
    console.show(Page::new("Invite a collaborator", move || view(links, actor, typed, problems)).status(status))
}

fn view(links: Links, actor: Role, typed: Typed, problems: Problems) -> impl IntoView {
    let own = ticked(typed.mfa.as_deref());
    view! {
        <Head
            title="Invite a collaborator" crumbs=crumbs(&links, true)
            lead="We mail a link to the address. It works once, for seven days, and for that address only.".to_owned()
        />
        {error_summary(&problems)}
        <form class="form" action=links.invite() method="post">
            <Field name="email" label="E-mail" kind="email" value=typed.email required=true autofocus=true maxlength=254 error=problems.of("email")/>
            <Select name="role" label="Role" options=roles_to_give(actor) value=typed.role error=problems.of("role")/>
            <CheckboxRow
                name="mfa" label="Enable MFA" checked=own
                help="Require a second factor of this person, even if the site does not ask everybody.".to_owned()
            />
            <Field
                name="phone" label="Phone" aside="optional" kind="tel" value=typed.phone maxlength=40 error=problems.of("phone")
                help=format!("Filled in for them when they set up text messages: + and the country code first, such as {EXAMPLE}, of a country this site texts to.")
            />
            <div class="row">
                <button class="button primary" type="submit">"Send the invitation"</button>
                <a class="button plain" href=links.all()>"Cancel"</a>
            </div>
        </form>
    }
}
