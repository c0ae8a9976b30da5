//! `/invitation` and `/me/invitation`: the sheets of somebody who is asked to join a site.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::pages::parts::{NewPasswordFields, problem_banner};
use crate::access::service::collaborators::join::Live;
use crate::console::{Console, Doorway};
use crate::ui::dialog::Confirm;
use crate::ui::door::Sheet;
use crate::ui::feedback::{EmptyState, Problems};
use crate::ui::form::Field;
use crate::ui::icon::Icon;
use crate::ui::islands::new_password::FORM;
use crate::ui::layout::Head;
use crate::ui::page::Page;

/// Somebody new: name and password. Somebody known: sign in first.
pub fn door(doorway: Doorway, live: Live, name: String, problems: Problems) -> Response {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = format!("Join {}", live.site.name);
    let lead = format!(
        "{} asks you to join as {}. You sign in with {}.",
        live.invitation.invited_by,
        live.invitation.role.label().to_lowercase(),
        live.invitation.email
    );
    let view = {
        let title = title.clone();
        move || match live.known {
            true => known(title, lead).into_any(),
            false => newcomer(title, lead, live, name, problems).into_any(),
        }
    };
    doorway.show(Page::new(title, view).status(status).with_islands())
}

fn newcomer(title: String, lead: String, live: Live, name: String, problems: Problems) -> impl IntoView {
    // Only what the sheet itself names.
    let own = vec![live.invitation.email, live.site.name];
    view! {
        <Sheet title=title lead=lead>
            <form class="form" id=FORM method="post" action="/invitation">
                {problem_banner(&problems)}
                <Field name="name" label="Your name" value=name autocomplete="name" required=true autofocus=true maxlength=100 error=problems.of("name")/>
                <NewPasswordFields name="password" label="Password" problems=problems.clone() rule=live.rule own=own/>
                <button class="button primary full" type="submit">"Join"</button>
            </form>
        </Sheet>
    }
}

fn known(title: String, lead: String) -> impl IntoView {
    view! {
        <Sheet title=title lead=lead>
            <div class="form">
                <p>"You have an account already. Sign in with it, then join."</p>
                <a class="button primary full" href="/me/invitation">"Sign in and join"</a>
            </div>
        </Sheet>
    }
}

/// The link does not work any more.
pub fn gone(doorway: Doorway) -> Response {
    let view = || {
        view! {
            <Sheet title="This link does not work" lead="It was used already, is older than seven days, was taken back, or a newer one was sent.".to_owned()>
                <div class="form">
                    <p>"Ask whoever invited you to send the invitation again."</p>
                    <p class="small"><a href="/sign-in">"To sign-in"</a></p>
                </div>
            </Sheet>
        }
    };
    doorway.show(Page::new("This link does not work", view).status(StatusCode::GONE))
}

/// For somebody who is signed in: the press that joins.
pub fn press(console: Console, live: Live) -> Response {
    let title = format!("Join {}", live.site.name);
    let text = format!(
        "{} asks you to join {} as {}.",
        live.invitation.invited_by,
        live.site.name,
        live.invitation.role.label().to_lowercase()
    );
    console.page(title.clone(), move || {
        view! { <Confirm title=format!("{title}?") text=text action="/me/invitation" button="Join" cancel="/" harmless=true/> }
    })
}

/// The invitation is for somebody else.
pub fn for_another(console: Console, email: String) -> Response {
    let text = format!("It is for {email}. Sign out, open the link in the mail again, and sign in with that address.");
    let view = move || {
        view! { <Head title="Invitation" crumbs=vec![("You".into(), None)] lead="A place at a site of somebody else.".to_owned()/> <EmptyState title="This invitation is not yours" text=text sign=Icon::Mail><a class="button" href="/">"To the console"</a></EmptyState> }
    };
    console.show(Page::new("This invitation is not yours", view).status(StatusCode::FORBIDDEN))
}

/// The link does not work any more, for somebody who is signed in.
pub fn gone_inside(console: Console) -> Response {
    let view = || {
        view! {
            <Head title="Invitation" crumbs=vec![("You".into(), None)] lead="A place at a site of somebody else.".to_owned()/>
            <EmptyState
                title="This invitation does not work" sign=Icon::Mail
                text="It was used already, is older than seven days, was taken back, or a newer one was sent. Open the link in the newest mail, or ask whoever invited you to send it again."
            >
                <a class="button" href="/">"To the console"</a>
            </EmptyState>
        }
    };
    console.show(Page::new("This invitation does not work", view).status(StatusCode::GONE))
}
