//! `/s/{site}/mfa`: reads what was typed, previews whom it concerns and saves it.

use std::collections::BTreeSet;

use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;

use crate::access::access_settings::{AccessSettings, FactorSettings};
use crate::access::factor::FactorKind;
use crate::access::pages::mfa_settings::{Ask, Model, page};
use crate::access::service::access_settings::{self, Saved};
use crate::access::{Permission, Permit, grant};
use crate::console::Console;
use crate::error::{Error, Kind, Result};
use crate::kernel::country::Country;
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};
use crate::ui::stale::{Differing, Opened, merged, merged_boxes};
use crate::ui::text::Clockface;

/// The form as typed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MfaForm {
    /// This part's version when the form was opened.
    pub base_version: i32,
    /// Everybody needs a second factor.
    pub required: bool,
    /// Days.
    pub grace: String,
    /// Kinds that count.
    pub kinds: Vec<FactorKind>,
    /// Ticked countries.
    pub countries: Vec<Country>,
    /// The country chosen to be added.
    pub add_country: String,
    /// All of these when the form was opened.
    pub opened: Opened,
    /// The button that was pressed.
    pub action: Action,
}

/// A button of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Action {
    /// Save.
    #[default]
    Save,
    /// Show whom it would concern.
    Preview,
    /// Tick another country.
    AddCountry,
}

impl MfaForm {
    /// As the settings stand.
    pub fn of(settings: &AccessSettings) -> Self {
        let factors = settings.factors.clone();
        let mut form = Self {
            base_version: settings.factors_saved.version,
            required: factors.required,
            grace: factors.grace.get().to_string(),
            kinds: factors.kinds,
            countries: factors.countries,
            ..Self::default()
        };
        form.opened = form.as_opened();
        form
    }

    fn as_opened(&self) -> Opened {
        let (version, required) = (self.base_version.to_string(), if self.required { "on" } else { "" });
        let kinds = self.kinds.iter().map(|kind| ("kinds", kind.as_str()));
        let countries = self.countries.iter().map(|country| ("countries", country.code()));
        let single = [("base_version", version.as_str()), ("required", required), ("grace", &self.grace)];
        Opened::with(single.into_iter().chain(kinds).chain(countries))
    }

    /// The form on top of what somebody else has saved since it was opened; as it was typed, where it does not say how it
    /// was opened.
    fn onto(self, newer: Self) -> Self {
        let Ok(opened) = Self::read(self.opened.fields()) else {
            return Self { base_version: newer.base_version, opened: newer.opened, ..self };
        };
        Self {
            required: merged(&opened.required, self.required, newer.required),
            grace: merged(&opened.grace, self.grace, newer.grace),
            kinds: merged_boxes(&opened.kinds, self.kinds, newer.kinds),
            countries: merged_boxes(&opened.countries, self.countries, newer.countries),
            add_country: self.add_country,
            ..newer
        }
    }

    /// Reads the posted fields. A field that the page does not have is refused.
    ///
    /// # Errors
    /// `Malformed`: not posted by our page.
    pub fn read(fields: Vec<(String, String)>) -> Result<Self> {
        let mut seen = BTreeSet::new();
        let mut form = Self::default();
        for (name, value) in fields {
            let many = matches!(name.as_str(), "kinds" | "countries");
            let first = seen.insert(name.clone());
            if !first && !many {
                return Err(malformed(&name));
            }
            form.take(&name, value)?;
        }
        for needed in ["base_version", "grace"] {
            if !seen.contains(needed) {
                return Err(malformed(needed));
            }
        }
        Ok(form)
    }

    fn take(&mut self, name: &str, value: String) -> Result<()> {
        match name {
            "base_version" => self.base_version = value.parse().map_err(|_| malformed(name))?,
            "required" => self.required = value == "on",
            "grace" => self.grace = value,
            "kinds" => self.kinds.push(value.parse().map_err(|_| malformed(name))?),
            "countries" => self.countries.push(value.parse().map_err(|_| malformed(name))?),
            "add_country" => self.add_country = value,
            "opened" => self.opened = Opened::from(value),
            "action" => {
                self.action = match value.as_str() {
                    "save" => Action::Save,
                    "preview" => Action::Preview,
                    "add_country" => Action::AddCountry,
                    _ => return Err(malformed(name)),
                }
            }
            _ => return Err(malformed(name)),
        }
        Ok(())
    }

    /// The settings that the form asks for.
    pub fn settings(&self) -> std::result::Result<FactorSettings, Problems> {
        let mut problems = Problems::none();
        let grace = self.grace.parse();
        if let Err(why) = &grace {
            let why: &crate::access::requirement::NotGraceDays = why;
            problems.add("grace", format!("Grace period: {why}."));
        }
        if self.kinds.is_empty() {
            problems.add("kinds", "Tick at least one kind: without any, nobody could set a second factor up.");
        }
        if self.kinds.contains(&FactorKind::Sms) && self.countries.is_empty() {
            problems.add("countries", "Tick at least one country, or leave SMS out of the kinds.");
        }
        let kinds = FactorKind::ALL.into_iter().filter(|kind| self.kinds.contains(kind)).collect();
        let countries = Country::all().filter(|country| self.countries.contains(country)).collect();
        match grace {
            Ok(grace) if problems.is_empty() => Ok(FactorSettings { required: self.required, grace, kinds, countries }),
            _ => Err(problems),
        }
    }

    /// Does what the button beside the list of countries asks for.
    fn add(&mut self) -> Problems {
        match self.add_country.parse::<Country>() {
            Ok(country) => {
                if !self.countries.contains(&country) {
                    self.countries.push(country);
                }
                self.add_country.clear();
                Problems::none()
            }
            Err(_) => [("add_country", "Choose the country first, then add it.")].into_iter().collect(),
        }
    }
}

