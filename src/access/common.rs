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

    /// A hundred and more of those that public lists begin with.
    const SAMPLE: &str = "
        password1 password123 password12 12345678 123456789 1234567890 87654321 11111111 00000000 88888888
        66666666 qwertyui qwerty123 qwerty12 qwertyuiop asdfghjkl asdfasdf zxcvbnm1 1q2w3e4r 1qaz2wsx q1w2e3r4
        abcd1234 abc12345 a1234567 iloveyou iloveyou1 sunshine sunshine1 princess princess1 football football1
        baseball baseball1 basketball superman superman1 trustno1 welcome1 passw0rd starwars computer computer1
        corvette michelle jennifer mercedes midnight samantha victoria benjamin jonathan nicholas patricia
        alexander alexandra elizabeth christian christopher anthony1 jessica1 michael1 charlie1 jordan23
        liverpool arsenal1 chelsea1 manchester barcelona scorpion dolphins butterfly chocolate cheyenne diamond1
        dragon12 internet november december september marlboro maverick mountain phantom1 predator rush2112
        startrek steelers thunder1 tottenham unicorns whatever wolverine blink182 bluebird blahblah bigdaddy
        cocacola danielle freedom1 godzilla hardcore icecream kawasaki letmein1 metallica mustang1 nintendo
        panthers pokemon1 rockstar skywalker";

    #[test]
    fn a_hundred_common_passwords_are_found_in_any_case() {
        assert!(SAMPLE.split_whitespace().count() >= 100);
        for bad in SAMPLE.split_whitespace() {
            assert!(is_common(bad) && is_common(&bad.to_uppercase()), "{bad}");
        }
        for bad in ["1q2w3e4r5t6y", "passwordpassword", "iloveyouiloveyou", "liverpoolliverpool"] {
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
