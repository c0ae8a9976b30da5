//! `/s/{site}/leave`: giving up one's own place.

use axum::response::Response;
use leptos::prelude::*;

use crate::console::Console;
use crate::ui::dialog::Confirm;
use crate::ui::feedback::EmptyState;
use crate::ui::icon::Icon;
use crate::ui::layout::Head;

/// The question, or why not.
pub fn page(console: Console, site: String, handle: String, may: Result<(), String>) -> Response {
    let home = format!("/s/{handle}/overview");
    let title = format!("Leave {site}");
    if let Err(why) = may {
        let view = move || {
            view! {
                <Head title="Leave this site" crumbs=vec![("You".into(), None)] lead="Giving up your own place here.".to_owned()/>
                <EmptyState title="You cannot leave yet" text=why sign=Icon::Users>
                    <a class="button" href=home>"Back to the overview"</a>
                </EmptyState>
            }
        };
        return console.page(title, view);
    }
    console.page(title, move || {
        let text = format!("You no longer belong to {site}: only an owner or admin can invite you again. Your account and your other sites stay.");
        view! {
            <Confirm title=format!("Leave {site}?") text=text action=format!("/s/{handle}/leave") button="Leave" cancel=home>
                <input type="hidden" name="site" value=handle.clone()/>
            </Confirm>
        }
    })
}
