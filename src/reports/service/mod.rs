//! The overview's figures, in one transaction.

pub mod sum_up;

use std::collections::BTreeMap;

use crate::access::Permit;
use crate::access::grant::ReadOverview;
use crate::decision::verdict::Check;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::platform::state::App;
use crate::reports::period::{BUCKET_S, Period, Range, begins, periods_known, usual};
use crate::reports::store::{self, Cell};

/// What the overview shows of a period.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The stretch of time.
    pub period: Period,
    /// Sums over it.
    pub totals: Totals,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// What settled challenges and refusals, the busiest first.
    pub stopped: Vec<Stopped>,
    /// Whether the site ever asked for a decision.
    pub any: bool,
    /// Which first steps have been taken.
    pub begun: Begun,
}

/// A figure and what is usual for it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Figure {
    /// Now.
    pub now: u64,
    /// The median of earlier periods.
    pub usual: Option<f64>,
}

/// Sums over a period.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// Attempts.
    pub attempts: Figure,
    /// Let through.
    pub approved: Figure,
    /// Challenged.
    pub challenged: Figure,
    /// Refused.
    pub refused: Figure,
    /// A check in shadow would have been stronger.
    pub shadow: Figure,
}

/// A step of the period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// When it begins.
    pub at: Timestamp,
    /// Let through.
    pub approved: u64,
    /// Challenged.
    pub challenged: u64,
    /// Refused.
    pub refused: u64,
    /// What is usual in all: lower quartile, median, upper quartile.
    pub usual: Option<(f64, f64, f64)>,
}

/// What one check settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Stopped {
    /// The check.
    pub check: Check,
    /// Refusals.
    pub refused: Figure,
    /// Challenges.
    pub challenged: u64,
}

/// First steps of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// It has an API key.
    pub key: bool,
    /// It has a service.
    pub service: bool,
    /// It has a list.
    pub list: bool,
    /// Its policy was changed since it was made.
    pub policy: bool,
}

/// The overview of a site.
pub async fn overview(app: &App, permit: &Permit<ReadOverview>, range: Range) -> Result<Overview> {
    let (site, now) = (permit.site(), app.clock.now());
    let period = Period::new(range, now, site.time_zone);
    let (back, _) = range.back();
    let mut tx = app.db.site(site.id).await?;
    let first = store::first(&mut tx, site.id).await?;
    let known = periods_known(&period, first);
    let since = period.from - back * known;
    let cells = app.tallies().read(&mut tx, site.id, since, now).await?;
    let begun = store::steps(&mut tx, site.id).await?;
    tx.commit().await?;
    Ok(Overview {
        steps: steps(&period, &cells, known),
        totals: totals(&placed(&period, &cells, known), known),
        stopped: stopped(&placed(&period, &cells, known), known),
        any: first.is_some(),
        begun: Begun { key: begun.key, service: begun.service, list: begun.list, policy: site.policy_version > 1 },
        period,
    })
}

fn steps(period: &Period, cells: &[Cell], known: i32) -> Vec<Step> {
    let (back, _) = period.range.back();
    let empty = |step| Step { at: period.begins(step), approved: 0, challenged: 0, refused: 0, usual: None };
    let mut steps: Vec<Step> = (0..period.steps).map(empty).collect();
    let mut earlier = vec![vec![0.0; usize::try_from(known).unwrap_or(0)]; period.steps];
    for cell in cells {
        let (approved, challenged, refused) = (count(cell.approved), count(cell.challenged), count(cell.refused));
        if let Some(step) = period.step_of(begins(cell.number)) {
            steps[step].approved += approved;
            steps[step].challenged += challenged;
            steps[step].refused += refused;
        }
        for ago in 1..=known {
            if let (Some(step), Ok(place)) =
                (period.step_of(begins(cell.number) + back * ago), usize::try_from(ago - 1))
            {
                earlier[step][place] += figure_of(approved + challenged + refused);
            }
        }
    }
    for (place, step) in steps.iter_mut().enumerate() {
        step.usual = usual(smoothed(&earlier, place));
    }
    steps
}

/// How many neighbours on either side speak for a step: single quarters of small sites jump between 0 and 2.
const NEIGHBOURS: usize = 2;

/// What each earlier period had around a step, on average.
#[allow(clippy::cast_precision_loss, reason = "at most five")]
fn smoothed(earlier: &[Vec<f64>], step: usize) -> Vec<f64> {
    let around = &earlier[step.saturating_sub(NEIGHBOURS)..(step + NEIGHBOURS + 1).min(earlier.len())];
    let periods = earlier.get(step).map_or(0, Vec::len);
    (0..periods).map(|period| around.iter().map(|counts| counts[period]).sum::<f64>() / around.len() as f64).collect()
}

/// A cell in the period shown (0) or an earlier one, and how much of it counts there: of the quarter that runs, as much
/// of the earlier ones as has passed of this one.
struct Placed<'a> {
    cell: &'a Cell,
    ago: i32,
    share: f64,
}

fn placed<'a>(period: &Period, cells: &'a [Cell], known: i32) -> Vec<Placed<'a>> {
    let (back, _) = period.range.back();
    let running = period.now.timestamp().div_euclid(BUCKET_S);
    let mut placed = Vec::with_capacity(cells.len());
    for cell in cells {
        for ago in 0..=known {
            let at = begins(cell.number) + back * ago;
            if at >= period.from && at <= period.now {
                let partly = ago > 0 && at.timestamp().div_euclid(BUCKET_S) == running;
                placed.push(Placed { cell, ago, share: if partly { period.part_of_quarter() } else { 1.0 } });
            }
        }
    }
    placed
}

