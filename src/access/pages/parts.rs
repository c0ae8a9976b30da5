//! What several sheets share.

use leptos::prelude::*;

use crate::access::password::Rule;
use crate::kernel::country::Country;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::Field;

/// A new password, twice: without scripts there is no other guard against a slip.
#[component]
pub fn NewPasswordFields(
    /// The name it is posted under.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// What is wrong.
    problems: Problems,
    /// What is asked of it.
    #[prop(default = Rule::COLLABORATORS)]
    rule: Rule,
) -> impl IntoView {
    let help = rule.words();
    view! {
        <Field name=name label=label kind="password" autocomplete="new-password" required=true help=help error=problems.of(name)/>
        <Field name="again" label="The same again" kind="password" autocomplete="new-password" required=true error=problems.of("again")/>
    }
}

/// Countries to choose from. None is chosen beforehand: a number as it is dialled at home means another one elsewhere.
pub fn country_options(countries: impl IntoIterator<Item = Country>) -> Vec<(String, String)> {
    let rows = countries.into_iter().map(|country| (country.code().to_owned(), country.label()));
    std::iter::once((String::new(), "Choose a country".to_owned())).chain(rows).collect()
}

/// What is wrong, above a form at the door.
pub fn problem_banner(problems: &Problems) -> impl IntoView + use<> {
    error_summary(problems)
}
