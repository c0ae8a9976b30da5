//! Before a change that would have turned away more than half of last week's good payments: the number has to be typed.

use leptos::prelude::*;

use crate::decision::last_week::LastWeek;
use crate::ui::form::Field;
use crate::ui::icon::{Icon, icon};
use crate::ui::text::number;

/// What a page says of it, and the field for the number; stands inside the form, which posts it as `typed`. `instead`
/// is what else mends it: "make the limits wider".
pub fn name_the_number(week: LastWeek, typed: Option<&str>, instead: &str) -> AnyView {
    name_the_number_as("typed", week, typed, instead)
}

/// The same where the form has something else typed as `typed`, too.
pub fn name_the_number_as(field: &'static str, week: LastWeek, typed: Option<&str>, instead: &str) -> AnyView {
    let (refused, of) = (figure(week.refused), figure(week.approved));
    let words = format!(
        "It would have refused {refused} of the {of} payments that went through in the last 7 days. If that is what you want, type {refused} and save."
    );
    let error = typed.is_some().then(|| format!("Type the number {refused}, or {instead}."));
    let value = typed.unwrap_or_default().to_owned();
    view! {
        <div class="banner problems" data-o="reject" role="alert" id="problems" tabindex="-1">
            {icon(Icon::ShieldAlert)}
            <div>
                <p><strong>"This would turn away more than half of your good payments."</strong>" "{words}</p>
                <Field
                    name=field label=format!("Type {refused} to go on") value=value error=error inputmode="numeric" autofocus=true
                />
            </div>
        </div>
    }
    .into_any()
}

/// A number of payments as it is shown, and may be typed.
pub fn figure(n: u64) -> String {
    number(i64::try_from(n).unwrap_or(i64::MAX))
}
