//! Forms of the slice: what was typed, read into nouns, field by field; then the handlers that save or show again.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use crate::access::{Permit, Visitor, grant};
use crate::audit::Actor;
use crate::console::Console;
use crate::error::{Error, Kind, Result, sentence};
use crate::kernel::id::ServiceId;
use crate::kernel::money::Currency;
use crate::platform::state::App;
use crate::sites::payment_service::{Service, ServiceSettings};
use crate::sites::service::services::{self, Saved as ServiceSaved};
use crate::sites::service::settings::{self, Saved};
use crate::sites::service::{create_own, may_create};
use crate::sites::site::{IdleMinutes, Settings, Site};
use crate::sites::{NewSite, pages};
use crate::ui::feedback::{Done, Problems};
use crate::ui::stale::{Opened, Texts, confirm_href};

/// The settings of a site as typed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsForm {
    /// The settings' version when the form was opened.
    pub base_version: i32,
    /// See [`Settings`].
    pub name: String,
    /// See [`Settings`].
    pub company_name: String,
    /// See [`Settings`].
    pub support_email: String,
    /// See [`Settings`].
    pub currency: String,
    /// See [`Settings`].
    pub time_zone: String,
    /// See [`Settings`].
    pub idle_minutes: String,
    /// All of these when the form was opened.
    #[serde(default)]
    pub opened: Opened,
}

impl Texts for SettingsForm {
    fn texts(&mut self) -> Vec<(&'static str, &mut String)> {
        vec![
            ("name", &mut self.name),
            ("company_name", &mut self.company_name),
            ("support_email", &mut self.support_email),
            ("currency", &mut self.currency),
            ("time_zone", &mut self.time_zone),
            ("idle_minutes", &mut self.idle_minutes),
        ]
    }

    fn opened(&mut self) -> &mut Opened {
        &mut self.opened
    }
}

impl SettingsForm {
    /// As a site stands.
    pub fn of(site: &Site) -> Self {
        Self {
            base_version: site.settings_version,
            name: site.name.clone(),
            company_name: site.company_name.clone().unwrap_or_default(),
            support_email: site.support_email.clone().unwrap_or_default(),
            currency: site.currency.code().to_owned(),
            time_zone: site.time_zone.name().to_owned(),
            idle_minutes: site.idle_minutes.to_string(),
            opened: Opened::default(),
        }
        .open()
    }

    fn read(&self) -> std::result::Result<Settings, Problems> {
        let mut problems = Problems::none();
        let name = keep(&mut problems, "name", self.name.parse());
        let company_name = optional(&mut problems, "company_name", &self.company_name);
        let support_email = optional(&mut problems, "support_email", &self.support_email);
        let currency = keep(&mut problems, "currency", self.currency.parse());
        let time_zone =
            keep(&mut problems, "time_zone", self.time_zone.parse().map_err(|_| "choose a time zone of the list"));
        let idle = keep(&mut problems, "idle_minutes", self.idle_minutes.parse::<IdleMinutes>());
        match (name, company_name, support_email, currency, time_zone, idle) {
            (Some(name), Some(company_name), Some(support_email), Some(currency), Some(time_zone), Some(idle)) => {
                Ok(Settings { name, company_name, support_email, currency, time_zone, idle })
            }
            _ => Err(problems),
        }
    }
}

/// The value, or a problem of the field in words that begin with a capital and end with a full stop.
fn keep<T, E: std::fmt::Display>(problems: &mut Problems, field: &str, read: std::result::Result<T, E>) -> Option<T> {
    read.map_err(|e| problems.add(field, sentence(&e))).ok()
}

/// Like [`keep`] for a field that may be left empty.
fn optional<T>(problems: &mut Problems, field: &str, typed: &str) -> Option<Option<T>>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    if typed.trim().is_empty() { Some(None) } else { keep(problems, field, typed.parse()).map(Some) }
}

/// `POST /s/{site}/settings`.
pub async fn save_settings(
    State(app): State<App>,
    permit: Permit<grant::EditSite>,
    console: Console,
    Form(form): Form<SettingsForm>,
) -> Result<Response> {
    let site = permit.site().clone();
    let new = match form.read() {
        Ok(new) => new,
        Err(problems) => return Ok(pages::settings::again(console, site, form, problems)),
    };
    match settings::save(&app, &permit, form.base_version, new).await? {
        Saved::Done(site) => Ok(Redirect::to(&Done::Saved.at(&format!("/s/{}/settings", site.handle))).into_response()),
        Saved::Stale(now) => Ok(pages::settings::stale(console, now, form)),
        Saved::StepUp(what) => Ok(pages::settings::confirm_first(console, site, form, &what)),
    }
}

