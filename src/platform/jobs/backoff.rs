//! When a job that failed is tried again.

use chrono::TimeDelta;

/// After this many tries a job is a dead letter.
pub const TRIES: i32 = 8;

/// How long to wait after the `attempts`-th try failed. `roll` in 0..1 spreads the wait by a fifth either way, so that
/// what failed together does not come back together. The eighth try comes about ten hours after the first.
pub fn wait(attempts: i32, roll: f64) -> TimeDelta {
    let exponent = u32::try_from(attempts.clamp(1, 12) - 1).unwrap_or(0);
    let seconds = (10 * 4i64.pow(exponent)).min(6 * 3_600);
    let spread = 0.8 + 0.4 * roll.clamp(0.0, 1.0);
    TimeDelta::milliseconds((seconds as f64 * 1_000.0 * spread) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_are_capped_and_spread() {
        let middle: Vec<i64> = (1..=8).map(|n| wait(n, 0.5).num_seconds()).collect();
        assert_eq!(middle, [10, 40, 160, 640, 2_560, 10_240, 21_600, 21_600]);
        assert_eq!(wait(2, 0.0).num_seconds(), 32);
        assert_eq!(wait(2, 1.0).num_seconds(), 48);
        assert_eq!(wait(i32::MAX, 0.5), wait(8, 0.5));
        assert_eq!(wait(i32::MIN, 0.5), wait(1, 0.5));
    }
}
