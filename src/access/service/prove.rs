//! The one place where a password is compared: sign-in, step-up, a change of password or address all come here, so they
//! share the counters and the queue.
//!
//! In this order: a place in the queue of hashes (or 503, for a person's third at once 429, nothing counted); a slot in the
//! account's bucket, committed; the hash; then what follows from it, committed too. The slot is never the request's to roll
//! back, and all of it runs in a task of its own: a browser that hangs up, or a request that takes too long, leaves nothing
//! half done.

use tracing::Instrument as _;

use crate::access::hashing::{Caller, Compared, Password};
use crate::access::lockout::{Bucket, Entry, Limits, Shutting};
use crate::access::password_settings;
use crate::access::service::decided::{self, Tried};
use crate::access::service::network::Counted;
use crate::access::service::notify::Shut;
use crate::access::service::record::{self, Event};
use crate::access::store;
use crate::access::store::collaborator::Account;
use crate::audit::{Actor, Target, Values};
use crate::decision::sign_in::{self, Door};
use crate::decision::verdict::Lock;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{CollaboratorId, DeviceId};
use crate::kernel::ip::ClientAddress;
use crate::kernel::secret::Purpose;
use crate::platform::db::Tx;
use crate::platform::state::App;

/// Whose password is tried.
pub struct Claim {
    /// The account, if there is one.
    pub account: Option<Account>,
    /// What identifies the account, there or not.
    pub canonical: String,
    /// The known device it is tried from.
    pub device: Option<DeviceId>,
    /// The queue's places that may be used.
    pub caller: Caller,
    /// Where from.
    pub address: ClientAddress,
    /// The browser's own words.
    pub user_agent: String,
    /// The try as its networks have counted it: taken back if the password is right, or was never compared. `None` for
    /// somebody signed in or at a known device, who takes two places of the queue at most.
    pub counted: Option<Counted>,
    /// What is recorded of a sign-in; `None` where somebody confirms that it is still them.
    pub tried: Option<Tried>,
}

/// What came of it.
pub enum Proof {
    /// The password is right and the account may be used. What was counted against it is cleared.
    Right(Proved),
    /// Wrong, unknown, disabled or shut: never told apart outside.
    Refused,
}

/// A right password; see [`Proof::Right`].
pub struct Proved {
    /// Whose.
    pub account: Account,
    /// What stood against the account's lock, and is cleared.
    pub lock: Lock,
    raised_hash: Option<String>,
}

impl Proved {
    /// Stores the hash under a raised cost, in the transaction of what it was proved for. Says no if the password was
    /// changed or the person disabled since it was compared: what was proved then no longer holds, and nothing may come
    /// of it.
    #[must_use = "nothing may come of a proof that no longer holds"]
    pub async fn settle(&self, tx: &mut Tx) -> Result<bool> {
        if !store::collaborator::still_proved(tx, self.account.id, self.account.password_hash.as_deref()).await? {
            return Ok(false);
        }
        if let (Some(new), Some(old)) = (&self.raised_hash, &self.account.password_hash) {
            store::collaborator::raise_cost(tx, self.account.id, old, new).await?;
        }
        Ok(true)
    }
}

/// Opens the strangers' bucket again after a proof that they cannot give: a passkey. Right passwords clear the bucket
/// they were tried in.
pub(super) async fn clear_strangers(tx: &mut Tx, app: &App, who: CollaboratorId) -> Result<()> {
    let key = bucket_key(app, Some(who), "", None);
    store::lockout::lock(tx, &key, Some(who), None).await?;
    store::lockout::save(tx, &key, &Bucket::cleared()).await
}

/// Compares the password, counted.
pub async fn prove(app: &App, claim: Claim, password: Password) -> Result<Proof> {
    let app = app.clone();
    let whole = async move {
        let proof = compare(&app, &claim, password).await;
        if let (Err(_), Some(counted)) = (&proof, &claim.counted) {
            counted.forgive_alone(&app).await?;
        }
        proof
    };
    tokio::spawn(whole.in_current_span()).await.map_err(Error::internal)?
}

async fn compare(app: &App, claim: &Claim, password: Password) -> Result<Proof> {
    let who = claim.account.as_ref().map(|a| a.id);
    let place = match who.filter(|_| claim.counted.is_none()) {
        Some(who) => app.hasher().place_of(who, claim.caller)?,
        None => app.hasher().place(claim.caller)?,
    };
    let now = app.clock.now();
    let key = bucket_key(app, who, &claim.canonical, claim.device);
    let limits = limits_of(app, who, claim.device).await?;
    let (entry, before) = take_slot(app, &key, claim, limits, now).await?;
    let Entry::Admitted { bucket, shutting } = entry else {
        // As late as an evaluated answer: a shut door must not be told by its haste.
        app.hasher().wait(place).await?;
        if let Some(tried) = &claim.tried {
            let lock = before.told(limits, claim.device.is_some());
            decided::alone(app, who, tried, Some(Door::Shut(lock))).await?;
        }
        return Ok(Proof::Refused);
    };
    let lock = bucket.told(limits, claim.device.is_some());
    let stored = claim.account.as_ref().and_then(|a| a.password_hash.clone());
    let compared = app.hasher().compare(place, password, stored).await?;
    match (compared, &claim.account) {
        (Compared::Right(raised_hash), Some(account)) if account.disabled_at.is_none() => {
            if !succeeded(app, claim, account, &key).await? {
                return Ok(Proof::Refused);
            }
            // The slot it took is no failure.
            let lock = Lock { failed: lock.failed.saturating_sub(1), until: None, closed: false, ..lock };
            Ok(Proof::Right(Proved { account: account.clone(), lock, raised_hash }))
        }
        _ => {
            failed(app, claim, shutting, lock, now).await?;
            Ok(Proof::Refused)
        }
    }
}

