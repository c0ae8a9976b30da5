//! The sheets behind the two links of a changed address.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::service::address_change::Link;
use crate::console::Doorway;
use crate::ui::door::Sheet;
use crate::ui::page::Page;

/// Asks for the press that sets `address`; without one the link does not work any more.
pub fn page(doorway: Doorway, link: Link, path: &'static str, address: Option<String>) -> Response {
    let Some(address) = address else {
        let view = || {
            view! {
                <Sheet title="This link does not work" lead="It was used already, is too old, somebody else signs in with the address, or a second factor has to be set up first.".to_owned()>
                    <div class="form"><p class="small"><a href="/sign-in">"To sign-in"</a></p></div>
                </Sheet>
            }
        };
        return doorway.show(Page::new("This link does not work", view).status(StatusCode::GONE));
    };
    let (title, lead, button) = match link {
        Link::Confirm => (
            "Use this address?",
            format!("From now on you sign in with {address}, and mail goes there."),
            "Use this address",
        ),
        Link::Revert => (
            "Take the change back?",
            format!(
                "You sign in with {address} again. All browsers are signed out, devices and recovery codes that were set up since the change are worthless, and the password is void: choose a new one next."
            ),
            "Take it back",
        ),
    };
    doorway.page(title, move || {
        view! {
            <Sheet title=title lead=lead>
                <form class="form" method="post" action=path>
                    <button class="button primary full" type="submit">{button}</button>
                </form>
            </Sheet>
        }
    })
}
