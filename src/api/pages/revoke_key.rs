//! `/s/{site}/api-keys/{key}/revoke`: the question before a key is made worthless.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use leptos::prelude::*;

use crate::access::{Permit, grant};
use crate::api::key::{Key, KeyState};
use crate::api::service::find;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::kernel::id::KeyId;
use crate::platform::state::App;
use crate::ui::dialog::Confirm;
use crate::ui::page::Page;
use crate::ui::stale::confirm_href;
use crate::ui::text::Clockface;

/// `GET /s/{site}/api-keys/{key}/revoke`.
pub async fn ask(
    State(app): State<App>,
    permit: Permit<grant::EditApiKeys>,
    Path((_, id)): Path<(String, String)>,
    console: Console,
) -> Result<Response> {
    if permit.fresh(app.clock.now()).is_err() {
        return Ok(Redirect::to(&confirm_href(console.path())).into_response());
    }
    let id: KeyId = id.parse().map_err(|_| Error::not_found())?;
    let key = find::one(&app, &permit.also()?, id).await?;
    let base = format!("/s/{}/api-keys", permit.site().handle);
    let clock = Clockface { now: app.clock.now(), zone: permit.site().time_zone };
    if key.state(clock.now) == KeyState::Revoked {
        return Ok(Redirect::to(&base).into_response());
    }
    Ok(show(console, key, base, clock, None))
}

/// The name was typed wrongly, or not at all.
pub fn again(console: Console, key: Key, base: String, clock: Clockface) -> Response {
    let error = format!("Type {}, the name of the key.", key.name);
    show(console, key, base, clock, Some(error))
}

fn show(console: Console, key: Key, base: String, clock: Clockface, error: Option<String>) -> Response {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let title = format!("Revoke {}", key.name);
    console.show(Page::new(title, move || view(key, base, clock, error)).status(status))
}

fn view(key: Key, base: String, clock: Clockface, error: Option<String>) -> impl IntoView {
    let used = match key.last_used_at {
        Some(at) => format!("It was last used on {}.", clock.exact(at)),
        None => "It has never been used.".to_owned(),
    };
    let text = format!(
        "Whatever sends {}… is refused from the next request on, in every process. This cannot be undone. {used}",
        key.prefix
    );
    let action = format!("{base}/{}/revoke", key.id);
    view! {
        <Confirm
            title=format!("Revoke {}?", key.name) text=text action=action button="Revoke the key" cancel=base typed=key.name error=error
        />
    }
}
