//! The overview's figures, in one transaction.

use std::collections::BTreeMap;

use crate::access::Permit;
use crate::access::grant::ReadOverview;
use crate::decision::verdict::Check;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::platform::state::App;
use crate::reports::period::{BUCKET_S, Period, Range, periods_known, usual};
use crate::reports::store::{self, Bucket, Sum};

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
    let buckets = store::buckets(&mut tx, site.id, since, now + chrono::TimeDelta::seconds(1)).await?;
    let length = (now - period.from).num_seconds();
    // A period that is longer than its own distance to the one before (30 days) has no history: one great period.
    let sums = store::sums(&mut tx, site.id, since, now, back.num_seconds().max(length + 1), length).await?;
    let begun = store::steps(&mut tx, site.id).await?;
    tx.commit().await?;
    Ok(Overview {
        steps: steps(&period, &buckets, known),
        totals: totals(&sums, known),
        stopped: stopped(&sums, known),
        any: first.is_some(),
        begun: Begun { key: begun.key, service: begun.service, list: begun.list, policy: site.policy_version > 1 },
        period,
    })
}

fn steps(period: &Period, buckets: &[Bucket], known: i32) -> Vec<Step> {
    let (back, _) = period.range.back();
    let empty = |step| Step { at: period.begins(step), approved: 0, challenged: 0, refused: 0, usual: None };
    let mut steps: Vec<Step> = (0..period.steps).map(empty).collect();
    let mut earlier = vec![vec![0_u64; usize::try_from(known).unwrap_or(0)]; period.steps];
    for bucket in buckets {
        let Some(at) = Timestamp::from_timestamp(bucket.number * BUCKET_S, 0) else { continue };
        let (approved, challenged, refused) = (count(bucket.approved), count(bucket.challenged), count(bucket.refused));
        if let Some(step) = period.step_of(at) {
            steps[step].approved += approved;
            steps[step].challenged += challenged;
            steps[step].refused += refused;
        }
        for ago in 1..=known {
            if let (Some(step), Ok(place)) = (period.step_of(at + back * ago), usize::try_from(ago - 1)) {
                earlier[step][place] += approved + challenged + refused;
            }
        }
    }
    for (step, earlier) in steps.iter_mut().zip(earlier) {
        step.usual = usual(earlier);
    }
    steps
}

fn totals(sums: &[Sum], known: i32) -> Totals {
    let figure = |of: fn(&Sum) -> i64| figure(sums.iter().map(|sum| (sum.ago, of(sum))), known);
    Totals {
        attempts: figure(|sum| sum.approved + sum.challenged + sum.refused),
        approved: figure(|sum| sum.approved),
        challenged: figure(|sum| sum.challenged),
        refused: figure(|sum| sum.refused),
        shadow: figure(|sum| sum.shadow),
    }
}

fn stopped(sums: &[Sum], known: i32) -> Vec<Stopped> {
    let mut by_check: BTreeMap<&str, Vec<&Sum>> = BTreeMap::new();
    for sum in sums {
        if let Some(check) = &sum.settled_by {
            by_check.entry(check).or_default().push(sum);
        }
    }
    let mut stopped: Vec<Stopped> = by_check
        .into_iter()
        .filter_map(|(name, sums)| {
            let check = Check::ALL.into_iter().find(|check| check.as_str() == name)?;
            let refused = figure(sums.iter().map(|sum| (sum.ago, sum.refused)), known);
            let challenged = sums.iter().filter(|sum| sum.ago == 0).map(|sum| count(sum.challenged)).sum();
            Some(Stopped { check, refused, challenged })
        })
        .filter(|stopped| {
            stopped.refused.now + stopped.challenged > 0 || stopped.refused.usual.is_some_and(|u| u >= 0.5)
        })
        .collect();
    stopped.sort_by_key(|stopped| std::cmp::Reverse((stopped.refused.now, stopped.challenged)));
    stopped
}

fn figure(values: impl Iterator<Item = (i64, i64)>, known: i32) -> Figure {
    let mut now = 0;
    let mut earlier = vec![0_u64; usize::try_from(known).unwrap_or(0)];
    for (ago, value) in values {
        if ago == 0 {
            now += count(value);
        } else if let Some(place) = usize::try_from(ago - 1).ok().and_then(|place| earlier.get_mut(place)) {
            *place += count(value);
        }
    }
    Figure { now, usual: usual(earlier).map(|(_, middle, _)| middle) }
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Tz;

    fn sum(ago: i64, check: Option<&str>, refused: i64) -> Sum {
        Sum { ago, settled_by: check.map(Into::into), approved: 0, challenged: 0, refused, shadow: 0 }
    }

    #[test]
    fn a_figure_stands_against_the_median_of_earlier_periods() {
        let sums = [
            sum(0, Some("panic"), 9),
            sum(1, Some("panic"), 1),
            sum(2, Some("block_list"), 3),
            sum(3, Some("panic"), 2),
        ];
        assert_eq!(totals(&sums, 3).refused, Figure { now: 9, usual: Some(2.0) });
        let stopped = stopped(&sums, 3);
        assert_eq!(stopped.iter().map(|s| (s.check, s.refused.now)).collect::<Vec<_>>(), [(Check::Panic, 9)]);
    }

    #[test]
    fn a_bucket_counts_in_its_own_step_and_in_the_history_of_the_same_step() {
        let now: Timestamp = "2026-11-19T14:20:00Z".parse().unwrap();
        let period = Period::new(Range::Today, now, Tz::UTC);
        let bucket = |at: &str, approved| {
            let at: Timestamp = at.parse().unwrap();
            Bucket { number: at.timestamp() / BUCKET_S, approved, challenged: 0, refused: 0 }
        };
        let buckets = [
            bucket("2026-11-19T01:00:00Z", 5),
            bucket("2026-11-18T01:00:00Z", 2),
            bucket("2026-11-17T01:00:00Z", 4),
            bucket("2026-11-16T01:00:00Z", 6),
        ];
        let steps = steps(&period, &buckets, 3);
        assert_eq!((steps[4].approved, steps[4].usual), (5, Some((3.0, 4.0, 5.0))));
        assert_eq!((steps[5].approved, steps[5].usual), (0, Some((0.0, 0.0, 0.0))));
    }
}
