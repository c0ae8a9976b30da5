//! `Idempotency-Key`: the same request sent again gets the first answer again, and its effect happens once.
//!
//! The answer is stored in the effect's own transaction, under API key, method and path, for 24 hours. Who finds the key
//! taken by a request in flight is told to come back (409); who sends another body under it is refused (422). Only
//! effects are stored: a request that was refused changed nothing and is looked at afresh.

use std::time::Duration;

use http::request::Parts;
use uuid::Uuid;

use crate::api::permit::card_number_refused;
use crate::api::store;
use crate::error::{Error, Kind, Result};
use crate::kernel::card_number;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{KeyId, SiteId};
use crate::kernel::secret::sha256;
use crate::platform::db::{PgConnection, Tx};

/// For how long an answer is kept.
pub const HOURS: i64 = 24;

/// The pauses between tries for a key that another request holds.
pub const PATIENCE: [Duration; 4] =
    [Duration::from_millis(5), Duration::from_millis(20), Duration::from_millis(50), Duration::from_millis(100)];

/// One caller's key for one request.
#[derive(Debug, Clone)]
pub struct Idempotency {
    pub(super) api_key: KeyId,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) text: String,
    pub(super) body_hash: [u8; 32],
}

/// An answer that was given before, to be sent again byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its HTTP status.
    pub status: u16,
    /// Its body.
    pub body: String,
}

/// How a request with a key begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nobody was here before: do it, then [`Idempotency::store`] the answer before the commit.
    Fresh,
    /// It was done before: send this and do nothing.
    Stored(Stored),
}

impl Idempotency {
    /// The key of a request, if it has one. `body_hash`: SHA-256 of the body.
    pub(super) fn of(parts: &Parts, api_key: KeyId, body_hash: [u8; 32]) -> Result<Option<Self>> {
        let mut lines = parts.headers.get_all("idempotency-key").iter();
        let text = match (lines.next(), lines.next()) {
            (None, _) => return Ok(None),
            (Some(line), None) => line.to_str().unwrap_or_default().trim(),
            (Some(_), Some(_)) => "",
        };
        if !(1..=255).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_graphic()) {
            let detail =
                "Idempotency-Key is one header of 1 to 255 printable ASCII characters without spaces, such as a UUID.";
            return Err(Error::new(Kind::Malformed, detail).code("bad_idempotency_key"));
        }
        if card_number::found_in(text) {
            return Err(card_number_refused("Idempotency-Key"));
        }
        Ok(Some(Self {
            api_key,
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            text: text.to_owned(),
            body_hash,
        }))
    }

    /// Takes the key for the rest of the transaction. Call it before anything else is locked or read.
    ///
    /// A request that ended without an effect lets go of the key only when its transaction is rolled back, which is just
    /// after its answer went out. So a key that is held is tried for again for [`PATIENCE`] before the caller hears of it.
    ///
    /// # Errors
    /// 409 while another request holds the key, 422 when it was used with another body.
    pub async fn begin(&self, tx: &mut Tx, site: SiteId, now: Timestamp) -> Result<Begun> {
        for pause in PATIENCE.map(Some).into_iter().chain([None]) {
            let locked = store::idempotency::try_lock(tx, self.number(site)).await?;
            // A statement of its own, after the lock: it sees what the former holder committed.
            match (self.stored(tx, site, now).await?, pause) {
                (Some(stored), _) => return Ok(Begun::Stored(stored)),
                (None, _) if locked => return Ok(Begun::Fresh),
                (None, Some(pause)) => tokio::time::sleep(pause).await,
                (None, None) => {}
            }
        }
        Err(in_flight())
    }

    /// The answer that was given before, if there is one. Takes no lock: `None` may be out of date at once.
    ///
    /// # Errors
    /// 422 when the key was used with another body.
    pub async fn stored(&self, tx: &mut Tx, site: SiteId, now: Timestamp) -> Result<Option<Stored>> {
        let mut answers = Self::stored_under(tx, site, &[(self, now)]).await?;
        answers.pop().flatten().transpose()
    }

    /// The answers that were given before under some keys, in their order; 422 where one was used with another body. Takes no
    /// lock, as [`stored`](Self::stored).
    pub async fn stored_under(
        db: &mut PgConnection,
        site: SiteId,
        keys: &[(&Self, Timestamp)],
    ) -> Result<Vec<Option<Result<Stored>>>> {
        let mut answers: Vec<_> = keys.iter().map(|_| None).collect();
        for (place, body_hash, stored) in store::idempotency::find(db, site, &Columns::of(keys)).await? {
            if let (Some(answer), Some((key, _))) = (answers.get_mut(place), keys.get(place)) {
                *answer = Some(if body_hash == key.body_hash { Ok(stored) } else { Err(reused()) });
            }
        }
        Ok(answers)
    }

    /// Keeps the answer. It counts if and only if the transaction commits.
    pub async fn store(&self, tx: &mut Tx, site: SiteId, answer: &Stored, now: Timestamp) -> Result<()> {
        store::idempotency::put(tx, site, &Columns::of(&[(self, now)]), &Answers::of([(self, answer, now)])).await
    }

    /// The number under which Postgres locks the key.
    pub fn number(&self, site: SiteId) -> i64 {
        let name = format!("idempotency {site} {} {} {} {}", self.api_key, self.method, self.path, self.text);
        let mut bytes = [0u8; 8];
        bytes.copy_from_slice(&sha256(name.as_bytes())[..8]);
        i64::from_be_bytes(bytes)
    }
}

