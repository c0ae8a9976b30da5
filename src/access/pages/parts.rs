//! What several sheets share.

use leptos::prelude::*;

use crate::access::password::Rule;
use crate::access::wish::Wish;
use crate::kernel::country::Country;
use crate::ui::feedback::{Problems, error_summary};
use crate::ui::form::Field;
use crate::ui::islands::new_password::{LIST, NewPassword, VERDICT};

/// A new password, twice: without scripts there is no other guard against a slip. They stand in the form with the id
/// [`FORM`](crate::ui::islands::new_password::FORM), with what is asked in a list between them.
#[component]
pub fn NewPasswordFields(
    /// The name it is posted under.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// What is wrong.
    problems: Problems,
    /// What is asked of it.
    rule: Rule,
    /// Names and addresses that others would guess and this reader may see.
    #[prop(optional)]
    own: Vec<String>,
) -> impl IntoView {
    let lines: Vec<_> = Wish::all(rule).into_iter().map(|wish| view! { <li>{wish.words()}</li> }).collect();
    let help = "A few unrelated words are easy to keep in mind; spaces count.".to_owned();
    view! {
        <Field
            name=name label=label kind="password" autocomplete="new-password" required=true help=help error=problems.of(name)
            described_by=LIST
        />
        <div class="wishes">
            <ul
                id=LIST data-shortest=rule.shortest.to_string() data-classes=rule.classes.then_some("")
                data-remembered=rule.remembered.to_string() data-own=own.join("\n")
            >
                {lines}
            </ul>
            <p role="status"><span id=VERDICT></span></p>
            <NewPassword/>
        </div>
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
