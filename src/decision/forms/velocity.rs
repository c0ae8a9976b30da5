//! `/s/{site}/velocity`: the handlers that show the filters, preview a change and save it.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;

use crate::access::{Permission, Permit, grant};
use crate::console::Console;
use crate::decision::backtest::Effect;
use crate::decision::forms::velocity_input::{Action, VelocityForm};
use crate::decision::last_week::LastWeek;
use crate::decision::pages::velocity::{Ask, Model, differing, view};
use crate::decision::policy::{Policy, Versioned};
use crate::decision::service::backtest;
use crate::decision::service::policy::{self, SaveRefused, Saved, Wish};
use crate::error::Result;
use crate::kernel::money::Currency;
use crate::platform::state::App;
use crate::sites::service::services;
use crate::ui::feedback::{Done, Problems};
use crate::ui::page::Page;
use crate::ui::text::Clockface;

/// `GET /s/{site}/velocity`.
pub async fn show(State(app): State<App>, permit: Permit<grant::ReadPolicy>, console: Console) -> Result<Response> {
    let now = policy::current(&app, permit.site_id()).await?;
    let form = VelocityForm::of(&now.policy, now.version, permit.site().currency);
    let candidate = Some(now.policy.clone());
    let model = load(&app, &permit, now, form, candidate).await?;
    Ok(console.page("Velocity filters", move || view(model)))
}

/// `POST /s/{site}/velocity`: previews, adds or removes a currency's row, or saves.
pub async fn post(
    State(app): State<App>,
    permit: Permit<grant::EditProtection>,
    console: Console,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut form = VelocityForm::read(fields, permit.site().currency)?;
    let now = policy::current(&app, permit.site_id()).await?;
    let mut problems = rows(&mut form);
    let candidate = match form.policy(&now.policy) {
        Ok(candidate) => Some(candidate),
        Err(more) => {
            problems = more;
            None
        }
    };
    let reading = permit.also::<grant::ReadPolicy>()?;
    let outcome = match &candidate {
        Some(candidate) if form.action == Action::Save => save(&app, &permit, &form, candidate).await?,
        _ => Outcome::Shown,
    };
    let path = format!("/s/{}/velocity", permit.site().handle);
    match outcome {
        Outcome::Saved => Ok(Redirect::to(&Done::Saved.at(&path)).into_response()),
        Outcome::Unchanged => Ok(Redirect::to(&Done::Unchanged.at(&path)).into_response()),
        Outcome::Stale(newer) => {
            form = onto(&app, &reading, form, &newer).await?;
            let candidate = form.policy(&newer.policy).ok();
            let differing = candidate.as_ref().map(|c| differing(&newer.policy, c)).unwrap_or_default();
            let mut model = load(&app, &reading, newer, form, candidate).await?;
            model.notice = Ask::Stale(differing);
            Ok(again(console, model, StatusCode::CONFLICT))
        }
        Outcome::Confirm => {
            let mut model = load(&app, &reading, now, form, candidate).await?;
            model.notice = Ask::Confirm;
            Ok(again(console, model, StatusCode::FORBIDDEN))
        }
        Outcome::Type(week) => {
            let mut model = load(&app, &reading, now, form, candidate).await?;
            model.notice = Ask::Type(week);
            Ok(again(console, model, StatusCode::UNPROCESSABLE_ENTITY))
        }
        Outcome::Shown => {
            let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            let mut model = load(&app, &reading, now, form, candidate).await?;
            model.problems = problems;
            Ok(again(console, model, status))
        }
    }
}

/// What a wish to save led to.
enum Outcome {
    /// A new version is in force.
    Saved,
    /// Nothing differs.
    Unchanged,
    /// Somebody saved meanwhile.
    Stale(Arc<Versioned>),
    /// It loosens a protection and the proof of identity is too old.
    Confirm,
    /// It would have refused more than half of last week's approved payments, and the number was not typed.
    Type(LastWeek),
    /// Nothing was to be saved.
    Shown,
}

