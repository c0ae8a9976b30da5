//! "Is it listed?": a value looked up in all lists of the site, ranges included.

use ipnet::IpNet;
use serde::Serialize;

use crate::decision::lists::field::Field;
use crate::decision::lists::list::ListKind;
use crate::decision::lists::normalise::{Digest, NotAValue, normalise};
use crate::decision::lists::probe::Probe;
use crate::decision::lists::store;
use crate::decision::verdict::Mode;
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{EntryId, ListId, SiteId};
use crate::kernel::ip::ClientAddress;
use crate::platform::db::Tx;

/// The most hits that are shown one by one.
pub const MOST_HITS: usize = 100;

/// An entry that holds the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// Its list.
    pub list_id: ListId,
    /// The list's name.
    pub list_name: String,
    /// What a match does.
    pub kind: ListKind,
    /// Whether the list acts, only records, or is off.
    pub mode: Mode,
    /// The entry.
    pub entry_id: EntryId,
    /// The entry's name.
    pub entry_name: String,
    /// The field that holds the value.
    pub field: Field,
    /// The value that holds it: itself, a range around it, or the first six of eight digits.
    pub value: String,
    /// How many further fields must match too.
    pub other_fields: i32,
    /// From when the entry no longer acts.
    pub expires_at: Option<Timestamp>,
    /// Whether that has passed.
    pub expired: bool,
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The entries, what stops most first; at most [`MOST_HITS`].
    pub hits: Vec<Hit>,
    /// How many entries hold the value, shown or not.
    pub entries: i64,
    /// How many lists they are on.
    pub lists: i64,
    /// How many lists the site has.
    pub of_lists: i64,
}

/// Looks a value up, in one field or in every field that could hold it.
///
/// # Errors
/// The inner error says why the text is no value of the field, or of any.
pub async fn look_up(
    tx: &mut Tx,
    site: SiteId,
    field: Option<Field>,
    text: &str,
    now: Timestamp,
) -> Result<std::result::Result<Found, NotAValue>> {
    let fields: &[Field] = match &field {
        Some(field) => std::slice::from_ref(field),
        None => &Field::ALL,
    };
    let mut digests: Vec<Digest> = Vec::new();
    let mut refusal = NotAValue::Empty;
    for &field in fields {
        match normalise(field, text) {
            Ok(value) => {
                let probe = match value.as_str().parse::<IpNet>() {
                    Ok(range) if field == Field::Ip => Probe::new().range(range),
                    _ if field == Field::Ip => Probe::new().address(ClientAddress::parse(value.as_str())),
                    _ => Probe::new().with(field, value.as_str()),
                };
                digests.push(value.digest(field));
                digests.extend(probe.digests());
            }
            Err(why) => refusal = why,
        }
    }
    if digests.is_empty() {
        return Ok(Err(refusal));
    }
    digests.sort_unstable();
    digests.dedup();
    store::look_up::find(tx, site, &digests, now).await.map(Ok)
}
