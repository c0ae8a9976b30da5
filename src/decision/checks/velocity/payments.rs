//! Payments attempted: an admitted one counts for the whole window, whatever becomes of it; this one counts too.

use crate::decision::checks::velocity::{Comparison, compared};
use crate::decision::facts::Used;
use crate::decision::keys::KeyKind;
use crate::decision::policy::KeyLimits;
use crate::decision::verdict::{Code, Compared};

/// A limit of 3 admits three and refuses the fourth.
pub(super) fn compare(key: KeyKind, used: &Used, limits: &KeyLimits) -> Comparison {
    let limit = i64::from(limits.payments.ok_or(Code::NoLimit)?);
    let seen = i64::from(used.payments.seen) + 1;
    let said = Compared {
        at_least: used.payments.at_least,
        first_at: used.payments.first_at,
        ..compared(key, used, seen, limit)
    };
    Ok((said, seen > limit))
}

#[cfg(test)]
mod tests {
    use crate::decision::checks::velocity::check;
    use crate::decision::facts::tests::{payment, tally};
    use crate::decision::facts::{Facts, Used};
    use crate::decision::keys::KeyKind;
    use crate::decision::policy::{KeyLimits, Policy, Velocity};
    use crate::decision::verdict::{Because, Code, Measure, Mode};

    #[test]
    fn a_limit_of_n_admits_n() {
        for (limit, before, code) in [
            (Some(3), 0, Code::WithinLimit),
            (Some(3), 2, Code::WithinLimit),
            (Some(3), 3, Code::OverLimit),
            (Some(3), 9, Code::OverLimit),
            (Some(1), 0, Code::WithinLimit),
            (Some(0), 0, Code::OverLimit),
            (None, 9_999, Code::NoLimit),
        ] {
            for key in KeyKind::ALL {
                let limits = KeyLimits { payments: limit, ..KeyLimits::default() };
                let policy = Policy {
                    velocity: Velocity { mode: Mode::Enforce, email: limits.clone(), ip: limits.clone(), card: limits },
                    ..Policy::default()
                };
                let mut facts = payment();
                let used = facts.used.get(key).unwrap();
                *facts.used.get_mut(key) = Some(Used { payments: tally(before), ..used });
                let finding = check(key, Measure::Payments, &facts, &policy);
                assert_eq!(finding.code, code, "{key:?}: {before} before, limit {limit:?}");
                if let Because::Limit(compared) = finding.because {
                    assert_eq!((compared.seen, compared.limit), (i64::from(before) + 1, i64::from(limit.unwrap())));
                }
            }
        }
    }

    #[test]
    fn a_payment_without_the_key_is_not_looked_at() {
        let mut facts: Facts = payment();
        facts.used.email = None;
        facts.used.card = None;
        assert_eq!(check(KeyKind::Email, Measure::Payments, &facts, &Policy::default()).code, Code::NoEmail);
        assert_eq!(check(KeyKind::Card, Measure::Payments, &facts, &Policy::default()).code, Code::NoCard);
    }

    #[test]
    fn logins_are_not_counted() {
        let facts =
            Facts { kind: crate::decision::attempt::Kind::Login, ..crate::decision::facts::tests::over_every_limit() };
        assert_eq!(check(KeyKind::Ip, Measure::Payments, &facts, &Policy::default()).code, Code::NotAPayment);
    }
}
