//! The limits on networks that try passwords, and on strangers of everywhere together: a slot before each try, given back
//! when it was right. And the limits on what strangers of a network order: challenges of passkeys, links to new passwords.

use crate::access::address_limit::networks;
use crate::access::service::notify;
use crate::access::service::record::{self, Event};
use crate::access::stranger_limit::AGAIN;
use crate::access::{ask_limit, challenge_limit, store};
use crate::audit::{Actor, Target, Values};
use crate::decision::verdict::Network;
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::Purpose;
use crate::platform::db::Tx;
use crate::platform::jobs::{self, Job};
use crate::platform::state::App;

/// With what somebody tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// A password: counted among those of all strangers too, if the name is somebody's.
    Password {
        /// Somebody signs in with that name.
        of_somebody: bool,
    },
    /// A passkey, which nobody guesses: counted for its networks only.
    Passkey,
}

/// A try that was counted.
pub struct Counted {
    address: ClientAddress,
    account: Vec<u8>,
    at: Timestamp,
    with: With,
    /// What strangers of everywhere and each of the address's networks had tried by then, this try included.
    pub networks: Vec<Network>,
}

/// A try that is not listened to.
pub struct TooMany {
    /// What strangers and each of the address's networks had tried.
    pub networks: Vec<Network>,
    /// The answer: 429.
    pub error: Error,
}

impl Counted {
    /// Counts a stranger's try in a transaction of its own. What stood against it if one of the address's networks is
    /// refused, or if all strangers are.
    pub async fn enter(
        app: &App,
        address: ClientAddress,
        canonical: &str,
        with: With,
    ) -> Result<Result<Self, TooMany>> {
        let now = app.clock.now();
        let account = digest(app, canonical);
        if with != With::Passkey {
            // Without a lock: what is refused in any case must not stand in line with what is heard.
            let all = store::network::strangers(&app.db).await?;
            if all.goes_on(now) {
                let until = now + AGAIN;
                return Ok(Err(TooMany { networks: vec![all.told(until)], error: too_many_strangers(until, now) }));
            }
        }
        let mut tx = app.db.platform().await?;
        let mut tallies = Vec::new();
        for (network, limits) in networks(address) {
            tallies.push((network, limits, store::network::lock(&mut tx, network, now).await?));
        }
        // Refused by one of them, nothing is compared, so nothing has failed in the others.
        let by_network = tallies.iter().any(|(.., tally)| tally.refused(now).is_some());
        let (mut until, mut news, mut told) = (None, Vec::new(), Vec::new());
        if let With::Password { of_somebody } = with
            && !by_network
        {
            let all = enter_among_all(&mut tx, app, of_somebody.then_some(&account)).await?;
            until = all.as_ref().map(|_| now + AGAIN);
            told.extend(all);
        }
        let refused = by_network || until.is_some();
        for (network, limits, mut tally) in tallies {
            let changed = if refused { tally.turn_away(limits, now) } else { tally.enter(limits, &account, now) };
            store::network::save(&mut tx, network, &tally, now).await?;
            until = until.max(tally.refused(now));
            told.push(tally.told(network, limits, tally.refused(now).filter(|_| refused)));
            if changed {
                news.push((network, tally));
            }
        }
        for (network, tally) in news {
            let tries = tally.slots.len() + tally.turned_away.len();
            let values = Values::new().plain("failures", tally.slots.len()).plain("tries", tries);
            let values = values.plain("until", tally.refused_until);
            let target = Target::personal(network.to_string(), "a network");
            let actor = Actor::Stranger { email: None, address, user_agent: String::new() };
            let event = Event::new(actor, "network.refused", target).values(None, Some(values));
            record::everywhere(&mut tx, app, None, event).await?;
        }
        tx.commit().await?;
        Ok(match until.filter(|_| refused) {
            None => Ok(Self { address, account, at: now, with, networks: told }),
            Some(until) if by_network => Err(TooMany { networks: told, error: too_many(until, now) }),
            Some(until) => Err(TooMany { networks: told, error: too_many_strangers(until, now) }),
        })
    }

