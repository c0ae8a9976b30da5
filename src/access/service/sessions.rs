//! The signed-in browsers of a person: list them, end them. Neither asks for a fresh proof, though SE-08 has one: ending the
//! others is the first thing to do when something is wrong, and must not wait for a device that is out of reach. A thief with
//! the session of somebody gains nothing by it: the list is of browsers and addresses, ending others costs a sign-in, and
//! whoever signs in again ends the thief's.

use crate::access::service::record::{self, Event};
use crate::access::{Visitor, store};
use crate::audit::{Actor, Values};
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::platform::state::App;

/// A signed-in browser.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Names it in the form: the hash of its cookie, in hex.
    pub key: String,
    /// When it signed in.
    pub since: Timestamp,
    /// When it last did something.
    pub active: Timestamp,
    /// Where it signed in from.
    pub address: Option<String>,
    /// The browser's own words.
    pub user_agent: String,
    /// The one that asks.
    pub this_one: bool,
}

/// The visitor's signed-in browsers, the latest active first.
pub async fn list(app: &App, visitor: &Visitor) -> Result<Vec<Listed>> {
    let now = app.clock.now();
    let rows = store::session::of_person(&app.db, visitor.id, visitor.idle_minutes, now).await?;
    let listed = rows.into_iter().map(|row| Listed {
        this_one: row.id_hash == visitor.session,
        key: hex::encode(row.id_hash),
        since: row.created_at,
        active: row.last_active_at,
        address: row.address.map(|net| net.addr().to_string()),
        user_agent: row.user_agent,
    });
    Ok(listed.collect())
}

/// Ends one; whether it was alive.
pub async fn end(app: &App, visitor: &Visitor, key: &str) -> Result<bool> {
    let hash = hex::decode(key).map_err(|_| Error::not_found())?;
    let mut tx = app.db.platform().await?;
    store::collaborator::hold(&mut tx, visitor.id).await?;
    let ended = store::session::revoke(&mut tx, &hash, visitor.id, app.clock.now()).await?;
    if ended {
        record::everywhere(&mut tx, app, Some(visitor.id), Event::new(Actor::of(visitor), "session.ended", visitor.id))
            .await?;
    }
    tx.commit().await?;
    Ok(ended)
}

/// Ends all but the one that asks.
pub async fn end_others(app: &App, visitor: &Visitor) -> Result<u64> {
    let mut tx = app.db.platform().await?;
    let ended = store::session::revoke_others(&mut tx, visitor.id, Some(&visitor.session), app.clock.now()).await?;
    let event = Event::new(Actor::of(visitor), "session.others_ended", visitor.id)
        .values(None, Some(Values::new().plain("ended", ended)));
    record::everywhere(&mut tx, app, Some(visitor.id), event).await?;
    tx.commit().await?;
    Ok(ended)
}