/// Clears what was counted against the right password: its bucket, and the try at its networks. `false` if it was changed
/// or the person disabled meanwhile.
async fn succeeded(app: &App, claim: &Claim, account: &Account, key: &[u8]) -> Result<bool> {
    let mut tx = app.db.platform().await?;
    if !store::collaborator::still_proved(&mut tx, account.id, account.password_hash.as_deref()).await? {
        return Ok(false);
    }
    store::lockout::lock(&mut tx, key, Some(account.id), claim.device).await?;
    store::lockout::save(&mut tx, key, &Bucket::cleared()).await?;
    if let Some(counted) = &claim.counted {
        counted.forgive(&mut tx, app).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// When the bucket locks: as the strictest of the person's sites says.
async fn limits_of(app: &App, who: Option<CollaboratorId>, device: Option<DeviceId>) -> Result<Limits> {
    let limits = match who {
        Some(who) => password_settings::limits_of(&store::access_settings::of_person(&app.db, who).await?),
        None => Limits::COLLABORATORS,
    };
    Ok(if device.is_some() { limits.of_device() } else { limits })
}

/// Takes a slot in a transaction of its own, if the door is open. With the bucket as it was before.
async fn take_slot(app: &App, key: &[u8], claim: &Claim, limits: Limits, now: Timestamp) -> Result<(Entry, Bucket)> {
    let who = claim.account.as_ref().map(|a| a.id);
    let mut tx = app.db.platform().await?;
    let before = store::lockout::lock(&mut tx, key, who, claim.device).await?;
    let entry = before.clone().enter(limits, now);
    if let Entry::Admitted { bucket, .. } = &entry {
        store::lockout::save(&mut tx, key, bucket).await?;
        tx.commit().await?;
    }
    Ok((entry, before))
}

/// Records an evaluated failure and what the last one leads to: the lock with its end, or the door closed for good.
async fn failed(app: &App, claim: &Claim, shutting: Option<Shutting>, lock: Lock, now: Timestamp) -> Result<()> {
    let who = claim.account.as_ref().map(|a| a.id);
    let actor = || Actor::Stranger {
        email: Some(claim.canonical.clone()),
        address: claim.address,
        user_agent: claim.user_agent.clone(),
    };
    let target = who.map_or_else(|| Target::plain("no such account"), Target::from);
    let mut tx = app.db.platform().await?;
    if let Some(who) = who {
        store::collaborator::hold(&mut tx, who).await?;
    }
    if let (Some(_), Some(device)) = (shutting, claim.device) {
        store::device::end(&mut tx, device, now).await?;
    }
    if let Some(tried) = &claim.tried {
        let door = Door::Compared(sign_in::Password::Refused, lock);
        decided::everywhere(&mut tx, app, who, tried, Some(door)).await?;
    }
    record::everywhere(&mut tx, app, who, Event::new(actor(), "sign_in.failed", target.clone())).await?;
    if let (Some(shutting), Some(account)) = (shutting, &claim.account) {
        let mail = Shut { account, from: claim.address, now };
        let (action, values) = match (shutting, claim.device) {
            (Shutting::Closes, _) => {
                mail.closed(&mut tx, app).await?;
                ("account.closed", Values::new().plain("until", "reset, passkey or unlock").plain("for", "strangers"))
            }
            (Shutting::Locks(until), Some(_)) => {
                mail.device_locked(&mut tx, app).await?;
                ("account.locked", Values::new().plain("until", until).plain("for", "known device"))
            }
            (Shutting::Locks(until), None) => {
                mail.locked(&mut tx, app).await?;
                ("account.locked", Values::new().plain("until", until).plain("for", "strangers"))
            }
        };
        record::everywhere(&mut tx, app, who, Event::new(actor(), action, target).values(None, Some(values))).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Which bucket counts: one for strangers and one for each known device of an account. Unknown accounts share 65,536
/// places: enough that nobody notices, too few to fill a disk.
fn bucket_key(app: &App, who: Option<CollaboratorId>, canonical: &str, device: Option<DeviceId>) -> Vec<u8> {
    let digest = |text: String| app.keys.stable_digest(Purpose::Lockout, text.as_bytes())[..16].to_vec();
    match (who, device) {
        (Some(who), Some(device)) => digest(format!("device {who} {device}")),
        (Some(who), None) => digest(format!("strangers {who}")),
        (None, _) => {
            let place = digest(format!("unknown {canonical}"));
            digest(format!("unknown place {:02x}{:02x}", place[0], place[1]))
        }
    }
}
