//! The questions before a device ends and before recovery codes are made anew.

use axum::response::Response;
use leptos::prelude::*;

use crate::access::factor::{EndReason, Factor};
use crate::access::forms::second_factor::{CODES, DEVICES};
use crate::console::Console;
use crate::kernel::id::CollaboratorId;
use crate::ui::dialog::Confirm;

/// What a person has left when a device is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Other devices.
    Others,
    /// The password, and no site that asks for more.
    Password,
    /// The password, which is not enough somewhere.
    Required,
}

/// Before a device is taken away or marked as lost.
pub fn end(console: Console, factor: &Factor, reason: EndReason, rest: Rest) -> Response {
    let name = &factor.name;
    let (title, button) = match reason {
        EndReason::Lost => (format!("Mark {name} as lost?"), "Mark it as lost"),
        _ => (format!("Remove {name}?"), "Remove it"),
    };
    let rest = match rest {
        Rest::Others => "Your other devices stay.",
        Rest::Password => {
            "It is your last device: signing in takes the password alone then, and your recovery codes are worthless."
        }
        Rest::Required => {
            "It is your last device, and a site of yours asks for one: once its grace is over you reach only the set-up page there until you have another. Your recovery codes are worthless. Set another device up first if you can."
        }
    };
    let text = format!(
        "It opens nothing from now on, and cannot be brought back. All your other browsers are signed out, and you get a mail. {rest}"
    );
    let device = format!("{DEVICES}/{}", factor.id);
    console.page(title.clone(), move || {
        view! {
            <Confirm title=title text=text action=format!("{device}/end") button=button cancel=device>
                <input type="hidden" name="reason" value=reason.as_str()/>
            </Confirm>
        }
    })
}

/// Before the recovery codes that somebody has become worthless.
pub fn new_codes(console: Console, who: CollaboratorId) -> Response {
    const TITLE: &str = "Make ten new recovery codes?";
    console.page(TITLE, move || {
        view! {
            <Confirm
                title=TITLE action=CODES button="Make ten new ones" cancel=DEVICES
                text="The recovery codes you have become worthless at once, wherever you keep them. Ten new ones are shown next, this once: have a place ready. Your devices and your password stay as they are, and you get a mail."
            >
                <input type="hidden" name="who" value=who.to_string()/>
            </Confirm>
        }
    })
}