fn malformed(name: &str) -> Error {
    Error::new(
        Kind::Malformed,
        format!("The form has no field {name:?} like that. Open the page again and start over."),
    )
}

/// `GET /s/{site}/mfa`.
pub async fn show(
    State(app): State<App>,
    permit: Permit<grant::ReadCollaborators>,
    console: Console,
) -> Result<Response> {
    let now = access_settings::of(&app, permit.site_id()).await?;
    let form = MfaForm::of(&now);
    let model = load(&app, &permit, now, form).await?;
    Ok(page(console, model, StatusCode::OK))
}

/// `POST /s/{site}/mfa`: previews, adds a country, or saves.
pub async fn post(
    State(app): State<App>,
    permit: Permit<grant::EditMfa>,
    console: Console,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut form = MfaForm::read(fields)?;
    let mut problems = if form.action == Action::AddCountry { form.add() } else { Problems::none() };
    let reading = permit.also::<grant::ReadCollaborators>()?;
    let mut now = access_settings::of(&app, permit.site_id()).await?;
    let mut ask = Ask::Nothing;
    let mut status = StatusCode::OK;
    match wanted(&app, &reading, &form).await? {
        Err(more) => problems = more,
        Ok(new) if form.action == Action::Save => {
            let path = format!("/s/{}/mfa", permit.site().handle);
            match access_settings::save_factors(&app, &permit, form.base_version, new.clone()).await? {
                Saved::Done => return Ok(Redirect::to(&Done::Saved.at(&path)).into_response()),
                Saved::Unchanged => return Ok(Redirect::to(&Done::Unchanged.at(&path)).into_response()),
                Saved::StepUp => (ask, status) = (Ask::Confirm, StatusCode::FORBIDDEN),
                Saved::Stale(newer) => {
                    form = form.onto(MfaForm::of(&newer));
                    let differing = form.settings().unwrap_or(new).changes(&newer.factors);
                    let differing = differing.into_iter().map(|(label, old, new)| Differing::new(label, old, new));
                    (ask, status) = (Ask::Stale(differing.collect()), StatusCode::CONFLICT);
                    now = *newer;
                }
            }
        }
        Ok(_) => {}
    }
    if !problems.is_empty() {
        status = StatusCode::UNPROCESSABLE_ENTITY;
    }
    let mut model = load(&app, &reading, now, form).await?;
    (model.problems, model.ask) = (problems, ask);
    Ok(page(console, model, status))
}

/// The settings that the form asks for, if they can be met here and leave an owner a way in.
async fn wanted(
    app: &App,
    permit: &Permit<grant::ReadCollaborators>,
    form: &MfaForm,
) -> Result<std::result::Result<FactorSettings, Problems>> {
    let new = match form.settings() {
        Ok(new) => new,
        Err(problems) => return Ok(Err(problems)),
    };
    let met = match access_settings::can_be_set_up(app, &new.kinds) {
        Ok(()) => access_settings::leave_a_way_in(app, permit, &new).await.map(drop),
        refused => refused,
    };
    match met {
        Ok(()) => Ok(Ok(new)),
        Err(error) if error.kind == Kind::Invalid => {
            Ok(Err(error.fields.into_iter().map(|f| (f.field, f.message)).collect()))
        }
        Err(error) => Err(error),
    }
}

async fn load(
    app: &App,
    permit: &Permit<grant::ReadCollaborators>,
    now: AccessSettings,
    form: MfaForm,
) -> Result<Model> {
    let candidate = form.settings().ok();
    let people = access_settings::affected(app, permit, candidate.as_ref().unwrap_or(&now.factors)).await?;
    Ok(Model {
        path: format!("/s/{}/mfa", permit.site().handle),
        collaborators: format!("/s/{}/collaborators", permit.site().handle),
        changes: candidate.as_ref().map(|candidate| candidate.changes(&now.factors)).unwrap_or_default(),
        readable: candidate.is_some(),
        now,
        form,
        people,
        problems: Problems::none(),
        ask: Ask::Nothing,
        may_edit: permit.role().may(Permission::EditMfa),
        clock: Clockface { now: app.clock.now(), zone: permit.site().time_zone },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(more: &[(&str, &str)]) -> Result<MfaForm> {
        let fields = [("base_version", "1"), ("grace", "7")].iter().chain(more);
        MfaForm::read(fields.map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn the_form_of_the_settings_reads_back_as_the_same_settings() {
        let settings = AccessSettings::first();
        let read = MfaForm::of(&settings).settings().unwrap();
        assert_eq!(read.changes(&settings.factors), []);
    }

    #[test]
    fn what_is_wrong_is_told_beside_its_field() {
        for bad in ["", "91", "-1", "1.5", "soon"] {
            let form = MfaForm { grace: bad.into(), ..MfaForm::of(&AccessSettings::first()) };
            assert!(form.settings().unwrap_err().of("grace").is_some(), "{bad}");
        }
        let none = posted(&[]).unwrap().settings().unwrap_err();
        assert!(none.of("kinds").is_some() && none.of("countries").is_none());
        assert!(posted(&[("kinds", "sms")]).unwrap().settings().unwrap_err().of("countries").is_some());
        assert!(posted(&[("kinds", "passkey")]).unwrap().settings().is_ok(), "without SMS no country is needed");
    }

    #[test]
    fn fields_that_the_page_does_not_have_are_refused() {
        for (name, value) in
            [("role", "owner"), ("kinds", "fax"), ("countries", "XX"), ("action", "delete"), ("grace", "9")]
        {
            assert!(posted(&[(name, value)]).is_err(), "{name}={value}");
        }
        assert!(MfaForm::read(vec![("grace".into(), "7".into())]).is_err(), "no version");
    }
}