fn totals(placed: &[Placed<'_>], known: i32) -> Totals {
    let figure = |of: fn(&Cell) -> i64| figure(placed.iter(), of, known);
    Totals {
        attempts: figure(|cell| cell.approved + cell.challenged + cell.refused),
        approved: figure(|cell| cell.approved),
        challenged: figure(|cell| cell.challenged),
        refused: figure(|cell| cell.refused),
        shadow: figure(|cell| cell.shadow),
    }
}

fn stopped(placed: &[Placed<'_>], known: i32) -> Vec<Stopped> {
    let mut by_check: BTreeMap<&str, Vec<&Placed<'_>>> = BTreeMap::new();
    for one in placed {
        if let Some(check) = &one.cell.settled_by {
            by_check.entry(check).or_default().push(one);
        }
    }
    let mut stopped: Vec<Stopped> = by_check
        .into_iter()
        .filter_map(|(name, placed)| {
            let check = Check::ALL.into_iter().find(|check| check.as_str() == name)?;
            let refused = figure(placed.iter().copied(), |cell| cell.refused, known);
            let challenged = placed.iter().filter(|one| one.ago == 0).map(|one| count(one.cell.challenged)).sum();
            Some(Stopped { check, refused, challenged })
        })
        .filter(|stopped| {
            stopped.refused.now + stopped.challenged > 0 || stopped.refused.usual.is_some_and(|u| u >= 0.5)
        })
        .collect();
    stopped.sort_by_key(|stopped| std::cmp::Reverse((stopped.refused.now, stopped.challenged)));
    stopped
}

fn figure<'a>(placed: impl Iterator<Item = &'a Placed<'a>>, of: fn(&Cell) -> i64, known: i32) -> Figure {
    let mut now = 0;
    let mut earlier = vec![0.0; usize::try_from(known).unwrap_or(0)];
    for Placed { cell, ago, share } in placed {
        if *ago == 0 {
            now += count(of(cell));
        } else if let Some(place) = usize::try_from(ago - 1).ok().and_then(|place| earlier.get_mut(place)) {
            *place += figure_of(count(of(cell))) * share;
        }
    }
    Figure { now, usual: usual(earlier).map(|(_, middle, _)| middle) }
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

#[allow(clippy::cast_precision_loss, reason = "counts in a picture")]
fn figure_of(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Tz;

    fn cell(at: &str, check: Option<&str>, approved: i64, refused: i64) -> Cell {
        let at: Timestamp = at.parse().unwrap();
        let number = at.timestamp().div_euclid(BUCKET_S);
        Cell { number, settled_by: check.map(Into::into), approved, challenged: 0, refused, shadow: 0 }
    }

    fn today(now: &str) -> Period {
        Period::new(Range::Today, now.parse().unwrap(), Tz::UTC)
    }

    #[test]
    fn a_figure_stands_against_the_median_of_earlier_periods() {
        let period = today("2026-11-19T14:20:00Z");
        let cells = [
            cell("2026-11-16T02:00:00Z", Some("panic"), 0, 2),
            cell("2026-11-17T02:00:00Z", Some("block_list"), 0, 3),
            cell("2026-11-18T02:00:00Z", Some("panic"), 0, 1),
            cell("2026-11-18T15:00:00Z", Some("panic"), 0, 90),
            cell("2026-11-19T02:00:00Z", Some("panic"), 0, 9),
        ];
        let placed = placed(&period, &cells, 3);
        assert_eq!(totals(&placed, 3).refused, Figure { now: 9, usual: Some(2.0) });
        let stopped = stopped(&placed, 3);
        assert_eq!(stopped.iter().map(|s| (s.check, s.refused.now)).collect::<Vec<_>>(), [(Check::Panic, 9)]);
    }

    #[test]
    fn of_the_quarter_that_runs_earlier_days_count_as_much_as_has_passed() {
        let period = today("2026-11-19T14:20:00Z");
        let cells: Vec<Cell> = ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19"]
            .map(|day| cell(&format!("{day}T14:15:00Z"), None, 9, 0))
            .into();
        assert_eq!(totals(&placed(&period, &cells, 3), 3).approved, Figure { now: 9, usual: Some(3.0) });
    }

    #[test]
    fn a_quarter_counts_in_its_own_step_and_in_the_history_around_the_same_step() {
        let period = today("2026-11-19T14:20:00Z");
        let cells = [
            cell("2026-11-16T01:00:00Z", None, 30, 0),
            cell("2026-11-17T01:00:00Z", None, 20, 0),
            cell("2026-11-18T01:00:00Z", None, 10, 0),
            cell("2026-11-19T01:00:00Z", None, 5, 0),
        ];
        let steps = steps(&period, &cells, 3);
        assert_eq!((steps[4].approved, steps[4].usual), (5, Some((3.0, 4.0, 5.0))));
        assert_eq!((steps[6].approved, steps[6].usual), (0, Some((3.0, 4.0, 5.0))));
        assert_eq!((steps[7].approved, steps[7].usual), (0, Some((0.0, 0.0, 0.0))));
    }
}
