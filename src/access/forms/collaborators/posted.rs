//! The three forms of a person's page: what they hold, what was posted, and the answer. Each says how the person stood
//! when the page was opened, so that of two who save, the second sees what the first has changed.

use axum::response::Response;
use serde::Deserialize;

use super::invite::suggested;
use super::{Refused, confirm_first, refused};
use crate::access::forms::request::redirect;
use crate::access::grant::ManageCollaborators;
use crate::access::pages::collaborators::Links;
use crate::access::pages::collaborators::person::{self as pages, View};
use crate::access::permission::Role;
use crate::access::permit::Permit;
use crate::access::service::collaborators::Changed;
use crate::access::service::collaborators::list::{self, Member};
use crate::console::Console;
use crate::error::Result;
use crate::kernel::id::CollaboratorId;
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};
use crate::ui::form::ticked;
use crate::ui::stale::{Differing, merged};
use crate::ui::text::Clockface;

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
    /// How the person stood when the page was opened: posted along, so that nobody undoes what they have not seen.
    pub was: Was,
}

/// See [`Typed::was`].
#[derive(Debug, Clone, Default)]
pub struct Was {
    /// The switch.
    pub mfa: bool,
    /// The suggested number.
    pub phone: String,
    /// The role.
    pub role: String,
    /// The end of the last exemption, RFC 3339; empty if there was none.
    pub until: String,
}

impl Typed {
    pub fn saved(member: &Member) -> Self {
        let was = Was {
            mfa: member.mfa_own,
            phone: member.suggested_phone.clone().unwrap_or_default(),
            role: member.role.as_str().to_owned(),
            until: member.exempt_until.map(|at| at.to_rfc3339()).unwrap_or_default(),
        };
        Self { mfa: was.mfa, phone: was.phone.clone(), role: was.role.clone(), was, ..Self::default() }
    }
}

/// The switch and the number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    #[serde(default)]
    pub mfa: Option<String>,
    #[serde(default)]
    pub phone: String,
    pub was_mfa: bool,
    pub was_phone: String,
}

/// A role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChosenRole {
    pub role: String,
    pub was_role: String,
}

/// Days and a reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    pub days: String,
    pub reason: String,
    pub was_until: String,
}

/// Which exemption.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndExemption {
    pub was_until: String,
}

/// One of the page's forms, as it was posted.
pub enum Posted {
    Switch(Switch),
    Role(ChosenRole),
    Exempt(Exemption),
    EndExemption,
}

impl Posted {
    /// The page's forms with what was typed in this one, as the others are saved.
    fn over(self, saved: Typed) -> Typed {
        match self {
            Self::Switch(form) => Typed {
                mfa: ticked(form.mfa.as_deref()),
                phone: form.phone,
                was: Was { mfa: form.was_mfa, phone: form.was_phone, ..saved.was },
                ..saved
            },
            Self::Role(form) => Typed { role: form.role, was: Was { role: form.was_role, ..saved.was }, ..saved },
            Self::Exempt(form) => {
                Typed { days: form.days, reason: form.reason, was: Was { until: form.was_until, ..saved.was }, ..saved }
            }
            Self::EndExemption => saved,
        }
    }

    /// The form on top of what somebody else has saved since it was opened.
    fn onto(self, saved: &Typed) -> Self {
        match self {
            Self::Switch(form) => {
                let mfa = merged(&form.was_mfa, ticked(form.mfa.as_deref()), saved.mfa);
                Self::Switch(Switch {
                    mfa: mfa.then(|| "on".to_owned()),
                    phone: merged(&form.was_phone, form.phone, saved.phone.clone()),
                    ..form
                })
            }
            other => other,
        }
    }

    /// How the person stands now against what was wanted, where somebody else changed it meanwhile.
    fn differing(&self, member: &Member, clock: Clockface) -> Vec<Differing> {
        let said = |on: bool| if on { "on" } else { "off" };
        let role = |text: &str| text.parse::<Role>().map_or_else(|_| text.to_owned(), |role| role.label().to_owned());
        let phone = |text: &str| suggested(text).ok().flatten().map_or_else(String::new, |p| p.as_str().to_owned());
        let exemption = || match (member.exempt_until, &member.exempt_by) {
            (Some(until), Some(by)) => format!("until {}, by {by}", clock.exact(until)),
            (Some(until), None) => format!("until {}", clock.exact(until)),
            (None, _) => "none".to_owned(),
        };
        let differing = match self {
            Self::Switch(form) => vec![
                Differing::new("Enable MFA", said(member.mfa_own), said(ticked(form.mfa.as_deref()))),
                Differing::new("Phone", member.suggested_phone.clone().unwrap_or_default(), phone(&form.phone)),
            ],
            Self::Role(form) => vec![Differing::new("Role", member.role.label(), role(&form.role))],
            Self::Exempt(form) => {
                let typed = format!("{} days: {}", form.days.trim(), form.reason.trim());
                vec![Differing::new("Exemption", exemption(), typed)]
            }
            Self::EndExemption => vec![Differing::new("Exemption", exemption(), "none")],
        };
        differing.into_iter().filter(|differing| differing.now != differing.typed).collect()
    }

    /// The answer: back with a notice, to the proof, or the page again with what was typed and why it was not saved.
    pub async fn answer(
        self,
        app: &App,
        permit: &Permit<ManageCollaborators>,
        console: Console,
        who: CollaboratorId,
        result: Result<Changed>,
    ) -> Result<Response> {
        let here = Links::of(&permit.site().handle).person(who);
        let problems = match result {
            Ok(Changed::Done) => return Ok(redirect(&Done::Saved.at(&here), [])),
            Ok(Changed::Unchanged) => return Ok(redirect(&Done::Unchanged.at(&here), [])),
            Ok(Changed::Stale) => Problems::none(),
            Err(error) => match refused(error)? {
                Refused::Confirm => return Ok(confirm_first(&here)),
                Refused::Fields(problems) => problems,
            },
        };
        let (found, now) = (list::one(app, permit, who).await?, app.clock.now());
        let saved = Typed::saved(&found.listed.member);
        let (stale, typed) = if problems.is_empty() {
            let form = self.onto(&saved);
            let stale = form.differing(&found.listed.member, Clockface { now, zone: permit.site().time_zone });
            // Whoever saves again has seen the other's change and puts theirs over it.
            (Some(stale), Typed { was: saved.was.clone(), ..form.over(saved) })
        } else {
            (None, self.over(saved))
        };
        Ok(pages::page(console, permit, View { found, typed, problems, stale, now }))
    }
}
