//! Screens of a site's people.

pub mod invite;
pub mod join;
pub mod leave;
pub mod list;
pub mod person;
pub mod question;

use chrono_tz::Tz;
use leptos::prelude::*;

use crate::access::factor::FactorKind;
use crate::access::permission::Role;
use crate::access::requirement::{Standing, days_left, last_day};
use crate::access::service::collaborators::list::{Listed, Mfa};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, InvitationId};
use crate::ui::layout::two_lines;
use crate::ui::mark::{Outcome, outcome_saying};
use crate::ui::text::{Clockface, counted, nothing};

/// Addresses of these pages.
#[derive(Debug, Clone)]
pub struct Links(String);

impl Links {
    /// Those of a site.
    pub fn of(handle: &str) -> Self {
        Self(format!("/s/{handle}/collaborators"))
    }

    /// The list.
    pub fn all(&self) -> String {
        self.0.clone()
    }

    /// The form of an invitation.
    pub fn invite(&self) -> String {
        format!("{}/invite", self.0)
    }

    /// Something done with an invitation.
    pub fn invitation(&self, id: InvitationId, verb: &str) -> String {
        format!("{}/invitations/{id}/{verb}", self.0)
    }

    /// A person.
    pub fn person(&self, id: CollaboratorId) -> String {
        format!("{}/{id}", self.0)
    }

    /// Something done with a person.
    pub fn deed(&self, id: CollaboratorId, verb: &str) -> String {
        format!("{}/{id}/{verb}", self.0)
    }
}

/// Where the pages stand in the console's map.
fn crumbs(links: &Links, below: bool) -> Vec<(String, Option<String>)> {
    let mut crumbs = vec![("Access".to_owned(), None)];
    if below {
        crumbs.push(("Collaborators".to_owned(), Some(links.all())));
    }
    crumbs
}

/// The roles that somebody may give, for a choice.
fn roles_to_give(actor: Role) -> Vec<(String, String)> {
    Role::ALL
        .into_iter()
        .filter(|role| crate::access::authority::grants(actor, *role).is_ok())
        .map(|role| (role.as_str().to_owned(), format!("{}: {}", role.label(), role.explained())))
        .collect()
}

/// What is set up, or what is required and until when.
fn mfa_sign(listed: &Listed, clock: Clockface) -> AnyView {
    let member = &listed.member;
    match listed.mfa {
        Mfa::Active => two_lines(outcome_saying(Outcome::Approve, "Active"), kinds(&member.factors)),
        Mfa::Off => outcome_saying(Outcome::None, "Off"),
        Mfa::Exempt(_) => {
            let by = member.exempt_by.as_ref().map(|by| format!("Exempt, by {by}")).unwrap_or_else(|| "Exempt".into());
            two_lines(outcome_saying(Outcome::None, "Off"), by)
        }
        Mfa::Due(_) => {
            let since = match (member.grace_restarted_at, member.required_since) {
                (Some(at), since) if since.is_none_or(|since| at >= since) => format!("Reset {}", clock.day(at)),
                (_, Some(since)) => format!("Required since {}", clock.day(since)),
                (_, None) => "Required".to_owned(),
            };
            two_lines(outcome_saying(Outcome::Challenge, "Due"), since)
        }
        Mfa::Overdue(_) => {
            two_lines(outcome_saying(Outcome::Reject, "Due, past the deadline"), "Can reach set-up only")
        }
    }
}

/// The last day, and how far it is.
fn deadline(mfa: Mfa, clock: Clockface) -> AnyView {
    match mfa {
        Mfa::Due(Standing::Due { deadline }) | Mfa::Overdue(Standing::Overdue { deadline }) => {
            two_lines(date(deadline, clock.zone), left(deadline, clock))
        }
        Mfa::Exempt(Standing::Exempt { until }) => two_lines(clock.day(until), "exempt until then"),
        _ => nothing("None"),
    }
}

/// "30 Nov 2026", the last day on which there is time.
fn date(deadline: Timestamp, zone: Tz) -> String {
    last_day(deadline, zone).format("%-d %b %Y").to_string()
}

/// "11 days left", "today", "3 days over".
fn left(deadline: Timestamp, clock: Clockface) -> String {
    let days = days_left(deadline, clock.now, clock.zone);
    let said = |n: i64| counted(usize::try_from(n).unwrap_or(0), "day", "days");
    match days {
        _ if clock.now >= deadline => format!("{} over", said(-days.min(0))),
        0 => "today".to_owned(),
        days => format!("{} left", said(days)),
    }
}

/// "Passkey, authenticator app".
fn kinds(kinds: &[FactorKind]) -> String {
    let mut words: Vec<&str> = kinds.iter().map(|kind| kind.label()).collect();
    words.dedup();
    words.join(", ")
}
