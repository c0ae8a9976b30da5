//! Facts in, decisions out: two functions of the database, a round trip each.

use std::collections::HashSet;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::api::idempotency::{self, Idempotency, Stored};
use crate::decision::attempt::AttemptRequest;
use crate::decision::facts::{Facts, Tally, Used};
use crate::decision::keys::{Identity, Key, KeyKind, Keys, PerKey};
use crate::decision::lists::{Field, ListKind, ListMatch, Probe};
use crate::decision::needed::Needed;
use crate::decision::verdict::{Matched, Mode, Verdict};
use crate::error::{Error, Kind, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{DecisionId, EntryId, ListId, SiteId};

/// What is asked of the database, as it takes it. A limit of -1 is not counted.
pub struct Ask {
    keys: Vec<Vec<u8>>,
    kinds: Vec<KeyKind>,
    payments: Vec<i32>,
    amounts: Vec<bool>,
    declines: Vec<i32>,
    locks: Vec<i64>,
    currency: Option<&'static str>,
    digests: Vec<Vec<u8>>,
}

impl Ask {
    pub fn of(needed: &Needed, probe: &Probe) -> Self {
        let limit = |n: Option<u32>| n.map_or(-1, |n| i32::try_from(n).unwrap_or(i32::MAX - 1));
        Self {
            keys: needed.wanted.iter().map(|w| w.key.0.to_vec()).collect(),
            kinds: needed.wanted.iter().map(|w| w.kind).collect(),
            payments: needed.wanted.iter().map(|w| limit(w.payments)).collect(),
            amounts: needed.wanted.iter().map(|w| w.amount).collect(),
            declines: needed.wanted.iter().map(|w| limit(w.declines)).collect(),
            locks: needed.locks(),
            currency: needed.currency.map(crate::kernel::money::Currency::code),
            digests: probe.digests().iter().map(|d| d.to_vec()).collect(),
        }
    }

    /// Whether the answer can be known without asking.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.digests.is_empty()
    }

    /// The locks of the keys that it counts under.
    pub fn locks(&self) -> &[i64] {
        &self.locks
    }

    /// Whether anything is counted, so that others must be kept away while it is written.
    pub fn counts(&self) -> bool {
        !self.keys.is_empty()
    }
}

/// What was counted, to be compared again under the locks.
#[derive(Default)]
pub struct Seen {
    payments: Vec<i32>,
    amounts: Vec<i64>,
    declines: Vec<i32>,
}

/// Whether keys are locked while they are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Locking {
    /// Read what is committed; somebody may add to it meanwhile.
    Without,
    /// Lock first, hold until the transaction ends.
    First,
}

/// For how long keys that others hold are waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// As long as anything is: the attempt needs that key.
    Own,
    /// A second: others wait behind it. Whoever holds a key does so for milliseconds, unless its process hangs.
    Shared,
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

#[derive(Debug, Deserialize)]
struct Listed {
    /// Its number, from one.
    attempt: usize,
    list_id: Uuid,
    list_name: String,
    kind: ListKind,
    mode: Mode,
    also_risk_assessment: bool,
    also_challenge_list: bool,
    entry_id: Uuid,
    entry_name: String,
    fields: Vec<Field>,
}

impl From<Listed> for ListMatch {
    fn from(row: Listed) -> Self {
        let mut fields = row.fields;
        fields.sort();
        Self {
            list_id: ListId(row.list_id),
            list_name: row.list_name,
            kind: row.kind,
            mode: row.mode,
            entry_id: EntryId(row.entry_id),
            entry_name: row.entry_name,
            fields,
            also_risk_assessment: row.also_risk_assessment,
            also_challenge_list: row.also_challenge_list,
        }
    }
}

/// An attempt that is asked about.
pub struct Asked<'a> {
    pub request: &'a AttemptRequest,
    pub keys: &'a Keys,
    pub ask: &'a Ask,
    /// By the program's clock; later than that of the attempt before it.
    pub now: Timestamp,
}

