//! `/s/{site}/settings`: what a site is called, where stuck people are sent, its currency, zone and idle limit.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::{Permission, Permit, grant};
use crate::console::Console;
use crate::sites::forms::SettingsForm;
use crate::sites::pages::{currencies, time_zones, with_kept};
use crate::sites::site::Site;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::{Field, Select};
use crate::ui::islands::save_bar::SaveBar;
use crate::ui::layout::{Block, Head, Place, Split, facts};
use crate::ui::page::Page;
use crate::ui::stale::{Differing, Texts as _, confirm_because, stale_banner};
use crate::ui::text::code;

/// What the page shows.
struct Model {
    site: Site,
    form: SettingsForm,
    problems: Problems,
    /// The other's values where somebody saved meanwhile.
    stale: Option<Vec<Differing>>,
    /// Why a fresh proof of identity is asked for, if it is.
    confirm: Option<String>,
    may_edit: bool,
}

/// `GET /s/{site}/settings`.
pub async fn show(permit: Permit<grant::ReadSite>, console: Console) -> Response {
    let site = permit.site().clone();
    let may_edit = permit.role().may(Permission::EditSite);
    let model =
        Model { form: SettingsForm::of(&site), site, problems: Problems::none(), stale: None, confirm: None, may_edit };
    console.page("Site settings", move || view(model))
}

/// The form again with what was typed and what is wrong with it.
pub fn again(console: Console, site: Site, form: SettingsForm, problems: Problems) -> Response {
    answer(
        console,
        Model { site, form, problems, stale: None, confirm: None, may_edit: true },
        StatusCode::UNPROCESSABLE_ENTITY,
    )
}

/// The form again beside the other's change; the next save starts from how the site stands now.
pub fn stale(console: Console, now: Site, form: SettingsForm) -> Response {
    let form = form.onto(SettingsForm::of(&now));
    let stale = Some(differing(&SettingsForm::of(&now), &form));
    answer(
        console,
        Model { site: now, form, problems: Problems::none(), stale, confirm: None, may_edit: true },
        StatusCode::CONFLICT,
    )
}

/// The form again, asking for a fresh proof of identity first; `what` of it is guarded.
pub fn confirm_first(console: Console, site: Site, form: SettingsForm, what: &[&str]) -> Response {
    let why =
        format!("People rely on it, so only somebody who has just proved who they are saves {}.", what.join(" and "));
    let model = Model { site, form, problems: Problems::none(), stale: None, confirm: Some(why), may_edit: true };
    answer(console, model, StatusCode::FORBIDDEN)
}

fn answer(console: Console, model: Model, status: StatusCode) -> Response {
    console.show(Page::new("Site settings", move || view(model)).status(status))
}

/// Where the site as it stands and what was typed differ.
fn differing(now: &SettingsForm, typed: &SettingsForm) -> Vec<Differing> {
    let pairs = [
        ("Name", &now.name, &typed.name),
        ("Company name", &now.company_name, &typed.company_name),
        ("Support address", &now.support_email, &typed.support_email),
        ("Currency", &now.currency, &typed.currency),
        ("Time zone", &now.time_zone, &typed.time_zone),
        ("Idle limit", &now.idle_minutes, &typed.idle_minutes),
    ];
    pairs
        .into_iter()
        .filter(|(_, now, typed)| now != typed)
        .map(|(label, now, typed)| Differing::new(label, now, typed))
        .collect()
}

fn view(model: Model) -> impl IntoView {
    let path = format!("/s/{}/settings", model.site.handle);
    let bar = model.may_edit.then(|| {
        view! { <SaveBar form="settings".to_owned() save="Save settings".to_owned() discard=path.clone() changes=vec![]/> }
    });
    let lead = if model.may_edit {
        "What this site is called, where people who are stuck are sent, and how times and money are shown."
    } else {
        "You can see these settings. An owner or admin can change them."
    };
    let confirm = model.confirm.clone().map(|why| confirm_because(why, &path));
    let rail = rail(&model.site).into_any();
    view! {
        <Head title="Site settings" crumbs=vec![("Site".into(), None)] lead=lead.to_owned()/>
        {stale_banner(model.stale.clone())}
        {confirm}
        {error_summary(&model.problems)}
        <Split rail=rail>{form(model, path)}</Split>
        {bar}
    }
}

fn form(model: Model, path: String) -> impl IntoView {
    let saved = SettingsForm::of(&model.site);
    let Model { form, problems, may_edit, .. } = model;
    let off = !may_edit;
    view! {
        <form class="form" id="settings" action=path method="post">
            <input type="hidden" name="base_version" value=form.base_version.to_string()/>
            {form.opened.field()}
            <Field
                name="name" label="Name" value=form.name error=problems.of("name") saved=saved.name disabled=off required=true maxlength=60
                help="What people call this site: in the console, in messages and on its pages. The handle does not change with it.".to_owned()
            />
            <Field
                name="company_name" label="Company name" aside="optional" value=form.company_name error=problems.of("company_name")
                saved=saved.company_name disabled=off maxlength=60
                help="Appears in messages only if it is set. At most 60 characters.".to_owned()
            />
            <Field
                name="support_email" label="Support address" aside="optional" kind="email" value=form.support_email
                error=problems.of("support_email") saved=saved.support_email disabled=off inputmode="email"
                help="Where people who are stuck are sent, such as a collaborator who has lost their phone.".to_owned()
            />
            <Select
                name="currency" label="Default currency" options=with_kept(currencies(), &form.currency) value=form.currency
                error=problems.of("currency") saved=saved.currency disabled=off
                help="The preset of new services, and the currency of the amounts on the velocity page.".to_owned()
            />
            <Select
                name="time_zone" label="Time zone" options=with_kept(time_zones(), &form.time_zone) value=form.time_zone
                error=problems.of("time_zone") saved=saved.time_zone disabled=off
                help="Times are shown in it, and days begin and end in it.".to_owned()
            />
            <Field
                name="idle_minutes" label="Idle limit" unit="minutes".to_owned() value=form.idle_minutes error=problems.of("idle_minutes")
                saved=saved.idle_minutes disabled=off required=true inputmode="numeric"
                help="A collaborator who does nothing for this long is signed out. 15 to 480. For a person with several sites the \
                      shortest limit applies. Raising it, like another support address or time zone, asks you to confirm that it is you.".to_owned()
            />
        </form>
    }
}

fn rail(site: &Site) -> impl IntoView + use<> {
    let kind = if site.live {
        "Live. Decisions count, and keys begin with gh_sk_live_."
    } else {
        "Test. Its data never counts in a live site; keys begin with gh_sk_test_."
    };
    let lines =
        vec![("Kind", kind.into_any()), ("Handle", code(site.handle.clone())), ("Id", code(site.id.to_string()))];
    let services = format!("/s/{}/services", site.handle);
    view! {
        <Block title="Fixed for good" place=Place::First>{facts(lines)}</Block>
        <Block title="Nearby" place=Place::Last>
            <ul class="kv">
                <li><a href=services>"Payment services"</a></li>
                <li><a href="/sites/new">"Make another site"</a></li>
            </ul>
        </Block>
    }
}
