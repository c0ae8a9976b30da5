//! `/s/{site}/api-keys/new`: the form of a new key, and the one page that shows its secret.

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;

use crate::access::{Permit, Role, grant};
use crate::api::forms::NewKeyForm;
use crate::api::key::{KeyKind, KeyText};
use crate::api::pages::rate;
use crate::api::scope::Scope;
use crate::api::service::find;
use crate::console::Console;
use crate::error::Result;
use crate::kernel::id::KeyId;
use crate::platform::state::App;
use crate::ui::dialog::CopyOnce;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::{CheckboxRow, Field, Select, error_line};
use crate::ui::layout::{Block, Head, Place};
use crate::ui::page::Page;
use crate::ui::stale::confirm_href;

/// The query of the form.
#[derive(Debug, Deserialize)]
pub struct Like {
    /// The key to be rotated: the new one is proposed like it.
    like: Option<KeyId>,
}

/// `GET /s/{site}/api-keys/new`.
pub async fn new(
    State(app): State<App>,
    permit: Permit<grant::EditApiKeys>,
    Query(query): Query<Like>,
    console: Console,
) -> Result<Response> {
    // Asked before the form is filled in, so that nothing typed is lost on the way.
    if permit.fresh(app.clock.now()).is_err() {
        let path = query.like.map_or_else(|| console.path().to_owned(), |id| format!("{}?like={id}", console.path()));
        return Ok(Redirect::to(&confirm_href(&path)).into_response());
    }
    let form = match query.like {
        Some(id) => NewKeyForm::like(&find::one(&app, &permit.also()?, id).await?),
        None => NewKeyForm::usual(),
    };
    Ok(again(&permit, console, form, Problems::none(), StatusCode::OK))
}

/// The form with what was typed.
pub fn again(
    permit: &Permit<grant::EditApiKeys>,
    console: Console,
    form: NewKeyForm,
    problems: Problems,
    status: StatusCode,
) -> Response {
    let (handle, role, live) = (permit.site().handle.clone(), permit.role(), permit.site().live);
    console.show(Page::new("New API key", move || view(form, problems, &handle, role, live)).status(status))
}

fn view(form: NewKeyForm, problems: Problems, handle: &str, role: Role, live: bool) -> impl IntoView + use<> {
    let base = format!("/s/{handle}/api-keys");
    let action = format!("{base}/new");
    let scopes: Vec<_> = Scope::ALL.into_iter().map(|scope| scope_row(scope, &form, role)).collect();
    let error = problems.of("scopes").map(|words| error_line("f-scopes-e".into(), words));
    let expiries = [("never", "Never"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year")];
    let options = expiries.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    let rate = rate::fields(KeyKind::Secret, form.per_second.clone(), form.burst.clone(), &problems);
    let lead = if live {
        "A live key: what it asks for counts."
    } else {
        "A test key: what it asks for counts at this test site only."
    };
    view! {
        <Head title="New API key" crumbs=vec![("Build".into(), None), ("API keys".into(), Some(base.clone()))] lead=lead.to_owned()/>
        {error_summary(&problems)}
        <form class="form" action=action method="post">
            <Field
                name="name" label="Name" value=form.name.clone() error=problems.of("name") required=true maxlength=60 autofocus=true
                help="Where it is used: Shop server, Back office. 1 to 60 characters.".to_owned()
            />
            <fieldset class="field" id="f-scopes" aria-describedby=problems.of("scopes").map(|_| "f-scopes-e")>
                <legend>"What it may do"</legend>
                {scopes}
                {error}
            </fieldset>
            {rate}
            <Select name="expires" label="Stops working" options=options value=form.expires.clone() error=problems.of("expires")/>
            <div class="row">
                <button class="button primary" type="submit">"Make the key"</button>
                <a class="button plain" href=base>"Cancel"</a>
            </div>
        </form>
    }
}

fn scope_row(scope: Scope, form: &NewKeyForm, role: Role) -> impl IntoView + use<> {
    let may = scope.may_be_given_by(role);
    let help = if may {
        scope.explained().to_owned()
    } else {
        format!("Your role {} may not do this, so your keys cannot either.", role.label())
    };
    view! { <CheckboxRow name=NewKeyForm::field(scope) label=scope.as_str() checked=may && form.wants(scope) disabled=!may help=help/> }
}

/// The answer to the form: the secret, this once. It is in no address and no store, and not cached.
pub fn made(permit: &Permit<grant::EditApiKeys>, console: Console, name: String, text: KeyText) -> Response {
    let base = format!("/s/{}/api-keys", permit.site().handle);
    console.show(Page::new("Your new API key", move || made_view(name, text, base)).status(StatusCode::CREATED))
}

fn made_view(name: String, text: KeyText, base: String) -> impl IntoView {
    view! {
        <Head title="Your new API key" crumbs=vec![("Build".into(), None), ("API keys".into(), Some(base.clone()))]/>
        <CopyOnce label=format!("Secret key {name}") secret=text.reveal().to_owned()/>
        <Block title="What now" place=Place::Last>
            <ol>
                <li>"Put it where your server keeps its secrets: not into the source, not into a page."</li>
                <li>"If it takes the place of another key, revoke that one when it is no longer used."</li>
            </ol>
            <div class="row"><a class="button primary" href=base>"I have copied it"</a></div>
        </Block>
    }
}
