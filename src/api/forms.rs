//! Forms of the slice: a new key, another rate, and a key revoked.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::TimeDelta;
use http::StatusCode;
use serde::Deserialize;

use crate::access::{Permit, grant};
use crate::api::key::{Key, KeyKind};
use crate::api::pages::{new_key, rate, revoke_key as revoking};
use crate::api::rate::Rate;
use crate::api::scope::Scope;
use crate::api::service::find;
use crate::api::service::issue::{Wanted, issue};
use crate::api::service::revoke::revoke;
use crate::api::service::set_rate::{Set, set_rate};
use crate::console::Console;
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::KeyId;
use crate::kernel::name::Name;
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};
use crate::ui::form::ticked;
use crate::ui::stale::{confirm_href, merged};
use crate::ui::text::{Clockface, number};

/// A new key as typed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKeyForm {
    /// What people call it.
    pub name: String,
    /// `never` or a number of days.
    pub expires: String,
    decisions_write: Option<String>,
    decisions_read: Option<String>,
    lists_read: Option<String>,
    lists_write: Option<String>,
    policy_read: Option<String>,
    /// Requests a second; blank as usual.
    #[serde(default)]
    pub per_second: String,
    /// Requests at once; blank as usual.
    #[serde(default)]
    pub burst: String,
}

impl NewKeyForm {
    /// What most shops need.
    pub fn usual() -> Self {
        let (none, rate) = (None, Rate::usual(KeyKind::Secret));
        Self {
            name: String::new(),
            expires: "never".into(),
            decisions_write: Some("on".into()),
            decisions_read: none.clone(),
            lists_read: none.clone(),
            lists_write: none.clone(),
            policy_read: none,
            per_second: rate.per_second.to_string(),
            burst: rate.burst.to_string(),
        }
    }

    /// Another key like this one.
    pub fn like(key: &Key) -> Self {
        let has = |scope: Scope| key.given.contains(&scope).then(|| "on".to_owned());
        Self {
            name: key.name.clone(),
            expires: "never".into(),
            decisions_write: has(Scope::DecisionsWrite),
            decisions_read: has(Scope::DecisionsRead),
            lists_read: has(Scope::ListsRead),
            lists_write: has(Scope::ListsWrite),
            policy_read: has(Scope::PolicyRead),
            per_second: key.rate.per_second.to_string(),
            burst: key.rate.burst.to_string(),
        }
    }

    /// The name of a scope's box.
    pub fn field(scope: Scope) -> &'static str {
        match scope {
            Scope::DecisionsWrite => "decisions_write",
            Scope::DecisionsRead => "decisions_read",
            Scope::ListsRead => "lists_read",
            Scope::ListsWrite => "lists_write",
            Scope::PolicyRead => "policy_read",
        }
    }

    /// Whether the scope's box is ticked.
    pub fn wants(&self, scope: Scope) -> bool {
        let value = match scope {
            Scope::DecisionsWrite => &self.decisions_write,
            Scope::DecisionsRead => &self.decisions_read,
            Scope::ListsRead => &self.lists_read,
            Scope::ListsWrite => &self.lists_write,
            Scope::PolicyRead => &self.policy_read,
        };
        ticked(value.as_deref())
    }

    fn read(&self, now: Timestamp) -> std::result::Result<(Wanted, Rate), Problems> {
        let mut problems = Problems::none();
        let name = self.name.parse::<Name<60>>().map_err(|e| problems.add("name", format!("Name: {e}."))).ok();
        let scopes: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| self.wants(*scope)).collect();
        if scopes.is_empty() {
            problems.add("scopes", "Tick at least one thing that it may do.");
        }
        let days = match self.expires.as_str() {
            "never" => Some(None),
            text => text.parse::<i64>().ok().filter(|days| [30, 90, 365].contains(days)).map(Some),
        };
        if days.is_none() {
            problems.add("expires", "Choose one of the times.");
        }
        let usual = Rate::usual(KeyKind::Secret);
        let or = |typed: &str, usual: u32| if typed.trim().is_empty() { usual.to_string() } else { typed.to_owned() };
        let rate = read_rate(&or(&self.per_second, usual.per_second), &or(&self.burst, usual.burst), &mut problems);
        match (name, days, rate) {
            (Some(name), Some(days), Some(rate)) if problems.is_empty() => {
                let wanted = Wanted {
                    name: name.as_str().to_owned(),
                    kind: KeyKind::Secret,
                    scopes,
                    expires_at: days.map(|days| now + TimeDelta::days(days)),
                };
                Ok((wanted, rate))
            }
            _ => Err(problems),
        }
    }
}

/// A rate as typed, and what is wrong with it beside its fields.
fn read_rate(per_second: &str, burst: &str, problems: &mut Problems) -> Option<Rate> {
    let mut read = |field: &str, label: &str, typed: &str, most: u32| {
        let typed = typed.trim();
        let plain = !typed.is_empty() && typed.bytes().all(|b| b.is_ascii_digit());
        let count = plain.then(|| typed.parse().ok()).flatten().filter(|count| (1..=most).contains(count));
        if count.is_none() {
            let most = number(i64::from(most));
            problems.add(field, format!("{label}: write a whole number from 1 to {most}."));
        }
        count
    };
    let per_second = read("per_second", "Requests a second", per_second, Rate::MOST_A_SECOND);
    let burst = read("burst", "At once after a pause", burst, Rate::MOST_AT_ONCE);
    per_second.zip(burst).map(|(per_second, burst)| Rate { per_second, burst })
}

