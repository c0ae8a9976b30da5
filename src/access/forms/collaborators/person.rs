//! `/s/{site}/collaborators/{who}`: a person's switch for the second factor, role and exemption.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;

use super::confirm_first;
use super::invite::suggested;
use super::posted::{ChosenRole, EndExemption, Exemption, Posted, Switch, Typed};
use crate::access::authority::{Deed, Subject, check};
use crate::access::grant::ManageCollaborators;
use crate::access::pages::collaborators::person::{self as pages, View};
use crate::access::permission::Role;
use crate::access::permit::Permit;
use crate::access::service::collaborators::{self, list, role, switch_mfa as mfa};
use crate::console::Console;
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::CollaboratorId;
use crate::kernel::phone::Phone;
use crate::platform::state::App;
use crate::ui::feedback::Problems;
use crate::ui::form::ticked;

type Managing = Permit<ManageCollaborators>;

/// The id in a path.
pub(super) fn id(text: &str) -> Result<CollaboratorId> {
    text.parse().map_err(|_| Error::not_found())
}

/// The person.
pub async fn page(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Path<(String, String)>,
) -> Result<Response> {
    let who = id(&who)?;
    let found = list::one(&app, &permit, who).await?;
    let member = &found.listed.member;
    let subject = Subject { role: member.role, oneself: who == permit.visitor().id, last_owner: found.last_owner };
    check(permit.role(), subject, Deed::EditMfa).map_err(collaborators::refused)?;
    if permit.fresh(app.clock.now()).is_err() {
        return Ok(confirm_first(console.path()));
    }
    let typed = Typed::saved(member);
    let (problems, stale, now) = (Problems::none(), None, app.clock.now());
    Ok(pages::page(console, &permit, View { found, typed, problems, stale, now }))
}

/// Sets the person's own switch.
pub async fn switch_mfa(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Path<(String, String)>,
    Form(form): Form<Switch>,
) -> Result<Response> {
    let who = id(&who)?;
    let seen = mfa::Switch { on: form.was_mfa, phone: Some(form.was_phone.as_str()).filter(|phone| !phone.is_empty()) };
    let result = match suggested(&form.phone) {
        Ok(phone) => {
            let wanted = mfa::Switch { on: ticked(form.mfa.as_deref()), phone: phone.as_ref().map(Phone::as_str) };
            mfa::switch(&app, &permit, who, seen, wanted).await
        }
        Err(words) => Err(Error::field("phone", "unreadable", words)),
    };
    Posted::Switch(form).answer(&app, &permit, console, who, result).await
}

/// Gives the person another role.
pub async fn change_role(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Path<(String, String)>,
    Form(form): Form<ChosenRole>,
) -> Result<Response> {
    let who = id(&who)?;
    let seen = form.was_role.parse::<Role>().map_err(|_| not_ours())?;
    let result = match form.role.parse::<Role>() {
        Ok(wanted) => role::change(&app, &permit, who, seen, wanted).await,
        Err(_) => Err(Error::field("role", "unknown", "Choose one of the roles.")),
    };
    Posted::Role(form).answer(&app, &permit, console, who, result).await
}

/// Exempts the person for a while.
pub async fn exempt(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Path<(String, String)>,
    Form(form): Form<Exemption>,
) -> Result<Response> {
    let (who, seen) = (id(&who)?, end(&form.was_until)?);
    let days = form.days.trim().parse().unwrap_or(0);
    let result = collaborators::exempt::exempt(&app, &permit, who, seen, Some((days, &form.reason))).await;
    Posted::Exempt(form).answer(&app, &permit, console, who, result).await
}

/// Ends an exemption.
pub async fn end_exemption(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Path<(String, String)>,
    Form(form): Form<EndExemption>,
) -> Result<Response> {
    let (who, seen) = (id(&who)?, end(&form.was_until)?);
    let result = collaborators::exempt::exempt(&app, &permit, who, seen, None).await;
    Posted::EndExemption.answer(&app, &permit, console, who, result).await
}

/// The end of an exemption as the page wrote it.
fn end(text: &str) -> Result<Option<Timestamp>> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| not_ours()) }
}

fn not_ours() -> Error {
    Error::new(Kind::Malformed, "The form is not the page's. Open the page again and start over.")
}
