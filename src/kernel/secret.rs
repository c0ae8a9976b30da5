//! Secrets: one root key per installation, one derived key per purpose, random tokens, keyed digests,
//! sealed secrets.
//!
//! Nothing here implements `Debug` or `Serialize` in a way that shows a secret.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use rand::TryRngCore as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// What a derived key is for. A digest made for one purpose is worthless for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Counted keys and personal values in attempts.
    AttemptKey,
    /// Lockout buckets.
    Lockout,
    /// The cookie of a known device.
    KnownDevice,
    /// What is known of an actor in the audit chain.
    AuditPerson,
    /// What an audit row says of other people.
    AuditSubject,
    /// The signature of an audit head.
    AuditHead,
    /// One-time codes.
    OneTimeCode,
    /// Numbers and addresses that codes are counted for.
    CodeDestination,
    /// Secrets of authenticator apps, sealed.
    FactorSecret,
    /// Texts that wait to be sent, sealed.
    TextBody,
    /// Payloads of jobs that wait to be done, sealed.
    JobPayload,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::AttemptKey => b"gatehouse attempt key v1",
            Self::Lockout => b"gatehouse lockout v1",
            Self::KnownDevice => b"gatehouse known device v1",
            Self::AuditPerson => b"gatehouse audit person v1",
            Self::AuditSubject => b"gatehouse audit subject v1",
            Self::AuditHead => b"gatehouse audit head v1",
            Self::OneTimeCode => b"gatehouse one-time code v1",
            Self::CodeDestination => b"gatehouse code destination v1",
            Self::JobPayload => b"gatehouse job payload v1",
            Self::TextBody => b"gatehouse text body v1",
            Self::FactorSecret => b"gatehouse factor secret v1",
        }
    }
}

/// The root keys of the installation, newest first.
#[derive(Clone)]
pub struct RootKeys(std::sync::Arc<Vec<[u8; 32]>>);

/// Why `GATEHOUSE_SECRET_KEY` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadRootKey {
    /// Empty.
    #[error("no key given")]
    Missing,
    /// Not base64 of 32 bytes.
    #[error("key {0} is not base64 of exactly 32 bytes; make one with: openssl rand -base64 32")]
    Shape(usize),
}

impl RootKeys {
    /// Reads keys separated by commas or spaces, newest first.
    pub fn parse(text: &str) -> Result<Self, BadRootKey> {
        let mut keys = Vec::new();
        for (place, part) in text.split([',', ' ']).filter(|p| !p.is_empty()).enumerate() {
            let bytes = STANDARD.decode(part).map_err(|_| BadRootKey::Shape(place + 1))?;
            keys.push(bytes.try_into().map_err(|_| BadRootKey::Shape(place + 1))?);
        }
        if keys.is_empty() { Err(BadRootKey::Missing) } else { Ok(Self(std::sync::Arc::new(keys))) }
    }

    /// A fresh random key (demo and tests).
    pub fn random() -> Self {
        Self(std::sync::Arc::new(vec![random_bytes()]))
    }

    /// # Panics
    /// Never: 32 bytes is a valid length for HKDF-SHA256. A key of zeros instead would be known to everybody.
    fn derive(root: &[u8; 32], purpose: Purpose) -> [u8; 32] {
        let mut key = [0u8; 32];
        #[allow(clippy::expect_used)]
        Hkdf::<Sha256>::new(None, root).expand(purpose.label(), &mut key).expect("HKDF gives 32 bytes");
        key
    }

    /// HMAC-SHA256 under the newest key for a purpose.
    pub fn digest(&self, purpose: Purpose, data: &[u8]) -> [u8; 32] {
        self.0.first().map_or([0; 32], |root| hmac(&Self::derive(root, purpose), data))
    }

    /// The oldest key's digest, which stays the same when a newer root key is put in front: for stored keys that must
    /// go on matching (attempt keys).
    pub fn stable_digest(&self, purpose: Purpose, data: &[u8]) -> [u8; 32] {
        self.0.last().map_or([0; 32], |root| hmac(&Self::derive(root, purpose), data))
    }

    /// Whether `digest` was made from `data` under any of the keys. Constant time in the digest.
    pub fn verifies(&self, purpose: Purpose, data: &[u8], digest: &[u8]) -> bool {
        self.0.iter().any(|root| bool::from(hmac(&Self::derive(root, purpose), data)[..].ct_eq(digest)))
    }

    /// Encrypts under the newest key for a purpose (AES-256-GCM). `place` says where the secret belongs, such as its
    /// row's id: anywhere else it does not open. The key's id stands in front, so that older keys are found again.
    pub fn seal(&self, purpose: Purpose, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, NotSealed> {
        let key = Self::derive(self.0.first().ok_or(NotSealed)?, purpose);
        let nonce: [u8; NONCE] = random_bytes();
        let mut sealed = plain.to_vec();
        aead(&key)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut sealed)
            .map_err(|_| NotSealed)?;
        Ok([&key_id(&key)[..], &nonce, &sealed].concat())
    }

