//! The filter of common passwords: the million that attackers try first, as far as they have eight characters or more.
//! Server only. `data/README.md` says where it comes from and under which licence.

use crate::access::password::repeated_unit;
use crate::kernel::secret::sha256;

/// Ten bits for each entry; a password that is not in the list is taken for one in about one of a thousand cases.
static FILTER: &[u8] = include_bytes!("data/common_passwords.bloom");

const PROBES: u64 = 10;

/// Whether the password (NFKC) is common, in any case of its letters, or repeats something that is.
pub fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let repeats_little = |unit: String| unit.chars().count() < 8 || contains(&unit);
    contains(&lower) || repeated_unit(&lower).is_some_and(repeats_little)
}

fn contains(word: &str) -> bool {
    let digest = sha256(word.as_bytes());
    let half = |from: usize| digest[from..from + 8].iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    let (start, step) = (half(0), half(8));
    let bits = FILTER.len() as u64 * 8;
    (0..PROBES).all(|probe| {
        let place = start.wrapping_add(probe.wrapping_mul(step)) % bits;
        FILTER.get((place / 8) as usize).is_some_and(|byte| byte & (1 << (place % 8)) != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_passwords_are_found_in_any_case() {
        for bad in [
            "password",
            "PASSWORD",
            "iloveyou",
            "football",
            "1q2w3e4r5t6y",
            "qwertyuiop",
            "passwordpassword",
            "iloveyouiloveyou",
            "liverpoolliverpool",
        ] {
            assert!(is_common(bad), "{bad}");
        }
    }

    #[test]
    fn a_short_thing_repeated_is_common() {
        assert!(is_common("harborharborharbor"));
    }

    #[test]
    fn other_passwords_are_hardly_ever_taken_for_common() {
        let wrong = (0..10_000).filter(|n| is_common(&format!("tired otters {n} read maps"))).count();
        assert!(wrong < 40, "{wrong} of 10,000");
    }
}
