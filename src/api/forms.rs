//! Forms of the slice: a new key, and a key revoked.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::TimeDelta;
use http::StatusCode;
use serde::Deserialize;

use crate::access::{Permit, grant};
use crate::api::key::{Key, KeyKind};
use crate::api::pages::new_key;
use crate::api::scope::Scope;
use crate::api::service::issue::{Wanted, issue};
use crate::api::service::revoke::revoke;
use crate::console::Console;
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::KeyId;
use crate::kernel::name::Name;
use crate::platform::state::App;
use crate::ui::feedback::{Done, Problems};
use crate::ui::form::ticked;
use crate::ui::stale::confirm_href;

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
}

impl NewKeyForm {
    /// What most shops need.
    pub fn usual() -> Self {
        let none = None;
        Self {
            name: String::new(),
            expires: "never".into(),
            decisions_write: Some("on".into()),
            decisions_read: none.clone(),
            lists_read: none.clone(),
            lists_write: none.clone(),
            policy_read: none,
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

    fn read(&self, now: Timestamp) -> std::result::Result<Wanted, Problems> {
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
        match (name, days) {
            (Some(name), Some(days)) if problems.is_empty() => Ok(Wanted {
                name: name.as_str().to_owned(),
                kind: KeyKind::Secret,
                scopes,
                expires_at: days.map(|days| now + TimeDelta::days(days)),
            }),
            _ => Err(problems),
        }
    }
}

/// `POST /s/{site}/api-keys/new`.
pub async fn create(
    State(app): State<App>,
    permit: Permit<grant::EditApiKeys>,
    console: Console,
    Form(form): Form<NewKeyForm>,
) -> Result<Response> {
    let wanted = match form.read(app.clock.now()) {
        Ok(wanted) => wanted,
        Err(problems) => return Ok(new_key::again(&permit, console, form, problems, StatusCode::UNPROCESSABLE_ENTITY)),
    };
    match issue(&app, &permit, &wanted).await {
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

/// `POST /s/{site}/api-keys/{key}/revoke`.
pub async fn revoke_key(
    State(app): State<App>,
    permit: Permit<grant::EditApiKeys>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let id: KeyId = id.parse().map_err(|_| Error::not_found())?;
    let base = format!("/s/{}/api-keys", permit.site().handle);
    match revoke(&app, &permit, id).await {
        Ok(()) => Ok(Redirect::to(&Done::Revoked.at(&base)).into_response()),
        Err(error) if error.kind == Kind::StepUpRequired => {
            Ok(Redirect::to(&confirm_href(&format!("{base}/{id}/revoke"))).into_response())
        }
        Err(error) => Err(error),
    }
}
