//! Decisions out: one statement, one round trip, one commit.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::api::idempotency::{self, Idempotency, Stored};
use crate::decision::attempt::AttemptRequest;
use crate::decision::keys::{Identity, Key, KeyKind, Keys};
use crate::decision::lists::{ListKind, ListMatch};
use crate::decision::store::ask::{Ask, Flat, Seen, locks, numbered};
use crate::decision::store::locks::{Patience, waited_too_long};
use crate::decision::verdict::{Matched, Verdict};
use crate::error::Result;
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{DecisionId, SiteId};

/// A decision on its way into the database.
pub struct NewDecision<'a> {
    pub id: DecisionId,
    pub at: Timestamp,
    pub request: &'a AttemptRequest,
    pub keys: &'a Keys,
    pub verdict: &'a Verdict,
    pub policy_version: i32,
    pub expires_at: Timestamp,
    pub took: std::time::Duration,
    /// The list entries that matched.
    pub lists: &'a [ListMatch],
    /// The keys it counts under; none if it was rejected.
    pub uses: &'a [Key],
    /// What it was decided on, if that has to be so still; `None` if it counts nowhere or its keys are locked.
    pub expecting: Option<(&'a Ask, &'a Seen)>,
    /// The Idempotency-Key to take, its lock, and the answer to keep under it.
    pub once: Option<(&'a Idempotency, i64, &'a Stored)>,
}

/// Whether decisions were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// All.
    Written,
    /// None: what one of them was decided on has changed under the locks.
    Changed,
    /// None: somebody else holds one of the Idempotency-Keys or has been answered under it.
    Taken,
}