/// Keys at instants as the database's functions take them: a place of each column a key.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Columns {
    pub api_keys: Vec<Uuid>,
    pub methods: Vec<String>,
    pub paths: Vec<String>,
    pub texts: Vec<String>,
    pub since: Vec<Timestamp>,
}

impl Columns {
    /// In their order.
    pub fn of(keys: &[(&Idempotency, Timestamp)]) -> Self {
        Self {
            api_keys: keys.iter().map(|(key, _)| key.api_key.0).collect(),
            methods: keys.iter().map(|(key, _)| key.method.clone()).collect(),
            paths: keys.iter().map(|(key, _)| key.path.clone()).collect(),
            texts: keys.iter().map(|(key, _)| key.text.clone()).collect(),
            since: keys.iter().map(|(_, now)| since(*now)).collect(),
        }
    }
}

/// Answers under keys as the database's functions take them.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Answers {
    pub body_hashes: Vec<Vec<u8>>,
    pub statuses: Vec<i32>,
    pub bodies: Vec<String>,
    pub nows: Vec<Timestamp>,
}

impl Answers {
    /// In the order of their keys.
    pub fn of<'a>(answers: impl IntoIterator<Item = (&'a Idempotency, &'a Stored, Timestamp)>) -> Self {
        let mut columns = Self::default();
        for (key, answer, now) in answers {
            columns.body_hashes.push(key.body_hash.to_vec());
            columns.statuses.push(i32::from(answer.status));
            columns.bodies.push(answer.body.clone());
            columns.nows.push(now);
        }
        columns
    }
}

/// What a caller hears whose key another request holds.
pub fn in_flight() -> Error {
    let detail = "A request with this Idempotency-Key is being worked on. Send it again in a moment.";
    Error::new(Kind::Conflict, detail).code("idempotency_in_flight").retry_after(1)
}

/// What a caller hears who sends another request under a key.
fn reused() -> Error {
    let detail =
        "This Idempotency-Key was used with another body within the last 24 hours. Take a new key for a new request.";
    Error::new(Kind::Invalid, detail).code("idempotency_key_reused")
}

/// Answers older than this are forgotten.
fn since(now: Timestamp) -> Timestamp {
    now - chrono::TimeDelta::hours(HOURS)
}
