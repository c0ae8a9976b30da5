//! Codes of authenticator apps, RFC 6238: SHA-1, six digits, steps of 30 seconds; the step before the present one is
//! accepted too, and each step once. Pure: the secret, the instant and the last step are arguments.

use aws_lc_rs::hmac;

use crate::access::code::Code;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::FactorId;
use crate::kernel::secret::{NotSealed, Purpose, RootKeys, random_bytes};

/// Seconds of a step.
pub const STEP_S: i64 = 30;

/// What the app and we share: 160 random bits. No `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 20]);

impl Secret {
    /// A new one.
    pub fn random() -> Self {
        Self(random_bytes())
    }

    /// One that was kept.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// To be sealed, never to be stored as it is.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As the row of the factor keeps it; in another row it does not open.
    pub fn seal(&self, keys: &RootKeys, factor: FactorId) -> Result<Vec<u8>, NotSealed> {
        keys.seal(Purpose::FactorSecret, factor.to_string().as_bytes(), &self.0)
    }

    /// What [`Secret::seal`] made for this factor.
    pub fn open(keys: &RootKeys, factor: FactorId, sealed: &[u8]) -> Result<Self, NotSealed> {
        let bytes = keys.open(Purpose::FactorSecret, factor.to_string().as_bytes(), sealed)?;
        Self::from_bytes(&bytes).ok_or(NotSealed)
    }

    /// As people type it into an app: base 32 without padding.
    pub fn base32(&self) -> String {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let bits = |chunk: &[u8]| chunk.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        let letter = |bits: u64, place: u32| char::from(ALPHABET[(bits >> (35 - place * 5) & 31) as usize]);
        self.0.chunks(5).flat_map(|five| (0..8).map(move |place| letter(bits(five), place))).collect()
    }

    /// As a QR code carries it. `issuer` and `account` are what the app shows.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let part =
            |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
        let issuer = part(&issuer.replace(':', " "));
        let label = format!("{issuer}:{}", part(account));
        format!(
            "otpauth://totp/{label}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period={STEP_S}",
            self.base32()
        )
    }

    /// The code of a step.
    pub fn code(&self, step: i64) -> Code {
        Code::from_number(truncated(&self.0, step) % 1_000_000)
    }

    /// The step whose code this is: the present or the previous one, if it comes after the last that was accepted.
    pub fn matching(&self, typed: &Code, now: Timestamp, last: Option<i64>) -> Option<i64> {
        let present = step_of(now);
        let fits = |step: &i64| self.code(*step).equals(typed);
        // Both are always computed: how long it takes does not tell which one fitted.
        let fitting: Vec<i64> = [present, present - 1].into_iter().filter(fits).collect();
        fitting.into_iter().find(|step| last.is_none_or(|last| *step > last))
    }
}

/// The step an instant lies in.
pub fn step_of(now: Timestamp) -> i64 {
    now.timestamp().div_euclid(STEP_S)
}

/// When the step of an instant began.
pub fn began(now: Timestamp) -> Timestamp {
    now - chrono::TimeDelta::seconds(now.timestamp().rem_euclid(STEP_S))
        - chrono::TimeDelta::nanoseconds(i64::from(now.timestamp_subsec_nanos()))
}

/// RFC 4226, 5.3: 31 bits of the HMAC.
fn truncated(secret: &[u8], step: i64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let mac = hmac::sign(&key, &step.to_be_bytes());
    let mac = mac.as_ref();
    let from = usize::from(mac[19] & 15);
    mac[from..from + 4].iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};

    fn at(seconds: i64) -> Timestamp {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn rfc() -> Secret {
        Secret(*b"12345678901234567890")
    }

    #[test]
    fn the_vectors_of_rfc_6238_appendix_b() {
        for (seconds, eight_digits) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(truncated(b"12345678901234567890", step_of(at(seconds))) % 100_000_000, eight_digits);
            let six = format!("{:06}", eight_digits % 1_000_000);
            assert!(rfc().code(step_of(at(seconds))).equals(&six.parse().unwrap()), "{seconds}");
        }
    }

    #[test]
    fn the_present_and_the_previous_step_are_accepted_and_no_other() {
        let now = at(2_000_000_010);
        let present = step_of(now);
        for offset in -4..=3 {
            let expected = matches!(offset, -1 | 0).then_some(present + offset);
            assert_eq!(rfc().matching(&rfc().code(present + offset), now, None), expected, "{offset}");
        }
    }

    #[test]
    fn a_step_is_accepted_once_and_none_before_it_later() {
        let now = at(2_000_000_010);
        let present = step_of(now);
        let code = rfc().code(present);
        assert_eq!(rfc().matching(&code, now, Some(present)), None);
        assert_eq!(rfc().matching(&rfc().code(present - 1), now, Some(present)), None);
        assert_eq!(rfc().matching(&code, now + TimeDelta::seconds(30), Some(present - 1)), Some(present));
    }

    #[test]
    fn the_secret_is_written_as_apps_read_it() {
        assert_eq!(rfc().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            rfc().uri("Gatehouse: Harbour", "ann@example.com"),
            "otpauth://totp/Gatehouse%20%20Harbour:ann%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Gatehouse%20%20Harbour&algorithm=SHA1&digits=6&period=30"
        );
    }
}
