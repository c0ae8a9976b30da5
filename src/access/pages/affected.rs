//! Whom the settings of the second factor concern: a sentence, then everybody with what becomes of them.

use leptos::prelude::*;

use crate::access::pages::banner::left;
use crate::access::requirement::{Standing, days_left, last_day};
use crate::access::service::access_settings::Affected;
use crate::access::service::requirement::AtSite;
use crate::ui::layout::{Block, Place, two_lines};
use crate::ui::mark::{Outcome, outcome_saying};
use crate::ui::text::{Clockface, counted};

/// People shown by name; beyond that only the sentence counts them.
const MOST: usize = 40;

/// The block of the rail. `changed`: the page differs from what is in force.
pub fn affected(people: &[Affected], changed: bool, readable: bool, clock: Clockface) -> AnyView {
    let title = if changed { "Effect of your changes" } else { "Who is affected" };
    let words = if readable {
        sentence(people, changed)
    } else {
        "Mend the fields first; below is how it stands now.".to_owned()
    };
    let lines = lines(people, clock).into_any();
    view! {
        <Block title=title place=Place::First>
            <p class="mid">{words}</p>
            {lines}
        </Block>
    }
    .into_any()
}

fn sentence(people: &[Affected], changed: bool) -> String {
    let count = |of: fn(&AtSite) -> bool| people.iter().filter(|person| of(&person.then)).count();
    let required = count(|at| at.required);
    if required == 0 {
        return "Nobody here needs a second factor.".to_owned();
    }
    let verb = match (changed, required) {
        (true, _) => "would need",
        (false, 1) => "needs",
        (false, _) => "need",
    };
    let mut words = format!("{} of {} {verb} a second factor", required, counted(people.len(), "person", "people"));
    let parts = [
        (count(|at| at.required && at.active), "with one already"),
        (count(|at| !at.active && matches!(at.standing, Standing::Due { .. })), "with time to set one up"),
        (count(|at| !at.active && matches!(at.standing, Standing::Exempt { .. })), "excused for now"),
        (count(AtSite::is_shut), "shut out until it is set up"),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{n} {words}")).collect();
    words.push_str(": ");
    words.push_str(&parts.join(", "));
    words.push('.');
    words
}

fn lines(people: &[Affected], clock: Clockface) -> impl IntoView + use<> {
    let mut shown: Vec<&Affected> = people.iter().collect();
    shown.sort_by_key(|person| urgency(&person.then));
    let more = shown.len().saturating_sub(MOST);
    let rows: Vec<_> = shown
        .into_iter()
        .take(MOST)
        .map(|person| {
            let name = if person.is_reader { format!("{} (you)", person.name) } else { person.name.clone() };
            let (before, after) = (words(&person.now, clock), words(&person.then, clock));
            let mut detail = person.role.label().to_owned();
            if before != after {
                detail.push_str(&format!(" · now: {before}"));
            }
            if person.uncounted {
                detail.push_str(" · has a factor of a kind that does not count");
            }
            let state = outcome_saying(sign(&person.then), after);
            view! { <li><span>{two_lines(name, detail)}</span><span>{state}</span></li> }
        })
        .collect();
    let more = (more > 0).then(|| view! { <p class="pager">{format!("And {more} more.")}</p> });
    view! { <ul class="kv">{rows}</ul>{more} }
}

fn urgency(at: &AtSite) -> u8 {
    match (at.active, at.standing) {
        (false, Standing::Overdue { .. }) => 0,
        (false, Standing::Due { .. }) => 1,
        (false, Standing::Exempt { .. }) => 2,
        (true, _) if at.required => 3,
        _ => 4,
    }
}

fn sign(at: &AtSite) -> Outcome {
    match urgency(at) {
        _ if at.active => Outcome::Approve,
        0 => Outcome::Reject,
        1 => Outcome::Challenge,
        2 => Outcome::Shadow,
        _ => Outcome::None,
    }
}

fn words(at: &AtSite, clock: Clockface) -> String {
    match (at.active, at.standing) {
        (true, _) if at.required => "Active".to_owned(),
        (true, _) => "Active, not required".to_owned(),
        (false, Standing::Free) => "Not required".to_owned(),
        (false, Standing::Exempt { until }) => format!("Excused until {}", clock.day(until)),
        (false, Standing::Due { deadline }) => {
            let day = last_day(deadline, at.zone).format("%-d %b %Y");
            format!("By {day}, {}", left(days_left(deadline, clock.now, at.zone)))
        }
        (false, Standing::Overdue { .. }) => "Past the deadline: set-up only".to_owned(),
    }
}