/// Loads all facts of attempts of one site in one round trip. Their instants rise. What one of them adds to the usage of
/// another's keys is not in them.
pub async fn facts<'e>(
    db: impl PgExecutor<'e>,
    site: SiteId,
    asked: &[Asked<'_>],
    locking: Locking,
    patience: Patience,
) -> Result<Vec<(Facts, Seen)>> {
    let keys = Flat::of(asked.iter().map(|a| a.ask));
    let locks = if locking == Locking::First { locks(asked.iter().map(|a| a.ask)) } else { Vec::new() };
    let nows: Vec<Timestamp> = asked.iter().map(|a| a.now).collect();
    let services: Vec<Option<Uuid>> = asked.iter().map(|a| a.request.service.map(|s| s.0)).collect();
    let (mut first, mut last, mut digest_attempts, mut digests) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (attempt, asked) in numbered(asked) {
        first.push(numeral(digests.len() + 1));
        digests.extend(asked.ask.digests.iter().cloned());
        last.push(numeral(digests.len()));
        digest_attempts.resize(digests.len(), attempt);
    }
    let row = sqlx::query!(
        r#"select ats as "ats!: Vec<Timestamp>", payments, payments_first as "payments_first: Vec<Option<Timestamp>>", amounts,
                  amounts_first as "amounts_first: Vec<Option<Timestamp>>", declines,
                  declines_first as "declines_first: Vec<Option<Timestamp>>", lists as "lists: Json<Vec<Listed>>"
           from facts_of_attempts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"#,
        site.0,
        &locks,
        patience == Patience::Shared,
        &nows,
        services as _,
        &first,
        &last,
        &keys.attempts,
        &keys.keys,
        keys.currencies as _,
        &keys.payments,
        &keys.amounts,
        &keys.declines,
        &digest_attempts,
        &digests,
    )
    .fetch_one(db)
    .await
    .map_err(waited_too_long)?;
    let mut lists: Vec<Vec<ListMatch>> = asked.iter().map(|_| Vec::new()).collect();
    for listed in row.lists.into_iter().flat_map(|Json(rows)| rows) {
        let attempt = listed.attempt.checked_sub(1).and_then(|place| lists.get_mut(place));
        attempt.ok_or_else(|| impossible("a match of no attempt"))?.push(ListMatch::from(listed));
    }
    let (payments, amounts, declines) =
        (row.payments.unwrap_or_default(), row.amounts.unwrap_or_default(), row.declines.unwrap_or_default());
    let (payments_first, amounts_first) =
        (row.payments_first.unwrap_or_default(), row.amounts_first.unwrap_or_default());
    let declines_first = row.declines_first.unwrap_or_default();
    if row.ats.len() != asked.len() || [payments.len(), amounts.len(), declines.len()] != [keys.keys.len(); 3] {
        return Err(impossible("facts of other attempts"));
    }
    let mut place = 0;
    let mut all = Vec::with_capacity(asked.len());
    for ((asked, at), mut lists) in asked.iter().zip(row.ats).zip(lists) {
        let Asked { request, ask, .. } = *asked;
        let mut used = untouched(asked.keys);
        let mut seen = Seen::default();
        for (kind, (payments_limit, declines_limit)) in ask.kinds.iter().zip(ask.payments.iter().zip(&ask.declines)) {
            let count = |counts: &[i32]| counts.get(place).copied().unwrap_or_default();
            // A limit below zero is not counted.
            let tally = |count: i32, limit: i32, first: &[Option<Timestamp>]| {
                let seen = u32::try_from(count).unwrap_or_default();
                let first_at = first.get(place).copied().flatten();
                u32::try_from(limit).map_or(Tally::NONE, |limit| Tally::of(seen, limit, first_at))
            };
            seen.payments.push(count(&payments));
            seen.declines.push(count(&declines));
            seen.amounts.push(amounts.get(place).copied().unwrap_or_default());
            if let Some(used) = used.get_mut(*kind) {
                used.payments = tally(count(&payments), *payments_limit, &payments_first);
                used.declines = tally(count(&declines), *declines_limit, &declines_first);
                used.amount = amounts.get(place).copied().unwrap_or_default();
                used.amount_first_at = amounts_first.get(place).copied().flatten();
            }
            place += 1;
        }
        // Those that act before those that only watch, as they have always been stored.
        lists.sort_by_key(|m| m.mode != Mode::Enforce);
        let facts = Facts { at, kind: request.kind, money: request.money, guest: request.customer.guest, lists, used };
        all.push((facts, seen));
    }
    Ok(all)
}