/// A service as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceForm {
    /// The service's version when the form was opened; none for a new one.
    pub base_version: Option<i32>,
    /// See [`ServiceSettings`].
    pub name: String,
    /// See [`ServiceSettings`]. A fixed one is shown and not posted.
    pub currency: Option<String>,
    /// Both when the form was opened.
    #[serde(default)]
    pub opened: Opened,
}

impl Texts for ServiceForm {
    fn texts(&mut self) -> Vec<(&'static str, &mut String)> {
        let currency = self.currency.as_mut().map(|currency| ("currency", currency));
        [("name", &mut self.name)].into_iter().chain(currency).collect()
    }

    fn opened(&mut self) -> &mut Opened {
        &mut self.opened
    }
}

impl ServiceForm {
    /// As a service stands.
    pub fn of(service: &Service) -> Self {
        Self {
            base_version: Some(service.version),
            name: service.name.clone(),
            currency: Some(service.currency.code().to_owned()),
            opened: Opened::default(),
        }
        .open()
    }

    fn read(&self, fixed: Option<Currency>) -> std::result::Result<ServiceSettings, Problems> {
        let mut problems = Problems::none();
        let name = keep(&mut problems, "name", self.name.parse());
        let currency = match (&self.currency, fixed) {
            (None, Some(currency)) => Some(currency),
            (typed, _) => keep(&mut problems, "currency", typed.as_deref().unwrap_or_default().parse()),
        };
        name.zip(currency).map(|(name, currency)| ServiceSettings { name, currency }).ok_or(problems)
    }
}

const NAME_TAKEN: &str =
    "Another service of this site has this name. It may be archived: open that one again, or choose another name.";
const CURRENCY_FIXED: &str =
    "This service has attempts in its currency, so it stands. Make another service for another currency.";

/// `POST /s/{site}/services/new`.
pub async fn create_service(
    State(app): State<App>,
    permit: Permit<grant::EditServices>,
    console: Console,
    Form(form): Form<ServiceForm>,
) -> Result<Response> {
    let problems = match form.read(None) {
        Ok(new) => match services::add(&app, &permit, &new).await {
            Ok(ServiceSaved::Done(_)) => {
                return Ok(
                    Redirect::to(&Done::Created.at(&format!("/s/{}/services", permit.site().handle))).into_response()
                );
            }
            Ok(_) => [("name", NAME_TAKEN)].into_iter().collect(),
            Err(error) if error.kind == Kind::StepUpRequired => {
                return Ok(pages::services::new_confirm_first(console, &permit, form));
            }
            Err(error) => return Err(error),
        },
        Err(problems) => problems,
    };
    Ok(pages::services::new_again(console, &permit, form, problems))
}

/// `POST /s/{site}/services/{service}`.
pub async fn save_service(
    State(app): State<App>,
    permit: Permit<grant::EditServices>,
    Path((_, id)): Path<(String, String)>,
    console: Console,
    Form(form): Form<ServiceForm>,
) -> Result<Response> {
    let id = read_id(&id)?;
    let reading = permit.also::<grant::ReadServices>()?;
    let (service, fixed) = services::one(&app, &reading, id).await?.ok_or_else(Error::not_found)?;
    let base = form.base_version.unwrap_or_default();
    let (status, problems, service) = match form.read(Some(service.currency)) {
        Err(problems) => (StatusCode::UNPROCESSABLE_ENTITY, problems, service),
        Ok(new) => match services::save(&app, &permit, id, base, &new).await {
            Err(error) if error.kind == Kind::StepUpRequired => (StatusCode::FORBIDDEN, Problems::none(), service),
            Err(error) => return Err(error),
            Ok(ServiceSaved::Done(_)) => {
                return Ok(Redirect::to(&Done::Saved.at(&format!("/s/{}/services/{id}", permit.site().handle)))
                    .into_response());
            }
            Ok(ServiceSaved::Stale(now)) => (StatusCode::CONFLICT, Problems::none(), now),
            Ok(ServiceSaved::NameTaken) => {
                (StatusCode::UNPROCESSABLE_ENTITY, [("name", NAME_TAKEN)].into_iter().collect(), service)
            }
            Ok(ServiceSaved::CurrencyFixed) => {
                (StatusCode::UNPROCESSABLE_ENTITY, [("currency", CURRENCY_FIXED)].into_iter().collect(), service)
            }
        },
    };
    let model = pages::services::Model::load(&app, &reading, service, fixed, form).await?;
    Ok(pages::services::one_again(console, model, problems, status))
}

