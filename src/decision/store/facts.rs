//! Facts in: one function of the database, one round trip.

use serde::Deserialize;
use sqlx::PgExecutor;
use sqlx::types::Json;
use uuid::Uuid;

use crate::decision::attempt::AttemptRequest;
use crate::decision::facts::{Facts, Tally, Used};
use crate::decision::keys::{KeyKind, Keys, PerKey};
use crate::decision::lists::{Field, ListKind, ListMatch};
use crate::decision::store::ask::{Ask, Flat, Seen, locks, numbered, numeral};
use crate::decision::store::locks::{Patience, waited_too_long};
use crate::decision::verdict::Mode;
use crate::error::{Error, Result};
use crate::kernel::clock::Timestamp;
use crate::kernel::id::{EntryId, ListId, SiteId};

/// Whether keys are locked while they are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Locking {
    /// Read what is committed; somebody may add to it meanwhile.
    Without,
    /// Lock first, hold until the transaction ends.
    First,
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

fn impossible(what: &'static str) -> Error {
    Error::internal(anyhow::anyhow!(what))
}
