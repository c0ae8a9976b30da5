//! `/sites/new`: an owner or admin of one site makes another and becomes its owner.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::Visitor;
use crate::console::Console;
use crate::error::Result;
use crate::platform::state::App;
use crate::sites::forms::NewSiteForm;
use crate::sites::pages::{currencies, time_zones, with_kept};
use crate::sites::service::may_create;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::{Field, Select};
use crate::ui::layout::Head;
use crate::ui::page::Page;
use crate::ui::segment::{Choice, RadioSegment};
use crate::ui::stale::confirm_because;

/// `GET /sites/new`.
pub async fn show(State(app): State<App>, visitor: Visitor, console: Console) -> Result<Response> {
    may_create(&app, &visitor).await?;
    let form =
        NewSiteForm { kind: "test".into(), currency: "EUR".into(), time_zone: "UTC".into(), ..NewSiteForm::default() };
    Ok(console.page("New site", move || view(form, Problems::none(), false)))
}

/// The form again with what was typed.
pub fn again(console: Console, form: NewSiteForm, problems: Problems) -> Response {
    console.show(Page::new("New site", move || view(form, problems, false)).status(StatusCode::UNPROCESSABLE_ENTITY))
}

/// The form with what was typed, asking for a fresh proof of identity first.
pub fn confirm_first(console: Console, form: NewSiteForm) -> Response {
    console.show(Page::new("New site", move || view(form, Problems::none(), true)).status(StatusCode::FORBIDDEN))
}

fn view(form: NewSiteForm, problems: Problems, confirm: bool) -> impl IntoView {
    let confirm =
        confirm.then(|| confirm_because("A new site sends mail and texts of its own.".to_owned(), "/sites/new"));
    let lead = "A site is a tenant of its own: its own collaborators, services, keys, lists and settings. You become its owner. \
                It starts with velocity filters of three payments for each e-mail, address and card in 24 hours, enforced.";
    view! {
        <Head title="New site" lead=lead.to_owned()/>
        {confirm}
        {error_summary(&problems)}
        <form class="form" action="/sites/new" method="post">
            <Field
                name="name" label="Name" value=form.name error=problems.of("name") required=true maxlength=60 autofocus=true
                help="What people call it. Its handle, which stands in console addresses, comes from it and never changes.".to_owned()
            />
            <RadioSegment
                name="kind" label="Kind" value=form.kind
                choices=vec![Choice::new("test", "Test"), Choice::new("live", "Live")]
                help="Fixed for good. Test data never counts in a live site.".to_owned()
            />
            <Select
                name="currency" label="Default currency" options=with_kept(currencies(), &form.currency) value=form.currency
                error=problems.of("currency") help="The preset of new services.".to_owned()
            />
            <Select
                name="time_zone" label="Time zone" options=with_kept(time_zones(), &form.time_zone) value=form.time_zone
                error=problems.of("time_zone") help="Times are shown in it.".to_owned()
            />
            <Field
                name="support_email" label="Support address" aside="optional" kind="email" value=form.support_email
                error=problems.of("support_email") inputmode="email" help="Where people who are stuck are sent.".to_owned()
            />
            <div class="row">
                <button class="button primary" type="submit">"Make the site"</button>
                <a class="button plain" href="/">"Cancel"</a>
            </div>
        </form>
    }
}
