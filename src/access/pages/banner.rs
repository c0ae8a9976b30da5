//! What is said above every page while somebody's second factor is missing: by which day, and what follows.

use crate::access::requirement::{SET_UP, Standing, days_left, last_day};
use crate::access::service::requirement::AtSite;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::SiteId;
use crate::ui::feedback::{Banner, Tone};

/// The banner for a person who stands so at their sites: the earliest deadline speaks. `name_of` is the site's name.
pub fn banner(
    sites: &[AtSite],
    name_of: impl Fn(SiteId) -> Option<String>,
    path: &str,
    now: Timestamp,
) -> Option<Banner> {
    let (deadline, at) =
        sites.iter().filter_map(|at| Some((at.deadline()?, at))).min_by_key(|(deadline, _)| *deadline)?;
    let name = name_of(at.site).unwrap_or_else(|| "Your site".to_owned());
    let day = last_day(deadline, at.zone).format("%A %-d %B %Y");
    let banner = match at.standing {
        Standing::Overdue { .. } => Banner::new(
            Tone::Danger,
            "Set up multi-factor authentication now.",
            format!(
                "{name} asked for it by {day}. Until it is done you reach only the set-up page there. It takes about two minutes."
            ),
        ),
        _ => Banner::new(
            Tone::Warning,
            format!("Set up multi-factor authentication by {day}, {}.", left(days_left(deadline, now, at.zone))),
            format!(
                "{name} asks for it. After that day you reach only the set-up page there until it is done. It takes about two minutes."
            ),
        ),
    };
    Some(if path.starts_with(SET_UP) { banner } else { banner.action("Set up now", SET_UP) })
}

/// The days left in words.
pub fn left(days: i64) -> String {
    match days {
        ..=0 => "today is the last day".to_owned(),
        1 => "1 day left".to_owned(),
        n => format!("{n} days left"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::id::CollaboratorId;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn stands(standing: Standing, active: bool) -> AtSite {
        let now = at("2026-03-02T10:00:00Z");
        let (site, who) = (SiteId::new(now), CollaboratorId::new(now));
        AtSite { site, who, required: true, active, standing, zone: chrono_tz::Tz::Europe__London }
    }

    #[test]
    fn the_earliest_deadline_speaks_with_its_date_and_the_days_left() {
        let soon = stands(Standing::Due { deadline: at("2026-03-10T00:00:00Z") }, false);
        let later = stands(Standing::Due { deadline: at("2026-04-10T00:00:00Z") }, false);
        let name = move |site| (site == soon.site).then(|| "Harbour Books".to_owned());
        let said = banner(&[later, soon], name, "/me/profile", at("2026-03-02T10:00:00Z")).unwrap();
        assert_eq!(said.lead, "Set up multi-factor authentication by Monday 9 March 2026, 7 days left.");
        assert!(said.text.starts_with("Harbour Books asks for it."));
        assert_eq!(said.action.unwrap().1, SET_UP);
        let said = banner(&[soon], name, SET_UP, at("2026-03-09T23:00:00Z")).unwrap();
        assert!(said.lead.ends_with("today is the last day.") && said.action.is_none());
    }

    #[test]
    fn nothing_is_said_to_who_has_a_factor_or_need_not() {
        let deadline = at("2026-03-10T00:00:00Z");
        for at_site in [
            stands(Standing::Due { deadline }, true),
            stands(Standing::Overdue { deadline }, true),
            stands(Standing::Free, false),
            stands(Standing::Exempt { until: deadline }, false),
        ] {
            assert!(banner(&[at_site], |_| None, "/", at("2026-03-02T10:00:00Z")).is_none());
        }
    }
}