/// Another rate of a key as typed, and the one that was seen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateForm {
    /// Requests a second.
    pub per_second: String,
    /// Requests at once.
    pub burst: String,
    /// Requests a second when the form was opened.
    pub seen_per_second: u32,
    /// Requests at once when the form was opened.
    pub seen_burst: u32,
}

impl RateForm {
    /// As it stands.
    pub fn of(rate: Rate) -> Self {
        Self {
            per_second: rate.per_second.to_string(),
            burst: rate.burst.to_string(),
            seen_per_second: rate.per_second,
            seen_burst: rate.burst,
        }
    }

    /// The form on top of what somebody else has saved since it was opened.
    fn onto(self, newer: Self) -> Self {
        Self {
            per_second: merged(&self.seen_per_second.to_string(), self.per_second, newer.per_second),
            burst: merged(&self.seen_burst.to_string(), self.burst, newer.burst),
            ..newer
        }
    }
}

/// `POST /s/{site}/api-keys/{key}/rate`.
pub async fn save_rate(
    State(app): State<App>,
    permit: Permit<grant::EditApiKeys>,
    Path((_, id)): Path<(String, String)>,
    console: Console,
    Form(mut form): Form<RateForm>,
) -> Result<Response> {
    let id: KeyId = id.parse().map_err(|_| Error::not_found())?;
    let base = format!("/s/{}/api-keys", permit.site().handle);
    let mut problems = Problems::none();
    let status = match read_rate(&form.per_second, &form.burst, &mut problems) {
        None => StatusCode::UNPROCESSABLE_ENTITY,
        Some(new) => {
            let seen = Rate { per_second: form.seen_per_second, burst: form.seen_burst };
            match set_rate(&app, &permit, id, seen, new).await {
                Ok(Set::Done) => return Ok(Redirect::to(&Done::Saved.at(&base)).into_response()),
                Ok(Set::Unchanged) => return Ok(Redirect::to(&Done::Unchanged.at(&base)).into_response()),
                Ok(Set::Stale) => StatusCode::CONFLICT,
                Err(error) if error.kind == Kind::StepUpRequired => StatusCode::FORBIDDEN,
                Err(error) => return Err(error),
            }
        }
    };
    let key = find::one(&app, &permit.also()?, id).await?;
    if status == StatusCode::CONFLICT {
        form = form.onto(RateForm::of(key.rate));
    }
    Ok(rate::again(console, base, key, form, problems, status))
}

/// `POST /s/{site}/api-keys/new`.
pub async fn create(
    State(app): State<App>,
    permit: Permit<grant::EditApiKeys>,
    console: Console,
    Form(form): Form<NewKeyForm>,
) -> Result<Response> {
    let (wanted, rate) = match form.read(app.clock.now()) {
        Ok(read) => read,
        Err(problems) => return Ok(new_key::again(&permit, console, form, problems, StatusCode::UNPROCESSABLE_ENTITY)),
    };
    match issue(&app, &permit, &wanted, rate).await {
        Ok(made) => Ok(new_key::made(&permit, console, wanted.name, made.text)),
        Err(error) if error.kind == Kind::StepUpRequired => {
            Ok(Redirect::to(&confirm_href(console.path())).into_response())
        }
        Err(error) if error.kind == Kind::Invalid => {
            let problems = error.fields.iter().map(|f| (f.field.clone(), f.message.clone())).collect();
            Ok(new_key::again(&permit, console, form, problems, StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

/// The key's name, typed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeForm {
    /// It.
    #[serde(default)]
    pub typed: String,
}

/// `POST /s/{site}/api-keys/{key}/revoke`.
pub async fn revoke_key(
    State(app): State<App>,
    permit: Permit<grant::EditApiKeys>,
    Path((_, id)): Path<(String, String)>,
    console: Console,
    Form(form): Form<RevokeForm>,
) -> Result<Response> {
    let id: KeyId = id.parse().map_err(|_| Error::not_found())?;
    let base = format!("/s/{}/api-keys", permit.site().handle);
    let ask = format!("{base}/{id}/revoke");
    if permit.fresh(app.clock.now()).is_err() {
        return Ok(Redirect::to(&confirm_href(&ask)).into_response());
    }
    let key = find::one(&app, &permit.also()?, id).await?;
    if form.typed.trim() != key.name {
        let clock = Clockface { now: app.clock.now(), zone: permit.site().time_zone };
        return Ok(revoking::again(console, key, base, clock));
    }
    match revoke(&app, &permit, id).await {
        Ok(()) => Ok(Redirect::to(&Done::Revoked.at(&base)).into_response()),
        Err(error) if error.kind == Kind::StepUpRequired => Ok(Redirect::to(&confirm_href(&ask)).into_response()),
        Err(error) => Err(error),
    }
}