/// The form on top of the newer version; as it was typed, where nobody knows what it was opened on.
async fn onto(
    app: &App,
    permit: &Permit<grant::ReadPolicy>,
    form: VelocityForm,
    newer: &Versioned,
) -> Result<VelocityForm> {
    let (base, home) = (form.base_version, permit.site().currency);
    let opened = match policy::version(app, permit, base).await? {
        Some(row) => Some(row.versioned.policy),
        None => (base == 0).then(Policy::default),
    };
    Ok(match opened {
        Some(opened) => {
            let newer = VelocityForm::of(&newer.policy, newer.version, home);
            form.onto(&VelocityForm::of(&opened, base, home), &newer)
        }
        None => VelocityForm { base_version: newer.version, ..form },
    })
}

async fn save(
    app: &App,
    permit: &Permit<grant::EditProtection>,
    form: &VelocityForm,
    candidate: &Policy,
) -> Result<Outcome> {
    let wish = Wish { base: form.base_version, policy: candidate.clone(), note: "", typed: form.typed.as_deref() };
    match policy::save(app, permit, wish).await? {
        Ok(Saved::As(_)) => Ok(Outcome::Saved),
        Ok(Saved::Unchanged(_)) => Ok(Outcome::Unchanged),
        Err(SaveRefused::Unnamed(week)) => Ok(Outcome::Type(week)),
        Err(SaveRefused::Stale(newer)) => Ok(Outcome::Stale(newer)),
        Err(SaveRefused::StepUp) => Ok(Outcome::Confirm),
        // The form has refused what is out of range, field by field.
        Err(SaveRefused::Invalid(fields)) => Err(crate::error::Error::invalid(fields)),
    }
}

/// Does what the row buttons ask for.
fn rows(form: &mut VelocityForm) -> Problems {
    match form.action {
        Action::Remove(currency) => {
            form.amounts.remove(&currency);
        }
        Action::AddCurrency => match form.add_currency.parse::<Currency>() {
            Ok(currency) => {
                form.amounts.entry(currency).or_default();
                form.add_currency.clear();
            }
            Err(_) => return [("add_currency", "Choose the currency first, then add it.")].into_iter().collect(),
        },
        Action::Save | Action::Preview => {}
    }
    Problems::none()
}

fn again(console: Console, model: Model, status: StatusCode) -> Response {
    console.show(Page::new("Velocity filters", move || view(model)).status(status))
}

/// What the candidate would have done; with no readable candidate, what the policy in force does.
async fn effect(
    app: &App,
    permit: &Permit<grant::ReadPolicy>,
    now: &Versioned,
    candidate: Option<&Policy>,
) -> Result<Option<Effect>> {
    backtest::effect(app, permit, candidate.unwrap_or(&now.policy).clone()).await
}

async fn load(
    app: &App,
    permit: &Permit<grant::ReadPolicy>,
    now: Arc<Versioned>,
    form: VelocityForm,
    candidate: Option<Policy>,
) -> Result<Model> {
    let effect = effect(app, permit, &now, candidate.as_ref()).await?;
    let by = policy::version(app, permit, now.version).await?.and_then(|row| row.by);
    let home = permit.site().currency;
    let mut other_currencies: Vec<Currency> =
        services::list(app, &permit.also()?).await?.into_iter().filter(|s| s.is_open()).map(|s| s.currency).collect();
    other_currencies.sort();
    other_currencies.dedup();
    other_currencies.retain(|c| *c != home && !form.amounts.contains_key(c));
    Ok(Model {
        base: format!("/s/{}", permit.site().handle),
        home,
        other_currencies,
        now,
        by,
        form,
        problems: Problems::none(),
        candidate,
        effect,
        notice: Ask::Nothing,
        may_edit: permit.role().may(Permission::EditProtection),
        clock: Clockface { now: app.clock.now(), zone: permit.site().time_zone },
    })
}
