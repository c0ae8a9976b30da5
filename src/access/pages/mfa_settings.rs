//! `/s/{site}/mfa`: who needs a second factor, until when, and which kinds count, with everybody it concerns beside it
//! before it is saved.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::access_settings::AccessSettings;
use crate::access::factor::FactorKind;
use crate::access::forms::mfa_settings::MfaForm;
use crate::access::pages::affected::affected;
use crate::access::pages::parts::country_options;
use crate::access::service::access_settings::Affected;
use crate::console::Console;
use crate::kernel::country::Country;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::{CheckboxRow, Field, Select, error_line};
use crate::ui::icon::{Icon, icon};
use crate::ui::islands::save_bar::{self, SaveBar};
use crate::ui::layout::{Block, Head, Place, Split, facts};
use crate::ui::page::Page;
use crate::ui::stale::{Differing, confirm_because, stale_banner};
use crate::ui::text::Clockface;

/// What the page shows.
pub struct Model {
    /// The page's own path.
    pub path: String,
    /// Where single people are exempted.
    pub collaborators: String,
    /// What is in force.
    pub now: AccessSettings,
    /// What is in the fields.
    pub form: MfaForm,
    /// Everybody at the site, as they would stand.
    pub people: Vec<Affected>,
    /// How the fields differ from what is in force.
    pub changes: Vec<(&'static str, String, String)>,
    /// Whether the fields can be read.
    pub readable: bool,
    /// What is wrong with them.
    pub problems: Problems,
    /// What stands above the form.
    pub ask: Ask,
    /// Whether the reader may save.
    pub may_edit: bool,
    /// Now, in the site's zone.
    pub clock: Clockface,
}

/// What has to happen before a save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Nothing.
    Nothing,
    /// Somebody saved meanwhile.
    Stale(Vec<Differing>),
    /// The proof of identity is too old.
    Confirm,
}

/// The page.
pub fn page(console: Console, model: Model, status: StatusCode) -> Response {
    console.show(Page::new("Multi-factor authentication", move || view(model)).status(status))
}

fn view(model: Model) -> impl IntoView {
    let lead = if model.may_edit {
        "Who needs a second factor besides the password, by when, and which kinds count here."
    } else {
        "You can see these settings. An owner can change them."
    };
    let ask = match &model.ask {
        Ask::Nothing => ().into_any(),
        Ask::Stale(differing) => stale_banner(Some(differing.clone())).into_any(),
        Ask::Confirm => {
            let words = "Who needs a second factor is changed only by somebody who has just proved who they are.";
            confirm_because(words.to_owned(), &model.path).into_any()
        }
    };
    let bar = model.may_edit.then(|| {
        let changes = model.changes.iter().map(|(label, from, to)| save_bar::Change {
            label: (*label).to_owned(),
            from: from.clone(),
            to: to.clone(),
        });
        view! {
            <SaveBar form="mfa".to_owned() save="Save".to_owned() discard=model.path.clone() changes=changes.collect()/>
        }
    });
    let rail = rail(&model).into_any();
    view! {
        <Head title="Multi-factor authentication" crumbs=vec![("Access".into(), None)] lead=lead.to_owned()/>
        {ask}
        {error_summary(&model.problems)}
        <Split rail=rail>{form(&model)}</Split>
        {bar}
    }
}

fn form(model: &Model) -> impl IntoView + use<> {
    let (form, saved, off) = (&model.form, MfaForm::of(&model.now), !model.may_edit);
    let preview = (!off).then(|| {
        view! {
            <p class="row preview">
                <button class="button" type="submit" name="action" value="preview">{icon(Icon::Eye)}"Preview who is affected"</button>
            </p>
        }
    });
    view! {
        <form class="form" id="mfa" action=model.path.clone() method="post">
            // Enter in a field presses the first button of a form: it shows the effect, and never saves.
            <button class="said" type="submit" name="action" value="preview" tabindex="-1" aria-hidden="true">"Preview"</button>
            <input type="hidden" name="base_version" value=form.base_version.to_string()/>
            {form.opened.field()}
            <CheckboxRow
                name="required" label="Require a second factor of everybody at this site" checked=form.required saved=saved.required disabled=off
                help="While it is off, people may still set one up, and you can require it of single people on the collaborators page. \
                      While it is on, passwords may be as short as 8 characters instead of 15.".to_owned()
            />
            <Field
                name="grace" label="Grace period" unit="days".to_owned() value=form.grace.clone() error=model.problems.of("grace") saved=saved.grace.clone()
                disabled=off required=true inputmode="numeric" maxlength=3
                help="0 to 90. Until the end of the last day people work as before and see a banner with the date. 0 is at once. \
                      Shortening it moves everybody's deadline earlier at once.".to_owned()
            />
            {kinds(model, &saved)}
            {countries(model, &saved)}
            {preview}
        </form>
    }
}

