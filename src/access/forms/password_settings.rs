//! `/s/{site}/passwords`: reads what was typed, previews it, saves it; and lets somebody in who is locked out.

use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use crate::access::access_settings::AccessSettings;
use crate::access::pages::password_settings::{Model, page};
use crate::access::password_settings::{LONGEST_MINIMUM, PasswordSettings, Preset, SHORTEST_WITH_FACTOR};
use crate::access::service::access_settings::{self, Saved};
use crate::access::service::collaborators::unlock;
use crate::access::service::locks;
use crate::access::{Permission, Permit, grant};
use crate::console::Console;
use crate::error::{Error, Kind, Result};
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};
use crate::ui::form::ticked;
use crate::ui::stale::{Differing, Opened, Texts, confirm_href};
use crate::ui::text::Clockface;

/// The form as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordForm {
    /// This part's version when the form was opened.
    pub base_version: i32,
    /// A named rule.
    pub preset: String,
    /// Of the custom rule.
    pub shortest: String,
    /// Of the custom rule.
    #[serde(default)]
    pub classes: String,
    /// Wrong passwords that lock.
    pub failures: String,
    /// Minutes of the lock.
    pub minutes: String,
    /// All of these when the form was opened.
    #[serde(default)]
    pub opened: Opened,
    /// `preview`, or nothing to save.
    #[serde(default)]
    pub action: Option<String>,
}

impl Texts for PasswordForm {
    fn texts(&mut self) -> Vec<(&'static str, &mut String)> {
        vec![
            ("preset", &mut self.preset),
            ("shortest", &mut self.shortest),
            ("classes", &mut self.classes),
            ("failures", &mut self.failures),
            ("minutes", &mut self.minutes),
        ]
    }

    fn opened(&mut self) -> &mut Opened {
        &mut self.opened
    }
}

impl PasswordForm {
    /// As the settings stand.
    pub fn of(settings: &AccessSettings) -> Self {
        let passwords = settings.passwords;
        Self {
            base_version: settings.passwords_saved.version,
            preset: passwords.preset.as_str().to_owned(),
            shortest: passwords.shortest.to_string(),
            classes: if passwords.classes { "on".to_owned() } else { String::new() },
            failures: passwords.failures.to_string(),
            minutes: passwords.minutes.to_string(),
            opened: Opened::default(),
            action: None,
        }
        .open()
    }

    /// The settings that the form asks for.
    pub fn settings(&self) -> std::result::Result<PasswordSettings, Problems> {
        let mut problems = Problems::none();
        let preset = Preset::parse(&self.preset);
        if preset.is_none() {
            problems.add("preset", "Choose one of the rules.");
        }
        let mut number = |field: &str, typed: &str, label: &str, least: u32, most: u32| {
            let read = whole(typed).filter(|n| (least..=most).contains(n));
            if read.is_none() {
                problems.add(field, format!("{label}: write a whole number from {least} to {most}."));
            }
            read
        };
        let (least, most) = (SHORTEST_WITH_FACTOR as u32, LONGEST_MINIMUM as u32);
        let shortest = number("shortest", &self.shortest, "Shortest password", least, most);
        let failures = number("failures", &self.failures, "Wrong passwords", 3, 100);
        let minutes = number("minutes", &self.minutes, "Minutes", 1, 1_440);
        match (preset, shortest, failures, minutes) {
            (Some(preset), Some(shortest), Some(failures), Some(minutes)) => Ok(PasswordSettings {
                preset,
                shortest: shortest as usize,
                classes: ticked(Some(&self.classes)),
                failures: failures as usize,
                minutes,
            }),
            _ => Err(problems),
        }
    }

    fn previews(&self) -> bool {
        self.action.as_deref() == Some("preview")
    }
}

/// ASCII digits only.
fn whole(typed: &str) -> Option<u32> {
    let typed = typed.trim();
    typed.bytes().all(|b| b.is_ascii_digit()).then(|| typed.parse().ok()).flatten()
}

/// `GET /s/{site}/passwords`.
pub async fn show(
    State(app): State<App>,
    permit: Permit<grant::ReadCollaborators>,
    console: Console,
) -> Result<Response> {
    let now = access_settings::of(&app, permit.site_id()).await?;
    let form = PasswordForm::of(&now);
    Ok(page(console, load(&app, &permit, now, form).await?, StatusCode::OK))
}

