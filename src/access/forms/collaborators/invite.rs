//! `/s/{site}/collaborators/invite` and `…/invitations/…`.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::{Refused, confirm_first, refused};
use crate::access::forms::request::redirect;
use crate::access::grant::ManageCollaborators;
use crate::access::pages::collaborators::{Links, invite as pages};
use crate::access::permission::Role;
use crate::access::permit::Permit;
use crate::access::service::collaborators::invite::{self, Wanted};
use crate::console::Console;
use crate::error::{Error, Kind, Result};
use crate::kernel::id::InvitationId;
use crate::kernel::phone::{EXAMPLE, NotAPhone, Phone};
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};
use crate::ui::form::ticked;

type Managing = Permit<ManageCollaborators>;

/// An invitation as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    /// Where to.
    pub email: String,
    /// As which role.
    pub role: String,
    /// Whether a second factor is required of them.
    #[serde(default)]
    pub mfa: Option<String>,
    /// A number to fill in for them.
    #[serde(default)]
    pub phone: String,
}

impl Typed {
    fn read(&self) -> std::result::Result<Wanted, Problems> {
        let mut problems = Problems::none();
        let email = self
            .email
            .parse()
            .map_err(|e: crate::kernel::email::NotAnEmail| problems.add("email", format!("{e}.")))
            .ok();
        let role = self.role.parse::<Role>().map_err(|_| problems.add("role", "Choose one of the roles.")).ok();
        let phone = suggested(&self.phone).map_err(|words| problems.add("phone", words)).unwrap_or_default();
        match (email, role) {
            (Some(email), Some(role)) if problems.is_empty() => {
                Ok(Wanted { email, role, mfa_own: ticked(self.mfa.as_deref()), phone })
            }
            _ => Err(problems),
        }
    }
}

/// A number that may be left out.
pub(super) fn suggested(text: &str) -> std::result::Result<Option<Phone>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    Phone::parse(text, None).map(Some).map_err(|e| match e {
        // There is no list of countries beside this field.
        NotAPhone::NoCountry => format!("Begin the number with + and the country's code, such as {EXAMPLE}."),
        e => format!("{e}."),
    })
}

/// The form. Asked for a fresh proof before it is filled in, so that nothing typed is lost on the way.
pub async fn page(State(app): State<App>, permit: Managing, console: Console) -> Result<Response> {
    if permit.fresh(app.clock.now()).is_err() {
        return Ok(confirm_first(console.path()));
    }
    let usual = Typed { role: Role::Support.as_str().to_owned(), ..Typed::default() };
    Ok(pages::page(console, &permit.site().handle, permit.role(), usual, Problems::none()))
}

/// Sends the invitation.
pub async fn submit(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let handle = permit.site().handle.clone();
    let wanted = match typed.read() {
        Ok(wanted) => wanted,
        Err(problems) => return Ok(pages::page(console, &handle, permit.role(), typed, problems)),
    };
    match invite::invite(&app, &permit, &wanted).await {
        Ok(_) => Ok(redirect(&Done::Sent.at(&Links::of(&handle).all()), [])),
        Err(error) => match refused(error)? {
            Refused::Confirm => Ok(confirm_first(console.path())),
            Refused::Fields(problems) => Ok(pages::page(console, &handle, permit.role(), typed, problems)),
        },
    }
}

/// Sends it again.
pub async fn send_again(
    State(app): State<App>,
    permit: Managing,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let all = Links::of(&permit.site().handle).all();
    after(invite::send_again(&app, &permit, parse(&id)?).await, Done::Sent, &all)
}

/// Takes it back.
pub async fn take_back(
    State(app): State<App>,
    permit: Managing,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let all = Links::of(&permit.site().handle).all();
    after(invite::take_back(&app, &permit, parse(&id)?).await, Done::Revoked, &all)
}

fn parse(id: &str) -> Result<InvitationId> {
    id.parse().map_err(|_| Error::not_found())
}

fn after(result: Result<()>, done: Done, back: &str) -> Result<Response> {
    match result {
        Ok(()) => Ok(redirect(&done.at(back), [])),
        Err(error) if error.kind == Kind::StepUpRequired => Ok(confirm_first(back)),
        Err(error) => Err(error),
    }
}
