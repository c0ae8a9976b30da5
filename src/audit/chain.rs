//! The chain: each row's hash covers the row and the hash before it; the head is signed.
//!
//! **Canonical form, version 1.** A row is the fields below in this order, each preceded by one byte (0 absent, 1
//! present) and, if present, its length in bytes as a big-endian u64: previous hash (32 bytes), site (16), id (16), seq
//! (i64, big-endian), time (microseconds since 1970 as i64, big-endian), actor kind, actor id, action, target, old,
//! new, personal digest, and last, only where there is one, subject digest. Texts are UTF-8. `old` and `new` are JSON
//! without white space, keys sorted by their bytes, numbers as [`number`] writes them, so that they survive a stay in a
//! `jsonb` column. The row's hash is SHA-256 over [`LINK`] and that. The hash before the first row is SHA-256 over
//! [`FIRST`] and the site.
//!
//! The personal digest is an HMAC (its own derived key) over the row's id and the four personal values in the same
//! form: erasing the values leaves the chain whole, changing them does not go unseen. The subject digest (another derived
//! key) does the same for what the row says of people beside its actor: the personal parts of target, old and new. Either
//! can be erased without the other. The head's signature is an HMAC over site, seq and hash.

use serde_json::Value;
use uuid::Uuid;

use crate::audit::entry::Personal;
use crate::audit::values::Subject;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::SiteId;
use crate::kernel::secret::{Purpose, RootKeys, sha256};

/// Begins the hashed form of a row.
const LINK: &[u8] = b"gatehouse audit link v1";

/// Begins the hashed form of the place before the first row.
const FIRST: &[u8] = b"gatehouse audit first v1";

/// A SHA-256.
pub type Hash = [u8; 32];

/// The fields of a row that its hash covers.
#[derive(Debug, Clone)]
pub(super) struct Link<'a> {
    pub previous: &'a [u8],
    pub site: SiteId,
    pub id: Uuid,
    pub seq: i64,
    pub at: Timestamp,
    pub actor_kind: &'a str,
    pub actor_id: Option<Uuid>,
    pub action: &'a str,
    pub target: &'a str,
    pub old: Option<&'a Value>,
    pub new: Option<&'a Value>,
    pub personal_digest: Option<&'a [u8]>,
    pub subject_digest: Option<&'a [u8]>,
}

impl Link<'_> {
    /// The row's hash.
    pub fn hash(&self) -> Hash {
        let mut form = LINK.to_vec();
        field(&mut form, Some(self.previous));
        field(&mut form, Some(self.site.0.as_bytes()));
        field(&mut form, Some(self.id.as_bytes()));
        field(&mut form, Some(&self.seq.to_be_bytes()));
        field(&mut form, Some(&self.at.timestamp_micros().to_be_bytes()));
        field(&mut form, Some(self.actor_kind.as_bytes()));
        field(&mut form, self.actor_id.as_ref().map(|id| &id.as_bytes()[..]));
        field(&mut form, Some(self.action.as_bytes()));
        field(&mut form, Some(self.target.as_bytes()));
        field(&mut form, self.old.map(json).as_deref().map(str::as_bytes));
        field(&mut form, self.new.map(json).as_deref().map(str::as_bytes));
        field(&mut form, self.personal_digest);
        if self.subject_digest.is_some() {
            field(&mut form, self.subject_digest);
        }
        sha256(&form)
    }
}

/// The hash that the first row of a site's chain follows.
pub(super) fn before_first(site: SiteId) -> Hash {
    sha256(&[FIRST, site.0.as_bytes()].concat())
}

/// The keyed digest that stands in a row for its personal values.
pub(super) fn personal_digest(keys: &RootKeys, id: Uuid, personal: &Personal) -> Hash {
    keys.digest(Purpose::AuditPerson, &personal_form(id, personal))
}

/// Whether the personal values are the ones that were recorded.
pub(super) fn personal_matches(keys: &RootKeys, id: Uuid, personal: &Personal, digest: &[u8]) -> bool {
    keys.verifies(Purpose::AuditPerson, &personal_form(id, personal), digest)
}

/// The keyed digest that stands in a row for the personal part of its target and values.
pub(super) fn subject_digest(keys: &RootKeys, id: Uuid, subject: &Subject) -> Hash {
    keys.digest(Purpose::AuditSubject, &subject_form(id, subject))
}

/// Whether the personal part of target and values is the one that was recorded.
pub(super) fn subject_matches(keys: &RootKeys, id: Uuid, subject: &Subject, digest: &[u8]) -> bool {
    keys.verifies(Purpose::AuditSubject, &subject_form(id, subject), digest)
}

