//! `/s/{site}/passwords`: the rule for new passwords, when a door locks and for how long, and who is locked out now.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::access::access_settings::AccessSettings;
use crate::access::forms::password_settings::PasswordForm;
use crate::access::password_settings::{
    PCI_LOCK_MINUTES, PasswordSettings, Preset, SHORTEST_ALONE, SHORTEST_WITH_FACTOR,
};
use crate::access::service::access_settings::Accounts;
use crate::access::service::locks::Locked;
use crate::console::Console;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::{CheckboxRow, Field, ticked};
use crate::ui::icon::{Icon, icon};
use crate::ui::islands::save_bar::{self, SaveBar};
use crate::ui::layout::{Block, Head, Place, Split, facts, two_lines};
use crate::ui::page::Page;
use crate::ui::segment::{Choice, RadioSegment};
use crate::ui::stale::{Differing, confirm_banner, stale_banner};
use crate::ui::table::{Cell, Col, Row, Table};
use crate::ui::text::{Clockface, counted};

/// What the page shows.
pub struct Model {
    /// The page's own path.
    pub path: String,
    /// What is in force.
    pub now: AccessSettings,
    /// What is in the fields.
    pub form: PasswordForm,
    /// What the fields ask for; `None` while they cannot be read.
    pub candidate: Option<PasswordSettings>,
    /// Passwords that are there.
    pub accounts: Accounts,
    /// Who is locked out; `None`: not for this reader.
    pub locked: Option<Vec<Locked>>,
    /// What is wrong with the fields.
    pub problems: Problems,
    /// The other's values where somebody saved meanwhile.
    pub stale: Option<Vec<Differing>>,
    /// Something is loosened and the proof of identity is too old.
    pub confirm: bool,
    /// Whether the reader may save.
    pub may_edit: bool,
    /// Now, in the site's zone.
    pub clock: Clockface,
}

/// The page.
pub fn page(console: Console, model: Model, status: StatusCode) -> Response {
    console.show(Page::new("Passwords and lockout", move || view(model)).status(status))
}

fn view(model: Model) -> impl IntoView {
    let lead = if model.may_edit {
        "What collaborators' passwords must be, and after how many wrong ones sign-in is paused. Customers have settings of their own."
    } else {
        "You can see these settings. An owner or admin can change them."
    };
    let confirm = model.confirm.then(|| confirm_banner("What you changed", &model.path));
    let bar = model.may_edit.then(|| {
        let changes = model.candidate.map(|new| new.changes(model.now.passwords)).unwrap_or_default();
        let changes = changes
            .into_iter()
            .map(|(label, from, to)| save_bar::Change { label: label.to_owned(), from, to })
            .collect();
        view! { <SaveBar form="passwords".to_owned() save="Save".to_owned() discard=model.path.clone() changes=changes/> }
    });
    let rail = rail(&model).into_any();
    let locked = model.locked.as_ref().map(|people| locked(people, &model.path, model.clock));
    view! {
        <Head title="Passwords and lockout" crumbs=vec![("Access".into(), None)] lead=lead.to_owned()/>
        {stale_banner(model.stale.clone())}
        {confirm}
        {error_summary(&model.problems)}
        <Split rail=rail>{form(&model)}{locked}</Split>
        {bar}
    }
}

fn form(model: &Model) -> impl IntoView + use<> {
    let preview = model.may_edit.then(|| {
        view! {
            <p class="row preview">
                <button class="button" type="submit" name="action" value="preview">{icon(Icon::Eye)}"Preview"</button>
            </p>
        }
    });
    view! {
        <form class="form" id="passwords" action=model.path.clone() method="post">
            // Enter in a field presses the first button of a form: it shows the effect, and never saves.
            <button class="said" type="submit" name="action" value="preview" tabindex="-1" aria-hidden="true">"Preview"</button>
            <input type="hidden" name="base_version" value=model.form.base_version.to_string()/>
            {model.form.opened.field()}
            {rule_fields(model)}
            {lock_fields(model)}
            {preview}
        </form>
    }
}

fn rule_fields(model: &Model) -> impl IntoView + use<> {
    let (form, saved, off) = (model.form.clone(), PasswordForm::of(&model.now), !model.may_edit);
    let choices = Preset::ALL.into_iter().map(|preset| Choice::new(preset.as_str(), preset.label())).collect();
    let floor = if model.now.factors.required { SHORTEST_WITH_FACTOR } else { SHORTEST_ALONE };
    let help = format!(
        "Relaxed: at least {floor} characters, nothing common or easily guessed. Strong: an upper and a lower case letter, a digit \
         and a symbol besides. PCI: like Strong, 12 characters where a second factor is required, and none of the last four again. Custom: as chosen below."
    );
    let shortest_help = format!(
        "Of the custom rule: 8 to 64. Below {floor} it has no effect while a second factor is {}required here.",
        if model.now.factors.required { "" } else { "not " }
    );
    let wrong = model.problems.of("shortest");
    view! {
        <Block title="Rule for new passwords" place=Place::First>
            <div class="form">
                <RadioSegment
                    name="preset" label="Rule" choices=choices value=form.preset saved=saved.preset help=help disabled=off
                />
                <div class="of-custom">
                <Field
                    name="shortest" label="Shortest password" unit="characters".to_owned() value=form.shortest error=wrong
                    saved=saved.shortest disabled=off required=true inputmode="numeric" maxlength=2 help=shortest_help
                />
                <CheckboxRow
                    name="classes" label="Upper, lower, digit and symbol" checked=ticked(Some(&form.classes))
                    saved=ticked(Some(&saved.classes)) disabled=off help="Of the custom rule.".to_owned()
                />
                </div>
            </div>
        </Block>
    }
}