    /// Decrypts what [`RootKeys::seal`] made for the same purpose and place, under whichever of the keys it was.
    pub fn open(&self, purpose: Purpose, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, NotSealed> {
        let (id, rest) = sealed.split_at_checked(KEY_ID).ok_or(NotSealed)?;
        let (nonce, text) = rest.split_at_checked(NONCE).ok_or(NotSealed)?;
        let mut keys = self.0.iter().map(|root| Self::derive(root, purpose));
        let key = keys.find(|key| key_id(key) == id).ok_or(NotSealed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| NotSealed)?;
        let mut text = text.to_vec();
        let plain = aead(&key)?.open_in_place(nonce, Aad::from(place), &mut text).map_err(|_| NotSealed)?;
        Ok(plain.to_vec())
    }
}

/// Bytes of a nonce: 96 random bits, far more than are ever sealed under one key.
const NONCE: usize = 12;

/// Bytes that name a key.
const KEY_ID: usize = 8;

/// A sealed secret that none of the keys opens at this place: a root key was removed, or the row was tampered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed secret does not open under any key of GATEHOUSE_SECRET_KEY")]
pub struct NotSealed;

fn key_id(key: &[u8; 32]) -> [u8; KEY_ID] {
    let mut id = [0; KEY_ID];
    id.copy_from_slice(&hmac(key, b"key id")[..KEY_ID]);
    id
}

fn aead(key: &[u8; 32]) -> Result<LessSafeKey, NotSealed> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| NotSealed)
}

fn hmac(key: &[u8; 32], data: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mac| mac.chain_update(data).finalize().into_bytes().into())
}

/// Random bytes from the operating system.
///
/// # Panics
/// If the operating system has no randomness: nothing safe could be done then.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    #[allow(clippy::expect_used)]
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A secret that is given away once (cookie, mailed link, API key) and kept only as its hash. 256 random bits.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new token.
    pub fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random_bytes::<32>()))
    }

    /// A token that somebody presented.
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text to give away. Never log it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored: SHA-256. Enough, since the token has 256 random bits.
    pub fn hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// SHA-256.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_for_one_purpose_is_worthless_for_another() {
        let keys = RootKeys::random();
        let digest = keys.digest(Purpose::Lockout, b"ann");
        assert!(keys.verifies(Purpose::Lockout, b"ann", &digest));
        assert!(!keys.verifies(Purpose::KnownDevice, b"ann", &digest));
        assert!(!keys.verifies(Purpose::Lockout, b"bob", &digest));
    }

    #[test]
    fn an_older_key_still_verifies_and_stable_digests_stay() {
        let (old, new) =
            ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
        let before = RootKeys::parse(old).unwrap();
        let after = RootKeys::parse(&format!("{new},{old}")).unwrap();
        assert!(after.verifies(Purpose::KnownDevice, b"x", &before.digest(Purpose::KnownDevice, b"x")));
        assert_eq!(after.stable_digest(Purpose::AttemptKey, b"x"), before.stable_digest(Purpose::AttemptKey, b"x"));
        assert_ne!(after.digest(Purpose::AuditHead, b"x"), before.digest(Purpose::AuditHead, b"x"));
    }

    #[test]
    fn a_sealed_secret_opens_only_where_it_belongs_and_after_a_new_root_key() {
        let (old, new) =
            ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
        let before = RootKeys::parse(old).unwrap();
        let sealed = before.seal(Purpose::FactorSecret, b"fac_1", b"a secret").unwrap();
        assert_ne!(sealed, before.seal(Purpose::FactorSecret, b"fac_1", b"a secret").unwrap());
        let after = RootKeys::parse(&format!("{new},{old}")).unwrap();
        assert_eq!(after.open(Purpose::FactorSecret, b"fac_1", &sealed), Ok(b"a secret".to_vec()));
        assert_eq!(after.open(Purpose::FactorSecret, b"fac_2", &sealed), Err(NotSealed));
        assert_eq!(after.open(Purpose::OneTimeCode, b"fac_1", &sealed), Err(NotSealed));
        assert_eq!(RootKeys::parse(new).unwrap().open(Purpose::FactorSecret, b"fac_1", &sealed), Err(NotSealed));
        for place in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[place] ^= 1;
            assert_eq!(after.open(Purpose::FactorSecret, b"fac_1", &forged), Err(NotSealed));
            assert_eq!(after.open(Purpose::FactorSecret, b"fac_1", &sealed[..place]), Err(NotSealed));
        }
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        assert!(matches!(RootKeys::parse(""), Err(BadRootKey::Missing)));
        assert!(matches!(RootKeys::parse("c2hvcnQ="), Err(BadRootKey::Shape(1))));
    }
}