/// The facts of an attempt of which nothing needs to be read.
pub fn nothing_to_read(asked: &Asked<'_>) -> Facts {
    let request = asked.request;
    Facts {
        at: asked.now,
        kind: request.kind,
        money: request.money,
        guest: request.customer.guest,
        lists: Vec::new(),
        used: untouched(asked.keys),
    }
}

fn untouched(keys: &Keys) -> PerKey<Option<Used>> {
    let never = |kind: KeyKind| keys.counted.get(kind).as_ref().map(|i| Used::never(i.by));
    PerKey { email: never(KeyKind::Email), ip: never(KeyKind::Ip), card: never(KeyKind::Card) }
}

/// The keys of several attempts as the database takes them: a place of each column a key.
#[derive(Default)]
struct Flat {
    attempts: Vec<i32>,
    keys: Vec<Vec<u8>>,
    currencies: Vec<Option<&'static str>>,
    payments: Vec<i32>,
    amounts: Vec<bool>,
    declines: Vec<i32>,
}

impl Flat {
    fn of<'a>(asks: impl Iterator<Item = &'a Ask>) -> Self {
        let mut flat = Self::default();
        for (attempt, ask) in numbered(asks) {
            flat.keys.extend(ask.keys.iter().cloned());
            flat.payments.extend(&ask.payments);
            flat.amounts.extend(&ask.amounts);
            flat.declines.extend(&ask.declines);
            flat.attempts.resize(flat.keys.len(), attempt);
            flat.currencies.resize(flat.keys.len(), ask.currency);
        }
        flat
    }
}

/// The locks of several attempts, sorted and different, so that two batches never wait for each other in a circle.
fn locks<'a>(asks: impl Iterator<Item = &'a Ask>) -> Vec<i64> {
    let mut locks: Vec<i64> = asks.flat_map(|ask| ask.locks.iter().copied()).collect();
    locks.sort_unstable();
    locks.dedup();
    locks
}

/// With the numbers that the database gives the places of an array.
fn numbered<T>(items: impl IntoIterator<Item = T>) -> impl Iterator<Item = (i32, T)> {
    (1..).zip(items)
}

fn numeral(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

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
    /// The Idempotency-Key to take, and the answer to keep under it.
    pub once: Option<(&'a Idempotency, &'a Stored)>,
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
    let once = || new.iter().filter_map(|n| n.once.map(|(key, answer)| (key, answer, n.at)));
    let once_keys = idempotency::Columns::of(site, &once().map(|(key, _, now)| (key, now)).collect::<Vec<_>>());
    let answers = idempotency::Answers::of(once());
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
        &once_keys.locks,
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

fn impossible(what: &'static str) -> Error {
    Error::internal(anyhow::anyhow!(what))
}

/// Which of these locks others hold now.
pub async fn held<'e>(db: impl PgExecutor<'e>, locks: Vec<i64>) -> Result<HashSet<i64>> {
    let rows = sqlx::query_scalar!(
        r#"select k.lock as "lock!" from unnest($1::bigint[]) as k (lock) where not pg_try_advisory_xact_lock(k.lock)"#,
        &locks
    );
    Ok(rows.fetch_all(db).await?.into_iter().collect())
}

/// Whether a lock could not be had in time.
pub fn is_held(error: &Error) -> bool {
    let cause = error.source.as_ref().and_then(|source| source.downcast_ref::<sqlx::Error>());
    cause.is_some_and(|cause| code(cause).as_deref() == Some("55P03"))
}

fn code(error: &sqlx::Error) -> Option<std::borrow::Cow<'_, str>> {
    error.as_database_error().and_then(|e| e.code())
}

/// What a caller hears whose keys others hold for too long.
pub fn busy() -> Error {
    let detail = "Too many attempts under one key are being decided. Try again in a moment.";
    Error::new(Kind::Unavailable, detail).retry_after(1)
}

/// A lock that could not be had in time is a full house, not a fault.
fn waited_too_long(error: sqlx::Error) -> Error {
    match code(&error).as_deref() {
        Some("55P03" | "57014") => busy().caused_by(error),
        _ => error.into(),
    }
}