fn lock_fields(model: &Model) -> impl IntoView + use<> {
    let (form, saved, off) = (model.form.clone(), PasswordForm::of(&model.now), !model.may_edit);
    let short = model.candidate.is_some_and(|new| new.minutes < PCI_LOCK_MINUTES);
    let hint = short.then(|| {
        view! {
            <p class="mid noted" role="note">
                {icon(Icon::TriangleAlert)}
                " PCI DSS 8.3.4 asks for a lock of at least 30 minutes, or until somebody's identity is confirmed."
            </p>
        }
    });
    let (wrong_failures, wrong_minutes) = (model.problems.of("failures"), model.problems.of("minutes"));
    view! {
        <Block title="Lockout">
            <div class="form">
                <Field
                    name="failures" label="Wrong passwords that lock" unit="tries".to_owned() value=form.failures error=wrong_failures
                    saved=saved.failures disabled=off required=true inputmode="numeric" maxlength=3
                    help="3 to 100, counted for 24 hours. Browsers that a person has signed in from before are counted apart, so a stranger \
                          cannot lock them out.".to_owned()
                />
                <Field
                    name="minutes" label="Length of the lock" unit="minutes".to_owned() value=form.minutes error=wrong_minutes
                    saved=saved.minutes disabled=off required=true inputmode="numeric" maxlength=4
                    help="1 minute to 24 hours (1440). Below 30: PCI DSS 8.3.4 asks for 30. A passkey and a new password by mail open the \
                          door at once.".to_owned()
                />
                {hint}
            </div>
        </Block>
    }
}

fn rail(model: &Model) -> impl IntoView + use<> {
    let settings = model.candidate.unwrap_or(model.now.passwords);
    let rule = settings.rule(model.now.factors.required).words();
    let changed = model.candidate.is_some_and(|new| new != model.now.passwords);
    let title = if changed { "Effect of your changes" } else { "What this comes to" };
    let Accounts { people, elsewhere, before } = model.accounts;
    let kept = format!(
        "{} a password. Nobody is signed out: the rule is checked when a password is next set.",
        counted(people, "person here has", "people here have")
    );
    let elder = (before > 0)
        .then(|| format!("{} it before this was last changed.", counted(before, "person set", "people set")));
    let strictest = (elsewhere > 0).then(|| {
        format!(
            "{} to other sites too. For them the strictest site counts.",
            counted(elsewhere, "person belongs", "people belong")
        )
    });
    let by = match (&model.now.passwords_saved.by, model.now.passwords_saved.at) {
        (Some(name), Some(at)) => format!("{name}, {}", model.clock.day(at)),
        _ => "Never: the defaults of a new site".to_owned(),
    };
    let locks = format!("After {} wrong passwords, for {} min", settings.failures, settings.minutes);
    view! {
        <Block title=title place=Place::First>
            {facts(vec![("New passwords", rule.into_any()), ("Locks", locks.into_any())])}
        </Block>
        <Block title="Existing accounts">
            <p class="mid">{kept}" "{elder}" "{strictest}</p>
        </Block>
        <Block title="Origin and last change" place=Place::Last>
            {facts(vec![("Last changed", by.into_any())])}
            <p class="pager">"Loosening something asks you to confirm that it is you."</p>
        </Block>
    }
}

fn locked(people: &[Locked], path: &str, clock: Clockface) -> AnyView {
    let cols = vec![Col::new("Person"), Col::new("Locked for"), Col::new("Until"), Col::quiet("Unlock")];
    let rows = people
        .iter()
        .map(|Locked { shut, refusal }| {
            let until = match shut.until {
                _ if shut.closed => "An unlock or a new password".into_any(),
                Some(until) => clock.at(until).into_any(),
                None => "Now".into_any(),
            };
            let door = if shut.device { "A browser known to them" } else { "Browsers they have not used before" };
            let said = format!("Unlock {}", shut.name);
            let act = match refusal {
                Some(refusal) => view! { <small class="quiet">{refusal.clone()}</small> }.into_any(),
                None => view! {
                    <form action=format!("{path}/unlock") method="post">
                        <input type="hidden" name="who" value=shut.who.to_string()/>
                        <button class="button small" type="submit" aria-label=said>"Unlock"</button>
                    </form>
                }
                .into_any(),
            };
            Row::new(vec![
                Cell::new(two_lines(shut.name.clone(), shut.email.clone())),
                Cell::new(door),
                Cell::new(until),
                Cell::wide(act),
            ])
        })
        .collect::<Vec<_>>();
    let none = rows.is_empty().then(|| view! { <p class="mid">"Nobody is locked out."</p> });
    let table = (!rows.is_empty()).then(|| view! { <Table label="Locked out now" cols=cols rows=rows/> });
    view! {
        <Block title="Locked out now" place=Place::Last id="locked">
            {none}
            {table}
        </Block>
    }
    .into_any()
}
