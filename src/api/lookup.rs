//! Looking keys up for the gate. Every request is told how its key stands now, never how it stood a moment ago; requests
//! that come while others are looked up share the next reading.

use std::collections::HashMap;

use crate::api::store;
use crate::api::store::key::Admission;
use crate::error::{Error, Result};
use crate::platform::db::KeptConnection;
use crate::platform::lanes::{self, Lanes};
use crate::platform::state::App;

/// Readings under way at once.
const LANES: usize = 2;

/// SHA-256 of a key.
type Hash = [u8; 32];

/// A key that waits to be looked up.
type Waiter = lanes::Waiter<Hash, Result<Option<Admission>>>;

/// Keys that wait to be looked up.
pub struct Lookups(Lanes<(), Waiter>);

impl Default for Lookups {
    fn default() -> Self {
        Self(Lanes::new(LANES))
    }
}

/// The key with this hash, as it stands now.
pub(super) async fn find(app: &App, hash: Hash) -> Result<Option<Admission>> {
    let found = app.lookups().0.ask((), hash, || lane(app.clone())).await;
    found.unwrap_or_else(|| Err(Error::internal(anyhow::anyhow!("the reading of keys died"))))
}

/// Looks up until nothing waits.
async fn lane(app: App) {
    let mut connection = KeptConnection::default();
    while let Some(waiters) = app.lookups().0.next((), |waiting| waiting.drain(..).collect()) {
        connection = tokio::spawn(answer_all(app.clone(), waiters, connection)).await.unwrap_or_default();
    }
}

/// Reads once and answers all. The connection is handed on.
async fn answer_all(app: App, waiters: Vec<Waiter>, mut connection: KeptConnection) -> KeptConnection {
    let mut hashes: Vec<Hash> = waiters.iter().map(|waiter| waiter.question).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let found = async { store::key::by_hashes(connection.get(&app.db).await?, &hashes).await }.await;
    match found {
        Ok(found) => {
            let found: HashMap<Vec<u8>, Result<Admission>> = found.into_iter().collect();
            for Waiter { question: hash, answer } in waiters {
                let admission = found.get(hash.as_slice());
                let _ = answer.send(admission.map(|a| a.as_ref().cloned().map_err(Error::shared)).transpose());
            }
        }
        Err(error) => {
            connection.give_back();
            for Waiter { answer, .. } in waiters {
                let _ = answer.send(Err(error.shared()));
            }
        }
    }
    connection
}