fn kinds(model: &Model, saved: &MfaForm) -> impl IntoView + use<> {
    let rows: Vec<_> = FactorKind::ALL
        .into_iter()
        .map(|kind| {
            let (checked, before) = (model.form.kinds.contains(&kind), saved.kinds.contains(&kind));
            view! {
                <CheckboxRow
                    name="kinds" label=kind.label() value=kind.as_str() checked=checked saved=before disabled=!model.may_edit
                    help=explained(kind).to_owned()
                />
            }
        })
        .collect();
    let error = model.problems.of("kinds");
    view! {
        <fieldset class="field" id="f-kinds">
            <legend>"Kinds that count"</legend>
            {rows}
            {error.map(|words| error_line("f-kinds-e".into(), words))}
        </fieldset>
    }
}

fn explained(kind: FactorKind) -> &'static str {
    match kind {
        FactorKind::Sms => "A code is texted to the person's number. Easiest to set up; texts can be intercepted.",
        FactorKind::Totp => "Six digits from an app on the phone. Works without reception.",
        FactorKind::Passkey => "A fingerprint, face or security key. Cannot be phished.",
    }
}

fn countries(model: &Model, saved: &MfaForm) -> impl IntoView + use<> {
    let shown = |country: &Country| model.form.countries.contains(country) || saved.countries.contains(country);
    let rows: Vec<_> = Country::all()
        .filter(shown)
        .map(|country| {
            let (checked, before) = (model.form.countries.contains(&country), saved.countries.contains(&country));
            view! {
                <CheckboxRow
                    name="countries" label=country.label() value=country.code() checked=checked saved=before disabled=!model.may_edit
                />
            }
        })
        .collect();
    let add = model.may_edit.then(|| {
        let choices = country_options(Country::all().filter(|country| !shown(country)));
        let (chosen, error) = (model.form.add_country.clone(), model.problems.of("add_country"));
        view! {
            <div class="row add-currency">
                <Select name="add_country" label="Add a country" options=choices value=chosen quiet_label=true error=error/>
                <button class="button" type="submit" name="action" value="add_country">{icon(Icon::Plus)}"Add a country"</button>
            </div>
        }
    });
    let error = model.problems.of("countries");
    view! {
        <fieldset class="field" id="f-countries">
            <legend>"Countries for SMS"</legend>
            <p class="help">"A number of another country cannot be set up: it is refused before anything is sent. Numbers that are devices already go on being texted to."</p>
            <div class="many">{rows}</div>
            {error.map(|words| error_line("f-countries-e".into(), words))}
            {add}
        </fieldset>
    }
}

fn rail(model: &Model) -> impl IntoView + use<> {
    let changed = match (&model.now.factors_saved.by, model.now.factors_saved.at) {
        (Some(name), Some(at)) => format!("{name}, {}", model.clock.day(at)),
        _ => "Never: the defaults of a new site".to_owned(),
    };
    let people = model.collaborators.clone();
    let lines = vec![
        ("Last changed", changed.into_any()),
        ("Changed by", "An owner only".into_any()),
        ("Days end", format!("At midnight, {}", model.clock.zone.name()).into_any()),
        ("Exempting somebody", view! { <a href=people>"On the collaborators page"</a> }.into_any()),
    ];
    view! {
        {affected(&model.people, !model.changes.is_empty(), model.readable, model.clock)}
        <Block title="Origin and last change" place=Place::Last>
            {facts(lines)}
            <p class="pager">"Saving asks you to confirm that it is you, and the audit log keeps the old and the new values."</p>
        </Block>
    }
}
