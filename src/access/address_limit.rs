//! When sign-in stops listening to a network: many failures on many accounts from one place are password stuffing.
//! Pure: what was counted is the argument. Known devices are excepted by the caller.

use chrono::TimeDelta;

/// How far back failures count.
pub const WINDOW: TimeDelta = TimeDelta::minutes(10);

/// Accounts below which it is somebody who forgot a password, and the account's own lock suffices.
const ACCOUNTS: i64 = 5;

/// Failures from one network (/32 or /64) within the window. What is refused as locked or by this limit counts too:
/// were it not to, the count would tell which accounts are locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub total: i64,
    /// On how many accounts.
    pub accounts: i64,
}

/// For how long the network is refused, if at all.
pub fn refusal(failures: Failures) -> Option<TimeDelta> {
    match failures {
        Failures { accounts, .. } if accounts < ACCOUNTS => None,
        Failures { total: 100.., .. } => Some(TimeDelta::hours(24)),
        Failures { total: 20.., .. } => Some(TimeDelta::minutes(15)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_failures_on_many_accounts_are_refused() {
        let of = |total, accounts| refusal(Failures { total, accounts });
        assert_eq!(of(19, 19), None);
        assert_eq!(of(20, 4), None, "one person's few accounts");
        assert_eq!(of(20, 5), Some(TimeDelta::minutes(15)));
        assert_eq!(of(99, 99), Some(TimeDelta::minutes(15)));
        assert_eq!(of(100, 5), Some(TimeDelta::hours(24)));
        assert_eq!(of(1_000, 4), None);
    }
}
