//! Looking keys up for the gate. Every request is told how its key stands now, never how it stood a moment ago; requests
//! that come while others are looked up share the next reading.

use std::collections::HashMap;

use tokio::sync::oneshot;

use crate::api::store;
use crate::api::store::key::Admission;
use crate::error::{Error, Result};
use crate::platform::db::Kept;
use crate::platform::lanes::Lanes;
use crate::platform::state::App;

/// The most keys of a reading.
const MOST: usize = 64;

/// Readings under way at once.
const LANES: usize = 2;

/// SHA-256 of a key.
type Hash = [u8; 32];

/// Keys that wait to be looked up.
pub struct Lookups(Lanes<(), Waiter>);

struct Waiter {
    hash: Hash,
    answer: oneshot::Sender<Result<Option<Admission>>>,
}

impl Default for Lookups {
    fn default() -> Self {
        Self(Lanes::new(LANES))
    }
}

/// The key with this hash, as it stands now.
pub(super) async fn find(app: &App, hash: Hash) -> Result<Option<Admission>> {
    let (answer, answered) = oneshot::channel();
    if app.lookups().0.add((), Waiter { hash, answer }) {
        tokio::spawn(lane(app.clone()));
    }
    answered.await.map_err(Error::internal)?
}

/// Looks up until nothing waits.
async fn lane(app: App) {
    let mut connection = Kept::default();
    while let Some(waiters) = app.lookups().0.next((), |waiting| waiting.drain(..waiting.len().min(MOST)).collect()) {
        answer_all(&app, &mut connection, waiters).await;
    }
}

async fn answer_all(app: &App, connection: &mut Kept, waiters: Vec<Waiter>) {
    let mut hashes: Vec<Hash> = waiters.iter().map(|waiter| waiter.hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let found = async { store::key::by_hashes(connection.get(&app.db).await?, &hashes).await }.await;
    match found {
        Ok(found) => {
            let found: HashMap<Vec<u8>, Result<Admission>> = found.into_iter().collect();
            for Waiter { hash, answer } in waiters {
                let admission = found.get(hash.as_slice());
                let _ = answer.send(admission.map(|a| a.as_ref().cloned().map_err(Error::again)).transpose());
            }
        }
        Err(error) => {
            connection.give_back();
            for Waiter { answer, .. } in waiters {
                let _ = answer.send(Err(error.again()));
            }
        }
    }
}