    /// Takes the try back: the password was right.
    pub async fn forgive(&self, tx: &mut Tx, app: &App) -> Result<()> {
        for (network, limits) in networks(self.address) {
            let mut tally = store::network::lock(tx, network, self.at).await?;
            tally.forgive(limits, &self.account, self.at);
            store::network::save(tx, network, &tally, app.clock.now()).await?;
        }
        if self.with != With::Passkey {
            let mut all = store::network::lock_strangers(tx).await?;
            all.forgive(&self.account, self.at);
            store::network::save_strangers(tx, &all).await?;
        }
        Ok(())
    }

    /// The same in a transaction of its own: the password was never compared.
    pub async fn forgive_alone(&self, app: &App) -> Result<()> {
        let mut tx = app.db.platform().await?;
        self.forgive(&mut tx, app).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Counts a try among those of all strangers, or tells what they have tried if they are refused. `account`: `None` for a
/// name that is nobody's.
async fn enter_among_all(tx: &mut Tx, app: &App, account: Option<&Vec<u8>>) -> Result<Option<Network>> {
    let now = app.clock.now();
    let mut all = store::network::lock_strangers(tx).await?;
    let is_heard = all.enter(account.map(Vec::as_slice), now);
    let news = (!is_heard).then(|| all.spread(now));
    store::network::save_strangers(tx, &all).await?;
    let (failures, accounts) = (all.slots.len(), all.different_accounts());
    if news.is_some_and(|news| news.mail) {
        // Not here: everybody waits for this row, and owners may be many.
        jobs::push(tx, app, Job::StrangersRefused { at: now, failures, accounts }).await?;
    }
    if news.is_some_and(|news| news.row) {
        let values = Values::new().plain("failures", failures).plain("accounts", accounts);
        let target = Target::plain("sign-in of unknown browsers");
        let event = Event::new(Actor::System, "strangers.refused", target).values(None, Some(values));
        record::everywhere(tx, app, None, event).await?;
    }
    Ok((!is_heard).then(|| all.told(now + AGAIN)))
}

/// Tells the owners of all sites that strangers were refused.
pub async fn tell_owners(app: &App, at: Timestamp, failures: usize, accounts: usize) -> Result<()> {
    let mut tx = app.db.platform().await?;
    let owners = store::member::owners_anywhere(&mut tx).await?;
    notify::strangers_refused(&mut tx, app, &owners, at, (failures, accounts)).await?;
    tx.commit().await?;
    Ok(())
}

/// What an address counts as.
fn digest(app: &App, canonical: &str) -> Vec<u8> {
    app.keys.stable_digest(Purpose::Lockout, format!("address {canonical}").as_bytes())[..16].to_vec()
}

fn too_many(until: Timestamp, now: Timestamp) -> Error {
    refused_until(until, now, "Too many tries came from your network. Wait before you try again.")
}

fn too_many_strangers(until: Timestamp, now: Timestamp) -> Error {
    let words = "Too many passwords are being tried from many places at the moment. Sign in with a passkey or in a browser in \
        which you have signed in before, set a new password by mail, or try again in a minute.";
    refused_until(until, now, words)
}

fn refused_until(until: Timestamp, now: Timestamp, words: &'static str) -> Error {
    let seconds = u32::try_from((until - now).num_seconds()).unwrap_or(900).max(1);
    Error::new(Kind::TooMany, words).retry_after(seconds)
}

/// Counts a challenge in a transaction of its own; 429, and nothing counted, if one of the address's networks has had
/// its share.
pub async fn count_challenge(app: &App, address: ClientAddress) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.platform().await?;
    for (network, most) in challenge_limit::networks(address) {
        let set = store::network::lock_challenges(&mut tx, network, now).await?;
        let set = challenge_limit::take(set, most, now).map_err(|until| too_many(until, now))?;
        store::network::save_challenges(&mut tx, network, &set, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Counts an ask for a new password, if it is heard: whether none of the address's networks has had its share. 429 if one
/// of them is refused for its failures.
pub async fn count_ask(tx: &mut Tx, app: &App, address: ClientAddress, canonical: &str) -> Result<bool> {
    let now = app.clock.now();
    let whom = digest(app, canonical);
    for (network, most) in ask_limit::networks(address) {
        if let Some(until) = store::network::lock(tx, network, now).await?.refused(now) {
            return Err(too_many(until, now));
        }
        let Some(asks) = store::network::asks(tx, network).await?.with(most, &whom, now) else { return Ok(false) };
        store::network::save_asks(tx, network, &asks, now).await?;
    }
    Ok(true)
}