/// Writes decisions of one site in one commit, or none.
pub async fn record<'e>(
    db: impl PgExecutor<'e>,
    site: SiteId,
    new: &[NewDecision<'_>],
    patience: Patience,
) -> Result<Recorded> {
    let expecting = || new.iter().filter_map(|n| n.expecting);
    let (keys, locks) = (Flat::of(expecting().map(|(ask, _)| ask)), locks(expecting().map(|(ask, _)| ask)));
    let key_ats: Vec<Timestamp> = new
        .iter()
        .filter_map(|n| n.expecting.map(|(ask, _)| (n.at, ask.keys.len())))
        .flat_map(|(at, keys)| std::iter::repeat_n(at, keys))
        .collect();
    let seen_payments: Vec<i32> = expecting().flat_map(|(_, seen)| seen.payments.iter().copied()).collect();
    let seen_amounts: Vec<i64> = expecting().flat_map(|(_, seen)| seen.amounts.iter().copied()).collect();
    let seen_declines: Vec<i32> = expecting().flat_map(|(_, seen)| seen.declines.iter().copied()).collect();
    let bytes = |key: &Key| key.0.to_vec();
    let counted = |kind: KeyKind| each(new, |n| n.keys.counted.get(kind).as_ref().map(|i| i.key.0.to_vec()));
    let of_attempts = |count: fn(&NewDecision<'_>) -> usize| -> Vec<i32> {
        numbered(new).flat_map(|(attempt, n)| std::iter::repeat_n(attempt, count(n))).collect()
    };
    let once = || new.iter().filter_map(|n| n.once.map(|(key, _, answer)| (key, answer, n.at)));
    let once_keys = idempotency::Columns::of(&once().map(|(key, _, at)| (key, at)).collect::<Vec<_>>());
    let answers = idempotency::Answers::of(once());
    let mut once_locks: Vec<i64> = new.iter().filter_map(|n| n.once.map(|(_, lock, _)| lock)).collect();
    // Two batches that share keys try for them in one order, so one of them has them all.
    once_locks.sort_unstable();
    // One after the other, in this order; what a later one leaves undone, none has done.
    let recorded = sqlx::query_scalar!(
        "select case
           when not take_idempotency_keys($1, $50, $51, $52, $53, $54, $55) then null
           when record_decisions(
             $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
             $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47,
             $48, $49)
           then keep_answers($1, $51, $52, $53, $54, $55, $56, $57, $58, $59)
           else false
         end",
        site.0,
        &locks,
        patience == Patience::Shared,
        &keys.keys,
        &key_ats,
        keys.currencies as _,
        &keys.payments,
        &keys.amounts,
        &keys.declines,
        &seen_payments,
        &seen_amounts,
        &seen_declines,
        &each(new, |n| n.id.0),
        &each(new, |n| n.at),
        each(new, |n| n.request.kind.as_str()) as _,
        each(new, |n| n.request.service.map(|s| s.0)) as _,
        each(new, |n| n.request.money.map(|m| m.minor)) as _,
        each(new, |n| n.request.money.map(|m| m.currency.code())) as _,
        counted(KeyKind::Email) as _,
        counted(KeyKind::Ip) as _,
        counted(KeyKind::Card) as _,
        each(new, |n| n.keys.customer.as_ref().map(bytes)) as _,
        each(new, |n| n.keys.counted.card.map(|i| i.by == Identity::Fingerprint)) as _,
        each(new, |n| n.request.customer.guest) as _,
        each(new, |n| n.request.source.as_str()) as _,
        each(new, |n| n.request.label.as_deref()) as _,
        each(new, |n| n.request.customer.email.as_ref().map(|e| e.as_str())) as _,
        each(new, |n| n.request.ip.ip().map(IpNet::from)) as _,
        each(new, |n| n.request.customer.external_id.as_deref()) as _,
        each(new, |n| n.request.user_agent.as_deref()) as _,
        each(new, |n| (!n.request.headers.is_empty()).then_some(Json(&n.request.headers))) as _,
        each(new, |n| n.request.card.as_ref().map(Json)) as _,
        each(new, |n| n.request.billing.as_ref().map(Json)) as _,
        each(new, |n| n.request.shipping.as_ref().map(Json)) as _,
        each(new, |n| n.verdict.outcome.as_str()) as _,
        &each(new, |n| n.verdict.shadow),
        each(new, |n| n.verdict.settled_by.map(|c| c.as_str())) as _,
        each(new, |n| n.verdict.risk_score) as _,
        each(new, |n| n.verdict.trust_score) as _,
        &each(new, |n| n.policy_version),
        each(new, |n| Json(&n.verdict.findings)) as _,
        each(new, |n| (!n.lists.is_empty()).then(|| Json(n.lists.iter().map(Kept::from).collect::<Vec<_>>()))) as _,
        &each(new, |n| n.expires_at),
        &each(new, |n| i32::try_from(n.took.as_micros()).unwrap_or(i32::MAX)),
        &of_attempts(|n| n.uses.len()),
        &new.iter().flat_map(|n| n.uses.iter().map(bytes)).collect::<Vec<_>>(),
        &of_attempts(|n| n.lists.len()),
        &new.iter().flat_map(|n| n.lists.iter().map(|m| m.entry_id.0)).collect::<Vec<_>>(),
        &new.iter().flat_map(|n| n.lists.iter().map(|m| m.list_id.0)).collect::<Vec<_>>(),
        &once_locks,
        &once_keys.api_keys,
        &once_keys.methods,
        &once_keys.paths,
        &once_keys.texts,
        &once_keys.since,
        &answers.body_hashes,
        &answers.statuses,
        &answers.bodies,
        &answers.nows,
    )
    .fetch_one(db)
    .await
    .map_err(waited_too_long)?;
    Ok(match recorded {
        Some(true) => Recorded::Written,
        Some(false) => Recorded::Changed,
        None => Recorded::Taken,
    })
}

/// A column of the new decisions.
fn each<'n, T>(new: &'n [NewDecision<'n>], value: impl Fn(&'n NewDecision<'n>) -> T) -> Vec<T> {
    new.iter().map(value).collect()
}

/// A match as it is kept beside a decision, for replays. Without the entry's name, which may be a person's.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    kind: ListKind,
    #[serde(flatten)]
    matched: Matched,
}

impl From<&ListMatch> for Kept {
    fn from(m: &ListMatch) -> Self {
        Self { kind: m.kind, matched: Matched::from(m) }
    }
}

impl From<Kept> for ListMatch {
    fn from(kept: Kept) -> Self {
        let Matched { list, list_name, mode, entry, fields, also_challenge_list, also_risk_assessment } = kept.matched;
        let (list_id, entry_id, entry_name) = (list, entry, String::new());
        Self {
            list_id,
            list_name,
            kind: kept.kind,
            mode,
            entry_id,
            entry_name,
            fields,
            also_risk_assessment,
            also_challenge_list,
        }
    }
}
