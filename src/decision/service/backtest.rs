//! What a changed policy would have done: the stored payments of the last 30 days through the same pure pipeline, once
//! under the policy in force and once under the candidate, each with counters of its own.

use crate::access::Permit;
use crate::access::grant::ReadPolicy;
use crate::decision::keys::PerKey;
use crate::decision::policy::Policy;
use crate::decision::verdict::Check;
use crate::error::{Error, Result};
use crate::kernel::id::SiteId;
use crate::kernel::money::Money;
use crate::platform::state::App;

/// How many days are replayed.
pub const DAYS: i64 = 30;

/// What two policies would have done with the same payments.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Days looked at.
    pub days: i64,
    /// Payments replayed.
    pub payments: u64,
    /// There were more; the newest were taken.
    pub cut: bool,
    /// Under the policy in force.
    pub current: TurnedAway,
    /// Under the candidate.
    pub candidate: TurnedAway,
    /// Per check: how many payments it turned away, alone or with others.
    pub by_check: Vec<ByCheck>,
    /// How many keys of each kind made how many payments in their busiest 24 hours.
    pub busiest: PerKey<Busiest>,
    /// How long the replay took.
    pub took: std::time::Duration,
}

/// What a policy turns away.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TurnedAway {
    /// Payments in all.
    pub payments: u64,
    /// Of those, payments that the bank had approved.
    pub approved: u64,
    /// Their money, by currency.
    pub approved_money: Vec<Money>,
    /// Of those, payments that the bank had declined: stopped before the gateway.
    pub declines: u64,
}

/// What a check turns away under the two policies.
#[derive(Debug, Clone, PartialEq)]
pub struct ByCheck {
    /// The check.
    pub check: Check,
    /// Under the policy in force.
    pub current: u64,
    /// Under the candidate.
    pub candidate: u64,
}

/// How many keys made how many payments in their busiest 24 hours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Busiest {
    /// `keys[0]`: keys that made one payment, and so on; the last holds all that made as many or more.
    pub keys: Vec<u64>,
}

impl Busiest {
    /// How many different bars; the last is "or more".
    pub const BARS: usize = 24;

    /// How many keys made more than `limit` payments (exact for limits below the last bar).
    pub fn over(&self, limit: u32) -> u64 {
        self.keys.iter().skip(limit as usize).sum()
    }
}

/// What a candidate would have done, against the policy in force.
pub async fn effect(app: &App, permit: &Permit<ReadPolicy>, candidate: Policy) -> Result<Effect> {
    effect_in(app, permit.site_id(), candidate).await
}

/// [`effect`] for the API and the bench.
pub async fn effect_in(app: &App, site: SiteId, candidate: Policy) -> Result<Effect> {
    let _ = (app, site, candidate);
    Err(Error::internal(anyhow::anyhow!("not yet")))
}