/// `POST /s/{site}/passwords`: previews or saves.
pub async fn post(
    State(app): State<App>,
    permit: Permit<grant::EditSite>,
    console: Console,
    Form(mut form): Form<PasswordForm>,
) -> Result<Response> {
    let reading = permit.also::<grant::ReadCollaborators>()?;
    let mut now = access_settings::of(&app, permit.site_id()).await?;
    let (mut stale, mut confirm, mut problems, mut status) = (None, false, Problems::none(), StatusCode::OK);
    match form.settings() {
        Err(found) => (problems, status) = (found, StatusCode::UNPROCESSABLE_ENTITY),
        Ok(_) if form.previews() => {}
        Ok(new) => {
            let path = format!("/s/{}/passwords", permit.site().handle);
            match access_settings::save_passwords(&app, &permit, form.base_version, new).await? {
                Saved::Done => return Ok(Redirect::to(&Done::Saved.at(&path)).into_response()),
                Saved::Unchanged => return Ok(Redirect::to(&Done::Unchanged.at(&path)).into_response()),
                Saved::StepUp => (confirm, status) = (true, StatusCode::FORBIDDEN),
                Saved::Stale(newer) => {
                    form = form.onto(PasswordForm::of(&newer));
                    let differing = form.settings().unwrap_or(new).changes(newer.passwords).into_iter();
                    stale = Some(differing.map(|(label, now, typed)| Differing::new(label, now, typed)).collect());
                    status = StatusCode::CONFLICT;
                    now = *newer;
                }
            }
        }
    }
    let mut model = load(&app, &reading, now, form).await?;
    (model.stale, model.confirm, model.problems) = (stale, confirm, problems);
    Ok(page(console, model, status))
}

/// Whose doors to open.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unlock {
    who: String,
}

/// `POST /s/{site}/passwords/unlock`.
pub async fn unlock(
    State(app): State<App>,
    permit: Permit<grant::ManageCollaborators>,
    Form(form): Form<Unlock>,
) -> Result<Response> {
    let who = form.who.parse().map_err(|_| Error::not_found())?;
    let path = format!("/s/{}/passwords", permit.site().handle);
    let next = match unlock::unlock(&app, &permit, who).await {
        Ok(true) => Done::Unlocked.at(&path),
        Ok(false) => Done::Unchanged.at(&path),
        // One button and nothing typed: after the proof the person stands before it again.
        Err(error) if error.kind == Kind::StepUpRequired => confirm_href(&path),
        Err(error) => return Err(error),
    };
    Ok(Redirect::to(&next).into_response())
}

async fn load(
    app: &App,
    permit: &Permit<grant::ReadCollaborators>,
    now: AccessSettings,
    form: PasswordForm,
) -> Result<Model> {
    let locked = match permit.also::<grant::ManageCollaborators>() {
        Ok(managing) => Some(locks::list(app, &managing).await?),
        Err(_) => None,
    };
    Ok(Model {
        path: format!("/s/{}/passwords", permit.site().handle),
        candidate: form.settings().ok(),
        accounts: access_settings::accounts(app, permit, &now).await?,
        locked,
        now,
        form,
        problems: Problems::none(),
        stale: None,
        confirm: false,
        may_edit: permit.role().may(Permission::EditSite),
        clock: Clockface { now: app.clock.now(), zone: permit.site().time_zone },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_the_settings_reads_back_as_the_same_settings() {
        let settings = AccessSettings::first();
        assert_eq!(PasswordForm::of(&settings).settings(), Ok(settings.passwords));
    }

    #[test]
    fn limits_outside_of_their_range_are_told_beside_the_field() {
        let typed = || PasswordForm::of(&AccessSettings::first());
        for bad in ["2", "101", "", "-3", "3.0", "٥"] {
            let form = PasswordForm { failures: bad.into(), ..typed() };
            assert!(form.settings().unwrap_err().of("failures").is_some(), "{bad}");
        }
        for bad in ["0", "1441", "1 day"] {
            let form = PasswordForm { minutes: bad.into(), ..typed() };
            assert!(form.settings().unwrap_err().of("minutes").is_some(), "{bad}");
        }
        for bad in ["7", "65"] {
            let form = PasswordForm { shortest: bad.into(), ..typed() };
            assert!(form.settings().unwrap_err().of("shortest").is_some(), "{bad}");
        }
        assert!(PasswordForm { preset: "none".into(), ..typed() }.settings().is_err());
    }
}
