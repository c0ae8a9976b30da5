//! Prefixed, sortable identifiers: `dec_01h…` is a UUIDv7 in Crockford's base 32, so text and rows sort by creation.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use crate::kernel::clock::Timestamp;
use crate::kernel::secret::random_bytes;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Milliseconds whose newest id is remembered: the present one, and what simulated history is busy with.
const REMEMBERED: usize = 64;

/// A new UUIDv7 whose time is `at`; ids made in one process are strictly increasing within a millisecond, whatever other
/// instants ids are made for meanwhile (history that is simulated beside the present).
pub fn new_uuid(at: Timestamp) -> Uuid {
    static NEWEST: Mutex<VecDeque<(u64, u128)>> = Mutex::new(VecDeque::new());
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    let mut newest = NEWEST.lock().unwrap_or_else(PoisonError::into_inner);
    let tail = match newest.iter().position(|(m, _)| *m == millis).and_then(|place| newest.remove(place)) {
        Some((_, before)) => before + 1 + u128::from(u32::from_be_bytes(random_bytes())),
        // The highest bit is left free, so that a millisecond holds more ids than can be made in it.
        None => u128::from_be_bytes(random_bytes()) & (TAIL >> 1),
    } & TAIL;
    newest.push_back((millis, tail));
    if newest.len() > REMEMBERED {
        newest.pop_front();
    }
    let (high, low) = (tail >> 62, tail & ((1 << 62) - 1));
    Uuid::from_u128((u128::from(millis) & ((1 << 48) - 1)) << 80 | 7 << 76 | high << 64 | 2 << 62 | low)
}

/// The 74 bits of a UUIDv7 that are neither time, version nor variant.
const TAIL: u128 = (1 << 74) - 1;

/// The smallest UUID of the millisecond `at`: where a range of UUIDv7 ids begins.
pub fn uuid_at(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128(u128::from(millis) << 80)
}

/// The largest UUID of the millisecond in which `id` was made: where a range ends that leaves none of them apart.
pub fn uuid_to(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128() | ((1 << 80) - 1))
}

/// The 26 characters of a UUID.
pub fn encode(id: Uuid) -> String {
    let mut bits = id.as_u128();
    let mut text = [0u8; 26];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(bits & 31) as usize];
        bits >>= 5;
    }
    text.iter().map(|&b| char::from(b)).collect()
}

/// Reads the 26 characters back. Upper case is accepted, other alphabets are not.
pub fn decode(text: &str) -> Option<Uuid> {
    if text.len() != 26 {
        return None;
    }
    let mut bits: u128 = 0;
    for (place, byte) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|&a| a == byte.to_ascii_lowercase())? as u128;
        if place == 0 && digit > 7 {
            return None; // would not fit 128 bits
        }
        bits = (bits << 5) | digit;
    }
    Some(Uuid::from_u128(bits))
}

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id that begins with {0}_")]
pub struct NotAnId(pub &'static str);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id at `now`.
            pub fn new(now: Timestamp) -> Self {
                Self(new_uuid(now))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}_{}", $prefix, encode(self.0))
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.strip_prefix(concat!($prefix, "_")).and_then(decode).map(Self).ok_or(NotAnId($prefix))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A tenant.
    SiteId = "site";
    /// A person who manages sites.
    CollaboratorId = "col";
    /// A payment service of a site.
    ServiceId = "svc";
    /// A decision, and the attempt it answers.
    DecisionId = "dec";
    /// An allow, block or challenge list.
    ListId = "lst";
    /// An entry of a list.
    EntryId = "ent";
    /// An API key.
    KeyId = "key";
    /// A row of the audit log.
    AuditId = "aud";
    /// A known device of a collaborator.
    DeviceId = "dev";
    /// A second factor of a collaborator.
    FactorId = "fac";
    /// A one-time code that was texted or mailed.
    CodeId = "otc";
    /// A text message.
    MessageId = "txt";
    /// An invitation to a site.
    InvitationId = "inv";
}

impl DecisionId {
    /// When the attempt was decided, to the millisecond.
    pub fn instant(self) -> Timestamp {
        let millis = i64::try_from(self.0.as_u128() >> 80).unwrap_or(i64::MAX);
        Timestamp::from_timestamp_millis(millis).unwrap_or_default()
    }
}

impl SiteId {
    /// Stands for the whole installation where a site is asked for (the audit chain of the platform).
    pub const PLATFORM: SiteId = SiteId(Uuid::nil());
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_id_are_the_same_thing(bits: u128) {
            let id = DecisionId(Uuid::from_u128(bits));
            prop_assert_eq!(id.to_string().parse::<DecisionId>(), Ok(id));
        }

        #[test]
        fn text_sorts_as_the_ids_do(a: u128, b: u128) {
            let (a, b) = (Uuid::from_u128(a), Uuid::from_u128(b));
            prop_assert_eq!(encode(a).cmp(&encode(b)), a.cmp(&b));
        }
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let site = SiteId::new(DateTime::UNIX_EPOCH).to_string();
        assert_eq!(site.parse::<DecisionId>(), Err(NotAnId("dec")));
        assert!("dec_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<DecisionId>().is_err(), "more than 128 bits");
        assert!("dec_".parse::<DecisionId>().is_err());
    }

    #[test]
    fn ids_of_one_millisecond_keep_their_order() {
        let at = DateTime::from_timestamp_millis(1_790_000_000_000).unwrap();
        let ids: Vec<Uuid> = (0..1_000).map(|_| new_uuid(at)).collect();
        assert!(ids.windows(2).all(|two| two[0] < two[1]));
        assert!(uuid_at(at) <= ids[0]);
        assert!(ids.iter().all(|id| DecisionId(*id).instant() == at));
        assert!(
            ids.iter()
                .all(|id| *id <= uuid_to(ids[0]) && uuid_to(*id) < uuid_at(at + chrono::TimeDelta::milliseconds(1)))
        );
        let before = at - chrono::TimeDelta::days(30);
        let old = new_uuid(before);
        assert!(
            uuid_at(before) <= old && old < uuid_at(before + chrono::TimeDelta::milliseconds(1)),
            "history keeps its own time"
        );
    }
}