fn subject_form(id: Uuid, subject: &Subject) -> Vec<u8> {
    let mut form = id.as_bytes().to_vec();
    field(&mut form, subject.target.as_deref().map(str::as_bytes));
    field(&mut form, subject.old.as_ref().map(json).as_deref().map(str::as_bytes));
    field(&mut form, subject.new.as_ref().map(json).as_deref().map(str::as_bytes));
    form
}

fn personal_form(id: Uuid, personal: &Personal) -> Vec<u8> {
    let mut form = id.as_bytes().to_vec();
    field(&mut form, personal.name.as_deref().map(str::as_bytes));
    field(&mut form, personal.email.as_deref().map(str::as_bytes));
    field(&mut form, personal.address.map(|a| a.to_string()).as_deref().map(str::as_bytes));
    field(&mut form, personal.user_agent.as_deref().map(str::as_bytes));
    form
}

/// The head's signature.
pub(super) fn sign_head(keys: &RootKeys, site: SiteId, seq: i64, hash: &[u8]) -> Hash {
    keys.digest(Purpose::AuditHead, &head_form(site, seq, hash))
}

/// Whether the head was signed with one of our keys.
pub(super) fn head_is_ours(keys: &RootKeys, site: SiteId, seq: i64, hash: &[u8], signature: &[u8]) -> bool {
    keys.verifies(Purpose::AuditHead, &head_form(site, seq, hash), signature)
}

fn head_form(site: SiteId, seq: i64, hash: &[u8]) -> Vec<u8> {
    [site.0.as_bytes(), &seq.to_be_bytes()[..], hash].concat()
}

fn field(form: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        None => form.push(0),
        Some(bytes) => {
            form.push(1);
            form.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
            form.extend_from_slice(bytes);
        }
    }
}

/// Canonical JSON.
fn json(value: &Value) -> String {
    match value {
        Value::Number(n) => number(n),
        Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
            let fields: Vec<String> =
                fields.into_iter().map(|(k, v)| format!("{}:{}", Value::from(k.as_str()), json(v))).collect();
            format!("{{{}}}", fields.join(","))
        }
        other => other.to_string(),
    }
}

/// Whole numbers as digits (also those that came as `1e16` or `-0.0`, which `jsonb` rewrites), others as the shortest
/// text that reads back to the same double.
fn number(n: &serde_json::Number) -> String {
    match n.as_f64() {
        _ if n.is_i64() || n.is_u64() => n.to_string(),
        Some(float) if float.fract() == 0.0 && float.abs() < 1e19 => format!("{}", float as i128),
        Some(float) => format!("{float:?}"),
        None => n.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use serde_json::json as j;

    #[test]
    fn json_has_one_form() {
        let a = j!({"b": [1, 1e16, -0.0, 0.25, "\n"], "a": {"z": null, "y": true}});
        assert_eq!(json(&a), r#"{"a":{"y":true,"z":null},"b":[1,10000000000000000,0,0.25,"\n"]}"#);
        let again: Value =
            serde_json::from_str(r#"{ "a": {"y":true,"z":null}, "b": [1, 10000000000000000, 0.0, 0.25, "\n"] }"#)
                .unwrap();
        assert_eq!(json(&a), json(&again), "as jsonb gives it back");
    }

    #[test]
    fn no_field_can_flow_into_its_neighbour() {
        let site = SiteId::PLATFORM;
        let link = |action, target, old| {
            let (previous, at) = (before_first(site), DateTime::UNIX_EPOCH);
            Link {
                previous: &previous,
                site,
                id: Uuid::nil(),
                seq: 1,
                at,
                actor_kind: "system",
                actor_id: None,
                action,
                target,
                old,
                new: None,
                personal_digest: None,
                subject_digest: None,
            }
            .hash()
        };
        assert_eq!(link("a", "bc", None), link("a", "bc", None));
        assert_ne!(link("a", "bc", None), link("ab", "c", None));
        assert_ne!(link("a", "bc", None), link("a", "bc", Some(&Value::Null)), "nothing is not null");
    }

    #[test]
    fn a_head_is_signed_for_its_site_and_place() {
        let keys = RootKeys::random();
        let hash = before_first(SiteId::PLATFORM);
        let signature = sign_head(&keys, SiteId::PLATFORM, 4, &hash);
        assert!(head_is_ours(&keys, SiteId::PLATFORM, 4, &hash, &signature));
        assert!(!head_is_ours(&keys, SiteId::PLATFORM, 3, &hash, &signature));
        assert!(!head_is_ours(&RootKeys::random(), SiteId::PLATFORM, 4, &hash, &signature));
    }
}
