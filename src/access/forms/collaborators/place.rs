//! `/s/{site}/collaborators/{who}/…`: questions and answers about a person's place, lock and devices.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::person::id;
use super::{Refused, confirm_first, refused};
use crate::access::authority::{Deed, Subject, check};
use crate::access::forms::request::redirect;
use crate::access::grant::ManageCollaborators;
use crate::access::pages::collaborators::Links;
use crate::access::pages::collaborators::question::{self, Question};
use crate::access::permit::Permit;
use crate::access::service::collaborators::list::{self, Member, One};
use crate::access::service::collaborators::{self, place, role};
use crate::access::session;
use crate::console::Console;
use crate::error::{Kind, Result};
use crate::kernel::email::Email;
use crate::kernel::id::CollaboratorId;
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};

type Managing = Permit<ManageCollaborators>;
type Target = Path<(String, String)>;

/// The person, if the visitor may do it to them.
async fn within_reach(app: &App, permit: &Managing, who: CollaboratorId, deed: Deed) -> Result<Member> {
    let One { listed, last_owner, no_reset } = list::one(app, permit, who).await?;
    let subject = Subject { role: listed.member.role, oneself: who == permit.visitor().id, last_owner };
    check(permit.role(), subject, deed).map_err(collaborators::refused)?;
    // Said before a reason is typed, and not after.
    if let Some(refusal) = no_reset.filter(|_| deed == Deed::ResetMfa) {
        return Err(collaborators::refused(refusal));
    }
    Ok(listed.member)
}

/// Asks, if the visitor may do it and has just proved who they are.
async fn ask(
    app: &App,
    permit: &Managing,
    console: Console,
    who: &str,
    deed: Deed,
    question: Question,
) -> Result<Response> {
    let member = within_reach(app, permit, id(who)?, deed).await?;
    if permit.fresh(app.clock.now()).is_err() {
        return Ok(confirm_first(console.path()));
    }
    let site = (permit.site().name.as_str(), permit.site().handle.as_str());
    Ok(question::page(console, question, &member, site, String::new(), Problems::none()))
}

/// The person's address, typed to show that it is meant.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Meant {
    typed: String,
}

impl Meant {
    fn is(&self, member: &Member) -> bool {
        let canonical = |text: &str| text.parse::<Email>().ok().map(|email| email.canonical().to_owned());
        canonical(&self.typed).is_some_and(|typed| Some(typed) == canonical(&member.email))
    }

    /// The question again, where something else was typed.
    fn otherwise(&self, permit: &Managing, console: Console, question: Question, member: &Member) -> Response {
        let words = format!("Type {}, the address of {}.", member.email, member.name);
        let site = (permit.site().name.as_str(), permit.site().handle.as_str());
        question::page(console, question, member, site, String::new(), [("typed", words)].into_iter().collect())
    }
}

/// Back to the list with a notice, or to the proof and then to `back`.
fn after(permit: &Managing, result: Result<Done>, back: &str) -> Result<Response> {
    match result {
        Ok(done) => Ok(redirect(&done.at(&Links::of(&permit.site().handle).all()), [])),
        Err(error) if error.kind == Kind::StepUpRequired => Ok(confirm_first(back)),
        Err(error) => Err(error),
    }
}

/// The question before a reset.
pub async fn ask_reset_mfa(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Target,
) -> Result<Response> {
    ask(&app, &permit, console, &who, Deed::ResetMfa, Question::ResetMfa).await
}

/// Why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    reason: String,
}

/// Drops the person's devices and recovery codes.
pub async fn reset_mfa(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Target,
    Form(form): Form<Reason>,
) -> Result<Response> {
    let who = id(&who)?;
    let problems = match collaborators::reset_mfa::by_colleague(&app, &permit, who, &form.reason).await {
        Ok(()) => return after(&permit, Ok(Done::FactorsReset), console.path()),
        Err(error) => match refused(error)? {
            Refused::Confirm => return Ok(confirm_first(console.path())),
            Refused::Fields(problems) => problems,
        },
    };
    let listed = list::one(&app, &permit, who).await?.listed;
    let site = (permit.site().name.as_str(), permit.site().handle.as_str());
    Ok(question::page(console, Question::ResetMfa, &listed.member, site, form.reason, problems))
}

/// Opens a locked account.
pub async fn unlock(State(app): State<App>, permit: Managing, Path((_, who)): Target) -> Result<Response> {
    let who = id(&who)?;
    let result = collaborators::unlock::unlock(&app, &permit, who).await;
    let result = result.map(|shut| if shut { Done::Saved } else { Done::Unchanged });
    after(&permit, result, &Links::of(&permit.site().handle).all())
}

/// The question before somebody is shut out.
pub async fn ask_disable(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Target,
) -> Result<Response> {
    ask(&app, &permit, console, &who, Deed::Disable, Question::Disable).await
}

/// Shuts somebody out.
pub async fn disable(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Target,
    Form(meant): Form<Meant>,
) -> Result<Response> {
    let who = id(&who)?;
    let member = within_reach(&app, &permit, who, Deed::Disable).await?;
    if !meant.is(&member) {
        return Ok(meant.otherwise(&permit, console, Question::Disable, &member));
    }
    let result = place::disable(&app, &permit, who).await;
    after(&permit, result.map(|changed| if changed { Done::SwitchedOff } else { Done::Unchanged }), console.path())
}

/// Lets somebody in again.
pub async fn enable(State(app): State<App>, permit: Managing, Path((_, who)): Target) -> Result<Response> {
    let result = place::enable(&app, &permit, id(&who)?).await;
    let result = result.map(|changed| if changed { Done::SwitchedOn } else { Done::Unchanged });
    after(&permit, result, &Links::of(&permit.site().handle).all())
}

/// The question before ownership is handed over.
pub async fn ask_hand_over(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Target,
) -> Result<Response> {
    ask(&app, &permit, console, &who, Deed::HandOver, Question::HandOver).await
}

/// Hands ownership over.
pub async fn hand_over(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Target,
    Form(meant): Form<Meant>,
) -> Result<Response> {
    let who = id(&who)?;
    let member = within_reach(&app, &permit, who, Deed::HandOver).await?;
    if !meant.is(&member) {
        return Ok(meant.otherwise(&permit, console, Question::HandOver, &member));
    }
    match role::hand_over(&app, &permit, who).await {
        Ok(token) => {
            let all = Links::of(&permit.site().handle).all();
            Ok(redirect(&Done::Saved.at(&all), [session::set_cookie(&token)?]))
        }
        Err(error) => after(&permit, Err(error), console.path()),
    }
}

/// The question before somebody is removed.
pub async fn ask_remove(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Target,
) -> Result<Response> {
    ask(&app, &permit, console, &who, Deed::Remove, Question::Remove).await
}

/// Removes somebody.
pub async fn remove(
    State(app): State<App>,
    permit: Managing,
    console: Console,
    Path((_, who)): Target,
    Form(meant): Form<Meant>,
) -> Result<Response> {
    let who = id(&who)?;
    let member = within_reach(&app, &permit, who, Deed::Remove).await?;
    if !meant.is(&member) {
        return Ok(meant.otherwise(&permit, console, Question::Remove, &member));
    }
    let result = place::remove(&app, &permit, who).await;
    after(&permit, result.map(|()| Done::Removed), console.path())
}
