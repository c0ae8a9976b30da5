//! `/s/{site}/api-keys/{key}/rate`: how fast a key may ask.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use leptos::prelude::*;

use crate::access::{Permit, grant};
use crate::api::forms::RateForm;
use crate::api::key::{Key, KeyKind, KeyState};
use crate::api::rate::Rate;
use crate::api::service::find;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::kernel::id::KeyId;
use crate::platform::state::App;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::Field;
use crate::ui::layout::Head;
use crate::ui::page::Page;
use crate::ui::stale::{Differing, confirm_because, confirm_href, stale_banner};

/// `GET /s/{site}/api-keys/{key}/rate`.
pub async fn show(
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
    if key.state(app.clock.now()) != KeyState::Active {
        return Ok(Redirect::to(&base).into_response());
    }
    let form = RateForm::of(key.rate);
    Ok(again(console, base, key, form, Problems::none(), StatusCode::OK))
}

/// The form with what was typed: 409 if somebody else changed the key meanwhile, 403 to ask for a fresh proof first.
pub fn again(
    console: Console,
    base: String,
    key: Key,
    form: RateForm,
    problems: Problems,
    status: StatusCode,
) -> Response {
    console.show(
        Page::new(format!("Rate of {}", key.name), move || view(base, key, form, problems, status)).status(status),
    )
}

fn view(base: String, key: Key, form: RateForm, problems: Problems, status: StatusCode) -> impl IntoView {
    let action = format!("{base}/{}/rate", key.id);
    let differing = (status == StatusCode::CONFLICT).then(|| {
        let now = RateForm::of(key.rate);
        let pairs = [
            ("Requests a second", now.per_second, &form.per_second),
            ("At once after a pause", now.burst, &form.burst),
        ];
        let differing = pairs.into_iter().filter(|(_, now, typed)| now != *typed);
        differing.map(|(label, now, typed)| Differing::new(label, now, typed.clone())).collect()
    });
    let confirm = (status == StatusCode::FORBIDDEN)
        .then(|| confirm_because("Changing a key asks who you are.".to_owned(), &action));
    let lead = match key.kind {
        KeyKind::Secret => {
            "How fast whoever holds this key may ask. Beyond it the API answers 429 and says when there is room again."
        }
        KeyKind::Publishable => {
            "How fast each address may ask with this key. Beyond it the API answers 429 and says when there is room again."
        }
    };
    view! {
        <Head
            title=format!("Rate of {}", key.name)
            crumbs=vec![("Build".into(), None), ("API keys".into(), Some(base.clone()))]
            lead=lead.to_owned()
        />
        {stale_banner(differing)}
        {confirm}
        {error_summary(&problems)}
        <form class="form" action=action method="post">
            <input type="hidden" name="seen_per_second" value=form.seen_per_second.to_string()/>
            <input type="hidden" name="seen_burst" value=form.seen_burst.to_string()/>
            {fields(key.kind, form.per_second, form.burst, &problems)}
            <div class="row">
                <button class="button primary" type="submit">"Save"</button>
                <a class="button plain" href=base>"Cancel"</a>
            </div>
        </form>
    }
}

/// The two fields of a rate.
pub fn fields(kind: KeyKind, per_second: String, burst: String, problems: &Problems) -> impl IntoView + use<> {
    let usual = Rate::usual(kind);
    let each = if kind == KeyKind::Publishable { ", from each address" } else { "" };
    let (wrong_rate, wrong_burst) = (problems.of("per_second"), problems.of("burst"));
    view! {
        <Field
            name="per_second" label="Requests a second" unit="a second".to_owned() value=per_second error=wrong_rate
            inputmode="numeric" maxlength=6 help=format!("For long{each}: 1 to 100,000, usually {}.", usual.per_second)
        />
        <Field
            name="burst" label="At once after a pause" unit="requests".to_owned() value=burst error=wrong_burst
            inputmode="numeric" maxlength=7 help=format!("1 to 1,000,000, usually {}. Each process counts for itself.", usual.burst)
        />
    }
}
