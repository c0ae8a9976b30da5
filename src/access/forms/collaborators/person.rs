//! `/s/{site}/collaborators/{who}`: a person's switch for the second factor, role and exemption.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::invite::suggested;
use super::{Refused, confirm_first, refused};
use crate::access::authority::{Deed, Subject, check};
use crate::access::forms::request::redirect;
use crate::access::grant::ManageCollaborators;
use crate::access::pages::collaborators::{Links, person as pages};
use crate::access::permission::Role;
use crate::access::permit::Permit;
use crate::access::service::collaborators::list::{self, Member};
use crate::access::service::collaborators::{self, role, switch_mfa as mfa};
use crate::console::Console;
use crate::error::{Error, Result};
use crate::kernel::id::CollaboratorId;
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};
use crate::ui::form::ticked;

type Managing = Permit<ManageCollaborators>;

/// What the page's three forms hold.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The person's own switch.
    pub mfa: bool,
    /// The suggested number.
    pub phone: String,
    /// The role chosen.
    pub role: String,
    /// Days of an exemption.
    pub days: String,
    /// Why.
    pub reason: String,
}

impl Typed {
    fn saved(member: &Member) -> Self {
        Self {
            mfa: member.mfa_own,
            phone: member.suggested_phone.clone().unwrap_or_default(),
            role: member.role.as_str().to_owned(),
            ..Self::default()
        }
    }
}

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
    let subject = Subject { role: found.0.member.role, oneself: who == permit.visitor().id, last_owner: found.1 };
    check(permit.role(), subject, Deed::EditMfa).map_err(collaborators::refused)?;
    if permit.fresh(app.clock.now()).is_err() {
        return Ok(confirm_first(console.path()));
    }
    let typed = Typed::saved(&found.0.member);
    Ok(pages::page(console, &permit, found, typed, Problems::none(), app.clock.now()))
}

/// The answer to one of the page's forms: back with a notice, to the proof, or the page again with what was typed.
async fn answer(
    app: &App,
    permit: &Managing,
    console: Console,
    who: CollaboratorId,
    result: Result<Done>,
    keep: impl FnOnce(Typed) -> Typed,
) -> Result<Response> {
    let here = Links::of(&permit.site().handle).person(who);
    let problems = match result {
        Ok(done) => return Ok(redirect(&done.at(&here), [])),
        Err(error) => match refused(error)? {
            Refused::Confirm => return Ok(confirm_first(&here)),
            Refused::Fields(problems) => problems,
        },
    };
    let found = list::one(app, permit, who).await?;
    let typed = keep(Typed::saved(&found.0.member));
    Ok(pages::page(console, permit, found, typed, problems, app.clock.now()))
}

fn saved(changed: bool) -> Done {
    if changed { Done::Saved } else { Done::Unchanged }
}

/// The switch and the number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    #[serde(default)]
    mfa: Option<String>,
    #[serde(default)]
    phone: String,
}

/// Sets the person's own switch.
pub async fn switch_mfa(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Path<(String, String)>,
    Form(form): Form<Switch>,
) -> Result<Response> {
    let (who, on) = (id(&who)?, ticked(form.mfa.as_deref()));
    let result = match suggested(&form.phone) {
        Ok(phone) => mfa::switch(&app, &permit, who, on, phone.as_ref()).await.map(saved),
        Err(words) => Err(Error::field("phone", "unreadable", words)),
    };
    answer(&app, &permit, console, who, result, |typed| Typed { mfa: on, phone: form.phone, ..typed }).await
}

/// A role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChosenRole {
    role: String,
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
    let result = match form.role.parse::<Role>() {
        Ok(wanted) => role::change(&app, &permit, who, wanted).await.map(saved),
        Err(_) => Err(Error::field("role", "unknown", "Choose one of the roles.")),
    };
    answer(&app, &permit, console, who, result, |typed| Typed { role: form.role, ..typed }).await
}

/// Days and a reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    days: String,
    reason: String,
}

/// Exempts the person for a while.
pub async fn exempt(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Path<(String, String)>,
    Form(form): Form<Exemption>,
) -> Result<Response> {
    let who = id(&who)?;
    let days = form.days.trim().parse().unwrap_or(0);
    let result = collaborators::exempt::exempt(&app, &permit, who, Some((days, &form.reason))).await;
    let result = result.map(|()| Done::Saved);
    answer(&app, &permit, console, who, result, |typed| Typed { days: form.days, reason: form.reason, ..typed }).await
}

/// Ends an exemption.
pub async fn end_exemption(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Path<(String, String)>,
) -> Result<Response> {
    let who = id(&who)?;
    let result = collaborators::exempt::exempt(&app, &permit, who, None).await.map(|()| Done::Saved);
    answer(&app, &permit, console, who, result, |typed| typed).await
}
