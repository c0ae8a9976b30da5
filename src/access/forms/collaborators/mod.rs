//! `/s/{site}/collaborators/…`: who works at a site, and the invitations to it.

pub mod invite;
pub mod join;
pub mod leave;
pub mod list;
pub mod person;
pub mod place;
pub mod posted;

use axum::response::Response;
use serde::Deserialize;

use crate::access::forms::request::redirect;
use crate::access::permission::{Grant, Permission};
use crate::access::permit::Permit;
use crate::error::{Error, Kind, Result};
use crate::platform::http::routes::{Access, Routes};
use crate::ui::feedback::Problems;

const READ: Access = Access::May(Permission::ReadCollaborators);
const MANAGE: Access = Access::May(Permission::ManageCollaborators);
const ANY_ROLE: Access = Access::May(Permission::ReadOverview);

/// The rows of the route table.
pub fn routes() -> Routes {
    Routes::new()
        .get("/invitation", Access::Public, join::page)
        .post("/invitation", Access::Public, join::submit)
        .get("/me/invitation", Access::SignedIn, join::mine)
        .post("/me/invitation", Access::SignedIn, join::accept)
        .get("/s/{site}/leave", ANY_ROLE, leave::ask)
        .post("/s/{site}/leave", ANY_ROLE, leave::leave)
        .get("/s/{site}/collaborators", READ, list::list)
        .get("/s/{site}/collaborators/invite", MANAGE, invite::page)
        .post("/s/{site}/collaborators/invite", MANAGE, invite::submit)
        .post("/s/{site}/collaborators/invitations/{invitation}/send", MANAGE, invite::send_again)
        .post("/s/{site}/collaborators/invitations/{invitation}/revoke", MANAGE, invite::take_back)
        .get("/s/{site}/collaborators/{who}", MANAGE, person::page)
        .post("/s/{site}/collaborators/{who}", MANAGE, person::switch_mfa)
        .post("/s/{site}/collaborators/{who}/role", MANAGE, person::change_role)
        .post("/s/{site}/collaborators/{who}/exempt", MANAGE, person::exempt)
        .post("/s/{site}/collaborators/{who}/end-exemption", MANAGE, person::end_exemption)
        .get("/s/{site}/collaborators/{who}/reset-mfa", MANAGE, place::ask_reset_mfa)
        .post("/s/{site}/collaborators/{who}/reset-mfa", MANAGE, place::reset_mfa)
        .post("/s/{site}/collaborators/{who}/unlock", MANAGE, place::unlock)
        .get("/s/{site}/collaborators/{who}/disable", MANAGE, place::ask_disable)
        .post("/s/{site}/collaborators/{who}/disable", MANAGE, place::disable)
        .post("/s/{site}/collaborators/{who}/enable", MANAGE, place::enable)
        .get("/s/{site}/collaborators/{who}/hand-over", MANAGE, place::ask_hand_over)
        .post("/s/{site}/collaborators/{who}/hand-over", MANAGE, place::hand_over)
        .get("/s/{site}/collaborators/{who}/remove", MANAGE, place::ask_remove)
        .post("/s/{site}/collaborators/{who}/remove", MANAGE, place::remove)
}

/// Which site, as the question named it: an empty post answers no question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    site: String,
}

impl Asked {
    fn at<P: Grant>(&self, permit: &Permit<P>) -> Result<()> {
        if self.site == permit.site().handle { Ok(()) } else { Err(Error::not_found()) }
    }
}

/// To the proof of identity and back to the page that asks.
fn confirm_first(back: &str) -> Response {
    let next: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
    redirect(&format!("/me/confirm?next={next}"), [])
}

/// What a refused form leads to: the proof first, or the problems of its fields, or the error itself.
enum Refused {
    Confirm,
    Fields(Problems),
}

fn refused(error: Error) -> Result<Refused> {
    match error.kind {
        Kind::StepUpRequired => Ok(Refused::Confirm),
        Kind::Invalid if !error.fields.is_empty() => {
            Ok(Refused::Fields(error.fields.into_iter().map(|f| (f.field, f.message)).collect()))
        }
        _ => Err(error),
    }
}
