//! The questions before a person is shut out, removed, made the owner, or loses their devices.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use super::Links;
use crate::access::service::collaborators::list::Member;
use crate::console::Console;
use crate::ui::dialog::Confirm;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::Field;
use crate::ui::page::Page;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Drop devices and recovery codes; wants a reason.
    ResetMfa,
    /// Shut out of the site.
    Disable,
    /// Take the place away.
    Remove,
    /// Make them an owner and oneself an admin.
    HandOver,
}

impl Question {
    /// The last part of its path.
    pub fn verb(self) -> &'static str {
        match self {
            Question::ResetMfa => "reset-mfa",
            Question::Disable => "disable",
            Question::Remove => "remove",
            Question::HandOver => "hand-over",
        }
    }

    /// What has to be typed before it is done.
    fn typed(self, member: &Member) -> Option<String> {
        (self != Question::ResetMfa).then(|| member.email.clone())
    }

    fn words(self, name: &str, site: &str) -> (String, String, &'static str) {
        match self {
            Question::ResetMfa => (
                format!("Reset the second factor of {name}?"),
                format!(
                    "Their devices and recovery codes are worthless from now on, at all their sites, and they are signed out everywhere. They have at most seven days to set up another device. Do this only if you know that it is {name} who asks: speak with them."
                ),
                "Reset MFA",
            ),
            Question::Disable => (
                format!("Shut {name} out of {site}?"),
                format!(
                    "From the next request on they can do nothing at {site}; their other sites stay open to them. API keys they have made stop working until you let them in again: make others first where a shop relies on them."
                ),
                "Disable at this site",
            ),
            Question::Remove => (
                format!("Remove {name} from {site}?"),
                format!(
                    "From the next request on they no longer belong to {site}; their other sites stay open to them. API keys they have made stop working. To bring them back, invite them again."
                ),
                "Remove from this site",
            ),
            Question::HandOver => (
                format!("Make {name} an owner in your place?"),
                format!(
                    "{name} becomes an owner of {site}, and you become an admin: only an owner can give that back to you. {name} confirms who they are before going on there, and your other browsers are signed out."
                ),
                "Hand ownership over",
            ),
        }
    }
}

/// The question's page.
pub fn page(
    console: Console,
    question: Question,
    member: &Member,
    (site, handle): (&str, &str),
    reason: String,
    problems: Problems,
) -> Response {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let links = Links::of(handle);
    let (title, text, button) = question.words(&member.name, site);
    let (action, cancel) = (links.deed(member.id, question.verb()), links.person(member.id));
    let (typed, wrong) = (question.typed(member), problems.of("typed"));
    let view = {
        let title = title.clone();
        move || {
            let error = problems.of("reason");
            let field = match question {
                Question::ResetMfa => view! {
                    <Field
                        name="reason" label="Reason" value=reason required=true maxlength=200 error=error
                        help="The audit log keeps it, and the mails name it: Lost phone, confirmed by call.".to_owned()
                    />
                }
                .into_any(),
                // What is typed says that it is meant.
                Question::Disable | Question::Remove | Question::HandOver => ().into_any(),
            };
            view! {
                {error_summary(&problems)}
                <Confirm title=title text=text action=action button=button cancel=cancel typed=typed error=wrong>{field}</Confirm>
            }
        }
    };
    console.show(Page::new(title, view).status(status))
}