/// The service's name, typed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveForm {
    /// It.
    #[serde(default)]
    pub typed: String,
}

/// `POST /s/{site}/services/{service}/archive`.
pub async fn archive_service(
    State(app): State<App>,
    permit: Permit<grant::EditServices>,
    Path((_, id)): Path<(String, String)>,
    console: Console,
    Form(form): Form<ArchiveForm>,
) -> Result<Response> {
    let id = read_id(&id)?;
    let path = format!("/s/{}/services/{id}", permit.site().handle);
    if permit.fresh(app.clock.now()).is_err() {
        return Ok(Redirect::to(&confirm_href(&format!("{path}/archive"))).into_response());
    }
    let (service, _) = services::one(&app, &permit.also()?, id).await?.ok_or_else(Error::not_found)?;
    if form.typed.trim() != service.name {
        let error = format!("Type {}, the name of the service.", service.name);
        return pages::archive::show(&app, &permit, console, service, Some(error)).await;
    }
    services::archive(&app, &permit, id, true).await?;
    Ok(Redirect::to(&Done::Archived.at(&path)).into_response())
}

/// `POST /s/{site}/services/{service}/open`.
pub async fn open_service(
    State(app): State<App>,
    permit: Permit<grant::EditServices>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let id = read_id(&id)?;
    let path = format!("/s/{}/services/{id}", permit.site().handle);
    let next = match services::archive(&app, &permit, id, false).await {
        Ok(_) => Done::SwitchedOn.at(&path),
        // One button and nothing typed: after the proof the person stands before it again.
        Err(error) if error.kind == Kind::StepUpRequired => confirm_href(&path),
        Err(error) => return Err(error),
    };
    Ok(Redirect::to(&next).into_response())
}

/// An id of the path; anything else is nothing here.
pub(super) fn read_id(text: &str) -> Result<ServiceId> {
    text.parse().map_err(|_| Error::not_found())
}

/// A new site as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSiteForm {
    /// See [`NewSite`].
    pub name: String,
    /// `live` or `test`.
    pub kind: String,
    /// See [`NewSite`].
    pub currency: String,
    /// See [`NewSite`].
    pub time_zone: String,
    /// See [`NewSite`].
    pub support_email: String,
}

impl NewSiteForm {
    fn read(&self, by: Actor) -> std::result::Result<NewSite, Problems> {
        let mut problems = Problems::none();
        let name = keep(&mut problems, "name", self.name.parse());
        let live = match self.kind.as_str() {
            "live" => Some(true),
            "test" => Some(false),
            _ => keep(&mut problems, "kind", Err("choose live or test")),
        };
        let currency = keep(&mut problems, "currency", self.currency.parse());
        let time_zone =
            keep(&mut problems, "time_zone", self.time_zone.parse().map_err(|_| "choose a time zone of the list"));
        let support_email = optional(&mut problems, "support_email", &self.support_email);
        match (name, live, currency, time_zone, support_email) {
            (Some(name), Some(live), Some(currency), Some(time_zone), Some(support_email)) => {
                Ok(NewSite { name, live, support_email, currency, time_zone, by })
            }
            _ => Err(problems),
        }
    }
}

/// `POST /sites/new`.
pub async fn create_site(
    State(app): State<App>,
    visitor: Visitor,
    console: Console,
    Form(form): Form<NewSiteForm>,
) -> Result<Response> {
    may_create(&app, &visitor).await?;
    let new = match form.read(Actor::of(&visitor)) {
        Ok(new) => new,
        Err(problems) => return Ok(pages::new_site::again(console, form, problems)),
    };
    match create_own(&app, &visitor, new).await {
        Ok(site) => Ok(Redirect::to(&Done::Created.at(&format!("/s/{}", site.handle))).into_response()),
        Err(error) if error.kind == Kind::StepUpRequired => Ok(pages::new_site::confirm_first(console, form)),
        Err(error) => Err(error),
    }
}
