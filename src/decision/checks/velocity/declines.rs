//! Declines by the gateway (V-01): a limit of 4 bears four; the next attempt is refused before it reaches the gateway.

use crate::decision::checks::velocity::{Comparison, compared};
use crate::decision::facts::Used;
use crate::decision::keys::KeyKind;
use crate::decision::policy::KeyLimits;
use crate::decision::verdict::{Code, Compared};

/// Refuses once the limit is reached: this attempt might be one more.
pub(super) fn compare(key: KeyKind, used: &Used, limits: &KeyLimits) -> Comparison {
    let limit = i64::from(limits.declines.ok_or(Code::NoLimit)?);
    let seen = i64::from(used.declines.seen);
    let said = Compared {
        at_least: used.declines.at_least,
        first_at: used.declines.first_at,
        ..compared(key, used, seen, limit)
    };
    Ok((said, seen >= limit))
}

#[cfg(test)]
mod tests {
    use crate::decision::checks::velocity::check;
    use crate::decision::facts::Used;
    use crate::decision::facts::tests::{payment, tally};
    use crate::decision::keys::KeyKind;
    use crate::decision::policy::{KeyLimits, Policy, Velocity};
    use crate::decision::verdict::{Code, Measure};

    #[test]
    fn a_limit_of_n_bears_n_declines() {
        for (limit, before, code) in
            [(2, 0, Code::WithinLimit), (2, 1, Code::WithinLimit), (2, 2, Code::OverLimit), (0, 0, Code::OverLimit)]
        {
            let email = KeyLimits { declines: Some(limit), ..KeyLimits::default() };
            let policy = Policy { velocity: Velocity { email, ..Velocity::default() }, ..Policy::default() };
            let mut facts = payment();
            facts.used.email = facts.used.email.map(|used| Used { declines: tally(before), ..used });
            assert_eq!(
                check(KeyKind::Email, Measure::Declines, &facts, &policy).code,
                code,
                "{before} declines, limit {limit}"
            );
        }
    }
}
